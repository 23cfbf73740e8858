"""How a run was made, in words: labelled facts, the same for the shell and the app."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from aa_tui.analysis import MISSING, display
from aa_tui.analysis.display import threads_words
from aa_tui.catalog import metric_names
from aa_tui.catalog.clock import local, zone
from aa_tui.catalog.rows import RunKind, RunRow
from aa_tui.catalog.run_notes import MachineNote, RunSetup, ServerNote, crash_of
from aa_tui.catalog.run_notes import number as number_of
from aa_tui.pages import measured
from aa_tui.pages.text import held
from aa_tui.pages.text.plan import time_words
from aa_tui.textsafe import clean_line

USUAL_CACHE = "f16"

_COUNTED = {
    "tokenizer": "tokens counted by the server before it was asked",
    "characters": "tokens guessed by characters before it was asked",
    "usage": "tokens counted by the server with each answer",
}


def facts(run: RunRow, *, elsewhere: bool = False) -> Iterator[tuple[str, str]]:
    """Label and words of each fact: how it was asked and computed, on what, when, and what it died of.

    `elsewhere` is for readers on other machines, who have no use for where things lie on this one.
    """
    if run.origin == "log":
        yield from _logged(run)
        yield from _when(run)
        return
    yield from _MADE[run.kind](run)
    yield "Computed", _computed(run)
    yield from (("Devices" if not n else "", words) for n, words in enumerate(measured.devices(run)))
    yield from _where(run, elsewhere=elsewhere)
    yield from _when(run)
    if elsewhere:
        return
    if run.log_path:
        yield "Log", clean_line(run.log_path)
    if run.crash:
        crash = crash_of(run.crash)
        yield "Died", f"{crash.signal or 'by itself'} · {crash.phase}"
        yield "Log's end", "\n".join(crash.last_lines or [MISSING])


def _logged(run: RunRow) -> Iterator[tuple[str, str]]:
    """Of a run that was read from a log: what it tells of how it was made."""
    facts = {name: clean_line(value) for name, value in run.origin_facts.items() if isinstance(value, str) and value}
    yield "Read from", run.read_from.removeprefix("read from ")
    yield "Made by", f"{facts.get('made_by', '')} {facts.get('made_by_version', '')}".strip() or MISSING
    for label, name in (("Machine", "machine"), ("Engine", "engine"), ("Log's sha256", "sha256")):
        if name in facts:
            yield label, facts[name]
    known = {name: number_of(run.settings.get(name)) for name in ("temperature", "top_p", "top_k")}
    if sampled := ", ".join(f"{name} {value:g}" for name, value in known.items() if value is not None):
        yield "Sampling", sampled
    if run.setup.max_output_tokens:
        yield "Answers", f"at most {run.setup.max_output_tokens:,} tokens"


def _told(run: RunRow) -> Iterator[tuple[str, str]]:
    setup = run.setup
    words = (
        "the text as it is, without a chat template"
        if setup.prompt == "plain"
        else f"in the chat template {setup.template}, not the file's own"
        if setup.template
        else "in the file's own chat template"
    )
    yield "Asked", f"{words}{'' if setup.thinks else ', its thinking turned off'}"
    if setup.system:
        yield "System", clean_line(setup.system)
    yield "Sampling", sampling(setup)
    if setup.n_ctx_used:
        yield "Context", f"{setup.n_ctx_used:,} tokens, of which {setup.max_output_tokens or 0:,} at most for an answer"


def _asked(run: RunRow) -> Iterator[tuple[str, str]]:
    setup = run.setup
    yield (
        "Asked",
        "plain prompts with solved examples"
        if setup.prompt == "plain"
        else f"through the chat template {setup.template}, not the file's own"
        if setup.template
        else f"through the {'server' if run.file.is_served else 'file'}'s own chat template",
    )
    yield "Sampling", sampling(setup)
    most = f"at most {setup.max_output_tokens:,} tokens" if setup.max_output_tokens else "as long as the pack lets them"
    times = "once" if setup.epochs == 1 else f"{setup.epochs} times"
    yield "Answers", f"{most}; each question {times}{'; loops are ended' if setup.loop_guard else ''}"
    if setup.grammar:
        yield "Grammar", held.words(setup)
    if goes := _goes_until(setup):
        yield "Goes until", goes
    if setup.reasoning_format and setup.budgets:
        budgets = ", ".join(f"{budget:,}" for budget in setup.budgets)
        yield "Thinking", f"format {setup.reasoning_format}; scored as if it ended after {budgets} tokens"


def sampling(setup: RunSetup) -> str:
    """How answers are sampled, and who says so."""
    known, source = dict(setup.sampler), setup.sampler_source or f"the {setup.sampling}"
    if not known:
        return f"as the {setup.sampling} says"
    if known.get("temperature") == 0:
        words = "greedy: always the likeliest token"
    else:
        names = {"temperature": "temperature", "top_k": "top-k", "top_p": "top-p", "min_p": "min-p"}
        words = ", ".join(f"{label} {known[name]:g}" for name, label in names.items() if known.get(name))
        words += f", repeat penalty {known['repeat_penalty']:g}" if known.get("repeat_penalty", 1) != 1 else ""
    seed = f", seed {setup.seed}" if setup.seed is not None else ""
    again = {True: "; the same again each time", False: "; may differ a little each time", None: ""}
    return f"{words} ({source}){seed}{again[setup.is_deterministic]}"


def _goes_until(setup: RunSetup) -> str:
    return ", or ".join(
        filter(
            None,
            (
                f"the first {setup.limit:,} items are done" if setup.limit else "",
                f"{time_words(setup.budget_s)} are worked" if setup.budget_s else "",
                f"the score is known to ± {100 * setup.until_width:g} points" if setup.until_width else "",
                f"the score is surely above or below {100 * setup.until_above:g} %" if setup.until_above else "",
            ),
        )
    )


def _tested(run: RunRow) -> Iterator[tuple[str, str]]:
    setup = run.setup
    if run.file.is_served:
        yield from _loaded(setup)
        return
    yield "Tests", ", ".join(setup.tests) if setup.tests else "the usual ones"
    repetitions = set(setup.repetitions_by_test.values()) or ({setup.repetitions} if setup.repetitions else set())
    if len(repetitions) == 1:
        yield "Repeated", f"{repetitions.pop()} times each, after a warm-up"
    elif repetitions:
        yield "Repeated", ", ".join(f"{name} {count} times" for name, count in setup.repetitions_by_test.items())
    yield "Energy", setup.energy_source or "this machine exposes no power readings; `aa-tui doctor` says why"


def _loaded(setup: RunSetup) -> Iterator[tuple[str, str]]:
    parts = [part for test in setup.tests or () if (part := metric_names.served_part(f"{test}.")) is not None]
    for letter, label, unit in (
        ("d", "Depths", "tokens before"),
        ("c", "At once", "requests"),
        ("r", "Rates", "a second"),
    ):
        values = [f"{part.value:,g}" for part in parts if part.letter == letter]
        if values:
            for_s = f", for {setup.for_s:g} s each" if letter == "r" and setup.for_s else ""
            yield label, f"{', '.join(values)} {'request' if values == ['1'] and letter == 'c' else unit}{for_s}"
    if any(part.letter != "d" for part in parts) and setup.prompt_tokens and setup.output_tokens:
        yield "Requests", f"{setup.prompt_tokens:,} tokens in and {setup.output_tokens:,} out, never from a cache"
    if setup.slo:
        yield "Limits", setup.slo


def _studied(run: RunRow) -> Iterator[tuple[str, str]]:
    yield "Study", run.setup.study


_MADE: Mapping[RunKind, Callable[[RunRow], Iterator[tuple[str, str]]]] = {
    "eval": _asked,
    "ask": _told,
    "speed": _tested,
    "study": _studied,
}


def _computed(run: RunRow) -> str:
    setup = run.setup
    if run.file.is_served:
        slots = f"up to {setup.n_parallel} requests at once, " if setup.n_parallel else ""
        context = f", {setup.n_ctx:,} tokens for each at most" if setup.n_ctx else ""
        return f"{slots}by servers, not on this machine{context}"
    layers = 0 if run.backend in (None, "CPU") else setup.n_gpu_layers or 0
    offloaded = "all layers offloaded" if layers < 0 else f"{layers} layers offloaded"
    cache = {setup.type_k, setup.type_v} - {None, USUAL_CACHE}
    return ", ".join(
        filter(
            None,
            (
                f"{setup.n_parallel} {'slot' if setup.n_parallel == 1 else 'slots'}" if setup.n_parallel else "",
                threads_words(setup.n_threads) if setup.n_threads else "",
                offloaded if layers else "on the processor alone",
                f"context of {setup.n_ctx:,} tokens" if setup.n_ctx else "",
                f"KV cache {'/'.join(sorted(map(str, cache)))}" if cache else "",
            ),
        )
    )


def _where(run: RunRow, *, elsewhere: bool) -> Iterator[tuple[str, str]]:
    file, machine = run.file, run.machine
    if file.is_served:
        yield from _served(run)
        return
    name = file.shown_name if elsewhere else file.shown_path
    yield "File", f"{name} · {file.quant or MISSING} · {display.size_bytes(file.size_bytes)}"
    yield "sha256", file.sha256
    if machine is not None:
        cores = f"{machine.cores_physical} cores" if machine.cores_physical else ""
        memory = display.size_bytes(machine.memory_bytes) if machine.memory_bytes else ""
        yield "Machine", " · ".join(filter(None, (machine.name, machine.cpu, cores, memory, machine.os)))
    for label, note in (("Before", run.setup.machine_before), ("After", run.setup.machine_after)):
        if note is not None and (words := _machine_words(note)):
            yield label, words
    names = {"llama_cpp": "llama.cpp", "llama_cpp_python": "llama-cpp-python"}
    versions = [
        f"{label} {clean_line(run.engine[name])}"
        for name, label in names.items()
        if isinstance(run.engine.get(name), str)
    ]
    if versions:
        yield "Engine", " · ".join([*versions, f"runs on {run.backend}" if run.backend else ""]).removesuffix(" · ")
    if run.engine_caution:
        yield "Safer way", run.engine_caution


def _served(run: RunRow) -> Iterator[tuple[str, str]]:
    setup = run.setup
    yield "Served", " · ".join(filter(None, (run.file.shown_name, run.file.quant)))
    for number, one in enumerate(setup.served or tuple(map(ServerNote, setup.servers))):
        context = f"{one.context_tokens:,} tokens a request" if one.context_tokens else ""
        slots = f"{one.n_slots} slots" if one.n_slots else ""
        words = " · ".join(filter(None, (one.url, f"{one.kind} {one.version}".strip(), context, slots)))
        yield "Through" if not number else "", words
    if setup.prompt_tokens_from:
        yield "Prompts", _COUNTED.get(setup.prompt_tokens_from, setup.prompt_tokens_from)
    if setup.calls_from == "server":
        yield "Calls", "of functions read by the server"
    if setup.max_usd is not None:
        yield "Cost", f"{display.usd(setup.max_usd)} at most"


def _machine_words(note: MachineNote) -> str:
    mains = {True: "on mains", False: "on battery", None: ""}[note.on_mains]
    return ", ".join(
        filter(
            None,
            (
                f"load {note.load_1m:.1f}" if note.load_1m is not None else "",
                f"processor {100 * note.busy_share:.0f} % busy" if note.busy_share is not None else "",
                f"{note.frequency_mhz / 1000:.1f} GHz" if note.frequency_mhz else "",
                f"{note.temperature_c:.0f} °C" if note.temperature_c is not None else "",
                mains,
                f"battery {note.battery_percent:.0f} %" if note.battery_percent is not None else "",
                f"{display.size_bytes(int(note.free_memory_bytes))} free" if note.free_memory_bytes else "",
                f"{display.size_bytes(int(note.swap_used_bytes))} swapped" if note.swap_used_bytes else "",
                f"governor {note.governor}" if note.governor else "",
            ),
        )
    )


def _when(run: RunRow) -> Iterator[tuple[str, str]]:
    at = zone(run.created_at)
    if run.started_at is None:
        yield "Queued", f"{local(run.created_at)} {at}"
        return
    began, end = local(run.started_at), local(run.ended_at)
    ended = f" – {end.removeprefix(f'{began[:10]} ')}" if run.ended_at else ""
    worked = f", {time_words(run.worked_s)} of work" if run.worked_s else ""
    yield "Ran", f"{began}{ended} {at}{worked}"
    if run.load_s is not None:
        yield "Loading", display.seconds(run.load_s)
    if run.peak_memory_bytes:
        yield "Peak memory", display.size_bytes(run.peak_memory_bytes)
