"""What is wrong or worth knowing with a chat template: by the conversations that tried it out, never by its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from aa_tui.engine import template_trial as trial
from aa_tui.engine.template_trial import Probe
from aa_tui.evals.calls.reading import recognise
from aa_tui.gguf.reasoning import Format
from aa_tui.runs.templates import TriedTemplate
from aa_tui.textsafe import clean_line

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")

_CONTROL = re.compile(r"<[|｜][^<>|｜\s]{1,60}[|｜]>")
"""What nothing but a control token looks like: tags without bars may be meant as text."""

_DATE = re.compile(r"\bstrftime_now\b")
_SHOWN = 6
_WITH_TAGS = ("thinking",)
"""Conversations whose messages have tags of their own."""


@dataclass(frozen=True, slots=True)
class Lint:
    """One thing: its name for programs, how bad it is, and a sentence of what it is and what follows for the user."""

    key: str
    level: Level
    words: str


def lints(tried: TriedTemplate, form: Format) -> tuple[Lint, ...]:
    """All of them, the worst first."""
    found = [*_tools(tried), *_calls(tried), *_results(tried), *_turns(tried), *_marks(tried), *_habits(tried, form)]
    return tuple(sorted(found, key=lambda one: LEVELS.index(one.level)))


def calls_form(tried: TriedTemplate) -> str:
    """The format in which it teaches calls, empty where it shows no functions."""
    return recognise(tried.source) if _shows(tried.probes["tools"]) else ""


def _shows(probe: Probe) -> bool:
    return probe.is_rendered and probe.count(trial.FUNCTION) > 0


def _why(probe: Probe) -> str:
    return clean_line(probe.fails)[:120]


# -- functions on offer


def _tools(tried: TriedTemplate) -> Iterator[Lint]:
    probe = tried.probes["tools"]
    if not probe.is_rendered and tried.probes["system"].is_rendered:
        yield Lint("tools_fail", "error", f"It fails where functions are on offer ({_why(probe)}): none can be called.")
    elif probe.is_rendered and not _shows(probe):
        yield Lint(
            "tools_unseen",
            "error",
            "The functions on offer never reach the prompt: the model cannot know of them, and what it is measured at "
            "with them says nothing about it.",
        )
    elif probe.is_rendered:
        missing = [
            name
            for name, word in (("description", trial.DESCRIPTION), ("parameters", trial.PARAMETER))
            if not probe.count(word)
        ]
        if missing:
            yield Lint(
                "tools_cut",
                "warning",
                f"It leaves out the {' and the '.join(missing)} of functions: the model has to guess how to call them.",
            )
    if tried.has_tool_template:
        yield Lint(
            "other_template",
            "note",
            "The file has another template for functions (tool_use), which some programs use and aa-tui does not: what "
            "they show the model is something else.",
        )


# -- calls


def _calls(tried: TriedTemplate) -> Iterator[Lint]:
    objects, texts = tried.probes["objects"], tried.probes["texts"]
    best = _better(objects, texts)
    if best.is_rendered and not best.count(trial.VALUE):  # some write a call only with the next turn
        later = tried.probes["object results"], tried.probes["text results"]
        if _better(*later).count(trial.VALUE):
            objects, texts = later
            best = _better(*later)
    if not best.is_rendered:
        if tried.probes["tools"].is_rendered:
            yield Lint(
                "calls_refused",
                "error",
                f"It refuses the model's own calls ({_why(objects)}): after a call the conversation goes on only in "
                "other words.",
            )
        return
    if not best.count(trial.VALUE):
        yield Lint(
            "calls_lost",
            "error",
            "Earlier calls are left out: in the next turn the model does not see what it called, and aa-tui writes "
            "them as text.",
        )
        return
    if best.count(trial.VALUE) > 1:
        yield Lint(
            "calls_twice",
            "warning",
            f"A call is written {best.count(trial.VALUE)} times: the model reads more calls than it made.",
        )
    yield from _arguments(objects, texts)
    if not tried.probes["two calls"].is_rendered:
        why = _why(tried.probes["two calls"])
        yield Lint(
            "one_call",
            "note",
            f"It takes one call in a turn ({why}): a model that makes two at once is shown them one after the other.",
        )
    elif not tried.probes["two calls"].count(trial.OTHER_VALUE) and best is objects:
        yield Lint(
            "second_call_lost",
            "warning",
            "Of two calls in one turn the second is left out: aa-tui gives them one after the other, other programs "
            "lose one.",
        )
    nested = tried.probes["nested"]
    if repr([trial.NESTED]) in nested.text and not _is_python(objects):
        yield Lint(
            "nested_python",
            "warning",
            "Lists and objects within arguments are written as Python writes them, which is no JSON: aa-tui gives them "
            "as JSON text, other programs show the model its calls wrongly.",
        )
    beside = tried.probes["beside"]
    if beside.is_rendered and not beside.count(trial.SAID):
        yield Lint("beside_lost", "note", "What the model says beside a call is left out in the next turn.")


def _better(objects: Probe, texts: Probe) -> Probe:
    """Of both forms of arguments the one that is shown rightly."""
    if objects.is_rendered and objects.count(trial.VALUE) and not _is_python(objects):
        return objects
    return texts if texts.is_rendered and texts.count(trial.VALUE) else objects


def _is_python(probe: Probe) -> bool:
    return repr({trial.PARAMETER: trial.VALUE}) in probe.text


def _arguments(objects: Probe, texts: Probe) -> Iterator[Lint]:
    if _is_python(objects):
        yield Lint(
            "arguments_python",
            "warning",
            "Arguments that are objects are written as Python writes them, which is no JSON: only programs that hand "
            "them over as text, as aa-tui does here, show the model its calls rightly.",
        )
    escaped = f'\\"{trial.PARAMETER}\\"'
    if escaped in texts.text:
        yield Lint(
            "arguments_twice",
            "error" if escaped in objects.text or not objects.is_rendered else "note",
            "Arguments that are text, as in OpenAI's API, are encoded twice: programs that pass them on so teach the "
            "model another format; aa-tui gives it objects.",
        )


# -- results


def _results(tried: TriedTemplate) -> Iterator[Lint]:
    objects, texts = tried.probes["object results"], tried.probes["text results"]
    called = _better(tried.probes["objects"], tried.probes["texts"])
    if not called.is_rendered:
        return
    best = objects if objects.is_rendered else texts
    if not best.is_rendered:
        yield Lint(
            "results_refused",
            "warning",
            f"It refuses results of functions, the role tool ({_why(best)}): aa-tui gives them as the user's messages, "
            "other programs fail.",
        )
    elif not best.count(trial.RESULT):
        yield Lint(
            "results_lost",
            "error",
            "Results of functions are left out: the model never sees what its calls brought, and aa-tui gives them as "
            "the user's messages.",
        )
    elif best.count(trial.RESULT) > 1:
        times = best.count(trial.RESULT)
        yield Lint("results_twice", "warning", f"A result is written {times} times: the model reads it more than once.")
    if best.is_rendered and not tried.probes["no content" if best is objects else "no text content"].is_rendered:
        yield Lint(
            "no_content_fails",
            "warning",
            "It fails where a call has no content (null), as OpenAI's API gives it: programs that pass it on fail.",
        )


# -- whose turn it is


def _turns(tried: TriedTemplate) -> Iterator[Lint]:
    user, system = tried.probes["user"], tried.probes["system"]
    yield from _system(user, system)
    if user.is_rendered and user.text == tried.probes["open"].text and not _ends_open(user):
        yield Lint(
            "no_generation",
            "warning",
            "It never opens the model's turn (add_generation_prompt changes nothing): the model may go on with the "
            "user's message instead of answering.",
        )
    if not tried.probes["two users"].is_rendered:
        yield Lint(
            "alternates",
            "note",
            "It takes no two messages of the same side in a row: where results have to be given as the user's "
            "messages, several become one.",
        )
    elif not tried.probes["two users"].count(trial.USER):
        yield Lint("message_lost", "error", "Of two messages of the user in a row the first is left out.")
    if user.is_rendered and not tried.probes["empty"].is_rendered:
        yield Lint(
            "empty_fails",
            "warning",
            f"It fails over an empty message ({_why(tried.probes['empty'])}): a model that said nothing ends the talk.",
        )
    history = tried.probes["history"]
    if history.is_rendered and not history.count(trial.SAID):
        yield Lint("history_lost", "error", "Earlier answers of the model are left out: it never sees what it said.")


def _system(user: Probe, system: Probe) -> Iterator[Lint]:
    if not user.is_rendered:
        return
    if not system.is_rendered:
        yield Lint(
            "system_refused",
            "warning",
            f"It refuses a system message ({_why(system)}): with functions aa-tui puts it before the user's, else it "
            "cannot be given.",
        )
    elif not system.count(trial.SYSTEM):
        yield Lint(
            "system_lost",
            "error",
            "The system message is left out: packs and users that instruct the model by it are not heard.",
        )
    else:
        before = user.text.partition(trial.USER)[0]
        mine, _, rest = system.text.partition(trial.SYSTEM)
        between = rest.partition(trial.USER)[0]
        opening = before[-12:]
        if opening and mine.endswith(opening) and opening not in between:
            yield Lint(
                "system_merged",
                "note",
                "The system message becomes the beginning of the user's: to the model it is something the user says.",
            )


def _ends_open(probe: Probe) -> bool:
    """Whether something of the template stands behind the last message, as a marker that ends the user's turn."""
    return bool(probe.text.rpartition(trial.USER)[2].strip())


