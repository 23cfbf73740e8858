"""lm-eval's results read (`lm_eval_write` says where the fields are from)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from aa_tui.formats import ours
from aa_tui.formats.errors import FormatError
from aa_tui.formats.log import FORMAT_OF_OURS, STRICT, Log, LogFigure, LogSample, Samples, no_samples
from aa_tui.formats.reading import lines_of, of_lines, shown_path
from aa_tui.outcomes import Outcome
from aa_tui.strictjson import BadJSONError, value_of

_HEADLINES: Final = ("acc", "exact_match", STRICT)
"""Metrics of right and wrong, by which a sample is judged where its task has several."""

_QUESTIONS: Final = ("question", "query", "problem", "prompt", "input", "instruction", "q", "text")
"""Fields of a document in which its question may be."""


def is_results(value: object) -> bool:
    """Whether a value read from JSON is such a document of results."""
    return isinstance(value, dict) and isinstance(value.get("results"), dict) and isinstance(value.get("configs"), dict)


def is_row(value: object) -> bool:
    """Whether a value read from a line is such a sample."""
    return isinstance(value, dict) and {"doc_id", "doc", "arguments", "resps"} <= value.keys()


def read(value: Mapping[str, Any], path: Path, sha256: str, siblings: Mapping[str, Path]) -> list[Log]:
    """A log for each task of the results; groups of tasks are none. Raises FormatError for what has no task."""
    tasks = {
        name: told
        for name, told in value["results"].items()
        if isinstance(told, dict) and name in value["configs"] and _metrics(told)
    }
    if not tasks:
        raise FormatError(f"{shown_path(path)} has no results of a task in it: it is no whole file of lm-eval.")
    return [
        replace(_log(value, name, told, sha256), path=path, samples=_samples(name, told, path, siblings))
        for name, told in tasks.items()
    ]


def _metrics(told: Mapping[str, Any]) -> dict[str, float]:
    """The figures of a task by "metric,filter", errors of them left out."""
    return {
        name: number
        for name, value in told.items()
        if "," in name and not name.partition(",")[0].endswith("_stderr") and (number := ours.finite(value)) is not None
    }


def _headline(metrics: Mapping[str, float]) -> tuple[str, str]:
    """Metric and filter by which samples are judged."""
    by_metric = {name.partition(",")[0]: name for name in reversed(list(metrics))}
    chosen = next((by_metric[one] for one in _HEADLINES if one in by_metric), next(iter(metrics)))
    metric, _, kept = chosen.partition(",")
    return metric, kept


def _log(value: Mapping[str, Any], name: str, told: Mapping[str, Any], sha256: str) -> Log:
    config, own = ours.mapping(value.get("config")), ours.mapping(value.get(FORMAT_OF_OURS))
    task_config = ours.mapping(value["configs"].get(name))
    metrics = _metrics(told)
    date = ours.finite(value.get("date"))
    version = ours.mapping(value.get("versions")).get(name)
    state = own.get("state")
    counts = ours.mapping(ours.mapping(value.get("n-samples")).get(name))
    return Log(
        program="lm-eval",
        program_version=ours.text(value.get("lm_eval_version")),
        log_id=ours.text(own.get("log_id")) or f"{sha256}#{name}",
        task=(ours.text(told.get("alias")).strip(" -") or name) if own else name,
        task_version=ours.text(own.get("task_version")) if own else "" if version is None else str(version)[:40],
        model=ours.text(value.get("model_name")) or ours.text(config.get("model")),
        developer=ours.text(own.get("developer")),
        made_by=ours.text(own.get("made_by")) or "lm-eval",
        made_by_version=ours.text(own.get("made_by_version")) or ours.text(value.get("lm_eval_version")),
        state=state if state in ("stopped", "failed") else "finished",
        reason=ours.text(own.get("reason")),
        created_at=ours.text(own.get("created_at")) or _moment(date),
        started_at=ours.text(own.get("started_at")) or _moment(date),
        ended_at=ours.text(own.get("ended_at")) or _ended(value, date),
        engine=ours.text(own.get("engine")) or ours.text(value.get("model_source")),
        engine_version=ours.text(own.get("engine_version")),
        machine=ours.text(own.get("machine")),
        settings=ours.mapping(own.get("settings")) or _settings(task_config, config, value, name),
        model_facts=ours.mapping(own.get("model_facts")) or _model_facts(config),
        figures=ours.read_figures(own.get("figures"))
        if own
        else _figures(told, metrics, ours.whole(told.get("sample_len"))),
        run_uid=ours.text(own.get("run_uid")),
        n_wanted=ours.whole(own.get("n_wanted")) if own else ours.whole(counts.get("effective")),
    )


def _moment(seconds: float | None) -> str | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def _ended(value: Mapping[str, Any], date: float | None) -> str | None:
    words = value.get("total_evaluation_time_seconds")
    try:
        return None if date is None else _moment(date + float(words))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def _settings(
    task: Mapping[str, Any], config: Mapping[str, Any], value: Mapping[str, Any], name: str
) -> dict[str, Any]:
    arguments = {**ours.mapping(task.get("generation_kwargs")), **ours.mapping(config.get("gen_kwargs"))}
    found: dict[str, Any] = {
        one: arguments[one] for one in ("temperature", "top_p", "top_k") if ours.finite(arguments.get(one)) is not None
    }
    if arguments.get("do_sample") is False:
        found["temperature"] = 0.0
    most = ours.whole(arguments.get("max_gen_toks"), least=1)
    if most is not None:
        found["max_output_tokens"] = most
    shots = ours.whole(ours.mapping(value.get("n-shot")).get(name))
    if shots is not None:
        found["n_shot"] = shots
    return found


def _model_facts(config: Mapping[str, Any]) -> dict[str, Any]:
    names = {"n_params": "model_num_parameters", "dtype": "model_dtype", "revision": "model_revision"}
    return {name: config[theirs] for name, theirs in names.items() if isinstance(config.get(theirs), str | int)}


def _figures(told: Mapping[str, Any], metrics: Mapping[str, float], n: int | None) -> tuple[LogFigure, ...]:
    found = []
    several = len({name.partition(",")[2] for name in metrics}) > 1
    for name, number in metrics.items():
        metric, _, kept = name.partition(",")
        stderr = ours.finite(told.get(f"{metric}_stderr,{kept}"))
        unit = "share" if metric.startswith(("acc", "exact_match", "em", "f1")) and 0 <= number <= 1 else ""
        found.append(LogFigure(f"{metric}.{kept}" if several else metric, number, unit, n=n, stderr=stderr))
    return tuple(found)


def _samples(task: str, told: Mapping[str, Any], path: Path, siblings: Mapping[str, Path]) -> Samples:
    rows = _samples_file(task, path, siblings)
    metric, kept = _headline(_metrics(told))
    return no_samples if rows is None else partial(_rows, rows, metric, kept)


def _samples_file(task: str, path: Path, siblings: Mapping[str, Path]) -> Path | None:
    date = path.stem.partition("_")[2]
    names = (f"samples_{task}_{date}.jsonl", f"samples_{re.sub(r'[^A-Za-z0-9_]', '_', task)}_{date}.jsonl")
    return next((siblings[name] for name in names if name in siblings), None)


def _rows(path: Path, metric: str, kept: str) -> Iterator[LogSample]:
    for number, value in of_lines(lines_of(path), path):
        if not is_row(value):
            raise FormatError(f"Line {number} of {shown_path(path)} is no sample of lm-eval.")
        if value.get("filter", kept) == kept:
            yield _sample(value, metric)


def _sample(value: Mapping[str, Any], metric: str) -> LogSample:
    doc = ours.mapping(value.get("doc"))
    own = ours.mapping(doc.get(FORMAT_OF_OURS))
    prompt, chosen = _prompt(value), _preferred(value)
    first = _first(value.get("resps"))
    answer = chosen if chosen is not None else first if isinstance(first, str) else ""
    kept = value.get("filtered_resps")
    extracted = kept[0] if isinstance(kept, list) and kept and isinstance(kept[0], str) else None
    score = value.get(metric)
    number = float(score) if isinstance(score, bool) else ours.finite(score)
    target = ours.text(value.get("target"))
    question = next((doc[one] for one in _QUESTIONS if isinstance(doc.get(one), str) and doc[one]), "")
    sample = LogSample(
        item_id=str(value["doc_id"])[:200],
        epoch=1,
        prompt=prompt,
        question=question if question != prompt else "",
        answer=answer,
        targets=(target,) if target else (),
        outcome=_outcome(number),
        score=number,
        extracted=chosen if chosen is not None else extracted,
        detail="the likeliest of the choices" if chosen is not None else "",
        grader=metric,
    )
    if not own:
        return sample
    epoch, answers = ours.whole(own.get("epoch"), least=1), doc.get("answer")
    cleared = {"outcome": None, "score": None, "extracted": None, "detail": "", "grader": ""}
    texts = {name: own[name] for name in ("prompt", "answer") if isinstance(own.get(name), str)}
    if texts:
        texts["question"] = question if question != texts.get("prompt") else ""
    return replace(
        sample,
        **{**cleared, **texts, **ours.read(own)},
        item_id=ours.text(doc.get("id")),
        epoch=epoch or 1,
        thinking=ours.text(own.get("thinking")),
        targets=tuple(one for one in answers if isinstance(one, str)) if isinstance(answers, list) else (),
    )


def _prompt(value: Mapping[str, Any]) -> str:
    """What the first request of a sample sent: a text, or a conversation's last message of the user. Chats that were
    sent to servers stand there as one text of JSON, in a list of its own."""
    arguments = ours.mapping(value.get("arguments"))
    told = ours.mapping(arguments.get("gen_args_0")).get("arg_0")
    if isinstance(told, list) and len(told) == 1 and isinstance(told[0], str):
        told = _messages(told[0])
    if isinstance(told, list):
        told = next(
            (ours.mapping(one).get("content") for one in reversed(told) if ours.mapping(one).get("role") == "user"), ""
        )
    return ours.text(told)


def _messages(text: str) -> list[Any] | str:
    """The messages that a text of JSON is, or the text."""
    try:
        found = value_of(text.encode("utf-8", "replace"))
    except BadJSONError:
        return text
    return found if isinstance(found, list) else text


def _first(resps: object) -> object:
    while isinstance(resps, list) and resps:
        resps = resps[0]
    return resps


def _preferred(value: Mapping[str, Any]) -> str | None:
    """Of a sample whose choices were weighed, the likeliest; None where an answer was written."""
    arguments, kept = ours.mapping(value.get("arguments")), value.get("filtered_resps")
    if not isinstance(kept, list) or len(kept) < 2 or len(arguments) != len(kept):
        return None
    weights = [_weight(one[0]) if isinstance(one, list) and one else None for one in kept]
    if any(weight is None for weight in weights):
        return None
    best = max(range(len(weights)), key=lambda number: (weights[number] is not None, weights[number]))
    return ours.text(ours.mapping(arguments.get(f"gen_args_{best}")).get("arg_1")).strip()


def _weight(told: object) -> float | None:
    """A log likelihood, which lm-eval writes as text."""
    if isinstance(told, str) and len(told) < 40:
        try:
            return ours.finite(float(told))
        except ValueError:
            return None
    return ours.finite(told)


def _outcome(number: float | None) -> str | None:
    if number is None:
        return None
    known = {1.0: Outcome.CORRECT, 0.0: Outcome.WRONG}
    return str(known.get(number, Outcome.UNDECIDED))
