"""The study of speculation at work: plain outputs, what drafting costs, and the promising settings against plain.

From the plain outputs follows which drafts would be accepted, from the costs how fast every setting would be; only the
best few are run. Each text and each pair is a piece of the journal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from math import exp, log
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from aa_tui.analysis import speculated, speculating
from aa_tui.analysis.speculating import Costs, Round, Setting
from aa_tui.catalog import studies
from aa_tui.catalog.rows import Figure
from aa_tui.runs.errors import RunError
from aa_tui.runs.identity import engine_words
from aa_tui.runs.studies.desk import Desk
from aa_tui.runs.studies.drafting import NAME, Asked, checked_draft

if TYPE_CHECKING:
    from aa_tui.engine.llama import LlamaEngine
    from aa_tui.engine.speculation import Sequences
    from aa_tui.speed.speculation import Pair, Text

PLAIN, GUESSES, COSTS, CHOSEN, PAIRS, SLOTS = "plain", "guesses", "costs", "chosen", "pairs", "slots"
"""The parts of the journal, in their order."""

LEAST_OUTPUT = 8
"""Tokens; a text that gets fewer is left out, since its time says little."""

CANDIDATES = 2
"""Settings that are run of those predicted, over all texts and for each kind; over all texts the best draft model and
the best n-gram setting are among them or come on top."""

NOISE_SIZES = (2, 4, 8, 16)
_BEFORE_PAIRS, _WITH_PAIRS = 0.3, 0.95  # of the progress


@dataclass(frozen=True, slots=True)
class _Bench:
    """What is measured with: the sequences of model and draft model, the texts that fit and their tokens."""

    desk: Desk
    asked: Asked
    model: Sequences
    draft: Sequences | None
    texts: tuple[Text, ...]
    prompts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class _Job:
    """A pair to be measured: of a setting, on the text of this number, for the `turn`-th time."""

    setting: Setting
    text: int
    turn: int


def study(desk: Desk) -> bool:
    """Do what is left. Raises RunError, EngineError or SpeedError for what cannot be measured."""
    asked = Asked.from_settings(desk.settings)
    _check_same_machine(desk)
    draft = checked_draft(asked)
    with ExitStack() as stack:
        bench = _open(stack, desk, asked, draft)
        if bench is None or not _measure(bench):
            return False
    for n_slots in asked.slots:
        with ExitStack() as stack:  # one after the other, for the memory's sake
            bench = _open(stack, desk, asked, draft, n_slots)
            if bench is None or not _at_once(bench, n_slots):
                return False
    desk.tell(1.0, "done")
    return True


def _check_same_machine(desk: Desk) -> None:
    from aa_tui.engine.build import describe_build
    from aa_tui.host.machine import describe

    run = desk.run
    if run.machine is None or not studies.points(desk.conn, run.id):
        return
    before, build = engine_words(run.engine), engine_words(describe_build().to_dict())
    if run.machine.fingerprint != describe().fingerprint or (before is not None and before != build):
        raise RunError(
            f"Run {run.id} was begun on {run.machine.name} with llama.cpp {before or 'unknown'}: "
            "figures of two machines or builds are never mixed; start a new run."
        )


def _open(stack: ExitStack, desk: Desk, asked: Asked, draft_path: Path | None, n_slots: int = 1) -> _Bench | None:
    """Load what is needed; None when somebody wants it stopped meanwhile."""
    from aa_tui.engine.speculation import Sequences, check_rewinds, check_vocabularies
    from aa_tui.speed.speculation import prompts, texts

    wanted = texts(asked.kinds)
    n_ctx = max(len(one.prompt.encode()) for one in wanted) + 1024 + asked.max_output
    limit = desk.run.file.context_tokens
    engine = stack.enter_context(_opened(desk, Path(desk.run.file.path), min(n_ctx, limit or n_ctx), n_slots))
    if desk.should_stop():
        return None
    model = stack.enter_context(Sequences(engine))
    check_rewinds(model)
    draft: Sequences | None = None
    n_different = 0
    if draft_path is not None:
        second = stack.enter_context(_opened(desk, draft_path, engine.settings.n_ctx, n_slots))
        n_different = check_vocabularies(engine, second)
        draft = stack.enter_context(Sequences(second))
        check_rewinds(draft)
    tokens = prompts(engine, wanted)
    room = engine.settings.n_ctx - asked.max_output
    fitting = [number for number, prompt in enumerate(tokens) if len(prompt) <= room]
    if not fitting:
        raise RunError(
            f"The context of {engine.settings.n_ctx:,} tokens is too short: the shortest text takes "
            f"{min(map(len, tokens)):,} and {asked.max_output:,} to write; ask for fewer with --max-output."
        )
    if n_slots == 1:
        _note_settings(desk, engine, draft.engine if draft else None, n_different, len(wanted) - len(fitting))
    return _Bench(
        desk,
        asked,
        model,
        draft,
        tuple(wanted[number] for number in fitting),
        tuple(tokens[number] for number in fitting),
    )


def _opened(desk: Desk, path: Path, n_ctx: int, n_slots: int) -> LlamaEngine:
    from aa_tui.engine.llama import open_model
    from aa_tui.engine.settings import EngineSettings

    setup = desk.run.setup
    layers = -1 if setup.n_gpu_layers is None else setup.n_gpu_layers
    # drafts differ in length: in buffers of their own the sequences would be computed one after the other
    wanted = EngineSettings(
        n_ctx=n_ctx, n_parallel=n_slots, kv_unified=n_slots > 1, n_threads=setup.n_threads, n_gpu_layers=layers
    )
    return open_model(path, wanted, on_progress=desk.loading)


def _note_settings(
    desk: Desk, engine: LlamaEngine, draft: LlamaEngine | None, n_different: int, n_left_out: int
) -> None:
    """The settings as they came to be, and what the draft model takes beside the model."""
    taken = (
        [value for one in draft.devices_used for name, value in one.items() if name.endswith("_bytes")] if draft else []
    )
    found = {
        "tokens_different": n_different,
        "texts_left_out": n_left_out,
        **({"draft_memory_bytes": sum(taken)} if taken else {}),
    }
    desk.put_settings(**engine.settings.to_dict(), devices_used=list(engine.devices_used), found=found)


def _measure(bench: _Bench) -> bool:
    for stage in (_write_plainly, _guess, _cost):
        if not stage(bench):
            return False
    return _pairs(bench, _jobs(bench))


def _write_plainly(bench: _Bench) -> bool:
    """The plain output of each text, after a warm-up."""
    from aa_tui.engine.speculation import write

    desk, done = bench.desk, bench.desk.done(PLAIN)
    for number, (text, prompt) in enumerate(zip(bench.texts, bench.prompts, strict=True)):
        if number in done:
            continue
        if desk.should_stop():
            return False
        desk.tell(0.2 * number / len(bench.texts), f"{text.kind}, {text.name}: plain decoding")
        if number == len(done):
            write(bench.model, [prompt], LEAST_OUTPUT, should_stop=desk.should_stop)
        found = write(bench.model, [prompt], bench.asked.max_output, should_stop=desk.should_stop)
        desk.note(
            PLAIN,
            number,
            {
                "text": text.name,
                "kind": text.kind,
                "n_prompt": len(prompt),
                "tokens": list(found.outputs[0]),
                "seconds": found.seconds,
            },
        )
    return True


def _outputs(bench: _Bench) -> dict[int, list[int]]:
    """The plain outputs by text, but those that are too short. Raises RunError where all are."""
    found = {number: list(facts["tokens"]) for number, facts in bench.desk.done(PLAIN).items()}
    long = {number: tokens for number, tokens in found.items() if len(tokens) >= LEAST_OUTPUT}
    if not long:
        raise RunError(
            f"The model writes fewer than {LEAST_OUTPUT} tokens to each of the texts: there is nothing to speed up."
        )
    return long


def _guess(bench: _Bench) -> bool:
    """Where the draft model would have been right."""
    from aa_tui.engine.speculation import would_hit

    if bench.draft is None:
        return True
    desk, done = bench.desk, bench.desk.done(GUESSES)
    for number, output in _outputs(bench).items():
        if number in done:
            continue
        if desk.should_stop():
            return False
        text = bench.texts[number]
        desk.tell(0.2 + 0.05 * number / len(bench.texts), f"{text.kind}, {text.name}: what the draft model guesses")
        hits = would_hit(bench.draft, bench.prompts[number], output)
        desk.note(GUESSES, number, {"text": text.name, "hits": [int(hit) for hit in hits]})
    return True


def _cost(bench: _Bench) -> bool:
    """What batches and drafts take, and by how much logits depend on the shape of a batch."""
    from aa_tui.engine.speculation import shape_noise
    from aa_tui.speed.speculation import measure_costs

    desk = bench.desk
    if desk.done(COSTS):
        return True
    if desk.should_stop():
        return False
    desk.tell(0.26, "what batches and drafts take")
    number, output = max(_outputs(bench).items(), key=lambda pair: len(pair[1]))
    prompt = bench.prompts[number]
    sizes = tuple(sorted({1, *(n + 1 for n in bench.asked.n_draft)}))
    costs = measure_costs(bench.model, bench.draft, prompt, output, sizes)
    noise = shape_noise(bench.model, prompt, output, [size for size in NOISE_SIZES if size <= len(output)])
    desk.note(
        COSTS,
        0,
        {
            "verify_s": {str(size): value for size, value in costs.verify_s.items()},
            "draft_s": {str(size): value for size, value in costs.draft_s.items()},
            "noise": noise,
        },
    )
    return True


def _predictions(bench: _Bench) -> dict[int, dict[Setting, float]]:
    """The speed-up of every setting on every text, from what is in the journal."""
    desk, asked = bench.desk, bench.asked
    costs, hits = costs_of(desk.done(COSTS)[0]), desk.done(GUESSES)
    every = speculating.settings(draft=bench.draft is not None, ngram=asked.ngram, n_draft=asked.n_draft)
    found: dict[int, dict[Setting, float]] = {}
    for number, output in _outputs(bench).items():
        plain_s = speculating.plain_seconds(len(output), costs)
        right = [bool(hit) for hit in hits[number]["hits"]] if number in hits else []
        found[number] = {
            one: plain_s / speculating.seconds_of(one, _rounds(bench, number, one, output, right), costs)
            for one in every
        }
    return found


def _rounds(bench: _Bench, number: int, setting: Setting, output: Sequence[int], hits: Sequence[bool]) -> list[Round]:
    most = bench.asked.max_output
    if setting.ngram:
        return speculating.replay_ngrams(bench.prompts[number], output, setting.ngram, setting.n_draft, most)
    return speculating.replay_hits(hits, setting.n_draft, most)


def costs_of(facts: Mapping[str, Any]) -> Costs:
    """The costs as they were journalled."""
    return Costs(
        {int(size): float(value) for size, value in facts["verify_s"].items()},
        {int(size): float(value) for size, value in facts["draft_s"].items()},
    )


def _mean(by_text: Sequence[Mapping[Setting, float]]) -> dict[Setting, float]:
    """The geometric mean over texts."""
    return {one: exp(fmean(log(found[one]) for found in by_text)) for one in by_text[0]}


def _jobs(bench: _Bench) -> list[_Job]:
    """The pairs to be measured, in the order that was noted when they were chosen."""
    desk = bench.desk
    noted = desk.done(CHOSEN)
    if not noted:
        predicted = _predictions(bench)
        kinds = {bench.texts[number].kind for number in predicted}
        means = {kind: _mean([one for n, one in predicted.items() if bench.texts[n].kind == kind]) for kind in kinds}
        total = _mean(list(predicted.values()))
        wanted = {
            (setting, number)
            for number in predicted
            for setting in (
                list(total)
                if bench.asked.exhaustive
                else [
                    *speculating.promising(total, CANDIDATES),
                    *speculating.best(means[bench.texts[number].kind], CANDIDATES),
                ]
            )
        }
        desk.note(
            CHOSEN,
            0,
            {
                "predicted": [{**_plain(one), "kind": None, "speed_up": value} for one, value in total.items()]
                + [
                    {**_plain(one), "kind": kind, "speed_up": value}
                    for kind, mean in means.items()
                    for one, value in mean.items()
                ],
                "pairs": [{**_plain(setting), "text": number} for setting, number in sorted(wanted, key=_by_text)],
            },
        )
        noted = desk.done(CHOSEN)
    chosen = [(Setting(one["n_draft"], one["ngram"]), int(one["text"])) for one in noted[0]["pairs"]]
    return [_Job(setting, text, turn) for turn in range(bench.asked.repetitions) for setting, text in chosen]


def _by_text(pair: tuple[Setting, int]) -> tuple[int, Setting]:
    return pair[1], pair[0]


def _plain(setting: Setting) -> dict[str, int]:
    return asdict(setting)


def _pairs(bench: _Bench, jobs: Sequence[_Job]) -> bool:
    """Each pair, plain first or last in turns."""
    from aa_tui.host.energy import find_meter
    from aa_tui.speed.speculation import drafter_of, measure_pair

    desk, asked = bench.desk, bench.asked
    meter = find_meter(gpu=bench.model.engine.settings.n_gpu_layers != 0)
    done = desk.done(PAIRS)
    for number, job in enumerate(jobs):
        if number in done:
            continue
        if desk.should_stop():
            return False
        text = bench.texts[job.text]
        desk.tell(
            _BEFORE_PAIRS + (_WITH_PAIRS - _BEFORE_PAIRS) * number / len(jobs),
            f"{text.kind}, {text.name}: {job.setting.name} and plain, {job.turn + 1} of {asked.repetitions}",
        )
        pair = measure_pair(
            bench.model,
            drafter_of(job.setting, bench.model, bench.draft),
            [bench.prompts[job.text]],
            asked.max_output,
            job.setting.n_draft,
            plain_first=(job.turn + number) % 2 == 0,
            should_stop=desk.should_stop,
            joules=meter.joules if meter is not None else lambda: None,
        )
        facts = _facts(job.setting, text.name, text.kind, pair)
        desk.note(PAIRS, number, facts)
    desk.put_figures(list(_figures([speculated.Pair.from_facts(one) for one in desk.done(PAIRS).values()])))
    return True


def _facts(setting: Setting, text: str, kind: str, pair: Pair) -> dict[str, Any]:
    """A pair as it is journalled."""
    facts: dict[str, Any] = {
        **_plain(setting),
        "text": text,
        "kind": kind,
        "plain_s": pair.plain.seconds,
        "seconds": pair.speculated.seconds,
        "n_plain": pair.plain.n_tokens,
        "n_tokens": pair.speculated.n_tokens,
        "n_drafted": sum(one.n_drafted for one in pair.speculated.rounds),
        "n_accepted": sum(one.n_accepted for one in pair.speculated.rounds),
        "n_rounds": len(pair.speculated.rounds),
    }
    if pair.plain_joules is not None and pair.joules is not None:
        facts |= {"plain_joules": pair.plain_joules, "joules": pair.joules}
    if (parting := pair.divergence) is not None:
        facts |= {"diverges_at": parting.at, "plain_token": parting.plain, "token": parting.speculated}
        facts |= {"gap": parting.gap, "shift": parting.shift}
    return facts


def _at_once(bench: _Bench, n_slots: int) -> bool:
    """The best setting with several texts at once, the same texts each time."""
    from aa_tui.speed.speculation import drafter_of, measure_pair

    desk, asked = bench.desk, bench.asked
    best = speculated.overall([speculated.Pair.from_facts(one) for one in desk.done(PAIRS).values()])
    numbers = sorted(_outputs(bench))
    groups = [
        [numbers[(first + place) % len(numbers)] for place in range(n_slots)]
        for first in range(0, max(1, len(numbers) - n_slots + 1), n_slots)
    ]
    done = desk.done(SLOTS)
    for turn in range(asked.repetitions):
        for place, group in enumerate(groups):
            number = 1_000_000 * n_slots + turn * len(groups) + place
            if number in done:
                continue
            if desk.should_stop():
                return False
            desk.tell(_WITH_PAIRS, f"{n_slots} texts at once: {turn + 1} of {asked.repetitions}")
            pair = measure_pair(
                bench.model,
                drafter_of(best[0].setting, bench.model, bench.draft),
                [bench.prompts[one] for one in group],
                asked.max_output,
                best[0].setting.n_draft,
                plain_first=(turn + place) % 2 == 0,
                should_stop=desk.should_stop,
                joules=lambda: None,
            )
            names = "+".join(bench.texts[one].name for one in group)
            desk.note(SLOTS, number, {"slots": n_slots, **_facts(best[0].setting, names, "several", pair)})
    found = [one for one in desk.done(SLOTS).values() if one["slots"] == n_slots]
    row = speculated.row_of(best[0].setting, None, [speculated.Pair.from_facts(one) for one in found])
    if row is not None:
        desk.put_figures(list(_factor(f"{NAME}.speed_up@{n_slots}", row)))
    return True


def _figures(pairs: Sequence[speculated.Pair]) -> Iterator[Figure]:
    """What is told of the best setting, over all texts and by kind."""
    found = speculated.overall(pairs)
    if not found:
        return
    best = found[0]
    yield from _factor(f"{NAME}.speed_up", best)
    yield Figure(f"{NAME}.tokens_per_s", best.tokens_per_s, "tokens/s", n=best.speed_up.n)
    yield Figure(f"{NAME}.plain_tokens_per_s", best.plain_tokens_per_s, "tokens/s", n=best.speed_up.n)
    yield Figure(f"{NAME}.n_draft", best.setting.n_draft, "tokens")
    yield Figure(f"{NAME}.tokens_per_batch", best.per_round, "tokens")
    if best.acceptance is not None:
        yield Figure(f"{NAME}.acceptance", best.acceptance, "share")
    if best.joules_per_token is not None and best.plain_joules_per_token is not None:
        yield Figure(f"{NAME}.joules_per_token", best.joules_per_token, "J")
        yield Figure(f"{NAME}.plain_joules_per_token", best.plain_joules_per_token, "J")
    for kind, row in sorted(speculated.best_by_kind(speculated.rows(pairs)).items()):
        yield from _factor(f"{NAME}.speed_up.{kind}", row)
        if row.acceptance is not None:
            yield Figure(f"{NAME}.acceptance.{kind}", row.acceptance, "share")


def _factor(name: str, row: speculated.Row) -> Iterator[Figure]:
    """A speed-up; none where nothing was drafted."""
    if not row.was_drafted:
        return
    factor = row.speed_up
    method = "Student's t on logarithms, within texts" if factor.low is not None else None
    yield Figure(
        name,
        factor.value,
        "times",
        n=factor.n,
        interval_low=factor.low,
        interval_high=factor.high,
        interval_method=method,
    )
