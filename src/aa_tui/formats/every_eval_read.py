"""Every Eval Ever, schema 0.x, read (`every_eval_write` says where the schema is)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from aa_tui.formats import ours
from aa_tui.formats.errors import FormatError
from aa_tui.formats.log import FORMAT_OF_OURS, Log, LogFigure, LogSample, no_samples
from aa_tui.formats.reading import lines_of, of_lines, shown_path
from aa_tui.outcomes import Outcome

_KNOWN_VERSIONS: Final = re.compile(r"0\.[0-9]{1,4}\.[0-9]{1,4}")
_ARGUMENTS: Final = {"temperature": float, "top_p": float, "top_k": float}
_PROGRAM: Final = "Every Eval Ever"


def is_aggregate(value: object) -> bool:
    """Whether a value read from JSON is such an aggregate."""
    return isinstance(value, dict) and {"schema_version", "evaluation_id", "evaluation_results"} <= value.keys()


def is_row(value: object) -> bool:
    """Whether a value read from a line is such a sample."""
    return (
        isinstance(value, dict) and {"schema_version", "evaluation_id", "sample_id", "interaction_type"} <= value.keys()
    )


def read(value: Mapping[str, Any], path: Path, siblings: Mapping[str, Path]) -> list[Log]:
    """A log for each evaluation of an aggregate. `siblings` are files by name, among which its samples may be.

    Raises FormatError for another version, or what the schema does not allow.
    """
    version = ours.text(value.get("schema_version"))
    if not _KNOWN_VERSIONS.fullmatch(version):
        raise FormatError(
            f"{shown_path(path)} is of version “{version[:40]}” of Every Eval Ever, which is not known here: 0.3.0 is."
        )
    results, info = value.get("evaluation_results"), value.get("model_info")
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results) or not isinstance(info, dict):
        raise FormatError(f"{shown_path(path)} is no whole record of Every Eval Ever: validate it first.")
    if not results or not (ours.text(info.get("name")) or ours.text(info.get("id"))):
        raise FormatError(f"{shown_path(path)} names no model or no result: it is no whole record of Every Eval Ever.")
    names = list(dict.fromkeys(ours.text(one.get("evaluation_name")) for one in results))
    samples_file = _samples_file(value, path, siblings)
    return [_log(value, info, name, path, samples_file, is_only=len(names) == 1) for name in names]


def _samples_file(value: Mapping[str, Any], path: Path, siblings: Mapping[str, Path]) -> Path | None:
    """The file of the samples, which lies beside its aggregate; a path in a record is never followed."""
    told = value.get("detailed_evaluation_results")
    if not isinstance(told, dict):
        return None
    return siblings.get(f"{path.stem}_samples.jsonl") or siblings.get(
        ours.text(told.get("file_path")).replace("\\", "/").rpartition("/")[2]
    )


def _log(
    value: Mapping[str, Any], info: Mapping[str, Any], name: str, path: Path, rows: Path | None, *, is_only: bool
) -> Log:
    results = [one for one in value["evaluation_results"] if ours.text(one.get("evaluation_name")) == name]
    library = ours.mapping(value.get("eval_library"))
    own = ours.mapping(library.get("additional_details"))
    engine, details = ours.mapping(info.get("inference_engine")), ours.mapping(info.get("additional_details"))
    evaluation_id = ours.text(value.get("evaluation_id"))
    state = own.get("state")
    n_wanted = ours.text(own.get("n_wanted"))
    generation = ours.mapping(results[0].get("generation_config")) if results else {}
    return Log(
        program=_PROGRAM,
        program_version=ours.text(value.get("schema_version")),
        log_id=ours.text(own.get("log_id")) or (evaluation_id if is_only else f"{evaluation_id}#{name}"),
        task=name,
        task_version=ours.text(own.get("task_version")),
        model=ours.text(info.get("name")) or ours.text(info.get("id")),
        developer=ours.text(info.get("developer")),
        made_by=ours.text(library.get("name")),
        made_by_version=ours.text(library.get("version")),
        state=state if state in ("stopped", "failed") else "finished",
        reason=ours.text(own.get("reason")),
        created_at=ours.text(own.get("created_at")) or _moment(value.get("retrieved_timestamp")),
        started_at=ours.text(own.get("started_at")) or _moment(value.get("evaluation_timestamp")),
        ended_at=ours.text(own.get("ended_at")) or None,
        engine=ours.text(engine.get("name")),
        engine_version=ours.text(engine.get("version")),
        machine=ours.text(own.get("machine")),
        settings=_settings(generation),
        model_facts={
            one: text
            for one, text in details.items()
            if isinstance(text, str) and one not in ("deployment_type", "model_availability")
        },
        figures=tuple(figure for one in results if (figure := _figure(one)) is not None),
        run_uid=ours.text(own.get("run_uid")),
        n_wanted=int(n_wanted) if n_wanted.isdecimal() and len(n_wanted) < 12 else None,
        path=path,
        samples=no_samples if rows is None else partial(_rows, rows, evaluation_id, name),
    )


def _moment(value: object) -> str | None:
    """A moment in ISO 8601 of seconds since 1970, or of itself."""
    words = value if isinstance(value, str) else repr(value)
    try:
        return datetime.fromtimestamp(float(words), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        pass
    try:
        return datetime.fromisoformat(words).isoformat()
    except ValueError:
        return None


def _settings(generation: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments and further details; what is given as text is read as JSON where it is such."""
    found: dict[str, Any] = {}
    for name, text in ours.mapping(generation.get("additional_details")).items():
        if isinstance(text, str) and len(text) < 100_000:
            try:
                found[name] = json.loads(text)
            except (ValueError, RecursionError):
                found[name] = text
    arguments = ours.mapping(generation.get("generation_args"))
    for name in _ARGUMENTS:
        value = ours.finite(arguments.get(name))
        if value is not None:
            found.setdefault(name, value)
    most = ours.whole(arguments.get("max_tokens"), least=1)
    if most is not None:
        found.setdefault("max_output_tokens", most)
    return found


