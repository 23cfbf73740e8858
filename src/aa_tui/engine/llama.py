"""One model, one context, one sequence of llama.cpp, at llama.cpp's own speed.

Nothing here happens per token but a call to decode, a call to wait, and a write into a batch made beforehand.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Self

from aa_tui.engine import native, phases
from aa_tui.engine.constrained import Constrained
from aa_tui.engine.errors import EngineError
from aa_tui.engine.loading import Loaded, beside, load
from aa_tui.engine.logits import Logits
from aa_tui.engine.sampling import Sampler
from aa_tui.engine.sampling import sampler as make_sampler
from aa_tui.engine.settings import GREEDY, EngineSettings, SamplerSettings
from aa_tui.engine.vocabulary import Vocabulary

if TYPE_CHECKING:
    import os
    import random
    from collections.abc import Callable, Generator, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from aa_tui.engine.calling import Grammar
    from aa_tui.engine.constrained import Written

__all__ = [
    "EngineError",
    "EngineSettings",
    "LlamaEngine",
    "Prefill",
    "SamplerSettings",
    "Token",
    "open_model",
]


@dataclass(frozen=True, slots=True)
class Prefill:
    """Part of the prompt is processed: `n_done` of `n_total` tokens, `at_s` seconds after submission."""

    n_done: int
    n_total: int
    at_s: float


@dataclass(frozen=True, slots=True)
class Token:
    """A token has been chosen: the `index`-th of the output, `at_s` seconds after submission."""

    index: int
    id: int
    is_eog: bool
    at_s: float


def open_model(
    path: str | os.PathLike[str],
    settings: EngineSettings,
    on_progress: Callable[[float], object] | None = None,
) -> LlamaEngine:
    """Load a GGUF and make a context for it.

    `on_progress` is told the loaded fraction (0 to 1) and may return False to give up. Raises EngineError: no
    usable GGUF, a model that llama.cpp refuses, too little memory, settings out of range, given up.
    """
    return LlamaEngine(load(Path(path), settings, on_progress))


class LlamaEngine:
    """A loaded model. Use as a context manager; not safe to share between threads.

    `settings` are the resolved ones, `n_ctx_train` the context length (tokens) the model was trained for,
    `load_s` how long loading took in seconds, `devices_used` what holds the model, with the bytes on each.
    """

    def __init__(self, loaded: Loaded) -> None:
        low = native.library()
        self._low = low
        self._loaded = loaded
        self._context = loaded.context
        self._vocab: int = low.llama_model_get_vocab(loaded.model)
        self._memory: int = low.llama_get_memory(loaded.context)
        self.path = loaded.path
        self.settings = loaded.settings
        self.load_s = loaded.load_s
        self.devices_used = loaded.devices_used
        self._words = Vocabulary(low, self._vocab)
        self.n_vocab = self._words.n_tokens
        self.n_ctx: int = low.llama_n_ctx_seq(loaded.context)
        self.n_ctx_train: int = low.llama_model_n_ctx_train(loaded.model)
        self.bos = self._words.bos
        self._logits = Logits(low, loaded.context, self.n_vocab)
        # positions and sequence are left to llama.cpp (null pointers: the next position of sequence 0)
        self._chunk = (ctypes.c_int32 * self.settings.n_batch)()
        self._one = (ctypes.c_int32 * 1)()
        self._batch_of_one = low.llama_batch_get_one(self._one, 1)
        self._decode = low.llama_decode
        self._synchronize = low.llama_synchronize

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the context and the model. Calling it again does nothing."""
        self._loaded.close()

    @property
    def context(self) -> int:
        """llama.cpp's context, for an engine with slots."""
        return self._context

    @property
    def memory(self) -> int:
        """The context's KV memory."""
        return self._memory

    def beside(self, settings: EngineSettings, *, of_heads: bool = False) -> LlamaEngine:
        """Another context of this model with its own memory, to be closed before this one. `settings` are resolved.

        `of_heads` computes the layers for multi-token prediction alone. Raises EngineError as `open_model`.
        """
        return LlamaEngine(beside(self._loaded, settings, of_heads=of_heads))

    def clear(self) -> None:
        """Forget the sequence: the next token decoded is its first."""
        self._low.llama_memory_clear(self._memory, False)

    def rewind(self, n_tokens: int) -> None:
        """Forget all but the first `n_tokens` of the sequence. Raises EngineError where the model cannot."""
        if not self._low.llama_memory_seq_rm(self._memory, 0, n_tokens, -1):
            raise EngineError("This model's memory cannot be rewound.")

    def decode(self, tokens: Sequence[int]) -> None:
        """Process up to `n_batch` tokens of a prompt, in one call and without waiting for the result.

        Raises EngineError when the context is full or llama.cpp fails.
        """
        count = len(tokens)
        if not 0 < count <= self.settings.n_batch:
            raise EngineError(f"A batch of {count} tokens does not fit n_batch {self.settings.n_batch}.")
        phases.enter("prompt")
        self._chunk[:count] = list(tokens)
        self.check(self._decode(self._context, self._low.llama_batch_get_one(self._chunk, count)))

    def step(self, token: int) -> None:
        """Process one token and wait for its result, as text generation does.

        Raises EngineError when the context is full or llama.cpp fails.
        """
        phases.enter("generating")
        self._one[0] = token
        status = self._decode(self._context, self._batch_of_one)
        if status:
            self.check(status)
        self._synchronize(self._context)

    def synchronize(self) -> None:
        """Wait until everything submitted has been computed."""
        self._synchronize(self._context)

    def row(self, index: int) -> NDArray[float32]:
        """The logits of one row of the last batch; valid until the next one is decoded."""
        return self._logits.row(index)

    def sampler(self, settings: SamplerSettings) -> Sampler:
        """A new sampler for one sequence of this model; close it after use."""
        return make_sampler(self._logits, settings)

    def sample(self, sampler: Sampler) -> int:
        """Choose the next token from the last result."""
        return sampler.choose()

    def constrained(self, settings: SamplerSettings, output: Written, gbnf: str, grammar: Grammar) -> Sampler:
        """A sampler that holds the answer to a grammar, which must have been tried (`aa_tui.engine.grammars`)."""
        inner, triggers = self.sampler(settings), grammar.triggers
        return Constrained(
            inner, self._logits, settings, words=self._words, output=output, gbnf=gbnf, triggers=triggers
        )

    def tokenize(self, text: str, *, add_special: bool = True, parse_special: bool = False) -> list[int]:
        """The tokens of a text; see `Vocabulary.tokenize`."""
        return self._words.tokenize(text, add_special=add_special, parse_special=parse_special)

    def piece(self, token: int) -> bytes:
        """The bytes of one token (a character may span several); control tokens are written out."""
        return self._words.piece(token)

    def is_mark(self, token: int) -> bool:
        """Whether a token is more than its text; see `Vocabulary.is_mark`."""
        return self._words.is_mark(token)

    def marks(self) -> frozenset[str]:
        """The texts that such tokens are written as."""
        return self._words.marks()

    @property
    def chat_template(self) -> str | None:
        """The file's own chat template, None where it has none."""
        found = self._low.llama_model_chat_template(self._loaded.model, None)
        return found.decode("utf-8", "replace") if found else None

    def end_texts(self) -> tuple[str, str]:
        """How the tokens for begin and end of a text are written, empty where there are none: templates use them."""
        ids = self._low.llama_vocab_bos(self._vocab), self._low.llama_vocab_eos(self._vocab)
        first, last = (self.piece(token).decode("utf-8", "replace") if token >= 0 else "" for token in ids)
        return first, last

    def control_token(self, text: str) -> int | None:
        """The one token that a text like <|im_end|> stands for, None where it is spelled out."""
        found = self.tokenize(text, add_special=False, parse_special=True)
        return found[0] if len(found) == 1 else None

    def is_eog(self, token: int) -> bool:
        """Whether the token ends a generation (end of text, of turn, ...)."""
        return bool(self._low.llama_vocab_is_eog(self._vocab, token))

    def random_prompt(self, n_tokens: int, source: random.Random, *, plain: bool = False) -> list[int]:
        """`n_tokens` random tokens, the first one BOS where the model wants it, as llama-bench makes them.

        `plain` leaves out control and end tokens.
        """
        tokens = [] if self.bos is None else [self.bos]
        while len(tokens) < n_tokens:
            token = source.randrange(self.n_vocab)
            if not plain or not (self._low.llama_vocab_is_control(self._vocab, token) or self.is_eog(token)):
                tokens.append(token)
        return tokens[:n_tokens]

    def generate(
        self,
        tokens: Sequence[int],
        max_tokens: int,
        sampler: SamplerSettings = GREEDY,
        *,
        ignore_eos: bool = False,
    ) -> Generator[Prefill | Token, None, None]:
        """Process a prompt from an empty context and generate up to `max_tokens` tokens.

        Yields a Prefill after every `n_batch` tokens of the prompt and a Token for each token chosen; ends
        after an end-of-generation token unless `ignore_eos`. Clocks start when the first event is asked for,
        and stand still while the caller holds an event: they measure the engine, not its caller.
        Raises EngineError for an empty prompt, or one that leaves no room for the output.
        """
        self._check_lengths(len(tokens), max_tokens)
        self.clear()
        chain = self.sampler(sampler)
        try:
            yield from self._generate(tokens, max_tokens, chain, ignore_eos)
        finally:
            chain.close()

    def _generate(
        self, tokens: Sequence[int], max_tokens: int, chain: Sampler, ignore_eos: bool
    ) -> Generator[Prefill | Token, None, None]:
        start = perf_counter()
        total, n_batch = len(tokens), self.settings.n_batch
        for done in range(0, total, n_batch):
            self.decode(tokens[done : done + n_batch])
            if done + n_batch < total:
                self.synchronize()  # or a GPU would go on computing while the clock stands still
                now = perf_counter()
                yield Prefill(done + n_batch, total, now - start)
                start += perf_counter() - now
        for index in range(max_tokens):
            token = self.sample(chain)
            now = perf_counter()
            end = self.is_eog(token)
            yield Token(index, token, end, now - start)
            start += perf_counter() - now
            if index + 1 == max_tokens or (end and not ignore_eos):
                return
            self.step(token)

    def _check_lengths(self, n_prompt: int, max_tokens: int) -> None:
        if n_prompt < 1 or max_tokens < 1:
            raise EngineError("There is nothing to generate: the prompt or the output has no tokens.")
        if n_prompt + max_tokens > self.n_ctx:
            raise EngineError(
                f"A prompt of {n_prompt:,} tokens and {max_tokens:,} to generate do not fit the context of "
                f"{self.n_ctx:,} tokens: ask for less or raise n_ctx."
            )

    def check(self, status: int) -> None:
        """Raise EngineError for what `llama_decode` returned, unless it is success."""
        if status == 0:
            return
        if status == 1:
            raise EngineError(f"The context of {self.n_ctx:,} tokens is full: raise n_ctx or ask for less.")
        reason = native.log.reason() or f"status {status}"
        raise EngineError(f"llama.cpp failed while computing ({reason}): run `aa-tui doctor`.")
