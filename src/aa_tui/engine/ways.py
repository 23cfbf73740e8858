"""The ways in which llama.cpp can be run here: as it was built, and safer ones for builds that crash on a machine.

Which one works is found out by trying (`aa_tui.engine.selftest`); a process adopts it before it loads a model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aa_tui.engine.settings import EngineSettings


@dataclass(frozen=True, slots=True)
class Way:
    """A way to run llama.cpp; `mode` is its name in JSON and in the catalog, `words` what is said of it.

    `extra_buffers` are the layouts that llama.cpp copies weights into for faster kernels, AMX's among them.
    """

    mode: str
    words: str
    amx: bool = True
    extra_buffers: bool = True
    flash_attention: bool = True
    gpu: bool = True

    def features(self, of_processor: frozenset[str]) -> frozenset[str]:
        """What of the processor (as `host.processor` names it) decides which weights are kept a second time."""
        if not self.extra_buffers:
            return frozenset()
        return of_processor if self.amx else of_processor - {"amx_int8"}

    def applied(self, settings: EngineSettings) -> EngineSettings:
        """The settings as this way allows them."""
        if not self.flash_attention:
            settings = replace(settings, flash_attn="off")
        return settings if self.gpu else replace(settings, n_gpu_layers=0, devices=(), tensor_split=(), rpc=())


AS_BUILT = Way("as-built", "as it was built")

WAYS = (
    AS_BUILT,
    Way("no-amx", "without AMX", amx=False),
    Way("no-extra-buffers", "without repacked weights", extra_buffers=False),
    Way("no-flash-attention", "without flash attention", flash_attention=False),
    Way("no-gpu", "without GPU layers", gpu=False),
    Way(
        "plainest",
        "without repacked weights, flash attention and GPU layers",
        amx=False,
        extra_buffers=False,
        flash_attention=False,
        gpu=False,
    ),
)
"""In the order in which they are tried: what costs least first."""


def way_of(mode: str) -> Way:
    """The way with this name; an unknown one, of a newer version's catalog, is the plainest."""
    return next((way for way in WAYS if way.mode == mode), WAYS[-1])
