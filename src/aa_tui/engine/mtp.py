"""Drafts by a file's own layers for multi-token prediction (MTP, llama.cpp's "nextn").

Such a layer, here a head, takes a token together with the model's hidden state of the token before it and tells the
token after (Gloeckle et al. 2024, arXiv 2404.19737; DeepSeek-V3, arXiv 2412.19437, section 2.2). It attends to its own
keys and values of all tokens before, so it has a memory of its own, in a second context of the same model. A single
head drafts further by taking its own hidden state for the model's; several heads draft one token each, one after the
other. The batches are those of llama.cpp's own driver (common/speculative.cpp, `draft_mtp`), whose speed is meant.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aa_tui.analysis.speculating import common_length
from aa_tui.engine import native
from aa_tui.engine.errors import EngineError
from aa_tui.engine.speculation import LACKS_CALLS, WIDEST, Ask, Part, Sequences
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from numpy import float32
    from numpy.typing import NDArray

    from aa_tui.engine.llama import LlamaEngine
    from aa_tui.gguf.header import Header

    States: TypeAlias = NDArray[float32]

_SINGLE = frozenset(
    {"bailingmoe3", "cohere2moe", "deepseek2", "deepseek32", "deepseek4", "glm-dsa", "glm4moe", "nemotron_h_moe"}
    | {"qwen35", "qwen35moe", "qwen3next"}
)
_SEVERAL = frozenset({"hy_v3", "mimo2", "step35"})
"""The architectures whose heads llama.cpp computes: with one head only, and with any number. It aborts on others."""

_LATENT = frozenset({"deepseek2", "deepseek32", "glm-dsa"})
"""Of these it computes the heads only where attention is stored in its latent form."""


_BEHIND = 2
"""Tokens before a prompt's last one whose states are kept, so that the heads can be put back by so many."""


@dataclass(frozen=True, slots=True)
class Heads:
    """The heads that a file's header tells of: how many, and why they cannot draft (part of a sentence, empty where
    they can)."""

    n: int
    why_not: str = ""

    @property
    def can_draft(self) -> bool:
        """Whether llama.cpp computes them."""
        return self.n > 0 and not self.why_not


def heads_of(header: Header) -> Heads:
    """What a header says of its heads."""
    kind = header.architecture
    stated = header.metadata.get(f"{kind}.nextn_predict_layers")
    n = stated if isinstance(stated, int) and 0 < stated < 1 << 16 else 0
    if not n:
        return Heads(0)
    return Heads(n, _why_not(header, n))


def _why_not(header: Header, n: int) -> str:
    kind = header.architecture
    label = clean_line(kind)
    if not header.n_heads:
        return "the file tells of such layers but does not have them"
    if kind not in _SINGLE | _SEVERAL:
        return f"llama.cpp does not compute such layers of {label} models"
    if header.n_heads < n:
        return f"only {header.n_heads} of the file's {n} such layers are there"
    if n > 1 and kind in _SINGLE:
        return f"llama.cpp computes one such layer of {label} models, not {n}"
    if kind in _LATENT and f"{kind}.attention.key_length_mla" not in header.metadata:
        return f"llama.cpp computes such layers of {label} models in files of its newer converters alone"
    return ""


def lacking() -> str:
    """Why no file's heads can draft with these bindings, as a part of a sentence; empty where they can."""
    return LACKS_CALLS if native.staged() is None else ""


