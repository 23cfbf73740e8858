"""inspect's logs read: `.eval`, and the same as one JSON document (`inspect_write` says where the fields are from)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from aa_tui.formats import ours
from aa_tui.formats.archive import member, open_archive
from aa_tui.formats.errors import FormatError
from aa_tui.formats.inspect_names import CONFIG, VERSION, short_id
from aa_tui.formats.log import FORMAT_OF_OURS, Log, LogFigure, LogSample, State
from aa_tui.formats.reading import shown_path, whole_json
from aa_tui.outcomes import Outcome

_HEADER, _SUMMARIES = "header.json", "summaries.json"

_STATES: Final[Mapping[str, State]] = {"success": "finished", "cancelled": "stopped", "error": "failed"}
_LETTERS: Final = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
_FINISHED: Final = {"max_tokens": "length", "model_length": "length", "stop": "stop"}
_LIMITS: Final = {"token": Outcome.TRUNCATED, "time": Outcome.TIMEOUT, "working": Outcome.TIMEOUT}


def is_log(value: object) -> bool:
    """Whether a value read from JSON is such a log."""
    return isinstance(value, dict) and isinstance(value.get("eval"), dict) and {"version", "status"} <= value.keys()


def read_archive(path: Path) -> Log:
    """The log of an `.eval`. Raises FormatError for what is none."""
    with open_archive(path) as archive:
        header = whole_json(path, member(archive, _HEADER, path))
    if not is_log(header):
        raise FormatError(f"{shown_path(path)} is an archive, but no log of inspect.")
    return replace(_log(header, path), samples=partial(_of_archive, path, _headline(header)))


def read_document(value: Mapping[str, Any], path: Path) -> Log:
    """The log of a JSON document that has been read. Raises FormatError."""
    told = value.get("samples") or []
    if not isinstance(told, list):
        raise FormatError(f"{shown_path(path)} has samples that are no list: it is no log of inspect.")
    return replace(_log(value, path), samples=lambda: (_read_sample(one, path, _headline(value)) for one in told))


def _of_archive(path: Path, scorer: str) -> Iterator[LogSample]:
    with open_archive(path) as archive:
        for info in archive.infolist():
            if info.filename.startswith("samples/") and info.filename.endswith(".json"):
                yield _read_sample(whole_json(path, member(archive, info.filename, path)), path, scorer)


def _log(value: Mapping[str, Any], path: Path) -> Log:
    version = value.get("version")
    if version not in (1, VERSION) or isinstance(version, bool):
        raise FormatError(
            f"{shown_path(path)} is of version {str(version)[:20]} of inspect's logs, which is not known here: 2 is."
        )
    spec, stats = ours.mapping(value.get("eval")), ours.mapping(value.get("stats"))
    own = ours.mapping(ours.mapping(spec.get("metadata")).get(FORMAT_OF_OURS))
    packages = ours.mapping(spec.get("packages"))
    error = ours.mapping(value.get("error"))
    config = {
        **ours.mapping(spec.get("model_generate_config")),
        **ours.mapping(ours.mapping(value.get("plan")).get("config")),
    }
    found_settings: dict[str, Any] = {
        name: config[theirs] for name, theirs in CONFIG.items() if ours.finite(config.get(theirs)) is not None
    }
    epochs = ours.whole(ours.mapping(spec.get("config")).get("epochs"), least=1)
    if epochs is not None:
        found_settings["epochs"] = epochs
    version_words = spec.get("task_version")
    return Log(
        program="inspect",
        program_version=ours.text(packages.get("inspect_ai")),
        log_id=_id_of(spec, path),
        task=ours.text(spec.get("task")),
        task_version=str(version_words) if isinstance(version_words, str | int | float) else "",
        model=ours.text(own.get("model")) or ours.text(spec.get("model")),
        developer=ours.text(own.get("developer")),
        made_by=ours.text(own.get("made_by")) or "inspect",
        made_by_version=ours.text(own.get("made_by_version")) or ours.text(packages.get("inspect_ai")),
        state=_STATES.get(ours.text(value.get("status")), "failed"),
        reason=ours.text(own.get("reason")) or ours.text(error.get("message"))[:1_000],
        created_at=ours.text(own.get("created_at")) or ours.text(spec.get("created")) or None,
        started_at=ours.text(own.get("started_at")) or ours.text(stats.get("started_at")) or None,
        ended_at=ours.text(own.get("ended_at")) or ours.text(stats.get("completed_at")) or None,
        engine=ours.text(own.get("engine")),
        engine_version=ours.text(own.get("engine_version")),
        machine=ours.text(own.get("machine")),
        settings=ours.mapping(own.get("settings")) or found_settings,
        model_facts=ours.mapping(own.get("model_facts")),
        figures=ours.read_figures(own.get("figures")) if own else _figures(value),
        run_uid=ours.text(own.get("run_uid")),
        n_wanted=_n_wanted(spec, epochs or 1, is_ours=bool(own)),
        path=path,
    )


def _id_of(spec: Mapping[str, Any], path: Path) -> str:
    """The id of an evaluation; logs of before there was one have a run and a task in it."""
    told = ours.text(spec.get("eval_id"))
    if told:
        return told
    parts = [ours.text(spec.get(name)) for name in ("run_id", "task_id", "created", "task", "model")]
    if not any(parts):
        raise FormatError(f"{shown_path(path)} does not say what it is a log of: it is no whole log of inspect.")
    return short_id(*parts)


def _n_wanted(spec: Mapping[str, Any], epochs: int, *, is_ours: bool) -> int | None:
    n = ours.whole(ours.mapping(spec.get("dataset")).get("samples"))
    return n if n is None or is_ours else n * epochs


def _figures(value: Mapping[str, Any]) -> tuple[LogFigure, ...]:
    """The metrics of each scorer; an error of its own among them is its figure's."""
    found = []
    scores = ours.mapping(value.get("results")).get("scores")
    told = [one for one in scores if isinstance(one, dict)] if isinstance(scores, list) else []
    for score in told:
        name = ours.text(score.get("name")) or ours.text(score.get("scorer"))
        metrics = {one: ours.mapping(metric).get("value") for one, metric in ours.mapping(score.get("metrics")).items()}
        stderr = ours.finite(metrics.pop("stderr", None))
        for metric, figure in metrics.items():
            number = ours.finite(figure)
            if number is not None:
                unit = "share" if metric in ("accuracy", "mean") and 0 <= number <= 1 else ""
                n = ours.whole(score.get("scored_samples"))
                own_error = stderr if metric in ("accuracy", "mean") else None
                found.append(
                    LogFigure(f"{name}.{metric}" if len(told) > 1 else metric, number, unit, n=n, stderr=own_error)
                )
    return tuple(found)


