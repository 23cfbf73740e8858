"""Every Eval Ever, schema 0.3.0, written: an aggregate as JSON, and a sample a line beside it.

The schema is `schemas/eval.schema.json` and `instance_level_eval.schema.json` of evaleval/every_eval_ever; further
details are texts there, whatever they are of.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from aa_tui.formats import every_eval_talk, ours
from aa_tui.formats.log import FORMAT_OF_OURS, STRICT, Log, LogFigure, LogSample, whole_characters
from aa_tui.jsontext import dumps
from aa_tui.outcomes import CUT_SHORT, UNKNOWN, Outcome, outcome_words

VERSION: Final = "0.3.0"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LEVEL: Final = 0.95
_NAMES: Final = {
    STRICT: "Strict score",
    "score_completed": "Score of completed answers",
    "truncation_rate": "Truncation rate",
    "index": "Mean of categories",
}
_ARGUMENTS: Final = {"temperature": float, "top_p": float, "top_k": float}


def write(log: Log, samples: Iterable[LogSample]) -> dict[str, bytes]:
    """The two files by their path below a folder, as the store of the project wants them: aggregate first."""
    where, stem = _folder(log), str(_uuid4(log.log_id))
    rows = b"".join(dumps(_row(log, sample)).encode() + b"\n" for sample in samples)
    aggregate = _aggregate(log)
    files = {f"{where}/{stem}.json": b""}
    if rows:
        name = f"{where}/{stem}_samples.jsonl"
        aggregate["detailed_evaluation_results"] = {
            "format": "jsonl",
            "file_path": name,
            "hash_algorithm": "sha256",
            "checksum": hashlib.sha256(rows).hexdigest(),
            "total_rows": rows.count(b"\n"),
        }
        files[name] = rows
    files[f"{where}/{stem}.json"] = dumps(aggregate, indent=2).encode() + b"\n"
    return files


def _folder(log: Log) -> str:
    return "/".join(["data", *(_component(one) for one in (log.task, log.developer, log.model))])


def _component(name: str) -> str:
    found = _UNSAFE.sub("-", name).strip("-.")[:80].rstrip("-.")
    return {"": "local", "data": "data-", "unknown": "local"}.get(found.lower(), found)


def _uuid4(log_id: str) -> uuid.UUID:
    """The same for the same log, so that a second export replaces the first."""
    return uuid.UUID(bytes=hashlib.sha256(log_id.encode("utf-8", "replace")).digest()[:16], version=4)


def _model_id(log: Log) -> str:
    return f"{_component(log.developer)}/{_component(log.model)}"


def _seconds(moment: str | None) -> str | None:
    """A moment as seconds since 1970, as text."""
    try:
        return None if moment is None else repr(datetime.fromisoformat(moment).timestamp())
    except ValueError:
        return None


def _evaluation_id(log: Log) -> str:
    return f"{_component(log.task)}/{_model_id(log)}/{_seconds(log.ended_at or log.created_at) or 0}"


def _aggregate(log: Log) -> dict[str, Any]:
    made = {
        "log_id": log.log_id,
        "task_version": log.task_version,
        "state": log.state,
        "reason": log.reason,
        "run_uid": log.run_uid,
        "machine": log.machine,
        "created_at": log.created_at or "",
        "started_at": log.started_at or "",
        "ended_at": log.ended_at or "",
        "n_wanted": "" if log.n_wanted is None else str(log.n_wanted),
    }
    found: dict[str, Any] = {
        "schema_version": VERSION,
        "evaluation_id": _evaluation_id(log),
        "retrieved_timestamp": _seconds(log.ended_at or log.created_at) or "0",
        "source_metadata": {
            "source_name": f"{log.made_by} {log.task}",
            "source_type": "evaluation_run",
            "source_organization_name": log.machine or "an own machine",
            "evaluator_relationship": "third_party",
        },
        "eval_library": {
            "name": log.made_by,
            "version": log.made_by_version,
            "additional_details": {name: value for name, value in made.items() if value},
        },
        "model_info": {
            "name": log.model,
            "id": _model_id(log),
            "developer": _component(log.developer),
            "additional_details": {
                "deployment_type": "self_deployed",
                "model_availability": "open_weights" if "sha256" in log.model_facts else "unknown",
                **_texts(log.model_facts),
            },
        },
        "evaluation_results": [_result(log, figure, number) for number, figure in enumerate(log.figures)],
    }
    if log.started_at and (began := _seconds(log.started_at)):
        found["evaluation_timestamp"] = began
    if log.engine:
        found["model_info"]["inference_engine"] = {"name": log.engine, "version": log.engine_version}
    return found


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {
        whole_characters(name): whole_characters(value)
        if isinstance(value, str) and not _is_json(value)
        else dumps(value)
        for name, value in values.items()
        if value is not None and value != ""
    }


def _is_json(text: str) -> bool:
    """Whether a text would be read back as another value."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _result(log: Log, figure: LogFigure, number: int) -> dict[str, Any]:
    uncertainty: dict[str, Any] = {}
    if figure.stderr is not None:
        uncertainty["standard_error"] = {"value": figure.stderr}
    if figure.low is not None and figure.high is not None:
        uncertainty["confidence_interval"] = {
            "lower": figure.low,
            "upper": figure.high,
            "confidence_level": _LEVEL,
            **({"method": figure.method} if figure.method else {}),
        }
    if figure.n is not None:
        uncertainty["num_samples"] = figure.n
    metric: dict[str, Any] = {
        "metric_id": figure.metric,
        "metric_name": _NAMES.get(figure.metric, figure.metric),
        "metric_kind": figure.metric,
        "metric_unit": figure.unit,
        "lower_is_better": figure.less_is_better,
    }
    if figure.unit in ("share", "points"):
        most = 1.0 if figure.unit == "share" else 100.0
        metric |= {"score_type": "continuous", "min_score": 0.0, "max_score": most}
    if figure.category:
        metric["metric_parameters"] = {"category": figure.category}
    found: dict[str, Any] = {
        "evaluation_result_id": f"{_evaluation_id(log)}#{number}",
        "evaluation_name": log.task,
        "source_data": {"dataset_name": log.task, "source_type": "other"},
        "metric_config": metric,
        "score_details": {"score": figure.value, **({"uncertainty": uncertainty} if uncertainty else {})},
    }
    if log.settings:
        found["generation_config"] = _generation(log.settings)
    return found


