"""llama.cpp's sampler chain, built from explicit settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aa_tui.engine.settings import SamplerSettings


class Sampler:
    """A chain of samplers with its own state (last tokens, random numbers): one per sequence.

    The order is llama.cpp's own (common/sampling.cpp): penalties, top_k, top_p, min_p, temperature, choice.
    """

    def __init__(self, low: Any, settings: SamplerSettings, n_vocab: int) -> None:
        self._low = low
        self.settings = settings
        self.pointer: int | None = low.llama_sampler_chain_init(low.llama_sampler_chain_default_params())

        def add(sampler: int) -> None:
            low.llama_sampler_chain_add(self.pointer, sampler)

        if settings.repeat_penalty != 1.0 and settings.repeat_last_n != 0:
            penalty = settings.repeat_penalty
            add(low.llama_sampler_init_penalties(n_vocab, settings.repeat_last_n, penalty, 0.0, 0.0))
        if settings.temperature <= 0.0:  # the likeliest token survives every filter
            add(low.llama_sampler_init_greedy())
            return
        if settings.top_k > 0:
            add(low.llama_sampler_init_top_k(settings.top_k))
        if settings.top_p < 1.0:
            add(low.llama_sampler_init_top_p(settings.top_p, 1))
        if settings.min_p > 0.0:
            add(low.llama_sampler_init_min_p(settings.min_p, 1))
        add(low.llama_sampler_init_temp(settings.temperature))
        add(low.llama_sampler_init_dist(settings.seed & 0xFFFFFFFF))

    def close(self) -> None:
        """Free the chain; the sampler cannot be used after."""
        if self.pointer is not None:
            self._low.llama_sampler_free(self.pointer)
            self.pointer = None
