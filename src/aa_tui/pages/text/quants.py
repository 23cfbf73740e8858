"""The quantizations of a model in words: the recommendation with its reasons, and the cells of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from aa_tui.analysis import MISSING, display
from aa_tui.analysis.ladder import KLD_AT_MOST, LEAST_SCORE, LOSS_AT_MOST, Judged, Known
from aa_tui.catalog.rows import MeasurementRow
from aa_tui.charts.here.reliability import FLAG
from aa_tui.pages import measured
from aa_tui.pages.quants import EVALUATION, SPEED, Ladder, LadderRow
from aa_tui.pages.text.plan import time_words
from aa_tui.runs.quants import DIVERGENCE

_POINTS = 100 * LOSS_AT_MOST


@dataclass(frozen=True, slots=True)
class Cell:
    """A column: its key, its title, what it means, and how a row's cell reads; `wide` with its interval."""

    key: str
    title: str
    meaning: str
    words: Callable[[Ladder, LadderRow, bool], str]

    def of(self, ladder: Ladder, row: LadderRow, *, wide: bool = True) -> str:
        """How a row's cell reads; a dash where nothing was measured."""
        return self.words(ladder, row, wide) or MISSING


@dataclass(frozen=True, slots=True)
class Section:
    """Columns that belong together, under a title that says what they are of."""

    title: Callable[[Ladder], str]
    cells: tuple[Cell, ...]


