"""The study of speculation at work: plain outputs, what drafting costs, and the promising settings against plain.

From the plain outputs follows which drafts would be accepted, from the costs how fast every setting would be; only the
best few are run. Each text and each pair is a piece of the journal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from math import exp, log
from statistics import fmean
from typing import TYPE_CHECKING, Any

from aa_tui.analysis import speculated, speculating
from aa_tui.analysis.speculating import Costs, Round, Setting
from aa_tui.catalog import studies
from aa_tui.catalog.rows import Figure
from aa_tui.runs.errors import RunError
from aa_tui.runs.identity import engine_words
from aa_tui.runs.studies.decoders import Bench, open_bench
from aa_tui.runs.studies.desk import Desk
from aa_tui.runs.studies.drafting import NAME, Asked, checked_draft

if TYPE_CHECKING:
    from aa_tui.speed.speculation import Pair

PLAIN, GUESSES, COSTS, CHOSEN, PAIRS, SLOTS = "plain", "guesses", "costs", "chosen", "pairs", "slots"
"""The parts of the journal, in their order."""

LEAST_OUTPUT = 8
"""Tokens; a text that gets fewer is left out, since its time says little."""

CANDIDATES = 3
"""Settings that are run of those predicted, over all texts and for each kind; over all texts the best of each drafter
is among them or comes on top."""

NOISE_SIZES = (2, 4, 8, 16)
_BEFORE_PAIRS, _WITH_PAIRS = 0.3, 0.95  # of the progress


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
        bench = open_bench(stack, desk, asked, draft)
        if bench is None or not _measure(bench):
            return False
    for n_slots in asked.slots:
        with ExitStack() as stack:  # one after the other, for the memory's sake
            bench = open_bench(stack, desk, asked, draft, n_slots)
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


def _measure(bench: Bench) -> bool:
    for stage in (_write_plainly, _guess, _cost):
        if not stage(bench):
            return False
    return _pairs(bench, _jobs(bench))


def _write_plainly(bench: Bench) -> bool:
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
            write(bench.decoders.plain, [prompt], LEAST_OUTPUT, should_stop=desk.should_stop)
        found = write(bench.decoders.plain, [prompt], bench.asked.max_output, should_stop=desk.should_stop)
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


def _outputs(bench: Bench) -> dict[int, list[int]]:
    """The plain outputs by text, but those that are too short. Raises RunError where all are."""
    found = {number: list(facts["tokens"]) for number, facts in bench.desk.done(PLAIN).items()}
    long = {number: tokens for number, tokens in found.items() if len(tokens) >= LEAST_OUTPUT}
    if not long:
        raise RunError(
            f"The model writes fewer than {LEAST_OUTPUT} tokens to each of the texts: there is nothing to speed up."
        )
    return long


def _guess(bench: Bench) -> bool:
    """Where the draft model and the file's own layers would have been right."""
    from aa_tui.engine.mtp import runs_of
    from aa_tui.engine.speculation import would_hit

    draft, mtp = bench.decoders.draft, bench.decoders.mtp
    if draft is None and mtp is None:
        return True
    desk, done = bench.desk, bench.desk.done(GUESSES)
    for number, output in _outputs(bench).items():
        if number in done:
            continue
        if desk.should_stop():
            return False
        text = bench.texts[number]
        desk.tell(0.2 + 0.05 * number / len(bench.texts), f"{text.kind}, {text.name}: what drafts guess")
        facts: dict[str, Any] = {"text": text.name}
        if draft is not None:
            facts["hits"] = [int(hit) for hit in would_hit(draft, bench.prompts[number], output)]
        if mtp is not None:
            facts["runs"] = runs_of(mtp, bench.prompts[number], output, max(_n_mtp(bench)))
        desk.note(GUESSES, number, facts)
    return True


def _n_mtp(bench: Bench) -> tuple[int, ...]:
    """How many tokens the file's own layers draft at a time; none where they do not draft."""
    mtp = bench.decoders.mtp
    return speculating.within(bench.asked.n_draft, mtp.most) if mtp is not None else ()