class HeadSequences(Sequences):
    """The heads' sequences: each token comes with a hidden state. `n_heads` of the file take turns as `head`."""

    def __init__(self, engine: LlamaEngine, n_heads: int) -> None:
        import numpy as np

        staged = native.staged()
        if staged is None:
            raise EngineError(f"Multi-token prediction cannot be had: {LACKS_CALLS}.")
        super().__init__(engine)
        self.n_heads = n_heads
        self.n_state: int = self._low.llama_model_n_embd_out(self._low.llama_get_model(engine.context))
        self.staged: Any = staged
        self._head = 0
        self._states: States = np.zeros((engine.settings.n_batch, self.n_state), np.float32)
        self._batch.embd = self._states.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        staged.llama_set_embeddings_nextn(engine.context, True, True)  # of the rows alone whose logits are wanted

    def close(self) -> None:
        """Free the batch but for the states, which are NumPy's."""
        if self._batch is not None:
            self._batch.embd = None
        super().close()

    def turn_to(self, head: int) -> None:
        """Compute this head from now on."""
        if head != self._head:
            self.staged.llama_set_nextn_layer_offset(self.engine.context, head)
            self._head = head

    def add_with(self, seq_id: int, tokens: Sequence[int], states: States, *, wanted: bool) -> int:
        """Put tokens after those of a sequence, each with the hidden state of the one before; the first one's row."""
        first = self.add(seq_id, tokens, wanted=wanted)
        self._states[first : first + len(tokens)] = states
        return first

    def state(self, row: int) -> States:
        """The head's own hidden state of a row that was wanted."""
        import numpy as np

        pointer = self.staged.llama_get_embeddings_nextn_ith(self.engine.context, row)
        if not pointer:
            raise EngineError("llama.cpp kept no hidden state of this token.")
        return np.array(np.ctypeslib.as_array(pointer, (self.n_state,)))


@dataclass(slots=True)
class _Heard:
    """Of one sequence: the model's hidden states from a token on, and how many tokens the heads hold for sure."""

    start: int
    states: States
    sure: int

    def of(self, first: int, end: int) -> States:
        """The states that belong to the tokens from `first` to `end`: each that of the token before."""
        return self.states[first - 1 - self.start : end - 1 - self.start]

    def let_go(self) -> None:
        """Forget the states that nothing asks for any more."""
        n = self.sure - 1 - self.start
        if n > 0:
            self.start, self.states = self.start + n, self.states[n:]


