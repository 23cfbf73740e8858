"""Answers of servers in words: who answered, who counted, what it cost, and whether both clocks agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.analysis import display
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.catalog.rows import EvalSample
    from aa_tui.catalog.run_notes import LiveFigures, ServerNow

APART = 0.10
"""Speeds further apart than this share are no longer one."""

LEAST_TOKENS = 32
"""Of shorter answers the network says more than the model."""

THOUGHT = {
    "tokenizer": "those of the thinking with its tokenizer",
    "pieces": "those of the thinking by its share of the pieces",
}

COUNTED = {
    "usage": "tokens as the server counted them",
    "tokenizer": "tokens counted with the server's tokenizer afterwards",
    "pieces": "tokens not told: the pieces that came were counted",
}

_SHOWN_TIMINGS = 6
_OURS = "first_byte_s"
"""Among the timings: the one that was taken here."""


def sample_lines(sample: EvalSample) -> list[str]:
    """Through which server a sample was answered, and what that one says of it; empty for an answer made here."""
    if sample.server is None:
        return []
    parts = [f"answered by {clean_line(sample.server)}", COUNTED.get(sample.tokens_from or "", "")]
    if sample.thinking_from != sample.tokens_from:
        parts.append(THOUGHT.get(sample.thinking_from or "", ""))
    parts += [f"{sample.n_tries} tries"] if (sample.n_tries or 1) > 1 else []
    parts += [display.usd(sample.cost_usd)] if sample.cost_usd is not None else []
    lines = [", ".join(filter(None, parts))]
    own = [(name, value) for name, value in sample.timings if name != _OURS]
    if own:
        told = [f"{clean_line(name)} {value:,.4g}" for name, value in own[:_SHOWN_TIMINGS]]
        lines.append(f"the server's own clocks: {', '.join(told)}")
    if (warning := disagreement(sample)) is not None:
        lines.append(warning)
    return lines


def disagreement(sample: EvalSample) -> str | None:
    """Where the server's own speed and ours are apart, in words; None where they agree or one is not known."""
    theirs, ours = own_tps(sample), sample.output_tps
    if theirs is None or ours is None or sample.n_thinking + sample.n_answer < LEAST_TOKENS:
        return None
    if abs(theirs - ours) <= APART * max(theirs, ours):
        return None
    return (
        f"! the server says {theirs:,.1f} tok/s and here it was {ours:,.1f}: the way here, or its counting, is part of "
        "the figure"
    )


def own_tps(sample: EvalSample) -> float | None:
    """Tokens a second by the server's own clock, where it says them without the prompt's time.

    llama-server: timings.predicted_per_second; LM Studio: stats.tokens_per_second; Ollama: eval_count over
    eval_duration. vLLM's tokens_per_second has the prompt's time in it and says nothing here.
    """
    known = dict(sample.timings)
    if "predicted_per_second" in known:
        return known["predicted_per_second"] or None
    if known.get("eval_s"):
        return (sample.n_thinking + sample.n_answer) / known["eval_s"]
    return known.get("tokens_per_second") if "time_to_first_token_seconds" in known else None


def standing(one: ServerNow) -> str:
    """A server of a run that is at work, in a line."""
    if one.why_down:
        return f"{clean_line(one.url)}  not asked: {one.why_down}"
    return f"{clean_line(one.url)}  {one.n_running} of {one.limit} at once, {one.n_done:,} answered"


def spent(now: LiveFigures, max_usd: float | None) -> str:
    """What a run has cost until now; empty where nothing is paid."""
    return spent_words(now.spent_usd, max_usd)


def spent_words(usd: float | None, max_usd: float | None) -> str:
    """A sum, and what it may come to: "$0.12 of $2.00 spent"."""
    if usd is None:
        return ""
    return f"{display.usd(usd)}{f' of {display.usd(max_usd)}' if max_usd is not None else ''} spent"
