"""One try of one way to run llama.cpp: a process that is given a mode and answers with a line of JSON, or dies.

It loads the bundled model, processes a prompt and writes a few tokens: the kernels of prompts and those of generation
both have to give what they give elsewhere. Each token is certain to 0.999 and more, so that rounding turns none.
"""

from __future__ import annotations

import ctypes
import json
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

from aa_tui.engine.ways import Way, way_of

if TYPE_CHECKING:
    from aa_tui.engine.build import Build
    from aa_tui.engine.loading import Loaded

PROMPT = (
    *(259, 348, 346, 332, 345, 13, 318, 335, 328, 347, 263, 336, 346, 263, 281, 282, 263, 274, 263, 283, 284, 294, 260),
    *(13, 259, 328, 346, 346, 336, 346, 347, 328, 341, 347, 13),
)
"""The bundled model's tokens of a user's turn, "What is 23 + 45?", and the beginning of its own."""

EXPECTED = (261, 13, 281, 282, 274, 283, 284)
"""What it writes next wherever it is computed rightly: `<think>`, a new line, "23+45"."""

N_CTX = 256


def main() -> None:
    """Answer for the mode that the command line names."""
    sys.stdout.write(json.dumps(attempt(sys.argv[1])) + "\n")


def attempt(mode: str) -> dict[str, Any]:
    """Try a way in this process: whether it answers as expected, why not, or that it changes nothing of this build."""
    from aa_tui.engine import native
    from aa_tui.engine.build import describe_build
    from aa_tui.engine.errors import EngineError, NotLoadedError
    from aa_tui.engine.loading import load
    from aa_tui.engine.settings import EngineSettings
    from aa_tui.gguf.bundled import bundled_model

    way = way_of(mode)
    try:
        native.adopt(way)
        build = describe_build()
        if _changes_nothing(way, build):
            return {"ok": False, "same": True}
        with closing(load(bundled_model(), EngineSettings(n_ctx=N_CTX), None)) as loaded:
            written = _continued(native.library(), loaded)
    except NotLoadedError as error:
        return {"ok": False, "why": error.reason, "not_loaded": True}
    except EngineError as error:
        return {"ok": False, "why": str(error)}
    if written != EXPECTED:
        return {"ok": False, "why": f"it computes wrongly: the tokens {list(written)} for {list(EXPECTED)}"}
    return {"ok": True, "build": build.to_dict()}


def _continued(low: Any, loaded: Loaded) -> tuple[int, ...]:
    """The tokens after the prompt, with llama.cpp's functions alone: our engine would import numpy first."""
    sampler = low.llama_sampler_init_greedy()
    told: list[int] = []
    batch = list(PROMPT)
    try:
        while len(told) < len(EXPECTED):
            tokens = (ctypes.c_int32 * len(batch))(*batch)  # llama.cpp takes no copy
            status = low.llama_decode(loaded.context, low.llama_batch_get_one(tokens, len(batch)))
            if status:
                break
            told.append(int(low.llama_sampler_sample(sampler, loaded.context, -1)))
            batch = told[-1:]
    finally:
        low.llama_sampler_free(sampler)
    return tuple(told)


def _changes_nothing(way: Way, build: Build) -> bool:
    """Whether this build is run in no other way than as it was built."""
    if way.mode == "no-amx":
        return "AMX_INT8 = 1" not in build.system_info
    if way.mode == "no-gpu":
        return not build.gpu_offload
    return False
