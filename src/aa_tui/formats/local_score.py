"""LocalScore's results, as its program sends and writes them: speeds of one model on one accelerator.

Fields are those of `POST /api/results` of localscore.ai: system_info, accelerator_info, runtime_info, results_summary
and results, a test each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aa_tui.formats import ours
from aa_tui.formats.errors import FormatError
from aa_tui.formats.reading import shown_path
from aa_tui.jsontext import dumps
from aa_tui.textsafe import clean_line


@dataclass(frozen=True, slots=True)
class Test:
    """One prompt of `n_prompt` tokens and `n_gen` tokens after it. Rates in tokens/s, times in seconds."""

    n_prompt: int
    n_gen: int
    prompt_tps: float | None
    gen_tps: float | None
    ttft_s: float | None
    time_s: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """A document of LocalScore: a model's tests on a machine. `raw` is each test's record as it was read."""

    model: str
    quant: str
    n_params: int | None
    cpu: str
    accelerator: str
    accelerator_kind: str
    accelerator_bytes: int | None
    memory_bytes: int | None
    os: str
    arch: str
    runtime: str
    runtime_version: str
    tests: tuple[Test, ...]
    raw: tuple[Mapping[str, Any], ...] = ()
    measured_at: str = ""


def write(score: Score) -> bytes:
    """The document. The performance score is null: it is defined for LocalScore's own tests alone."""
    tests = score.tests
    document = {
        "system_info": {
            "cpu_name": score.cpu,
            "cpu_arch": score.arch,
            "ram_gb": None if score.memory_bytes is None else round(score.memory_bytes / 2**30, 1),
            "kernel_type": score.os.partition(" ")[0],
            "kernel_release": score.os.partition(" ")[2],
            "version": "",
        },
        "accelerator_info": {
            "name": score.accelerator,
            "type": score.accelerator_kind,
            "memory_gb": None if score.accelerator_bytes is None else round(score.accelerator_bytes / 2**30, 1),
            "manufacturer": None,
        },
        "runtime_info": {"name": score.runtime, "version": score.runtime_version, "commit": None},
        "results_summary": {
            "avg_prompt_tps": _mean([one.prompt_tps for one in tests]),
            "avg_gen_tps": _mean([one.gen_tps for one in tests]),
            "avg_ttft_ms": _thousand(_mean([one.ttft_s for one in tests])),
            "performance_score": None,
        },
        "results": [
            {
                "name": f"pp{one.n_prompt}+tg{one.n_gen}",
                "model_name": score.model,
                "model_quant_str": score.quant,
                "model_params_str": "" if score.n_params is None else f"{score.n_params / 1e9:.3g}B",
                "model_n_params": score.n_params,
                "n_prompt": one.n_prompt,
                "n_gen": one.n_gen,
                "avg_time_ms": _thousand(one.time_s),
                "prompt_tps": one.prompt_tps,
                "prompt_tps_watt": None,
                "gen_tps": one.gen_tps,
                "gen_tps_watt": None,
                "power_watts": None,
                "ttft_ms": _thousand(one.ttft_s),
            }
            for one in tests
        ],
    }
    return dumps(ours.with_whole_characters(document), indent=2).encode() + b"\n"


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _thousand(seconds: float | None) -> float | None:
    return None if seconds is None else 1000 * seconds


def is_document(value: object) -> bool:
    """Whether a value read from JSON is such a document."""
    return isinstance(value, dict) and {"accelerator_info", "system_info", "results"} <= value.keys()


def read(value: Mapping[str, Any], path: Path) -> tuple[Score, ...]:
    """A score for each model of a document. Raises FormatError for a test without its lengths."""
    results = value["results"]
    if not isinstance(results, list) or not results or not all(isinstance(one, dict) for one in results):
        raise FormatError(f"{shown_path(path)} has no results in it: it is no whole document of LocalScore.")
    system, accelerator = ours.mapping(value["system_info"]), ours.mapping(value["accelerator_info"])
    runtime = ours.mapping(value.get("runtime_info"))
    by_model: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in results:
        by_model.setdefault((_line(one, "model_name"), _line(one, "model_quant_str")), []).append(one)
    return tuple(
        Score(
            model=model,
            quant=quant,
            n_params=ours.whole(records[0].get("model_n_params"), least=1),
            cpu=_line(system, "cpu_name"),
            accelerator=_line(accelerator, "name"),
            accelerator_kind=_line(accelerator, "type"),
            accelerator_bytes=_bytes(accelerator.get("memory_gb")),
            memory_bytes=_bytes(system.get("ram_gb")),
            os=f"{_line(system, 'kernel_type')} {_line(system, 'kernel_release')}".strip(),
            arch=_line(system, "cpu_arch"),
            runtime=_line(runtime, "name"),
            runtime_version=_line(runtime, "version") or _line(runtime, "commit"),
            tests=tuple(_test(one, path) for one in records),
            raw=tuple({**one, "accelerator_info": accelerator, "system_info": system} for one in records),
        )
        for (model, quant), records in by_model.items()
    )


def _test(record: Mapping[str, Any], path: Path) -> Test:
    n_prompt, n_gen = ours.whole(record.get("n_prompt")), ours.whole(record.get("n_gen"))
    if n_prompt is None or n_gen is None or n_prompt + n_gen == 0:
        raise FormatError(f"{shown_path(path)} has a test without n_prompt and n_gen: it is no document of LocalScore.")
    return Test(
        n_prompt=n_prompt,
        n_gen=n_gen,
        prompt_tps=_positive(record.get("prompt_tps")),
        gen_tps=_positive(record.get("gen_tps")),
        ttft_s=_seconds(record.get("ttft_ms")),
        time_s=_seconds(record.get("avg_time_ms")),
    )


def _positive(value: object) -> float | None:
    number = ours.finite(value)
    return number if number is not None and 0 < number < 1e12 else None


def _seconds(value: object) -> float | None:
    number = _positive(value)
    return None if number is None else number / 1000


def _bytes(value: object) -> int | None:
    number = _positive(value)
    return None if number is None else round(number * 2**30)


def _line(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return clean_line(value)[:300] if isinstance(value, str) else ""