def _headline(value: Mapping[str, Any]) -> str:
    """The scorer whose verdicts count: the one that the log names first."""
    results = ours.mapping(value.get("results"))
    chosen = ours.text(ours.mapping(results.get("headline")).get("score"))
    scores = results.get("scores")
    first = ours.mapping(scores[0]) if isinstance(scores, list) and scores else {}
    return chosen or ours.text(first.get("name"))


def _read_sample(value: object, path: Path, scorer: str) -> LogSample:
    told = ours.mapping(value)
    item = told.get("id")
    epoch = ours.whole(told.get("epoch"), least=1)
    if epoch is None or isinstance(item, bool) or not isinstance(item, str | int):
        raise FormatError(f"{shown_path(path)} has a sample without id or epoch: it is no log of inspect.")
    output, metadata = ours.mapping(told.get("output")), ours.mapping(told.get("metadata"))
    choices = output.get("choices")
    choice = ours.mapping(choices[0]) if isinstance(choices, list) and choices else {}
    said = ours.mapping(choice.get("message")) or _last_said(told.get("messages"))
    answer, thinking = _content(said.get("content"))
    usage = _usage(told, output)
    n_output, reasoning = ours.whole(usage.get("output_tokens")), ours.whole(usage.get("reasoning_tokens"))
    scores = ours.mapping(told.get("scores"))
    name = scorer if scorer in scores else next(iter(scores), "")
    verdict = ours.mapping(scores.get(name))
    error = ours.text(ours.mapping(told.get("error")).get("message"))
    own = ours.mapping(metadata.get(FORMAT_OF_OURS))
    asked = _asked(told.get("input"))
    stop = ours.text(choice.get("stop_reason"))
    outcome = Outcome.ERROR if error else _outcome(verdict, stop, ours.mapping(told.get("limit")))
    category = metadata.get("category")
    sample = LogSample(
        item_id=str(item),
        epoch=epoch,
        prompt=ours.text(own.get("prompt")) or asked,
        question=asked if own and asked != ours.text(own.get("prompt")) else "",
        answer=answer,
        thinking=thinking,
        targets=_targets(told.get("target")),
        outcome=None if outcome is None else str(outcome),
        score=_number(verdict.get("value")),
        extracted=ours.text(verdict.get("answer")) or None,
        detail=_line_of(verdict.get("explanation")),
        grader=name,
        category=category if isinstance(category, str) else "",
        finish_reason="error" if error else _FINISHED.get(stop, stop or "stop"),
        message=error,
        n_prompt=_prompt_tokens(usage),
        n_cached=ours.whole(usage.get("input_tokens_cache_read")),
        n_thinking=reasoning if reasoning is not None else 0 if n_output is not None else None,
        n_answer=None if n_output is None else max(0, n_output - (reasoning or 0)),
        e2e_s=ours.finite(told.get("total_time")),
        ended_at=ours.text(told.get("completed_at")) or None,
    )
    if not own:
        return sample
    texts = {name: own[name] for name in ("question", "answer", "thinking") if isinstance(own.get(name), str)}
    cleared = {
        "outcome": None,
        "score": None,
        "extracted": None,
        "detail": "",
        "grader": "",
        "message": "",
        "category": "",
    }
    cleared |= dict.fromkeys(("n_prompt", "n_cached", "n_thinking", "n_answer", "e2e_s"))
    if texts.get("question") == sample.prompt:
        texts["question"] = ""
    return replace(sample, **{**cleared, **texts, **ours.read(own)})


