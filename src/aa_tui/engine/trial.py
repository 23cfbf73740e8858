"""One try of one way to run llama.cpp. `python -m aa_tui.engine.trial MODE` answers with a line of JSON, or dies.

It loads the bundled model, processes a prompt and writes a few tokens: the kernels of prompts and those of generation
both have to give what they give elsewhere. Each token is certain to 0.999 and more, so that rounding turns none.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from aa_tui.engine.ways import AS_BUILT, Way, way_of

if TYPE_CHECKING:
    from aa_tui.engine.build import Build

PROMPT = "<|im_start|>user\nWhat is 23 + 45?<|im_end|>\n<|im_start|>assistant\n"
EXPECTED = "<think>\n23+45"
"""What the bundled model writes next, wherever it is computed rightly."""

N_TOKENS = 7

N_CTX = 256


def attempt(mode: str) -> dict[str, Any]:
    """Try a way in this process: whether it answers as expected, why not, or that it changes nothing of this build."""
    from aa_tui.engine import native
    from aa_tui.engine.build import describe_build
    from aa_tui.engine.errors import EngineError, NotLoadedError
    from aa_tui.engine.llama import Token, open_model
    from aa_tui.engine.settings import GREEDY, EngineSettings
    from aa_tui.gguf.bundled import bundled_model

    way = way_of(mode)
    try:
        native.adopt(way)
        build = describe_build()
        if _changes_nothing(way, build):
            return {"ok": False, "same": True}
        with open_model(bundled_model(), EngineSettings(n_ctx=N_CTX)) as engine:
            prompt = engine.tokenize(PROMPT, add_special=False, parse_special=True)
            told = [one.id for one in engine.generate(prompt, N_TOKENS, GREEDY) if isinstance(one, Token)]
            written = b"".join(map(engine.piece, told)).decode("utf-8", "replace")
    except NotLoadedError as error:
        return {"ok": False, "why": error.reason, "not_loaded": True}
    except EngineError as error:
        return {"ok": False, "why": str(error)}
    if written != EXPECTED:
        return {"ok": False, "why": f"it computes wrongly: {written!r} for {EXPECTED!r}"}
    return {"ok": True, "build": build.to_dict()}


def _changes_nothing(way: Way, build: Build) -> bool:
    """Whether this build is run in no other way than as it was built."""
    if way.mode == "no-amx":
        return "AMX_INT8 = 1" not in build.system_info
    if way.mode == "no-gpu":
        return not build.gpu_offload
    return False


if __name__ == "__main__":
    sys.stdout.write(json.dumps(attempt(sys.argv[1] if len(sys.argv) > 1 else AS_BUILT.mode)) + "\n")
