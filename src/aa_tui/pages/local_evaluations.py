"""What was evaluated on the user's machines, beside what is published: for the app, the shell, JSON and files.

A score made here and a published index are answers to different questions: both are told, and how the methods
differ, and nothing is subtracted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aa_tui.analysis import MISSING, display
from aa_tui.catalog.metric_names import category_of
from aa_tui.catalog.rows import LocalResult, MeasurementRow, ModelRow
from aa_tui.charts.evaluated import figure
from aa_tui.charts.here.evaluations import (
    current,
    held_mark,
    index_share,
    joules_per_item,
    seconds_per_item,
    share,
    undecided,
)
from aa_tui.pages.measured import Beside

METHOD_NOTE = (
    "Scores made here are of this program's packs and graders, of this file on this machine, with 95 % intervals. "
    "They are on no published index's scale; compare them with other files on the same pack and version."
)
SERVED_NOTE = (
    "Those through a server are of what it served then: its speeds and times have the way there in them, and are none "
    "of this machine."
)
_FIRST_PACKS = ("local-index", "quick")
"""Which evaluation stands beside the published index, where there are several."""


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """One evaluation, display-ready. Shares are percent with their intervals; tokens are the model's own.

    `undecided` is what undecided samples leave open of the strict score: "2 undecided: 80.3–84.0". `no_headline` says
    why there is no score.
    """

    run_id: int
    state: str
    pack: str
    count: str
    file: str
    quant: str
    size: str
    machine: str
    file_sha256: str
    strict: str
    completed: str
    truncation: str
    index: str
    tokens: str
    thinking: str
    answer: str
    median_tokens: str
    cap: str
    energy: str
    seconds: str
    speed: str
    date: str
    is_any_time: bool
    categories: tuple[tuple[str, str], ...]
    undecided: str = ""
    no_headline: str = ""
    is_served: bool = False
    right_answer: str = MISSING
    """What a right answer took: "12.0 s (10.1–14.9), 151 J (120–190)"."""

    @property
    def made(self) -> str:
        """Where it was made: on a machine, or through a server."""
        return self.machine if self.is_served else f"on {self.machine}"

    @property
    def head(self) -> str:
        """What was asked, when, and how far it went."""
        state = "" if self.state == "finished" else f" · {self.state}"
        return f"{self.pack} · n {self.count} · run {self.run_id}, {self.date}{state}"


def method_note(shown: Sequence[EvaluationRow]) -> str:
    """What scores made here are, and what those are that were made through a server, where there are some."""
    return f"{METHOD_NOTE} {SERVED_NOTE}" if any(row.is_served for row in shown) else METHOD_NOTE


def rows(results: Sequence[LocalResult]) -> list[EvaluationRow]:
    """A row for each file, machine, pack and version that was evaluated, by its run that counts; newest first."""
    return [_row(result) for result in current(results)]


def groups(shown: Sequence[EvaluationRow]) -> list[list[EvaluationRow]]:
    """The rows by file and machine."""
    found: dict[tuple[str, str], list[EvaluationRow]] = {}
    for row in shown:
        found.setdefault((row.file_sha256, row.machine), []).append(row)
    return list(found.values())


def figures(row: EvaluationRow) -> Iterator[tuple[str, str, str]]:
    """Label, value and meaning of all that is known of an evaluation, in one order everywhere."""
    stopped = "; the interval holds at any stopping time" if row.is_any_time else ""
    if row.no_headline:
        yield "no score", row.no_headline.removeprefix("no score: "), ""
    else:
        yield "strict", row.strict, f"anything not correct counts as wrong{stopped}"
        if row.undecided:
            words = row.undecided.replace(" undecided: ", ", so ")
            yield "undecided", f"{words} %", "strict with these wrong, and right"
        yield "completed", row.completed, "of those that came to their own end"
        yield "cut short", row.truncation, "truncated, looping or out of time"
    if row.index != MISSING:
        yield "index", row.index, "the categories' mean, each of equal weight"
    for name, value in row.categories:
        yield f"  {name}", value, ""
    if row.tokens != MISSING:
        cap = f"; at most {row.cap}" if row.cap != MISSING else ""
        parts = f"thinking {row.thinking}, answer {row.answer}; median {row.median_tokens}{cap}"
        yield "tokens", f"{row.tokens} per question", parts
    if row.speed != MISSING:
        yield "time", f"{row.seconds} per question", f"at {row.speed}"
    if row.energy != MISSING:
        yield "energy", f"{row.energy} per question", ""
    if row.right_answer != MISSING:
        yield "right answer", row.right_answer, "each, wrong ones counted in"


def beside(results: Sequence[LocalResult], model: ModelRow) -> list[Beside]:
    """Score and verbosity made here, each beside the published figure that comes nearest."""
    result = _foremost(results)
    if result is None:
        return []
    none_published = "not in this catalog" if model.is_local else "not published"
    row = _row(result)
    index = figure(result, "index")
    score = f"{row.index} on {row.pack}" if index else f"{row.strict} right on {row.pack}"
    whole = model.intelligence_index
    version = f" (index {model.index_version})" if model.index_version and whole is not None else ""
    cap = f", at most {row.cap} tokens each" if row.cap != MISSING else ""
    asked = f"here {row.count} questions of {row.pack}, this program's graders{cap}, {row.quant} {row.made}"
    used = model.index_output_tokens_m
    found = [
        Beside(
            "Intelligence",
            score,
            f"{display.index(whole)}{version}" if whole is not None else none_published,
            f"{asked}; published other questions, graders and caps, full weights: two different scales",
        )
    ]
    if row.tokens != MISSING:
        found.append(
            Beside(
                "Verbosity",
                f"{row.tokens} tokens per question (thinking {row.thinking}, answer {row.answer})",
                f"{display.tokens_m(used)} tokens for the whole index" if used is not None else none_published,
                f"{asked}, the model's own tokens; published o200k_base tokens, all questions of the index together",
            )
        )
    return found


def _foremost(results: Sequence[LocalResult]) -> LocalResult | None:
    """The evaluation that says most: the local index, else the quick one, else the newest with a score; one whose
    answers were held to a grammar only where there is no other."""
    scored = [one for one in current(results) if figure(one, "score_strict") is not None]
    scored.sort(key=lambda one: one.run.setup.grammar)
    for pack in _FIRST_PACKS:
        found = next((one for one in scored if one.run.pack == pack), None)
        if found is not None:
            return found
    return scored[0] if scored else None


def _row(result: LocalResult) -> EvaluationRow:
    run = result.run
    strict = figure(result, "score_strict")
    cap, rate = run.setup.max_output_tokens, figure(result, "tokens_per_s_total")
    slots = run.setup.n_parallel
    with_slots = f" with {slots} slot{'' if slots == 1 else 's'}" if slots is not None else ""
    joules, seconds = joules_per_item(result), seconds_per_item(result)
    return EvaluationRow(
        run_id=run.id,
        state=run.state,
        pack=f"{run.pack} {run.pack_version or ''}".rstrip()
        + (", plain prompt" if run.setup.prompt == "plain" else "")
        + (f", template {run.setup.template}" if run.setup.template else "")
        + held_mark(run),
        count=_count(strict.n or 0 if strict else run.n_done, run.n_items),
        file=run.file.shown_name,
        quant=run.file.quant or MISSING,
        size=display.size_bytes(run.file.size_bytes or None),
        machine=run.made_on_whole or MISSING,
        file_sha256=run.file.sha256,
        strict=_share(strict),
        completed=_share(figure(result, "score_completed")),
        truncation=_share(figure(result, "truncation_rate")),
        index=index_share(index) if (index := figure(result, "index")) else MISSING,
        tokens=_whole(figure(result, "output_tokens_per_item")),
        thinking=_whole(figure(result, "thinking_tokens_per_item")),
        answer=_whole(figure(result, "answer_tokens_per_item")),
        median_tokens=_whole(figure(result, "output_tokens_median")),
        cap=f"{cap:,}" if cap is not None else MISSING,
        energy=_joules(joules),
        seconds=display.seconds(seconds),
        speed=f"{rate.value:,.1f} tokens/s{with_slots}" if rate else MISSING,
        date=(run.ended_at or run.created_at)[:10],
        is_any_time=strict is not None and strict.interval_kind == "any-time",
        undecided=undecided(result).removeprefix(", "),
        no_headline=result.no_headline or "",
        categories=tuple((name, f"{_share(row)} n {row.n or 0}") for name, row in categories(result)),
        is_served=run.file.is_served,
        right_answer=", ".join(_each(row) for name in _EACH if (row := figure(result, name)) is not None) or MISSING,
    )


_EACH = ("seconds_per_right", "joules_per_right")


def _each(row: MeasurementRow) -> str:
    """So much a right answer, with its interval: "12.1 s (10.1–14.9)"."""
    value, *ends = (
        f"{one:,.0f}" if one >= 100 else f"{one:.3g}"
        for one in (row.value, row.interval_low, row.interval_high)
        if one is not None
    )
    return f"{value} {row.unit} ({'–'.join(ends)})" if len(ends) == 2 else f"{value} {row.unit}"


def categories(result: LocalResult) -> Iterator[tuple[str, MeasurementRow]]:
    for metric, row in sorted(result.measurements.items()):
        name = category_of(metric, result.run.pack, "score_strict")
        if name is not None:
            yield name, row


def _share(row: MeasurementRow | None) -> str:
    return share(row) if row else MISSING


def _whole(row: MeasurementRow | None) -> str:
    return f"{row.value:,.0f}" if row else MISSING


def _joules(joules: float | None) -> str:
    if joules is None:
        return MISSING
    return f"{joules:,.0f} J" if joules >= 10 else f"{joules:.2g} J"


def _count(done: int, wanted: int | None) -> str:
    return f"{done}" if not wanted or done == wanted else f"{done} of {wanted}"
