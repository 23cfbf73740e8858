"""A record as llama-bench prints it."""

from __future__ import annotations

from typing import Any

RECORD: dict[str, Any] = {
    "build_commit": "0c1e570",
    "build_number": 6123,
    "cpu_info": "AMD Ryzen 9 7950X 16-Core Processor",
    "gpu_info": "NVIDIA GeForce RTX 4090",
    "backends": "CUDA",
    "model_filename": "C:\\models\\Nanbeige4.1-3B-Q4_K_M.gguf",
    "model_type": "llama 3B Q4_K - Medium",
    "model_size": 2440000000,
    "model_n_params": 3933145600,
    "n_threads": 16,
    "n_gpu_layers": 99,
    "flash_attn": False,
    "use_mmap": True,
    "n_prompt": 0,
    "n_gen": 128,
    "n_depth": 4096,
    "test_time": "2026-05-01T10:00:00Z",
    "avg_ns": 500000000,
    "stddev_ns": 1000000,
    "avg_ts": 256.0,
    "stddev_ts": 0.5,
    "samples_ns": [500000000, 500000000],
    "samples_ts": [256.0, 256.0],
}
