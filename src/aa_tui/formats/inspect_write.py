"""inspect's log written: `.eval`, a zip with a member for each sample.

Members and fields are those of inspect_ai 0.3.285 (`log/_log.py`, `_view/inspect-openapi.json`), version 2 of the log.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from aa_tui.formats import inspect_talk, ours
from aa_tui.formats.inspect_names import CONFIG, STOPPED, VERSION, short_id, usage
from aa_tui.formats.log import FORMAT_OF_OURS, STRICT, Log, LogSample, whole_characters
from aa_tui.jsontext import dumps
from aa_tui.outcomes import CUT_SHORT, UNKNOWN, Outcome

SCORER: Final = "aa_tui"
"""The name of our verdicts among a sample's scores."""

_HEADER, _SUMMARIES = "header.json", "summaries.json"
_STEP: Final = 1_000
"""Samples that inspect's journal summarises together."""

_STATUS: Final = {"finished": "success", "stopped": "cancelled", "failed": "error"}
_WHOLE_NUMBERS: Final = frozenset({"top_k", "max_output_tokens", "seed"})
_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


def write(log: Log, samples: Iterable[LogSample]) -> dict[str, bytes]:
    """The log as one `.eval`, by its name."""
    taken: set[str] = set()
    text = io.BytesIO()
    summaries: list[dict[str, Any]] = []
    with zipfile.ZipFile(text, "w", zipfile.ZIP_DEFLATED) as archive:

        def put(name: str, value: Any) -> None:
            archive.writestr(zipfile.ZipInfo(name, _ZIP_DATE), dumps(value).encode(), zipfile.ZIP_DEFLATED)

        spec, plan = _spec(log), _plan(log)
        put("_journal/start.json", {"version": VERSION, "eval": spec, "plan": plan})
        for sample in samples:
            put(_member_name(sample, taken), _sample(log, sample))
            summaries.append(_summary(sample))
            if len(summaries) % _STEP == 0:
                put(f"_journal/summaries/{len(summaries) // _STEP}.json", summaries[-_STEP:])
        if rest := len(summaries) % _STEP:
            put(f"_journal/summaries/{len(summaries) // _STEP + 1}.json", summaries[-rest:])
        put(_SUMMARIES, summaries)
        put(_HEADER, _header(log, spec, plan, summaries))
    name = "_".join(_UNSAFE.sub("-", one).strip("-.") or "log" for one in (_moment(log), log.task, log.log_id[:22]))
    return {f"{name[:150]}.eval": text.getvalue()}


def _moment(log: Log) -> str:
    return (log.created_at or _now())[:19]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _member_name(sample: LogSample, taken: set[str]) -> str:
    """Where inspect looks for a sample: its id and epoch; a reader of whole logs takes any name."""
    name = f"samples/{_line(sample.item_id)}_epoch_{sample.epoch}.json"
    number = 2
    while name in taken:
        name, number = f"samples/{_line(sample.item_id)}_{number}_epoch_{sample.epoch}.json", number + 1
    taken.add(name)
    return name


def _line(text: str) -> str:
    """A text that is the name of a member: no folders, no control characters."""
    return whole_characters("".join("_" if char in "/\\" or ord(char) < 32 else char for char in text)) or "_"


def _spec(log: Log) -> dict[str, Any]:
    return {
        "eval_id": log.log_id,
        "run_id": short_id("run", log.log_id),
        "created": log.created_at or log.started_at or _now(),
        "task": log.task,
        "task_id": short_id("task", log.log_id),
        "task_version": log.task_version or 0,
        "task_attribs": {},
        "task_args": {},
        "dataset": {"name": log.task, "samples": log.n_wanted},
        "model": _model_name(log),
        "model_args": {},
        "config": {"epochs": ours.whole(log.settings.get("epochs"), least=1) or 1},
        "packages": {log.made_by or "aa-tui": log.made_by_version},
        "metadata": {
            FORMAT_OF_OURS: {
                "model": log.model,
                "developer": log.developer,
                "made_by": log.made_by,
                "made_by_version": log.made_by_version,
                "reason": log.reason,
                "engine": log.engine,
                "engine_version": log.engine_version,
                "machine": log.machine,
                "run_uid": log.run_uid,
                "ended_at": log.ended_at,
                "started_at": log.started_at,
                "created_at": log.created_at,
                "settings": dict(log.settings),
                "model_facts": dict(log.model_facts),
                "figures": ours.figure_facts(log.figures),
            }
        },
    }


def _model_name(log: Log) -> str:
    """As inspect names models: who made it, then its name."""
    developer = _UNSAFE.sub("-", log.developer).strip("-.")
    return f"{developer}/{log.model}" if developer else log.model


def _plan(log: Log) -> dict[str, Any]:
    return {"name": "plan", "steps": [{"solver": "generate", "params": {}}], "config": _config(log)}


def _config(log: Log) -> dict[str, Any]:
    config: dict[str, Any] = {}
    for name, theirs in CONFIG.items():
        value = log.settings.get(name)
        number = ours.whole(value) if name in _WHOLE_NUMBERS else ours.finite(value)
        if number is not None:
            config[theirs] = number
    return config


