"""lm-eval's results written: `results_DATE.json`, and `samples_TASK_DATE.jsonl` beside it.

Fields are those of lm_eval 0.4.13 (`result_schema.py`, `loggers/evaluation_tracker.py`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aa_tui.formats import ours
from aa_tui.formats.log import FORMAT_OF_OURS, STRICT, Log, LogSample, whole_characters
from aa_tui.formats.talked import in_openai_form, messages
from aa_tui.jsontext import dumps
from aa_tui.outcomes import UNKNOWN, Outcome

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9.-]+")
_FILTER: Final = "none"


_OWN_TEXTS: Final = (
    *("log_id", "developer", "made_by", "made_by_version", "state", "reason", "engine", "engine_version"),
    *("machine", "run_uid", "created_at", "started_at", "ended_at"),
)


def write(log: Log, samples: Iterable[LogSample]) -> dict[str, bytes]:
    """Results and samples by their path below a folder, as lm-eval itself names them."""
    moment = _date(log)
    date = (moment.replace(tzinfo=None) if moment else datetime(1970, 1, 1)).isoformat(timespec="microseconds")
    where = (
        _UNSAFE.sub("__", f"{log.developer}__{log.model}" if log.developer else log.model)[:120].strip(".") or "model"
    )
    task = _UNSAFE.sub("-", log.task) or "task"
    rows: list[bytes] = []
    places: dict[str, int] = {}
    for sample in samples:
        doc_id = places.setdefault(sample.item_id, len(places))
        rows.append(dumps(_row(log, sample, doc_id)).encode() + b"\n")
    files = {f"{where}/results_{date.replace(':', '-')}.json": _results(log, task, len(rows), where, moment)}
    if rows:
        files[f"{where}/samples_{task}_{date.replace(':', '-')}.jsonl"] = b"".join(rows)
    return files


def _date(log: Log) -> datetime | None:
    try:
        return datetime.fromisoformat(log.ended_at or log.created_at or "").astimezone(UTC)
    except ValueError:
        return None


def _arguments(settings: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, theirs in (("temperature", "temperature"), ("top_p", "top_p"), ("top_k", "top_k")):
        value = ours.finite(settings.get(name))
        if value is not None:
            found[theirs] = value
    most = ours.whole(settings.get("max_output_tokens"), least=1)
    return {**found, "max_gen_toks": most} if most is not None else found


def _results(log: Log, task: str, n: int, where: str, moment: datetime | None) -> bytes:
    whole = [one for one in log.figures if not one.category]
    figures: dict[str, Any] = {"name": task, "alias": log.task, "sample_len": n}
    for one in whole:
        figures[f"{one.metric},{_FILTER}"] = one.value
        figures[f"{one.metric}_stderr,{_FILTER}"] = "N/A" if one.stderr is None else one.stderr
    own = {name: getattr(log, name) for name in _OWN_TEXTS}
    own |= {
        "task_version": log.task_version,
        "n_wanted": log.n_wanted,
        "settings": dict(log.settings),
        "model_facts": dict(log.model_facts),
        "figures": ours.figure_facts(log.figures),
    }
    found = {
        "results": {task: figures},
        "group_subtasks": {},
        "configs": {
            task: {
                "task": task,
                "dataset_path": log.task,
                "output_type": "generate_until",
                "num_fewshot": 0,
                "repeats": ours.whole(log.settings.get("epochs"), least=1) or 1,
                "metric_list": [
                    {"metric": one.metric, "aggregation": "mean", "higher_is_better": not one.less_is_better}
                    for one in whole
                ],
                "generation_kwargs": _arguments(log.settings),
                "metadata": {"version": log.task_version},
            }
        },
        "versions": {task: log.task_version},
        "n-shot": {task: 0},
        "higher_is_better": {task: {one.metric: not one.less_is_better for one in whole}},
        "n-samples": {task: {"original": log.n_wanted or n, "effective": n}},
        "config": {
            "model": log.made_by,
            "model_args": {"pretrained": f"{log.developer}/{log.model}" if log.developer else log.model},
            "batch_size": None,
            "limit": None,
            "gen_kwargs": _arguments(log.settings),
            "random_seed": ours.whole(log.settings.get("seed")),
        },
        "git_hash": None,
        "date": moment.timestamp() if moment else 0.0,
        "task_hashes": {},
        "model_source": log.made_by,
        "model_name": log.model,
        "model_name_sanitized": where,
        "chat_template": None,
        "chat_template_sha": None,
        "total_evaluation_time_seconds": str(_worked_s(log)),
        FORMAT_OF_OURS: own,
    }
    return dumps(ours.with_whole_characters(found), indent=2).encode() + b"\n"


def _worked_s(log: Log) -> float:
    try:
        began, ended = (datetime.fromisoformat(one or "") for one in (log.started_at, log.ended_at))
    except ValueError:
        return 0.0
    return max(0.0, ended.timestamp() - began.timestamp())


def _row(log: Log, sample: LogSample, doc_id: int) -> dict[str, Any]:
    target = sample.targets[0] if len(sample.targets) == 1 else dumps(list(sample.targets)) if sample.targets else ""
    doc: dict[str, Any] = {
        "id": sample.item_id,
        "question": sample.question or sample.prompt,
        "answer": list(sample.targets),
        FORMAT_OF_OURS: {**ours.facts(sample), "epoch": sample.epoch, "thinking": sample.thinking},
    }
    requests = _requests(sample)
    is_told = sample.outcome is not None and sample.outcome not in UNKNOWN
    found: dict[str, Any] = {
        "doc_id": doc_id,
        "doc": doc,
        "target": target,
        "arguments": {
            f"gen_args_{number}": {"arg_0": sent, "arg_1": _arguments(log.settings)}
            for number, (sent, _) in enumerate(requests)
        },
        "resps": [[written] for _, written in requests],
        "filtered_resps": [
            *(written for _, written in requests[:-1]),
            sample.answer if sample.extracted is None else sample.extracted,
        ],
        "filter": _FILTER,
        "metrics": [STRICT] if is_told else [],
        "doc_hash": _hash(f"{sample.item_id}\n{sample.question or sample.prompt}"),
        "prompt_hash": _hash(sample.prompt),
        "target_hash": _hash(target),
    }
    if sample.talk is not None:
        doc[FORMAT_OF_OURS] |= {"prompt": sample.prompt, "answer": sample.answer}
        doc["tools"] = sample.talk.tools
    if is_told:
        found[STRICT] = float(sample.outcome == Outcome.CORRECT)
    return ours.with_whole_characters(found)  # type: ignore[no-any-return]


def _requests(sample: LogSample) -> list[tuple[str, str]]:
    """What was sent and what was written: once, or once a turn. A conversation is sent as the messages until then, as
    one text of JSON, which is how lm-eval itself sends chats to servers."""
    if sample.talk is None:
        return [(sample.prompt, sample.answer)]
    found: list[tuple[str, str]] = []
    sent: list[str] = []
    for message in messages(sample.talk):
        if message.turn is not None:
            found.append((f"[{', '.join(sent)}]", sample.talk.turns[message.turn].written))
        sent.append(dumps(ours.with_whole_characters(in_openai_form(message))))
    return found


def _hash(text: str) -> str:
    return hashlib.sha256(whole_characters(text).encode()).hexdigest()