# -- control tokens


def _marks(tried: TriedTemplate) -> Iterator[Lint]:
    own = "".join(probe.text for name, probe in tried.probes.items() if name not in _WITH_TAGS)
    if tried.marks is not None:
        found = list(dict.fromkeys(_CONTROL.findall(own)))
        missing = [clean_line(one) for one in found if one not in tried.marks]
        if missing:
            yield Lint(
                "marks_missing",
                "error",
                f"The vocabulary has no {_listed(missing)}: the model reads {'it' if len(missing) == 1 else 'them'} as "
                "plain text, so the template may be another model's.",
            )
        used = [clean_line(one) for one in sorted(tried.marks) if len(one) > 1 and one in own]
        if used:
            yield Lint(
                "marks_used",
                "note",
                f"It is built of the control tokens {_listed(used)}: a quantization that lacks them as such breaks it.",
            )
    first = tried.probes["user"].text
    if tried.bos and first.startswith(tried.bos * 2):
        yield Lint("bos_twice", "error", f"It begins with {clean_line(tried.bos)} twice, which models answer worse to.")
    elif tried.adds_bos and tried.bos and first.startswith(tried.bos):
        yield Lint(
            "bos_doubled",
            "note",
            f"It writes {clean_line(tried.bos)} itself, and the file asks programs to add one: those that do both give "
            "the model two; aa-tui gives it one.",
        )
    elif tried.adds_bos and tried.bos and first:
        yield Lint(
            "bos_missing",
            "warning",
            f"The file wants texts to begin with {clean_line(tried.bos)}, which the template does not write: aa-tui "
            "prompts as the template says, other programs add it, and answers may differ.",
        )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


