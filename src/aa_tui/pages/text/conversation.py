"""A conversation in words: its turns, the clocks of each, and how it was sampled."""

from __future__ import annotations

from aa_tui.catalog.rows import EvalSample, RunRow
from aa_tui.pages.conversation import Conversation, prompt_tps
from aa_tui.pages.text import how
from aa_tui.textsafe import clean, clean_line


def lines(shown: Conversation, *, thinking: bool = False) -> list[str]:
    """The whole of it."""
    run = shown.run
    found = [f"Run {run.id}: {run.target} · {run.file.shown_name} · {run.state}"]
    found += [f"  {run.reason}"] if run.reason else []
    found += [f"  {settings_words(run)}"] if run.setup.sampler else []
    for turn in shown.turns:
        found += ["", *(f"> {line}" for line in clean(turn.asked.prompt).splitlines()), ""]
        sample = turn.sample
        if sample is None:
            found.append("(not answered)")
            continue
        if sample.thinking:
            told = clean(sample.thinking).strip("\n").splitlines()
            size = f"thinking, {sample.n_thinking:,} tokens"
            found += [f"({size})", *told, ""] if thinking else [f"({size}; --json has it)", ""]
        found += [*clean(sample.answer).strip("\n").splitlines(), "", f"  {clock_words(sample)}"]
        found.append(f"  {end_words(run, sample)}")
    return found


def settings_words(run: RunRow) -> str:
    """How it was sampled and with which context: "temperature 0.6, top-p 0.95 (the model's card), seed 0 · …"."""
    setup = run.setup
    parts = [how.sampling(setup)]
    if setup.n_ctx_used is not None:
        parts.append(f"context {setup.n_ctx_used:,}")
    parts += ["without a chat template"] if setup.prompt == "plain" else []
    parts += [f"in the chat template {setup.template}"] if setup.template else []
    parts += ["thinking turned off"] if not setup.thinks else []
    return " · ".join(parts)


def clock_words(sample: EvalSample) -> str:
    """Tokens and times of an answer: "prompt 80 tokens, 33 known already, 365 tok/s · first token 0.13 s · …"."""
    known = f", {sample.n_cached:,} known already" if sample.n_cached else ""
    rate = prompt_tps(sample)
    parts = [f"prompt {_tokens(sample.n_prompt)}{known}{f', {rate:,.1f} tok/s' if rate is not None else ''}"]
    if sample.ttft_s is not None:
        parts.append(f"first token {sample.ttft_s:,.2f} s")
    if sample.n_thinking:
        parts.append(f"thinking {_tokens(sample.n_thinking)}")
    output = f", {sample.output_tps:,.1f} tok/s" if sample.output_tps is not None else ""
    parts.append(f"answer {_tokens(sample.n_answer)}{output}")
    return " · ".join(parts)


def end_words(run: RunRow, sample: EvalSample) -> str:
    """Why an answer ended."""
    match sample.finish_reason:
        case "stop":
            return "ended of itself"
        case "length" if sample.n_thinking + sample.n_answer >= (run.setup.max_output_tokens or 0):
            n = sample.n_thinking + sample.n_answer
            return f"cut short at its limit of {_tokens(n)}, thinking and answer together"
        case "length":
            return f"cut short where its context of {_tokens(run.setup.n_ctx_used or 0)} was full"
        case "loop":
            return "ended since it went in circles"
        case "cancelled":
            return "ended by the user; what was written until then is kept"
        case _:
            return clean_line(sample.message) or clean_line(sample.finish_reason)


def load_words(run: RunRow) -> str:
    """How long the file took to load; empty where nobody knows."""
    return f"loaded in {run.load_s:,.2f} s" if run.load_s is not None else ""


def _tokens(n: int) -> str:
    return f"{n:,} token{'' if n == 1 else 's'}"