def _generation(settings: Mapping[str, Any]) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        name: value for name in _ARGUMENTS if (value := ours.finite(settings.get(name))) is not None
    }
    most = ours.whole(settings.get("max_output_tokens"), least=1)
    if most is not None:
        arguments["max_tokens"] = most
    for name, kind in (("reasoning", bool), ("prompt_template", str), ("execution_command", str)):
        if isinstance(settings.get(name), kind):
            arguments[name] = settings[name]
    return {"generation_args": arguments, "additional_details": _texts(settings)}


def _row(log: Log, sample: LogSample) -> dict[str, Any]:
    is_correct = sample.outcome == Outcome.CORRECT
    usage = _usage(sample)
    performance = {
        name: 1000 * value
        for name, value in (("latency_ms", sample.e2e_s), ("time_to_first_token_ms", sample.ttft_s))
        if value is not None and value >= 0
    }
    found: dict[str, Any] = {
        "schema_version": VERSION,
        "evaluation_id": _evaluation_id(log),
        "model_id": _model_id(log),
        "evaluation_name": log.task,
        "sample_id": _sample_id(sample),
        "interaction_type": "single_turn",
        "input": {"raw": sample.question or sample.prompt, "reference": list(sample.targets)},
        "output": {"raw": [sample.answer]},
        "answer_attribution": [
            {
                "turn_idx": 0,
                "source": "output.raw",
                "extracted_value": sample.extracted or "",
                "extraction_method": sample.grader or "none",
                "is_terminal": True,
            }
        ],
        "evaluation": {"score": float(is_correct) if sample.score is None else sample.score, "is_correct": is_correct},
        "metadata": {
            FORMAT_OF_OURS: "1",
            **ours.as_texts(ours.facts(sample)),
            "item_id": sample.item_id,
            "epoch": str(sample.epoch),
            "is_truncated": str(sample.outcome in CUT_SHORT or sample.finish_reason == "length").lower(),
        },
    }
    if sample.question and sample.prompt != sample.question:
        found["input"]["formatted"] = sample.prompt
    if sample.talk is not None:
        found |= every_eval_talk.fields(sample.talk, found)
        found["metadata"]["answer"] = sample.answer
    elif sample.thinking:
        found["output"]["reasoning_trace"] = [sample.thinking]
    if usage:
        found["token_usage"] = usage
    if performance:
        found["performance"] = {**performance, **found.get("performance", {})}
    if sample.outcome is None or sample.outcome in UNKNOWN or sample.message:
        found["error"] = sample.message or f"{outcome_words(sample.outcome)}: {sample.detail}".rstrip(": ")
    return ours.with_whole_characters(found)  # type: ignore[no-any-return]


def _sample_id(sample: LogSample) -> str:
    return sample.item_id if sample.epoch == 1 else f"{sample.item_id}#{sample.epoch}"


def _usage(sample: LogSample) -> dict[str, int]:
    if sample.n_prompt is None or sample.n_answer is None:
        return {}
    thinking = sample.n_thinking or 0
    output = thinking + sample.n_answer
    found = {"input_tokens": sample.n_prompt, "output_tokens": output, "total_tokens": sample.n_prompt + output}
    if sample.n_thinking is not None:
        found["reasoning_tokens"] = thinking
    if sample.n_cached is not None:
        found["input_tokens_cache_read"] = sample.n_cached
    return found