class MtpDrafter:
    """The model's own heads write the drafts. One drafter serves all texts; it listens to the model's batches."""

    def __init__(self, model: Sequences, heads: HeadSequences) -> None:
        self.model = model
        self.heads = heads
        self.is_chained = heads.n_heads > 1
        self._heard: dict[int, _Heard] = {}
        self._begun: dict[int, tuple[tuple[int, ...], States]] = {}

    @property
    def most(self) -> int | None:
        """Tokens that can be drafted at a time; None where there is no limit."""
        return self.heads.n_heads if self.is_chained else None

    def begin(self, seq_id: int, prompt: Sequence[int], *, behind: int = 0) -> None:
        """Have the heads hold the prompt but for its last token, and listen; or a token or two less (`behind`), which
        the next draft has to catch up with, as it has to with tokens that were accepted."""
        last, heads = len(prompt) - 1, self.heads
        known = self._begun.get(seq_id)
        self.model.tell(self)
        if known is None or known[0] != tuple(prompt) or not heads.reaches_back(seq_id):
            known = self._read(seq_id, prompt)
        sure = max(0, last - behind)
        heads.keep(seq_id, sure)
        self._heard[seq_id] = _Heard(last - len(known[1]), known[1], sure)

    def _read(self, seq_id: int, prompt: Sequence[int]) -> tuple[tuple[int, ...], States]:
        """Process a prompt but for its last token, for the model's hidden states too; the last few of these."""
        import numpy as np

        last, heads = len(prompt) - 1, self.heads
        self._begun.pop(seq_id, None)
        heads.forget(seq_id)
        heard = self._heard[seq_id] = _Heard(-1, np.zeros((1, heads.n_state), np.float32), 0)
        self.model.forget(seq_id)
        self.model.prepare(seq_id, prompt[:-1])
        for start in range(0, last, WIDEST):
            end = min(start + WIDEST, last)
            self._hold([(seq_id, start, prompt[start:end], heard.of(start, end))], heads.n_heads)
        found = self._begun[seq_id] = tuple(prompt), heard.states[-1 - _BEHIND :].copy()
        return found

    def hear(self, parts: Sequence[Part]) -> None:
        """Take the hidden states of what the model has processed."""
        import numpy as np

        heads = self.heads
        pointer = heads.staged.llama_get_embeddings_nextn(self.model.engine.context)
        if not pointer:
            raise EngineError("llama.cpp kept no hidden states.")
        n_rows = max(part.row + part.n_tokens for part in parts)
        rows = np.ctypeslib.as_array(pointer, (n_rows, heads.n_state))
        for part in parts:
            heard = self._heard.get(part.seq_id)
            if heard is not None:
                before = heard.states[: part.position - heard.start]
                heard.states = np.concatenate((before, rows[part.row : part.row + part.n_tokens]))

    def draft(self, asks: Sequence[Ask]) -> list[list[int]]:
        """The likeliest tokens one after the other; those of several sequences in one batch each time."""
        drafted = [list[int]() for _ in asks]
        most = self.most
        wanted = {number: ask.n if most is None else min(ask.n, most) for number, ask in enumerate(asks) if ask.n > 0}
        if not wanted:
            return drafted
        self._catch_up([asks[number] for number in wanted], max(wanted.values()))
        states = {number: self._before_last(asks[number]) for number in wanted}
        for depth in range(max(wanted.values())):
            rows = {
                number: self._ask(asks[number], depth, drafted[number], states[number])
                for number, n in wanted.items()
                if depth < n
            }
            self.heads.turn_to(depth if self.is_chained else 0)
            self.heads.decode()
            for number, row in rows.items():
                drafted[number].append(self.heads.choose(row))
                states[number].append(self.heads.state(row))
        self.heads.turn_to(0)
        if not self.is_chained:  # else each head has processed the last token in places of its own
            for number in wanted:
                self._heard[asks[number].seq_id].sure = len(asks[number].tokens)
        return drafted

    def _before_last(self, ask: Ask) -> list[States]:
        last = len(ask.tokens) - 1
        return [self._heard[ask.seq_id].of(last, last + 1)[0]]

    def _ask(self, ask: Ask, depth: int, drafted: Sequence[int], states: Sequence[States]) -> int:
        """Put what tells the token of this depth into the batch; its row. Chained heads read the draft anew each."""
        import numpy as np

        heads, last = self.heads, len(ask.tokens) - 1
        if self.is_chained:
            heads.keep(ask.seq_id, last)
            tokens = [ask.tokens[last], *drafted]
            return heads.add_with(ask.seq_id, tokens, np.stack(states), wanted=True) + depth
        token = drafted[-1] if depth else ask.tokens[last]
        return heads.add_with(ask.seq_id, [token], states[-1], wanted=True)

    def _catch_up(self, asks: Sequence[Ask], n_heads: int) -> None:
        """Have the heads hold all tokens but the last, with the model's own states; drafts of before are dropped."""
        parts = []
        for ask in asks:
            heard, last = self._heard[ask.seq_id], len(ask.tokens) - 1
            self.heads.keep(ask.seq_id, heard.sure)
            if heard.sure < last:
                states = heard.of(heard.sure, last)
                parts.append((ask.seq_id, heard.sure, ask.tokens[heard.sure : last], states))
        if parts:
            self._hold(parts, n_heads if self.is_chained else 1)
        for ask in asks:
            heard = self._heard[ask.seq_id]
            heard.sure = len(ask.tokens) - 1
            heard.let_go()

    def _hold(self, parts: Sequence[tuple[int, int, Sequence[int], States]], n_heads: int) -> None:
        """Have each head process tokens of some sequences, from a place on; all heads in the same places."""
        heads = self.heads
        for head in range(n_heads):
            heads.turn_to(head)
            for seq_id, start, tokens, states in parts:
                heads.keep(seq_id, start)
                heads.add_with(seq_id, tokens, states, wanted=False)
            heads.decode()
        heads.turn_to(0)


def runs_of(drafter: MtpDrafter, prompt: Sequence[int], output: Sequence[int], most: int) -> list[int]:
    """Of each token of an output, how many of `most` tokens drafted from there on would be right."""
    model = drafter.model
    model.prepare(0, prompt[:-1])
    drafter.begin(0, prompt)
    text = [prompt[-1], *output[:-1]]
    for start in range(0, len(text), WIDEST):
        model.add(0, text[start : start + WIDEST])
        model.decode()
    model.tell(None)
    found = list[int]()
    for at in range(len(output)):
        asked = Ask(0, [*prompt, *output[:at]], min(most, len(output) - at))
        found.append(common_length(drafter.draft([asked])[0], output[at:]))
    return found
