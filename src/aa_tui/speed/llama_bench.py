"""llama-bench's JSON and JSONL (`llama-bench -o json`), read and written with its own field names.

The fields are those of tools/llama-bench/llama-bench.cpp in llama.cpp 0c1e570, `test::get_fields`. Older and newer
versions have some more or fewer: only what a figure cannot do without is required.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from aa_tui.jsontext import dumps
from aa_tui.speed.errors import SpeedError
from aa_tui.strictjson import BadJSONError, value_of
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_BYTES = 32 << 20
"""Of a file: a test with its repetitions takes 1 to 2 kB."""

_MOST_ENTRIES = 20_000

FIELDS = (
    *("build_commit", "build_number", "cpu_info", "gpu_info", "backends"),
    *("model_filename", "model_type", "model_size", "model_n_params", "n_batch"),
    *("n_ubatch", "n_threads", "cpu_mask", "cpu_strict", "poll"),
    *("type_k", "type_v", "n_gpu_layers", "n_cpu_moe", "split_mode"),
    *("main_gpu", "no_kv_offload", "flash_attn", "devices", "tensor_split"),
    *("tensor_buft_overrides", "load_mode", "lazy_mode", "embeddings"),
    *("no_op_offload", "no_host", "repack", "fit_target", "fit_min_ctx"),
    *("n_prompt", "n_gen", "n_depth"),
    *("test_time", "avg_ns", "stddev_ns", "avg_ts", "stddev_ts", "samples_ns", "samples_ts"),
)
"""In llama-bench's order."""

DEFAULTS: dict[str, Any] = {
    "build_number": 0,
    "gpu_info": "",
    "backends": "",
    "cpu_mask": "0x0",
    "cpu_strict": False,
    "poll": 50,
    "n_cpu_moe": 0,
    "split_mode": "layer",
    "main_gpu": 0,
    "no_kv_offload": False,
    "devices": "auto",
    "tensor_split": "0.00",
    "tensor_buft_overrides": "none",
    "load_mode": "mmap",
    "lazy_mode": "auto",
    "embeddings": False,
    "no_op_offload": 0,
    "no_host": False,
    "repack": True,
    "fit_target": 0,
    "fit_min_ctx": 0,
}
"""What our engine does where it has no setting: llama-bench's own defaults."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One test of a llama-bench run. Rates in tokens/s; `test` is our name for it. `raw` is the record as read."""

    test: str
    avg_ts: float
    stddev_ts: float | None
    n: int | None
    build: str
    cpu: str
    gpu: str
    backends: str
    model_file: str
    model_type: str
    n_params: int | None
    n_threads: int | None
    n_gpu_layers: int | None
    test_time: str
    raw: Mapping[str, Any]


def parse(data: bytes) -> list[Entry]:
    """Read an array of records (`-o json`) or a record a line (`-o jsonl`).

    Raises SpeedError, one sentence, for what is neither, or lacks what a figure needs.
    """
    records = _records(data)
    if not records:
        raise SpeedError("The file holds no test of llama-bench: write it with `llama-bench -o json`.")
    if len(records) > _MOST_ENTRIES:
        raise SpeedError(f"The file holds more than {_MOST_ENTRIES:,} tests, which is too many to be llama-bench's.")
    return [_entry(record, number) for number, record in enumerate(records, start=1)]


def write(entries: Sequence[Mapping[str, Any]]) -> str:
    """Records as `llama-bench -o json` writes them, each field in its place; what is not given has its default."""
    records = [{name: {**DEFAULTS, **entry}[name] for name in FIELDS} for entry in entries]
    return dumps(records, indent=2) + "\n"


def test_name(n_prompt: int, n_gen: int, n_depth: int) -> str:
    """Our name for a test: "pp512", "tg128@d4096", "pp512+tg128" for a mixed one."""
    words = [f"pp{n_prompt}"] * (n_prompt > 0) + [f"tg{n_gen}"] * (n_gen > 0)
    return "+".join(words) + (f"@d{n_depth}" if n_depth else "")


def _records(data: bytes) -> list[Any]:
    data = data.removeprefix(codecs.BOM_UTF8)
    is_array = data.lstrip()[:1] == b"["
    records: list[Any] = []
    before = 0  # lines
    try:
        if is_array:
            found = value_of(data)
            return found if isinstance(found, list) else []
        for line in data.split(b"\n"):
            if line.strip():
                records.append(value_of(line))
            if len(records) > _MOST_ENTRIES:
                break
            before += 1
        return records
    except BadJSONError as error:
        line_number = before + error.line
        why = clean_line(str(error)).removesuffix(".")
        raise SpeedError(
            f"The file is no JSON of llama-bench (line {line_number}: {why}): write it with `llama-bench -o json` or "
            "`-o jsonl`."
        ) from error


def _entry(record: Any, number: int) -> Entry:
    if not isinstance(record, dict):
        raise SpeedError(f"Test {number} of the file is no record of llama-bench.")
    n_prompt, n_gen = (_count(record, name, number) or 0 for name in ("n_prompt", "n_gen"))
    average = _rate(record, "avg_ts", number)
    name = test_name(n_prompt, n_gen, _count(record, "n_depth", number) or 0)
    if average is None or average <= 0 or not n_prompt + n_gen:
        raise SpeedError(f"Test {number} of the file has no avg_ts, n_prompt or n_gen: it is no record of llama-bench.")
    samples = record.get("samples_ts")
    build_number = _count(record, "build_number", number)
    commit = _text(record, "build_commit") or "unknown"
    return Entry(
        test=name,
        avg_ts=average,
        stddev_ts=_rate(record, "stddev_ts", number),
        n=len(samples) if isinstance(samples, list) and samples else None,
        build=f"{commit} ({build_number})" if build_number else commit,
        cpu=_text(record, "cpu_info"),
        gpu=_text(record, "gpu_info"),
        backends=_text(record, "backends"),
        model_file=_text(record, "model_filename").replace("\\", "/").rpartition("/")[2],
        model_type=_text(record, "model_type"),
        n_params=_count(record, "model_n_params", number),
        n_threads=_count(record, "n_threads", number),
        n_gpu_layers=_count(record, "n_gpu_layers", number),
        test_time=_text(record, "test_time"),
        raw=record,
    )


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return clean_line(value)[:300] if isinstance(value, str) else ""


def _count(record: Mapping[str, Any], name: str, number: int) -> int | None:
    value = record.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not -(1 << 53) < value < 1 << 53:
        raise SpeedError(f"Test {number} of the file has no whole number as its {name}.")
    return value


def _rate(record: Mapping[str, Any], name: str, number: int) -> float | None:
    value = record.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or not 0 <= value < 1e12:
        raise SpeedError(f"Test {number} of the file has no rate as its {name}.")
    return float(value)
