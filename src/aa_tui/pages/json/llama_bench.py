"""A speed run in llama-bench's JSON, so that its figures travel."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from aa_tui.catalog.rows import LocalResult, SampleRow
from aa_tui.speed import llama_bench

_TEST = re.compile(r"(?:pp|tg)[0-9]+(?:@d([0-9]+))?(?:@t([0-9]+))?")
_FLASH_ATTENTION = {"auto": -1, "off": 0, "on": 1}


def export(result: LocalResult, samples: Sequence[SampleRow]) -> str:
    """The run's pp and tg as an array of records; other tests have no place in the format.

    `model_size` is the file's size, a little more than its tensors, and `model_type` our own words.
    """
    entries = []
    for name in dict.fromkeys(sample.test for sample in samples):
        match = _TEST.fullmatch(name)
        timed = [sample for sample in samples if sample.test == name and not sample.warmup]
        if match and timed:
            entries.append(_entry(result, timed, n_depth=int(match[1] or 0), n_threads=match[2]))
    return llama_bench.write(entries)


def _entry(result: LocalResult, timed: Sequence[SampleRow], *, n_depth: int, n_threads: str | None) -> dict[str, Any]:
    run = result.run
    file, settings, setup, engine = run.file, run.settings, run.setup, run.engine
    nanoseconds = [round(sample.seconds * 1e9) for sample in timed]
    rates = [sample.tokens_per_s for sample in timed]
    devices = [device for device in engine.get("devices", ()) if isinstance(device, dict)]
    gpus = [str(device.get("description", "")) for device in devices if "GPU" in str(device.get("kind"))]
    cpus = [str(device.get("description", "")) for device in devices if device.get("kind") in ("CPU", "accelerator")]
    # "0.5.0-dev (0c1e570)": the version and the commit
    commit = str(engine.get("llama_cpp", "")).partition("(")[2].rstrip(")") or str(engine.get("llama_cpp", "unknown"))
    size = f" {file.n_params / 1e9:.2f}B" if file.n_params and file.n_params > 1e8 else ""
    return {
        "build_commit": commit,
        "cpu_info": ", ".join(cpus) or (run.machine.cpu if run.machine else ""),
        "gpu_info": ", ".join(gpus),
        "backends": (run.backend or "CPU").rstrip("0123456789"),  # "CUDA0" is a device of CUDA
        "model_filename": Path(file.path).name,
        "model_type": f"{file.architecture or 'unknown'}{size} {file.quant or ''}".strip(),
        "model_size": file.size_bytes,
        "model_n_params": file.n_params or 0,
        "n_batch": settings.get("n_batch", 2048),
        "n_ubatch": settings.get("n_ubatch", 512),
        "n_threads": int(n_threads) if n_threads else setup.n_threads or 0,
        "type_k": settings.get("type_k", "f16"),
        "type_v": settings.get("type_v", "f16"),
        "n_gpu_layers": setup.n_gpu_layers or 0,
        "devices": "/".join(setup.devices or ["auto"]),
        "tensor_split": "/".join(f"{share:.2f}" for share in setup.tensor_split or [0.0]),
        "flash_attn": _FLASH_ATTENTION.get(str(settings.get("flash_attn")), -1),
        "load_mode": "mmap" if settings.get("use_mmap", True) else "none",
        "n_prompt": timed[0].n_prompt,
        "n_gen": timed[0].n_gen,
        "n_depth": n_depth,
        "test_time": datetime.fromisoformat(timed[0].started_at).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "avg_ns": round(statistics.fmean(nanoseconds)),
        "stddev_ns": round(statistics.stdev(nanoseconds)) if len(nanoseconds) > 1 else 0,
        "avg_ts": statistics.fmean(rates),
        "stddev_ts": statistics.stdev(rates) if len(rates) > 1 else 0.0,
        "samples_ns": nanoseconds,
        "samples_ts": rates,
    }