def _content(content: object) -> tuple[str, str]:
    """Answer and thinking of a message."""
    if isinstance(content, str):
        return content, ""
    parts = [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []
    texts = [ours.text(one.get("text")) for one in parts if one.get("type") == "text"]
    thoughts = [
        ours.text(one.get("reasoning")) or ours.text(one.get("summary"))
        for one in parts
        if one.get("type") == "reasoning"
    ]
    return "\n".join(texts), "\n".join(filter(None, thoughts))


def _last_said(told: object) -> dict[str, Any]:
    """The last turn of the model, of a sample that has no output of its own."""
    messages = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    return next((one for one in reversed(messages) if one.get("role") == "assistant"), {})


def _usage(told: Mapping[str, Any], output: Mapping[str, Any]) -> dict[str, Any]:
    """Tokens of a sample: an output's are those of the last turn alone, of all turns those of the model that made it.

    Where other models had a part, as judges do, the one that the output names is meant.
    """
    last, by_model = ours.mapping(output.get("usage")), ours.mapping(told.get("model_usage"))
    messages = told.get("messages")
    n_turns = sum(ours.mapping(one).get("role") == "assistant" for one in messages) if isinstance(messages, list) else 0
    if n_turns < 2:
        return last
    name = ours.text(output.get("model"))
    meant = [one for key, one in by_model.items() if key == name or key.rpartition("/")[2] == name]
    if len(meant) == 1:
        return ours.mapping(meant[0])
    return ours.mapping(next(iter(by_model.values()))) if len(by_model) == 1 else {}


def _prompt_tokens(usage: Mapping[str, Any]) -> int | None:
    """Tokens of what was sent: what a cache knew stands apart there."""
    n = ours.whole(usage.get("input_tokens"))
    cached = [ours.whole(usage.get(f"input_tokens_cache_{name}")) or 0 for name in ("read", "write")]
    return None if n is None else ours.whole(n + sum(cached))


def _asked(told: object) -> str:
    """What was asked: a text, or the last message of the user."""
    if isinstance(told, str):
        return told
    messages = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    asked = [_content(one.get("content"))[0] for one in messages if one.get("role") == "user"]
    return asked[-1] if asked else ""


def _targets(told: object) -> tuple[str, ...]:
    if isinstance(told, str):
        return (told,) if told else ()
    return tuple(one for one in told if isinstance(one, str)) if isinstance(told, list) else ()


def _number(value: object) -> float | None:
    """A score's value as a number; of several, or of words, none."""
    if isinstance(value, bool):
        return float(value)
    return _LETTERS.get(value) if isinstance(value, str) else ours.finite(value)


def _outcome(verdict: Mapping[str, Any], stop: str, limit: Mapping[str, Any]) -> Outcome | None:
    """What became of a sample. The log's verdict stands; why an answer is wrong is told apart."""
    if not verdict:
        return None
    number = _number(verdict.get("value"))
    if number == 1.0:
        return Outcome.CORRECT
    if number is None or number != 0.0:
        return Outcome.UNDECIDED
    if limit:
        return _LIMITS.get(ours.text(limit.get("type")), Outcome.WRONG)
    if stop in ("max_tokens", "model_length"):
        return Outcome.TRUNCATED
    return Outcome.NO_ANSWER if verdict.get("value") == "N" else Outcome.WRONG


def _line_of(value: object) -> str:
    words = value if isinstance(value, str) else ""
    return words if len(words) <= 500 else f"{words[:499]}…"
