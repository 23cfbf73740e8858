"""Evaluations made here, as charts draw them: of one pack and version, one run of each file on each machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aa_tui.analysis import display
from aa_tui.analysis.intervals import Score
from aa_tui.catalog.rows import LocalResult, MeasurementRow, RunRow
from aa_tui.charts.evaluated import Evaluated, figure
from aa_tui.charts.here.speed import labels, place
from aa_tui.charts.scene import Scene


def current(results: Iterable[LocalResult]) -> list[LocalResult]:
    """Of each file, machine, pack, version, style of prompt, with a grammar and without, the run that counts, newest
    first.

    That is the newest finished one, else the newest: a run that has just begun does not hide a whole one, nor does one
    with too many errors for a score hide one that has it.
    """
    found: dict[tuple[object, ...], LocalResult] = {}
    evaluations = [one for one in results if one.run.kind == "eval" and one.run.pack]
    order = sorted(evaluations, key=lambda one: (bool(one.no_headline), one.run.state != "finished", -one.run.id))
    for result in order:
        run = result.run
        key = (*place(result), run.pack, run.pack_version, prompt_style(run), run.setup.grammar)
        found.setdefault(key, result)
    return sorted(found.values(), key=lambda one: -one.run.id)


def prompt_style(run: RunRow) -> str:
    """How the run asked: "chat" through the model's template, another template's file, "plain" with solved examples."""
    return run.setup.template or run.setup.prompt


def held_mark(run: RunRow) -> str:
    """Said behind the name of what was measured where answers were held to a grammar: ", grammar"; else empty."""
    return ", grammar" if run.setup.grammar else ""


def comparable(scene: Scene) -> list[tuple[str, Evaluated]]:
    """The scene's evaluations of one pack in one version, each with what tells it apart.

    The pack is the scene's choice, else that of the newest run.
    """
    known = [one for one in scene.evaluated if not scene.pack or one.run.pack == scene.pack]
    if not known:
        return []
    newest = max(known, key=lambda one: one.run.id).run
    same = [one for one in known if (one.run.pack, one.run.pack_version) == (newest.pack, newest.pack_version)]
    # Quants of one model on one machine follow each other, the largest file first: order is no rank.
    same.sort(key=lambda one: (one.run.target.casefold(), _machine(one), -one.run.file.size_bytes, one.run.id))
    return list(zip(labels(scene, [one.result for one in same], held_mark), same, strict=True))


def undecided(result: LocalResult) -> str:
    """What undecided samples leave open of the strict score: ", 2 undecided: 80.3–84.0"; empty without any."""
    strict, low, high = (figure(result, f"score_strict{end}") for end in ("", "_low", "_high"))
    if low is None or high is None:
        return ""
    count = (low.n or 0) - (strict.n or 0 if strict is not None else 0)
    return f", {count} undecided: {100 * low.value:.1f}–{100 * high.value:.1f}"


def without_score(known: Sequence[tuple[str, Evaluated]]) -> str:
    """Which evaluations have too many errors to be drawn: "run 5 has no score: 3 of 8 samples are errors …"."""
    return " and ".join(f"run {one.run.id} has {why}" for _, one in known if (why := one.result.no_headline))


def note(scene: Scene, shown: Sequence[Evaluated]) -> str:
    """What a chart must say: pack, version, how many questions, which machine, and when."""
    if not shown:
        return ""
    first = shown[0].run
    counts = sorted(one.summary.all.n_graded for one in shown)
    machines = sorted({_machine(one) for one in shown})
    caps = sorted({cap for one in shown if (cap := one.run.setup.max_output_tokens) is not None})
    styles = sorted({prompt_style(one.run) for one in shown})
    words = [
        f"run {scene.run_id}" if scene.run_id is not None else "",
        f"{first.pack} {first.pack_version}",
        f"n {counts[0]}" if counts[0] == counts[-1] else f"n {counts[0]}–{counts[-1]}",
        machines[0] if len(machines) == 1 else f"{len(machines)} machines",
        max((one.run.ended_at or one.run.created_at)[:10] for one in shown),
        " and ".join(f"{style} prompts" for style in styles) if styles != ["chat"] else "",
        f"output caps differ: {' and '.join(map(str, caps))} tokens" if len(caps) > 1 else "",
    ]
    return ", ".join(word.replace(",", " ") for word in words if word)


def missing(scene: Scene, otherwise: str) -> str:
    """Said instead of a chart: how to make an evaluation, else why those that there are cannot be drawn."""
    if scene.run_id is not None and not scene.evaluated:
        return f"Run {scene.run_id} has no evaluation to draw: `aa-tui runs show {scene.run_id}` shows what it is."
    if scene.pack and not any(one.run.pack == scene.pack for one in scene.evaluated):
        packs = sorted({one.run.pack or "" for one in scene.evaluated})
        known = f"; there are {', '.join(packs)}" if packs else ""
        return f"No evaluation with the pack “{scene.pack}” was made here{known}."
    if not scene.evaluated:
        target = scene.model.slug if scene.model is not None else "MODEL"
        return f"No evaluation was made here yet: `aa-tui eval {target} --pack quick` does it."
    return otherwise


NO_SCORE = "None of these evaluations has a score yet: a question must be answered and graded first."


def no_score(known: Sequence[tuple[str, Evaluated]]) -> str:
    """Why there is no score to draw."""
    words = without_score(known)
    return f"{words[0].upper()}{words[1:]}." if words else NO_SCORE


def share(row: MeasurementRow) -> str:
    """A share with its interval: "71.0 % (50.1–86.2)"."""
    return display.score(row.value, row.interval_low, row.interval_high)


def percent_interval(row: MeasurementRow) -> tuple[float, float] | None:
    """A share's interval in percent; None where it has none."""
    if row.interval_low is None or row.interval_high is None:
        return None
    return 100 * row.interval_low, 100 * row.interval_high


def index_share(row: MeasurementRow) -> str:
    """An index, which is kept from 0 to 100, as the scores beside it: "34.2 % (29.8–38.6)"."""
    low, high = (None if one is None else one / 100 for one in (row.interval_low, row.interval_high))
    return display.score(row.value / 100, low, high)


def score_share(score: Score) -> str:
    """As `share`, of a score that was just summed up."""
    return display.score(score.value, score.interval.low, score.interval.high)


def seconds_per_item(result: LocalResult) -> float | None:
    """Time a question at the run's total speed, in seconds: tokens a question / tokens a second of all slots."""
    tokens, rate = figure(result, "output_tokens_per_item"), figure(result, "tokens_per_s_total")
    return tokens.value / rate.value if tokens and rate and rate.value > 0 else None


def joules_per_item(result: LocalResult) -> float | None:
    """Energy a question in joules: tokens a question x J a token. None where the machine tells no power."""
    tokens, energy = figure(result, "output_tokens_per_item"), figure(result, "joules_per_token")
    return tokens.value * energy.value if tokens and energy else None


def _machine(one: Evaluated) -> str:
    return one.run.made_on or "unknown machine"