def _kld(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"


def _known(one: Known | None, words: Callable[[float], str], *, wide: bool) -> str:
    """A figure, `wide` with its interval: "0.0213 (0.0201–0.0226)", "31.4 % (18.6–48.0)"."""
    if one is None:
        return ""
    if one.low is None or one.high is None or not wide:
        return words(one.value)
    low, high = (words(end).removesuffix(" %") for end in (one.low, one.high))
    ends = f"{low} to {high}" if low.startswith("-") else f"{low}–{high}"
    return f"{words(one.value)} ({ends})"


def _figure(name: str, words: Callable[[float], str]) -> Callable[[Ladder, LadderRow, bool], str]:
    return lambda _, row, wide: _known(row.figures.get(name), words, wide=wide)


def _ratio(value: float) -> str:
    return f"{value:.4f}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _points(value: float) -> str:
    return f"{100 * value:.1f}"


def _rate(metric: str) -> Callable[[Ladder, LadderRow, bool], str]:
    def words(_: Ladder, row: LadderRow, wide: bool) -> str:
        if row.speed is None or metric not in row.speed.measurements:
            return ""
        told = measured.rate(row.speed, metric)
        return told if wide else told.partition(" ±")[0] + ("!" if told.endswith("!") else "")

    return words


def _joules(_: Ladder, row: LadderRow, _wide: bool) -> str:
    found: MeasurementRow | None = row.rate("tg128.joules_per_token")
    return "" if found is None else f"{found.value:.2f}"


def _times(ladder: Ladder, row: LadderRow, _wide: bool) -> str:
    found = ladder.speedup(row)
    return "" if found is None else f"{found:.2f}{FLAG if ladder.is_doubted(row) else ''}"


def _score(_: Ladder, row: LadderRow, wide: bool) -> str:
    score = row.answers.score if row.answers is not None else None
    if score is None:
        return ""
    told = display.score(score.value, *((score.interval_low, score.interval_high) if wide else ()))
    return f"{told} of {score.n:,}" if wide and score.n is not None else told


def _pairs(_: Ladder, row: LadderRow, _wide: bool) -> str:
    pair = row.answers.pair if row.answers is not None else None
    return "" if pair is None or pair.result is None else f"{pair.result.n:,}"


def _loss(_: Ladder, row: LadderRow, wide: bool) -> str:
    return _known(row.answers.loss if row.answers is not None else None, _points, wide=wide)


def _flips(_: Ladder, row: LadderRow, wide: bool) -> str:
    found = row.answers.flips if row.answers is not None else None
    if found is None:
        return ""
    count = f"{found.n_flips} (-{found.n_lost} +{found.n_gained})"
    return f"{count} {_known(found.share, _percent, wide=True)}" if wide else count


def _changed(_: Ladder, row: LadderRow, wide: bool) -> str:
    found = row.answers.flips if row.answers is not None else None
    return _known(found.answers_changed, _percent, wide=wide) if found is not None else ""


def _p_value(_: Ladder, row: LadderRow, _wide: bool) -> str:
    pair = row.answers.pair if row.answers is not None else None
    result = pair.result if pair is not None else None
    if result is None:
        return ""
    p_value = result.p_value if result.p_value is not None else result.p_value_any_time
    return "" if p_value is None else f"{p_value:.3f}"


def _tokens(_: Ladder, row: LadderRow, wide: bool) -> str:
    return _known(row.answers.tokens if row.answers is not None else None, lambda one: f"{one:.2f}", wide=wide)


def _seconds(_: Ladder, row: LadderRow, _wide: bool) -> str:
    found = row.answers.effort.s_per_right if row.answers is not None else None
    return "" if found is None else display.seconds(found)


def _joules_right(_: Ladder, row: LadderRow, _wide: bool) -> str:
    found = row.answers.effort.joules_per_right if row.answers is not None else None
    return "" if found is None else f"{found:,.0f} J"


def _bits(_: Ladder, row: LadderRow, _wide: bool) -> str:
    return "" if row.bits_per_weight is None else f"{row.bits_per_weight:.2f}"


_SIZE = (
    Cell("size", "Size", "of the file", lambda _, row, __: display.size_bytes(row.file.size_bytes)),
    Cell("bits", "Bits", "the file's bits over its weights", _bits),
    Cell(
        "memory", "Memory", "the most that its speed run took", lambda _, row, __: display.size_bytes(row.memory_bytes)
    ),
    Cell("pp", "pp512", "tokens/s of a prompt, mean ± standard deviation", _rate("pp512")),
    Cell("tg", "tg128", "tokens/s written, mean ± standard deviation", _rate("tg128")),
    Cell("times", "× ref.", "tg128 over the reference's", _times),
    Cell("joules", "J/token", "joules for each token of tg128", _joules),
)
_DIVERGENCE = (
    Cell(
        "kld_mean",
        "KLD mean",
        "mean KL divergence of the next token from the reference, in nats",
        _figure("kld_mean", _kld),
    ),
    Cell("kld_median", "Median", "its median", _figure("kld_median", _kld)),
    Cell("kld_p99", "99 %", "below this for 99 % of the tokens", _figure("kld_p99", _kld)),
    Cell("kld_max", "Largest", "of all tokens", _figure("kld_max", _kld)),
    Cell(
        "same_top", "Same top", "share of tokens whose likeliest next token is the same", _figure("same_top", _percent)
    ),
    Cell("rms_dp", "RMS Δp", "RMS change of the likeliest token's probability", _figure("rms_dp", _percent)),
    Cell("ppl_ratio", "PPL ×", "perplexity over the reference's, token by token", _figure("ppl_ratio", _ratio)),
    Cell("ppl", "PPL", "perplexity of the text", _figure("ppl", lambda one: f"{one:.3f}")),
)
_ANSWERS = (
    Cell("score", "Right", "share of the items that were graded, strict, and of how many", _score),
    Cell(
        "pairs", "Pairs", "items of both the file and the reference: all that follows but s/right is of these", _pairs
    ),
    Cell("loss", "Loss", "points lost to the reference on the same items, 95 %", _loss),
    Cell("flips", "Flips", "items that changed between right and wrong: lost, gained; their share, 95 %", _flips),
    Cell("p_value", "p", "McNemar's mid-p of “as good as the reference”", _p_value),
    Cell("changed", "Other answers", "share of items whose answer is another one, right or wrong", _changed),
    Cell("tokens", "Tokens ×", "output tokens over the reference's, on the same items", _tokens),
    Cell("s_per_right", "s/right", "seconds of work for each right answer", _seconds),
    Cell("joules_per_right", "J/right", "joules for each right answer", _joules_right),
)


def _text_title(ladder: Ladder) -> str:
    where = ", ".join(filter(None, (ladder.text, f"blocks of {ladder.n_ctx:,}" if ladder.n_ctx else "")))
    name = ladder.name(ladder.reference.file.sha256)
    return f"Divergence from {name}{f' on {where}' if where else ''}"


def _answers_title(ladder: Ladder) -> str:
    if ladder.pack is None:
        return "Answers"
    return f"Answers to {ladder.pack} {ladder.pack_version or ''}".rstrip() + ", paired with the reference's"


SECTIONS = (
    Section(lambda _: "Size and speed on this machine ⌂", _SIZE),
    Section(_text_title, _DIVERGENCE),
    Section(_answers_title, _ANSWERS),
)

CELLS: dict[str, Cell] = {cell.key: cell for section in SECTIONS for cell in section.cells}
"""By key, in the order of the whole table."""


Table = tuple[str, list[str], list[list[str]]]
"""A title, a head and rows."""


def sections(ladder: Ladder) -> Iterator[Table]:
    """Each part of the table in which something is known of any file."""
    for section in SECTIONS:
        rows = [[cell.of(ladder, row) for cell in section.cells] for row in ladder.rows]
        shown = [n for n in range(len(section.cells)) if any(row[n] != MISSING for row in rows)]
        if not shown:
            continue
        names = [marked_name(ladder, row) for row in ladder.rows]
        yield (
            section.title(ladder),
            ["File", *(section.cells[n].title for n in shown)],
            [[name, *(row[n] for n in shown)] for name, row in zip(names, rows, strict=True)],
        )


def titles(ladder: Ladder) -> list[str]:
    """What divergences and answers are of, where there are any."""
    told = [_text_title(ladder)] if ladder.text else []
    return [*told, _answers_title(ladder)] if any(row.answers for row in ladder.rows) else told


def plan_words(steps: Sequence[str], seconds: float | None) -> str:
    """What would be measured, and about how long it takes where that is known."""
    if not steps:
        return "Nothing is missing."
    time = f"about {time_words(seconds)}" if seconds is not None else "nothing tells yet how long it takes"
    return f"To measure ({time}): {', '.join(steps)}."


def marked_name(ladder: Ladder, row: LadderRow) -> str:
    """Its name with the marks of the reference (=) and of the recommended file (→)."""
    mark = "→ " if row.file.sha256 == ladder.recommendation.choice else ""
    return f"{mark}{ladder.name(row.file.sha256)}{' (reference)' if row.is_reference else ''}"


def headline(ladder: Ladder) -> str:
    """Which file to take and why, in a sentence; or that nothing can be said."""
    told = ladder.recommendation
    row, reference = ladder.row(told.choice), ladder.name(ladder.reference.file.sha256)
    if row is None:
        return f"No recommendation: nothing was measured yet of how the others differ from {reference}."
    if row.is_reference:
        return f"Take {reference}: {_why_none(ladder)}."
    name = ladder.name(row.file.sha256)
    return f"Take {name}: {', '.join(_reasons(ladder, row))}."


def _why_none(ladder: Ladder) -> str:
    judged = [one.state for one in ladder.recommendation.judged]
    if "holds" in judged:
        return "of the files that are good enough none is faster"
    if set(judged) <= {"fails"}:
        return "every other file loses more than it may"
    return "no other file is known to be good enough yet"


def _reasons(ladder: Ladder, row: LadderRow) -> Iterator[str]:
    answers = row.answers
    by_answers = ladder.recommendation.rule == "accuracy" and answers is not None
    if by_answers and answers is not None and answers.flips is not None:
        n, flips = answers.flips.n, answers.flips.n_flips
        seen = "no flips" if not flips else "1 flip" if flips == 1 else f"{flips} flips"
        yield f"{seen} seen in {n:,} item{'' if n == 1 else 's'}"
    mean = row.figures.get("kld_mean")
    if mean is not None:
        yield f"mean KLD {_known(mean, _kld, wide=not by_answers)}"
    times = ladder.speedup(row)
    if times is not None:
        yield _faster(times)
    smaller = 1 - row.file.size_bytes / ladder.reference.file.size_bytes
    if smaller >= 0.005:
        yield f"{100 * smaller:.0f} % smaller"
    loss = answers.loss if by_answers and answers is not None else None
    if loss is not None and loss.high is not None:
        yield f"{_at_most(loss.high)} at 95 %"


def _faster(times: float) -> str:
    return f"{times:.1f} times as fast" if times >= 1.05 else f"{100 * times:.0f} % of the speed"


def _at_most(loss: float) -> str:
    return f"at most {100 * loss:.1f} points worse" if loss > 0 else "not worse"


def reasons(ladder: Ladder, comparing: str = "`--pack NAME` compares those") -> list[str]:
    """What the recommendation rests on, and what became of the other files; sentences.

    `comparing` says how answers are compared, where that is not done in the shell.
    """
    told = ladder.recommendation
    said = [_RULES[told.rule].format(comparing=comparing)] if told.rule is not None else []
    if told.by == "size" and any(one.state == "holds" for one in told.judged):
        said.append("Not all of those that keep to it were measured for speed: the smallest is taken.")
    if told.low_score:
        said.append(
            f"The reference has fewer than {100 * LEAST_SCORE:.0f} % right: too little to lose for answers to tell."
        )
    if told.as_fast:
        names = " and ".join(ladder.name(key) for key in told.as_fast)
        said.append(f"{names} {'is' if len(told.as_fast) == 1 else 'are'} as fast within the spread, and larger.")
    said += [words for one in told.judged if (words := _judged(ladder, one))]
    return said


_RULES = {
    "accuracy": (
        f"Rule: the fastest file whose loss stays below {_POINTS:.0f} points at the worst end of its 95 % interval."
    ),
    "divergence": (
        "Rule, as no answers were compared: the fastest file with a mean KLD of at most "
        f"{KLD_AT_MOST:g} at the upper end. That threshold is ours and says nothing of answers: {{comparing}}."
    ),
}


def _judged(ladder: Ladder, one: Judged) -> str:
    """Why a file was not to be had; empty where it keeps to the rule."""
    name, row = ladder.name(one.key), ladder.row(one.key)
    if one.state == "holds" or row is None or ladder.recommendation.rule is None:
        return ""
    if one.state == "unknown":
        return f"{name}: not known, it was not measured for that."
    if ladder.recommendation.rule == "divergence":
        return f"{name}: mean KLD {_known(row.figures.get('kld_mean'), _kld, wide=True)}, too far."
    return f"{name}: {_by_loss(one, row.answers.loss if row.answers is not None else None)}"


def _by_loss(one: Judged, loss: Known | None) -> str:
    if loss is None or loss.low is None or loss.high is None:
        return "without an interval."
    ends = f"{100 * loss.low:.1f} to {100 * loss.high:.1f}"
    if one.state == "fails":
        return f"{100 * loss.value:.1f} points worse ({ends}), too much."
    if one.n_more is not None:
        items = f"{one.n_more:,} more item{'' if one.n_more == 1 else 's'}"
        return f"too few items to tell ({ends} points worse); about {items} would, if they go as these."
    return f"not shown to be good enough ({ends} points worse), and more items would hardly show it."


_KINDS = {SPEED: "speed", DIVERGENCE: "divergence", EVALUATION: "answers"}


def not_measured(ladder: Ladder) -> list[str]:
    """What is missing of each file, in a line: "not measured: Q4_0 speed and divergence"."""
    lines = []
    left = [
        f"{ladder.name(row.file.sha256)} {' and '.join(_KINDS[kind] for kind in row.missing)}"
        for row in ladder.rows
        if row.missing
    ]
    if left:
        lines.append(f"not measured: {'; '.join(left)}")
    lines += [
        f"under way: run {run.id}, {run.what} of {ladder.name(row.file.sha256)}"
        for row in ladder.rows
        for run in row.under_way
    ]
    gone = [row.file.shown_name for row in ladder.rows if not row.is_here]
    if gone:
        lines.append(f"no longer where they were: {', '.join(gone)}")
    return lines


def notes(ladder: Ladder) -> list[str]:
    """What stands below the table."""
    return [*not_measured(ladder), *(f"! {one}" for one in ladder.cautions)]


LayOut = Callable[[Sequence[str], Sequence[Sequence[str]]], list[str]]
"""Makes lines of a head and rows."""


def lines(ladder: Ladder, table: LayOut, width: int) -> list[str]:
    """All of it as text; what is wider than so many cells goes on below, with the files' names again."""
    out = [headline(ladder), *(f"  {one}" for one in reasons(ladder))]
    for title, head, rows in sections(ladder):
        out += ["", title, *_within(head, rows, table, width)]
    below = notes(ladder)
    return [*out, "", *below] if below else out


def _within(head: Sequence[str], rows: Sequence[Sequence[str]], table: LayOut, width: int) -> list[str]:
    """The table in as many pieces as it takes, each with the first column."""
    out: list[str] = []
    first = 1
    while first < len(head):
        for last in range(len(head), first, -1):
            shown = [0, *range(first, last)]
            piece = table([head[n] for n in shown], [[row[n] for n in shown] for row in rows])
            if last == first + 1 or max(map(len, piece)) <= width:
                break
        out += ["", *piece] if out else piece
        first = last
    return out