# -- habits


def _habits(tried: TriedTemplate, form: Format) -> Iterator[Lint]:
    if _DATE.search(tried.source):
        yield Lint(
            "dated",
            "note",
            "It can write today's date into the prompt: the same question may get another answer on another day.",
        )
    user = tried.probes["user"]
    if user.is_rendered and form.is_open(user.text):
        yield Lint(
            "opens_thinking",
            "note",
            "The prompt ends within the model's thinking: what it writes first is no answer yet.",
        )
    inline, apart, between = (tried.probes[name] for name in ("thinking", "thinking apart", "thinking results"))
    if inline.is_rendered and inline.count(trial.SAID):
        kept = inline.count(trial.THOUGHT) > 0
        yield Lint(
            "thinking_kept" if kept else "thinking_stripped",
            "note",
            "Thinking within earlier answers is kept: it takes room in the context, turn by turn."
            if kept
            else "Thinking within earlier answers is stripped: the prompt changes behind the model's back, so what is "
            "kept of the turn before is processed again from there.",
        )
    if apart.is_rendered and between.is_rendered and (apart.count(trial.THOUGHT) or between.count(trial.THOUGHT)):
        where = "of all earlier turns" if apart.count(trial.THOUGHT) else "between a call and its result alone"
        yield Lint("reasoning_shown", "note", f"Thinking given apart (reasoning_content) is shown {where}.")
    if calls := calls_form(tried):
        yield Lint("calls_format", "note", f"Calls are taken to be in the format {calls}: answers are read by it.")
