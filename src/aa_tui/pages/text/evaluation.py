"""An evaluation in words."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.analysis.evaluation import Summary
from aa_tui.analysis.intervals import Score
from aa_tui.catalog.metric_names import LOGGED
from aa_tui.catalog.rows import RunRow
from aa_tui.outcomes import outcome_words, undecided_words
from aa_tui.pages import measured
from aa_tui.pages.evaluation import EvalReport
from aa_tui.pages.graded_by import graded_by
from aa_tui.pages.text import agreement as agreeing
from aa_tui.pages.text import control as control_text
from aa_tui.pages.text import costs as costs_text
from aa_tui.pages.text import held, served
from aa_tui.pages.text import short as short_text
from aa_tui.pages.text import talked as talked_text
from aa_tui.pages.text.scores import bounds_words, score_words
from aa_tui.textsafe import clean_line

SHOWN_TURN = 160
"""Characters of a template's own system turn in a report; the run's settings have more of it."""

FAILED = "error"
"""How samples ended that came to nothing."""


def too_long(run: RunRow) -> str:
    """That a run left items out because the model's context is too short for them; "" where it did not."""
    known = run.setup.too_long
    if known is None:
        return ""
    count, named = len(known.items), ", ".join(known.items[:3])
    what = "item whose prompt does" if count == 1 else "items whose prompts do"
    more = ", …" if count > 3 else ""
    way = " --context asks for more"
    return f"left out: {count:,} {what} not fit the context of {known.context_tokens:,} tokens ({named}{more});{way}"


def _left_out(report: EvalReport) -> list[str]:
    """What is in no score although it is in the pack, or was answered."""
    n_out_of_turn = report.summary.n_left_out
    are = "is" if n_out_of_turn == 1 else "are"
    found = [f"{n_out_of_turn} finished out of turn {are} left out: short answers end first"] if n_out_of_turn else []
    return [*found, *filter(None, [too_long(report.run), came_to_nothing(report)])]


def came_to_nothing(report: EvalReport) -> str:
    """That samples may be asked again that were errors of a server or the engine; empty where there is none."""
    run = report.run
    n = sum(one.finish_reason == FAILED for one in report.samples)
    if not n or run.is_live or run.origin != "here":
        return ""
    return f"{n:,} came to nothing (errors): `aa-tui runs resume {run.id}` asks {'it' if n == 1 else 'them'} again"


def lines(report: EvalReport) -> list[str]:
    """The report as text for the shell."""
    run, setup = report.run, report.run.setup
    wanted = run.n_items or len(report.samples)
    head = f"Run {run.id}: {run.target} · {run.file.quant or 'unknown quant'} · {run.pack} {run.pack_version}"
    out = [f"{head} · {run.state}"]
    if run.reason:
        out.append(f"  {run.reason}")
    if setup.prompt == "plain":
        out.append("  prompt       plain: solved examples before each question, no chat template")
    if setup.template:
        out.append(f"  template     {setup.template}, not the file's own")
    out += _way_lines(run)
    if run.origin == "log":
        out += _log_lines(report)
    elif run.file.is_served:
        out.append(f"  through      {setup.servers_words}")
    out.append(f"  samples      {len(report.samples)} of {wanted}")
    out += [f"               {words}" for words in _left_out(report)]
    if setup.grammar:
        out.append(f"  grammar      {held.words(setup)}")
    n_pack = sum(setup.n_items_by_category.values())
    out += score_lines(report.summary, n_pack, setup.n_too_long)
    out += control_text.lines(report.control)
    out += short_text.lines(report.short)
    out += _label_lines(report)
    out += talked_text.lines(report.talked)
    out += _token_lines(report)
    if report.curve:
        out.append("  accuracy against thinking budget")
        for point in report.curve:
            budget = "as it was" if point.budget_tokens is None else f"{point.budget_tokens:,}"
            out.append(
                f"    {budget:>10} tokens   {score_words(point.score):<24} n {point.n}, {point.n_forced} made to"
            )
    elif setup.budgets and report.samples and not setup.is_chosen and not any(one.n_thinking for one in report.samples):
        out.append("  thinking     none: no answer was thought about, so there is no accuracy against thinking budget")
    out += [f"  {'device' if not n else '':<12} {words}" for n, words in enumerate(measured.devices(run))]
    by = graded_by(run, report.samples) if run.origin != "log" else None
    if by is not None:
        out.append(f"  graded by    {by.words(run)}")
    if report.jails:
        out.append(f"  jail         {', '.join(report.jails)}")
    if run.engine_caution:
        out.append(f"  engine       {run.engine_caution}")
    return out


