"""Evaluations as logs, generated and recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from aa_tui.formats.log import Log, LogFigure, LogSample
from aa_tui.formats.talked import LogCall, LogMessage, LogTalk, LogTurn
from aa_tui.outcomes import OUTCOMES

RECORDED = Path(__file__).parent.parent / "formats" / "recorded"
"""Logs that inspect 0.3.285, lm-eval 0.4.13 and Every Eval Ever 0.3.0 themselves wrote of three questions."""

INSPECT, INSPECT_JSON = RECORDED / "inspect.eval", RECORDED / "inspect.json"
INSPECT_TOOLS = RECORDED / "inspect_tools.eval"
"""Of inspect 0.3.285, too: two items, of which one calls a function twice before it answers."""

LM_EVAL = RECORDED / "results_2026-11-29T19-07-03.853898.json"
EVERY_EVAL = RECORDED / "every_eval_ever" / "tinymc" / "testlab" / "tiny" / "9ee59588-5ce4-410b-adf7-7661cc9f1b1d.json"

HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(),  # lone surrogates too
        st.sampled_from("\x00\x1b\x07\u202e\u200b\ufeff\ud83d\ude00é\u0301\r\n\t\"\\/{}[],:'"),
    ),
    max_size=40,
)
_COUNT = st.none() | st.integers(0, 100_000)
_SECONDS = st.none() | st.floats(0, 1e6, allow_nan=False)


_CALL = st.builds(LogCall, HOSTILE, HOSTILE | st.just('{"a": [1, null, "\\u001b"]}'), st.just("") | HOSTILE)
_CALLS = st.lists(_CALL, max_size=2).map(tuple)
_TOLD = st.builds(
    LogMessage, st.sampled_from(["system", "user", "assistant", "tool"]), HOSTILE, _CALLS, HOSTILE, HOSTILE
)
_GIVEN = st.builds(LogMessage, st.sampled_from(["user", "tool"]), HOSTILE, name=HOSTILE, call_id=HOSTILE)
_TOOL = st.just({"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {"type": "any"}}}}})


def talks() -> st.SearchStrategy[LogTalk]:
    """Conversations of any texts; calls have all kinds of arguments."""
    turn = st.builds(
        LogTurn,
        text=HOSTILE,
        written=HOSTILE,
        thinking=HOSTILE,
        calls=_CALLS,
        unread=st.lists(HOSTILE, max_size=1).map(tuple),
        given=st.lists(_GIVEN, max_size=2).map(tuple),
        finish_reason=st.sampled_from(["stop", "length", "error"]),
        is_capped=st.booleans(),
        n_prompt=_COUNT,
        n_answer=_COUNT,
        e2e_s=_SECONDS,
        ended_at=st.sampled_from([None, "", "2026-01-01T00:00:00.000+00:00"]),
    )
    openings = st.lists(_TOLD, min_size=1, max_size=3).map(tuple)
    tools = st.none() | st.lists(_TOOL, max_size=1).map(tuple)
    return st.builds(LogTalk, openings, tools, st.lists(turn, min_size=1, max_size=3).map(tuple))


@st.composite
def samples(draw: Any) -> list[LogSample]:
    """Samples of all outcomes, with texts of any kind; no two of one item and epoch."""
    drawn = draw(
        st.lists(
            st.builds(
                LogSample,
                item_id=st.text(min_size=1, max_size=12, alphabet=st.characters(codec="utf-8")),
                epoch=st.integers(1, 3),
                prompt=HOSTILE,
                answer=HOSTILE,
                thinking=HOSTILE,
                question=HOSTILE,
                targets=st.lists(HOSTILE, max_size=3).map(tuple),
                outcome=st.none() | st.sampled_from([str(one) for one in OUTCOMES]),
                score=st.none() | st.floats(0, 1),
                extracted=st.none() | HOSTILE.filter(bool),
                detail=HOSTILE,
                grader=HOSTILE,
                category=HOSTILE,
                level=st.none() | st.integers(1, 9),
                finish_reason=st.sampled_from(["stop", "length", "loop", "error"]),
                message=HOSTILE,
                n_prompt=_COUNT,
                n_cached=_COUNT,
                n_thinking=_COUNT,
                n_answer=_COUNT,
                queued_s=_SECONDS,
                ttft_s=_SECONDS,
                ttfat_s=_SECONDS,
                e2e_s=_SECONDS,
                output_tps=_SECONDS,
                seed=st.none() | st.integers(-(2**63), 2**63 - 1),
                ended_at=st.none() | st.just("2026-01-01T00:00:00.000+00:00"),
                fault=st.none() | st.just("model: argument"),
            ),
            min_size=1,
            max_size=4,
            unique_by=lambda one: (one.item_id, one.epoch),
        )
    )
    return list(drawn)


def log(told: list[LogSample], **changed: Any) -> Log:
    """A log of ours with these samples."""
    values: dict[str, Any] = {
        "program": "inspect",
        "program_version": "",
        "log_id": "a-run",
        "task": "quick",
        "task_version": "1.0",
        "model": "Tiny 1B",
        "developer": "testlab",
        "made_by": "aa-tui",
        "made_by_version": "0.1.0",
        "state": "stopped",
        "reason": "stopped by the user",
        "created_at": "2026-01-01T00:00:00.000+00:00",
        "started_at": "2026-01-01T00:00:01.000+00:00",
        "ended_at": "2026-01-01T00:01:00.000+00:00",
        "engine": "llama.cpp",
        "engine_version": "b1 (abc)",
        "machine": "box",
        "settings": {"temperature": 0.5, "max_output_tokens": 64, "sampling": "pack", "epochs": 2, "odd": "5"},
        "model_facts": {"quant": "Q8_0", "sha256": "ab" * 32},
        "figures": (
            LogFigure("score_strict", 0.25, n=4, low=0.1, high=0.5, method="Wilson"),
            LogFigure("score_strict", 1.0, category="maths", n=1),
            LogFigure("index", 62.5, "points", n=4),
            LogFigure("ttft_s", 0.5, "s", n=4),
        ),
        "run_uid": "a-run",
        "n_wanted": 9,
        "samples": lambda: iter(told),
    }
    return Log(**{**values, **changed})