def _figure(result: Mapping[str, Any]) -> LogFigure | None:
    config, details = ours.mapping(result.get("metric_config")), ours.mapping(result.get("score_details"))
    value = ours.finite(details.get("score"))
    if value is None:
        return None
    uncertainty = ours.mapping(details.get("uncertainty"))
    interval = ours.mapping(uncertainty.get("confidence_interval"))
    name = ours.text(config.get("metric_id")) or ours.text(config.get("metric_name")) or "score"
    category = ours.mapping(config.get("metric_parameters")).get("category")
    most = ours.finite(config.get("max_score"))
    told = ours.text(config.get("metric_unit"))
    unit = {"proportion": "share"}.get(told, told) or {1.0: "share", 100.0: "points"}.get(most or 0.0, "")
    return LogFigure(
        metric=name,
        value=value,
        unit=unit,
        category=ours.text(category),
        n=ours.whole(uncertainty.get("num_samples")),
        stderr=ours.finite(ours.mapping(uncertainty.get("standard_error")).get("value")),
        low=ours.finite(interval.get("lower")),
        high=ours.finite(interval.get("upper")),
        method=ours.text(interval.get("method")) or None,
    )


def _rows(path: Path, evaluation_id: str, name: str) -> Iterator[LogSample]:
    """Those of the first metric that has any: a record may have a line for each metric of a sample."""
    seen: dict[str, int] = {}
    counted: str | None = None
    for number, value in of_lines(lines_of(path), path):
        if (
            not is_row(value)
            or not isinstance(value.get("evaluation"), dict)
            or not isinstance(value.get("input"), dict)
        ):
            raise FormatError(f"Line {number} of {shown_path(path)} is no sample of Every Eval Ever.")
        if ours.text(value.get("evaluation_id")) == evaluation_id and ours.text(value.get("evaluation_name")) == name:
            result_id = ours.text(value.get("evaluation_result_id"))
            counted = result_id if counted is None else counted
            if result_id != counted:
                continue
            sample = _sample(value)
            if sample.epoch == 0:
                seen[sample.item_id] = seen.get(sample.item_id, 0) + 1
                sample = replace(sample, epoch=seen[sample.item_id])
            yield sample


def _sample(value: Mapping[str, Any]) -> LogSample:
    asked, output, verdict = (
        ours.mapping(value["input"]),
        ours.mapping(value.get("output")),
        ours.mapping(value["evaluation"]),
    )
    usage, times = ours.mapping(value.get("token_usage")), ours.mapping(value.get("performance"))
    own = ours.mapping(value.get("metadata"))
    told = ours.of_texts(own)
    raw, formatted = ours.text(asked.get("raw")), ours.text(asked.get("formatted"))
    attribution = value.get("answer_attribution")
    last = ours.mapping(attribution[-1]) if isinstance(attribution, list) and attribution else {}
    reasoning = ours.whole(usage.get("reasoning_tokens"))
    n_output = ours.whole(usage.get("output_tokens"))
    epoch = own.get("epoch")
    error = ours.text(value.get("error"))
    sample = LogSample(
        item_id=ours.text(own.get("item_id")) or ours.text(value.get("sample_id")),
        epoch=int(epoch) if isinstance(epoch, str) and epoch.isdecimal() and 0 < len(epoch) < 9 else 0,
        prompt=formatted or raw,
        question=raw if formatted else "",
        answer="\n".join(_all_texts(output.get("raw"))) or _last(value.get("messages"), "content"),
        thinking="\n".join(_all_texts(output.get("reasoning_trace")))
        or _last(value.get("messages"), "reasoning_trace"),
        targets=tuple(_all_texts(asked.get("reference"))),
        outcome=_outcome(verdict, error),
        score=ours.finite(verdict.get("score")),
        extracted=ours.text(last.get("extracted_value")) or None,
        grader=ours.text(last.get("extraction_method")),
        finish_reason="length" if own.get("is_truncated") == "true" else "error" if error else "stop",
        message=error,
        n_prompt=ours.whole(usage.get("input_tokens")),
        n_cached=ours.whole(usage.get("input_tokens_cache_read")),
        n_thinking=reasoning if reasoning is not None else 0 if n_output is not None else None,
        n_answer=None if n_output is None else max(0, n_output - (reasoning or 0)),
        ttft_s=_per_thousand(times.get("time_to_first_token_ms")),
        e2e_s=_per_thousand(times.get("latency_ms")),
    )
    if FORMAT_OF_OURS not in own:
        return sample
    cleared = {"outcome": None, "extracted": None, "message": "", "grader": "", "score": None, "n_thinking": None}
    answer = {"answer": own["answer"]} if isinstance(own.get("answer"), str) else {}
    return replace(sample, **{**cleared, **answer, **told})


def _outcome(verdict: Mapping[str, Any], error: str) -> str | None:
    if error:
        return str(Outcome.ERROR)
    is_correct = verdict.get("is_correct")
    return None if not isinstance(is_correct, bool) else str(Outcome.CORRECT if is_correct else Outcome.WRONG)


def _all_texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _last(messages: object, name: str) -> str:
    """A text of the last turn of the model."""
    told = [one for one in messages if isinstance(one, dict)] if isinstance(messages, list) else []
    answers = [ours.text(one.get(name)) for one in told if one.get("role") == "assistant"]
    return answers[-1] if answers else ""


def _per_thousand(value: object) -> float | None:
    number = ours.finite(value)
    return None if number is None or number < 0 else number / 1000