def _log_lines(report: EvalReport) -> list[str]:
    """Where a run was read from, and what its log itself states."""
    out = [f"  from         {report.run.made_on}"]
    for number, figure in enumerate(report.logged):
        more = f" ± {figure.stdev:.3g}" if figure.stdev is not None else ""
        count = f", n {figure.n}" if figure.n is not None else ""
        name = clean_line(figure.metric.removeprefix(LOGGED))
        out.append(f"  {'' if number else 'in its log':<12} {name} {figure.value:.4g}{more}{count}")
    return out


def score_lines(summary: Summary, n_pack: int, n_too_long: int = 0) -> list[str]:
    """Scores, outcomes, index and categories as text; instead of the scores why there are none.

    `n_too_long` items were never asked: they stand with the outcomes, and count as nothing else.
    """
    part, strict = summary.all, summary.all.strict
    out = _three_scores(summary)
    if strict is not None:
        one = strict.interval
        whose = (
            f"just these {n_pack:,} items; completed for similar items"
            if one.estimand == "these items"
            else "similar items"
        )
        out.append(f"  interval     {one.method}, {100 * one.level:.0f} %, for {whose}")
    told = [f"{outcome_words(name)} {count}" for name, count in part.outcomes.items() if count]
    told += [f"too long to ask {n_too_long}"] if n_too_long else []
    out.append(f"  outcomes     {' · '.join(told) or '–'}")
    return [*out, *_index_lines(summary)]


def _three_scores(summary: Summary) -> list[str]:
    part, why = summary.all, summary.no_headline
    if why is not None:
        return [f"  score        {why}", "               what became of the samples is shown all the same"]
    out = [f"  strict       {score_words(part.strict):<24} anything not correct counts as wrong"]
    if part.bounds is not None:
        out.append(f"               {bounds_words(part.bounds)}")
    return [
        *out,
        f"  completed    {score_words(part.completed):<24} of those that came to their own end",
        f"  cut short    {score_words(part.truncation):<24} truncated, looping or out of time",
    ]


def _index_lines(summary: Summary) -> list[str]:
    """The index with its bounds, and the categories' scores."""
    out = []
    index, ends = summary.index, summary.index_bounds
    if index is not None:
        out.append(f"  index        {_percent(index):<24} the categories' mean, each of equal weight")
    if ends is not None:
        out.append(f"               {undecided_words(ends.low, ends.high, ends.n_undecided)}")
    if len(summary.by_category) > 1 and summary.no_headline is None:
        for name, part in sorted(summary.by_category.items()):
            undecided = f", {part.n_undecided} undecided" if part.n_undecided else ""
            out.append(f"    {name:<22} {score_words(part.strict):<24} n {part.n_graded}{undecided}")
    return out


def _percent(index: Score) -> str:
    """The index, which counts to 100, as the scores beside it read."""
    return display.score(index.value / 100, index.interval.low / 100, index.interval.high / 100)


def _label_lines(report: EvalReport) -> list[str]:
    if report.agreement is None:
        return []
    out = [f"  by eye       grader and person agree on {agreeing.words(report.agreement)}"]
    n_seen = report.agreement.n - report.n_blind
    if n_seen:
        out.append(f"               {agreeing.count(n_seen, 'label')} given with the verdict in view, which sways")
    return out


def _way_lines(run: RunRow) -> list[str]:
    """How thinking was told from answers, and what the model was told beside the pack's words."""
    out = []
    setup = run.setup
    if setup.reasoning_format:
        version = setup.reasoning_formats_version
        out.append(f"  reasoning    format {setup.reasoning_format}, list of formats {version}")
    turn = setup.template_system_turn
    if turn:
        shown = f"{turn[:SHOWN_TURN]}…" if len(turn) > SHOWN_TURN else turn
        out.append(f"  system turn  of the template itself: {shown}")
    return out


def _token_lines(report: EvalReport) -> list[str]:
    tokens = report.summary.all.tokens
    if tokens is None:
        return []
    cut = f", {tokens.n_cut} cut short" if tokens.n_cut else ""
    out = [
        f"  tokens       {tokens.mean:,.0f} per question (thinking {tokens.mean_thinking:,.0f}, answer "
        f"{tokens.mean_answer:,.0f}), median {tokens.median:,.0f}, 90 % under {tokens.p90:,.0f}{cut}; "
        "the model's own tokens"
    ]
    if report.tokens_per_s_total is not None and not report.run.is_live:  # while it runs the live row knows better
        slots = report.run.setup.n_parallel
        with_slots = f" with {slots} slot{'' if slots == 1 else 's'}" if slots is not None else ""
        if report.run.file.is_served:
            with_slots = ", of the servers and the way there"
        out.append(f"  speed        {report.tokens_per_s_total:,.1f} tokens/s in total{with_slots}")
    if report.cost_usd is not None:
        out.append(f"  cost         {served.spent_words(report.cost_usd, report.run.setup.max_usd)}")
    if report.joules_per_token is not None:
        out.append(f"  energy       {report.joules_per_token:,.2f} J a token")
    return [*out, *costs_text.lines(report.costs)]