def _header(log: Log, spec: Any, plan: Any, summaries: list[dict[str, Any]]) -> dict[str, Any]:
    whole = [one for one in log.figures if not one.category]
    metrics = {
        "accuracy" if one.metric == STRICT else one.metric: {
            "name": "accuracy" if one.metric == STRICT else one.metric,
            "value": one.value,
            "params": {},
            "metadata": {"interval": [one.low, one.high], "method": one.method, "n": one.n},
        }
        for one in whole
    }
    scored = sum(SCORER in one["scores"] for one in summaries)
    results = {
        "total_samples": len(summaries),
        "completed_samples": sum(one["completed"] for one in summaries),
        "scores": [
            {
                "name": SCORER,
                "scorer": SCORER,
                "scored_samples": scored,
                "unscored_samples": len(summaries) - scored,
                "params": {},
                "metrics": metrics,
            }
        ],
    }
    found: dict[str, Any] = {
        "version": VERSION,
        "status": _STATUS[log.state],
        "eval": spec,
        "plan": plan,
        "results": results,
        "stats": {
            "started_at": log.started_at or "",
            "completed_at": log.ended_at or "",
            "model_usage": {},
        },
    }
    if log.state == "failed":
        found["error"] = {"message": log.reason or "failed", "traceback": "", "traceback_ansi": ""}
    return ours.with_whole_characters(found)  # type: ignore[no-any-return]


def _score(sample: LogSample) -> dict[str, Any]:
    """Our verdict as inspect's score; none where nobody knows whether the answer is right."""
    if sample.outcome is None or sample.outcome in UNKNOWN:
        return {}
    letter = {Outcome.CORRECT: "C", Outcome.NO_ANSWER: "N"}.get(Outcome(sample.outcome), "I")
    return {
        SCORER: {
            "value": letter,
            "answer": sample.extracted,
            "explanation": sample.detail or None,
            "metadata": {
                "outcome": sample.outcome,
                "grader": sample.grader,
                **({"fault": sample.fault} if sample.fault else {}),
            },
        }
    }


def _summary(sample: LogSample) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": sample.item_id,
        "epoch": sample.epoch,
        "input": (sample.question or sample.prompt)[:1_000],
        "target": list(sample.targets) or "",
        "metadata": {},
        "scores": _score(sample),
        "completed": sample.outcome != Outcome.ERROR,
    }
    if sample.e2e_s is not None:
        found["total_time"] = sample.e2e_s
    if sample.outcome == Outcome.ERROR:
        found["error"] = sample.message or sample.detail or "error"
    return ours.with_whole_characters(found)  # type: ignore[no-any-return]


def _sample(log: Log, sample: LogSample) -> dict[str, Any]:
    content: Any = sample.answer
    if sample.thinking:
        content = [{"type": "reasoning", "reasoning": sample.thinking}, {"type": "text", "text": sample.answer}]
    said = {"role": "assistant", "content": content, "source": "generate", "model": log.model}
    asked = {"role": "user", "content": sample.question or sample.prompt, "source": "input"}
    stop = STOPPED.get(sample.finish_reason, "stop")
    if sample.outcome in CUT_SHORT and stop == "stop":
        stop = "max_tokens" if sample.outcome == Outcome.TRUNCATED else "unknown"
    output: dict[str, Any] = {"model": log.model, "choices": [{"message": said, "stop_reason": stop}]}
    spent = usage(sample.n_prompt, sample.n_cached, sample.n_thinking, sample.n_answer)
    if spent:
        output["usage"] = spent
    if sample.e2e_s is not None:
        output["time"] = sample.e2e_s
    found: dict[str, Any] = {
        "id": sample.item_id,
        "epoch": sample.epoch,
        "input": sample.question or sample.prompt,
        "target": list(sample.targets) or "",
        "messages": [asked, said],
        "output": output,
        "scores": _score(sample),
        "metadata": {
            "category": sample.category,
            FORMAT_OF_OURS: {**ours.facts(sample), "prompt": sample.prompt},
        },
        "store": {},
        "events": [],
        "model_usage": {_model_name(log): spent} if spent else {},
        "uuid": short_id(log.log_id, sample.item_id, sample.epoch),
        "attachments": {},
    }
    if sample.e2e_s is not None:
        found["total_time"] = sample.e2e_s
    if sample.outcome == Outcome.ERROR:
        found["error"] = {
            "message": sample.message or sample.detail or "error",
            "traceback": "",
            "traceback_ansi": "",
        }
    if sample.talk is not None:
        frame = inspect_talk.Frame(found["uuid"], log.model, _model_name(log), _config(log))
        found |= inspect_talk.fields(sample.talk, frame)
        own = {"question": sample.question, "answer": sample.answer, "thinking": sample.thinking}
        found["metadata"][FORMAT_OF_OURS] |= own
    if sample.outcome == Outcome.TIMEOUT:
        found["limit"] = {"type": "time", "limit": sample.e2e_s or 0.0}
    return ours.with_whole_characters(found)  # type: ignore[no-any-return]