def _cost(bench: Bench) -> bool:
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
    sizes = tuple(sorted({1, 2, *(n + 1 for n in (*bench.asked.n_draft, *_n_mtp(bench)))}))
    decoders = bench.decoders
    costs = measure_costs(decoders, prompt, output, sizes)
    some = [size for size in NOISE_SIZES if size <= len(output)]
    noise = shape_noise(decoders.plain, decoders.model, prompt, output, some)
    desk.note(
        COSTS,
        0,
        {
            "verify_s": {str(size): value for size, value in costs.verify_s.items()},
            "draft_s": {str(size): value for size, value in costs.draft_s.items()},
            "mtp_s": {str(size): value for size, value in costs.mtp_s.items()},
            "plain_s": costs.plain_s,
            "noise": noise,
        },
    )
    return True


def _predictions(bench: Bench) -> dict[int, dict[Setting, float]]:
    """The speed-up of every setting on every text, from what is in the journal."""
    desk, asked = bench.desk, bench.asked
    costs, hits = costs_of(desk.done(COSTS)[0]), desk.done(GUESSES)
    every = speculating.settings(
        draft=bench.decoders.draft is not None, ngram=asked.ngram, n_draft=asked.n_draft, n_mtp=_n_mtp(bench)
    )
    found: dict[int, dict[Setting, float]] = {}
    for number, output in _outputs(bench).items():
        plain_s = speculating.plain_seconds(len(output), costs)
        guesses = hits.get(number, {})
        found[number] = {
            one: plain_s / speculating.seconds_of(one, _rounds(bench, number, one, output, guesses), costs)
            for one in every
        }
    return found


def _rounds(
    bench: Bench, number: int, setting: Setting, output: Sequence[int], guesses: Mapping[str, Any]
) -> list[Round]:
    most = bench.asked.max_output
    if setting.ngram:
        return speculating.replay_ngrams(bench.prompts[number], output, setting.ngram, setting.n_draft, most)
    if setting.mtp:
        return speculating.replay_runs(guesses["runs"], setting.n_draft, most)
    return speculating.replay_hits([bool(hit) for hit in guesses["hits"]], setting.n_draft, most)


def costs_of(facts: Mapping[str, Any]) -> Costs:
    """The costs as they were journalled."""
    verify, draft, mtp = (
        {int(size): float(value) for size, value in (facts.get(name) or {}).items()}
        for name in ("verify_s", "draft_s", "mtp_s")
    )
    return Costs(verify, draft, mtp, facts.get("plain_s"))


def _mean(by_text: Sequence[Mapping[Setting, float]]) -> dict[Setting, float]:
    """The geometric mean over texts."""
    return {one: exp(fmean(log(found[one]) for found in by_text)) for one in by_text[0]}


def _jobs(bench: Bench) -> list[_Job]:
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
    chosen = [(Setting.from_facts(one), int(one["text"])) for one in noted[0]["pairs"]]
    return [_Job(setting, text, turn) for turn in range(bench.asked.repetitions) for setting, text in chosen]


def _by_text(pair: tuple[Setting, int]) -> tuple[int, Setting]:
    return pair[1], pair[0]


def _plain(setting: Setting) -> dict[str, Any]:
    return asdict(setting)


def _pairs(bench: Bench, jobs: Sequence[_Job]) -> bool:
    """Each pair, plain first or last in turns."""
    from aa_tui.host.energy import find_meter
    from aa_tui.speed.speculation import measure_pair

    desk, asked = bench.desk, bench.asked
    meter = find_meter(gpu=bench.decoders.model.engine.settings.n_gpu_layers != 0)
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
            bench.decoders,
            job.setting,
            [bench.prompts[job.text]],
            asked.max_output,
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


def _at_once(bench: Bench, n_slots: int) -> bool:
    """The best setting with several texts at once, the same texts each time."""
    from aa_tui.speed.speculation import measure_pair

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
                bench.decoders,
                best[0].setting,
                [bench.prompts[one] for one in group],
                asked.max_output,
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
    drafters = speculated.best_by_drafter(found)
    for drafter, row in drafters.items() if len(drafters) > 1 else ():
        yield from _factor(f"{NAME}.speed_up_with.{drafter}", row)
        if row.acceptance is not None:
            yield Figure(f"{NAME}.acceptance_with.{drafter}", row.acceptance, "share")
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
