"""Greedy decoding with drafts: tokens guessed cheaply, checked by the model in one batch, kept as far as they hold.

A batch holds the last token and those drafted after it. The model's likeliest token after each says how many of the
drafted ones are what it would have written; these count, one more comes from the model itself, and the rest is
forgotten (Leviathan et al. 2023, arXiv 2211.17192, for temperature 0). What is written is therefore what plain decoding
writes, but for ties that fall otherwise because batches of other shapes sum in another order (`shape_noise`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, Self

from aa_tui.analysis.speculating import Ngrams, Round, common_length
from aa_tui.engine import native, phases
from aa_tui.engine.errors import EngineError, GivenUpError
from aa_tui.engine.logits import Logits
from aa_tui.engine.settings import GREEDY
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from aa_tui.engine.llama import LlamaEngine

MOST_SIZE_DIFFERENCE = 128
"""Tokens that one of two vocabularies may have more than the other: families pad theirs differently. As llama.cpp
(common/speculative.cpp, SPEC_VOCAB_MAX_SIZE_DIFFERENCE)."""

ASK_EVERY_S = 0.25
"""How often whoever waits for a text is asked whether it is still wanted; the clock stands still meanwhile."""

WIDEST = 64
"""Tokens whose logits are kept at once: some MB with large vocabularies."""

LACKS_CALLS = "this version of llama-cpp-python lacks the calls for hidden states; install the one that aa-tui asks for"

FIRST_COMPARED = 5
"""The tokens before are control tokens, whose texts families change; llama.cpp leaves them out too."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a sequence wants drafted: `n` tokens after `tokens`, its prompt and what it has written."""

    seq_id: int
    tokens: Sequence[int]
    n: int


class Drafter(Protocol):
    """Guesses how texts go on."""

    def begin(self, seq_id: int, prompt: Sequence[int]) -> None:
        """A new text in a sequence."""
        ...

    def draft(self, asks: Sequence[Ask]) -> list[list[int]]:
        """Up to `n` tokens for each; fewer, or none, where nothing is known."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """What a batch holds of a sequence: `n_tokens` from `position` on, in the rows from `row` on."""

    seq_id: int
    position: int
    row: int
    n_tokens: int


class Listener(Protocol):
    """Wants to know of each batch, whose hidden states llama.cpp keeps for it."""

    def hear(self, parts: Sequence[Part]) -> None:
        """A batch has been processed."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """What was written at once: the tokens of each sequence, the seconds it took without the prompts, the rounds."""

    outputs: tuple[tuple[int, ...], ...]
    seconds: float
    rounds: tuple[Round, ...]

    @property
    def n_tokens(self) -> int:
        """Tokens of all sequences."""
        return sum(map(len, self.outputs))


class Sequences:
    """The sequences of a context, each with the tokens that its memory holds; batches of tokens of several of them."""

    def __init__(self, engine: LlamaEngine) -> None:
        self._low = low = native.library()
        self.engine = engine
        self.n_seqs = engine.settings.n_parallel
        self._room = engine.settings.n_batch
        self._batch: Any = low.llama_batch_init(self._room, 0, 1)
        batch = self._batch
        self._token, self._pos, self._wanted = batch.token, batch.pos, batch.logits
        self._seq_id = [batch.seq_id[row] for row in range(self._room)]
        n_seq_id = batch.n_seq_id
        for row in range(self._room):
            n_seq_id[row] = 1
        self._count = 0
        self._parts: list[Part] = []
        self._listener: Listener | None = None
        self.held: list[list[int]] = [[] for _ in range(self.n_seqs)]
        self._greedy = engine.sampler(GREEDY)
        self.logits = Logits(low, engine.context, engine.n_vocab)
        engine.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the batch; the model stays loaded."""
        if self._batch is not None:
            self._low.llama_batch_free(self._batch)
            self._batch = None

    def add(self, seq_id: int, tokens: Sequence[int], *, wanted: bool = True) -> int:
        """Put tokens after those of a sequence into the batch; which row the first one has."""
        first, held = self._count, self.held[seq_id]
        if first + len(tokens) > self._room:
            raise EngineError(f"A batch of {first + len(tokens)} tokens does not fit n_batch {self._room}.")
        position = len(held)
        for row, token in enumerate(tokens, first):
            self._token[row], self._pos[row], self._seq_id[row][0] = token, position + row - first, seq_id
            self._wanted[row] = wanted
        self._parts.append(Part(seq_id, position, first, len(tokens)))
        held.extend(tokens)
        self._count += len(tokens)
        return first

    def want_last(self) -> int:
        """Have the logits of the last row only; its number."""
        self._wanted[self._count - 1] = True
        return self._count - 1

    def decode(self) -> None:
        """Process the batch."""
        self._batch.n_tokens, self._count = self._count, 0
        parts, self._parts = self._parts, []
        self.engine.check(self._low.llama_decode(self.engine.context, self._batch))
        if self._listener is not None:
            self._listener.hear(parts)

    def tell(self, listener: Listener | None) -> None:
        """Tell somebody of each batch from now on, or nobody. Raises EngineError for bindings that cannot."""
        if (listener is None) != (self._listener is None):
            staged = native.staged()
            if staged is None:
                raise EngineError(f"Multi-token prediction cannot be had: {LACKS_CALLS}.")
            staged.llama_set_embeddings_nextn(self.engine.context, listener is not None, False)
        self._listener = listener

    def choose(self, row: int) -> int:
        """The likeliest token after a row of the last batch."""
        return self._greedy.choose(row)

    def keep(self, seq_id: int, n_tokens: int) -> None:
        """Forget all but the first tokens of a sequence. Raises EngineError where the model's memory cannot."""
        held = self.held[seq_id]
        if n_tokens < len(held):
            if not self._low.llama_memory_seq_rm(self.engine.memory, seq_id, n_tokens, -1):
                raise EngineError(cannot_rewind_words(self.engine.path.name))
            del held[n_tokens:]

    def forget(self, seq_id: int) -> None:
        """Forget all of a sequence, which every memory can."""
        self._low.llama_memory_seq_rm(self.engine.memory, seq_id, -1, -1)
        self.held[seq_id].clear()

    def reaches_back(self, seq_id: int) -> bool:
        """Whether the first token is still remembered: windowed and recurrent memories let go of it."""
        return bool(self._low.llama_memory_seq_pos_min(self.engine.memory, seq_id) == 0)

    def prepare(self, seq_id: int, tokens: Sequence[int]) -> None:
        """Have a sequence hold these tokens and no others; what it begins with in common stays."""
        held = self.held[seq_id]
        common = common_length(held, tokens)
        if common and self.reaches_back(seq_id):
            self.keep(seq_id, common)
        else:
            self.forget(seq_id)
            common = 0
        for start in range(common, len(tokens), self._room):
            self.add(seq_id, tokens[start : start + self._room], wanted=False)
            phases.enter("prompt")
            self.decode()
        self.engine.synchronize()


class NgramDrafter:
    """Looks the last `size` tokens up in the prompt and what was written."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._by_seq: dict[int, Ngrams] = {}

    def begin(self, seq_id: int, prompt: Sequence[int]) -> None:
        """Index the prompt: a server does that while it processes it."""
        self._by_seq[seq_id] = Ngrams(self._size)
        self._by_seq[seq_id].draft(prompt, 0)

    def draft(self, asks: Sequence[Ask]) -> list[list[int]]:
        """What followed the same tokens before."""
        return [self._by_seq[ask.seq_id].draft(ask.tokens, ask.n) for ask in asks]


class ModelDrafter:
    """A second, smaller model of the same vocabulary writes the drafts; tokens from `n_vocab` on the model lacks."""

    def __init__(self, sequences: Sequences, n_vocab: int) -> None:
        self.sequences = sequences
        self._n_vocab = n_vocab
        self._sure: dict[int, int] = {}

    def begin(self, seq_id: int, prompt: Sequence[int]) -> None:
        """Process the prompt but for its last token, as the model itself does."""
        self.sequences.prepare(seq_id, prompt[:-1])
        self._sure[seq_id] = len(prompt) - 1

    def draft(self, asks: Sequence[Ask]) -> list[list[int]]:
        """The likeliest tokens one after the other; those of several sequences in one batch each time."""
        sequences, drafted = self.sequences, [list[int]() for _ in asks]
        rows = dict[int, int]()
        for number, ask in enumerate(asks):
            if ask.n < 1:
                continue
            held, sure = sequences.held[ask.seq_id], self._sure[ask.seq_id]
            last = len(ask.tokens) - 1
            while sure < min(len(held), last) and held[sure] == ask.tokens[sure]:
                sure += 1
            sequences.keep(ask.seq_id, sure)
            sequences.add(ask.seq_id, ask.tokens[sure:], wanted=False)
            rows[number] = sequences.want_last()
            self._sure[ask.seq_id] = last + 1
        while rows:
            sequences.decode()
            chosen = {number: sequences.choose(row) for number, row in rows.items()}
            rows = {}
            for number, token in chosen.items():
                if token >= self._n_vocab:
                    continue
                drafted[number].append(token)
                if len(drafted[number]) < asks[number].n:
                    rows[number] = sequences.add(asks[number].seq_id, [token])
        return drafted


@dataclass(slots=True)
class _Text:
    """A sequence at work: its prompt and output, of which all but the last token are in the memory."""

    seq_id: int
    tokens: list[int]
    n_prompt: int
    most: int
    drafted: list[int] = field(default_factory=list)
    row: int = -1
    is_done: bool = False

    @property
    def n_left(self) -> int:
        """Tokens that may still be written."""
        return self.most - (len(self.tokens) - self.n_prompt)


def write(
    sequences: Sequences,
    prompts: Sequence[Sequence[int]],
    max_tokens: int,
    drafter: Drafter | None = None,
    n_draft: int = 0,
    *,
    should_stop: Callable[[], bool] = lambda: False,
) -> Written:
    """Go on with prompts, one for each sequence, greedily until an end of generation or `max_tokens`.

    Without a drafter one token after the other. The clock runs once all prompts are processed, in the drafter too.
    Raises EngineError for what does not fit or cannot be computed, GivenUpError when `should_stop` says so.
    """
    n_ctx = sequences.engine.settings.n_ctx
    for prompt in prompts:
        if not prompt or len(prompt) + max_tokens > n_ctx:
            raise EngineError(
                f"A prompt of {len(prompt):,} tokens and {max_tokens:,} to write do not fit the context of "
                f"{n_ctx:,} tokens: ask for less."
            )
    sequences.tell(None)
    running = texts = [_Text(seq_id, list(prompt), len(prompt), max_tokens) for seq_id, prompt in enumerate(prompts)]
    for text in texts:
        sequences.prepare(text.seq_id, text.tokens[:-1])
        if drafter is not None:
            drafter.begin(text.seq_id, text.tokens)
    phases.enter("generating")
    ends: dict[int, bool] = {}
    rounds = list[Round]()
    asking_s, asked = 0.0, perf_counter()
    start = asked
    while running:
        if drafter is not None:
            asks = [Ask(text.seq_id, text.tokens, min(n_draft, text.n_left - 1)) for text in running]
            for text, drafted in zip(running, drafter.draft(asks), strict=True):
                text.drafted = drafted
        for text in running:
            text.row = sequences.add(text.seq_id, [text.tokens[-1], *text.drafted])
        sequences.decode()
        rounds += [_accept(sequences, text, ends) for text in running]
        running = [text for text in running if not text.is_done]
        now = perf_counter()
        if now - asked > ASK_EVERY_S:
            if should_stop():
                raise GivenUpError("Writing was given up.")
            asked = perf_counter()
            asking_s += asked - now
    seconds = perf_counter() - start - asking_s
    sequences.tell(None)
    return Written(tuple(tuple(text.tokens[text.n_prompt :]) for text in texts), seconds, tuple(rounds))


def _accept(sequences: Sequences, text: _Text, ends: dict[int, bool]) -> Round:
    """Take the drafted tokens that the model would have chosen, and the one that it chooses after them."""
    drafted, text.drafted = text.drafted, []
    fresh = [sequences.choose(text.row)]
    while len(fresh) <= len(drafted) and fresh[-1] == drafted[len(fresh) - 1] and not _is_end(sequences, fresh, ends):
        fresh.append(sequences.choose(text.row + len(fresh)))
    n_accepted = common_length(fresh, drafted)
    text.tokens += fresh
    text.is_done = text.n_left < 1 or _is_end(sequences, fresh, ends)
    sequences.keep(text.seq_id, len(text.tokens) - 1)
    return Round(len(drafted), n_accepted)


def _is_end(sequences: Sequences, tokens: list[int], ends: dict[int, bool]) -> bool:
    found = ends.get(tokens[-1])
    if found is None:
        found = ends[tokens[-1]] = sequences.engine.is_eog(tokens[-1])
    return found


GOES_BACK = frozenset(
    {"bailingmoe3", "deepseek4", "glm5-next", "kimi-k3", "lfm2", "lfm2moe", "nemotron_h", "nemotron_h_moe"}
    | {"qwen35", "qwen35moe", "qwen4exp"}
)
"""Architectures with recurrent layers whose state after each of a batch's last tokens llama.cpp can keep
(llm_arch_supports_rs_rollback): `EngineSettings.n_rollback`."""


def check_rewinds(sequences: Sequences) -> None:
    """Raises EngineError for a model whose memory cannot forget its last tokens. Leaves the memory empty."""
    low, engine = native.library(), sequences.engine
    sequences.prepare(0, [])
    sequences.add(0, [0, 0])
    sequences.decode()
    engine.synchronize()
    can = bool(low.llama_memory_seq_rm(engine.memory, 0, 1, -1))
    engine.clear()
    for held in sequences.held:
        held.clear()
    if not can:
        raise EngineError(cannot_rewind_words(engine.path.name))


def cannot_rewind_words(name: str) -> str:
    """Why a recurrent model's drafts cannot be taken back."""
    return (
        f"{clean_line(name)} keeps a running state of all it has read, as recurrent models do, which cannot go back a "
        "few tokens: speculation needs a model with attention in every layer."
    )


def check_vocabularies(engine: LlamaEngine, draft: LlamaEngine) -> int:
    """How many tokens the vocabularies differ in, of those that may differ: the first few, and padding at the end.

    Raises EngineError, naming the first difference, where a draft of the one would mean something else to the other.
    """
    names = clean_line(draft.path.name), clean_line(engine.path.name)
    difference = abs(engine.n_vocab - draft.n_vocab)
    common = min(engine.n_vocab, draft.n_vocab)
    n_different = difference
    for token in range(common):
        theirs, ours = draft.piece(token), engine.piece(token)
        if theirs == ours:
            continue
        if token >= FIRST_COMPARED:
            raise EngineError(
                f"{names[0]} cannot draft for {names[1]}: their vocabularies differ from token {token:,} on, "
                f"{_quoted(theirs)} there and {_quoted(ours)} here; take a smaller model of the same family."
            )
        n_different += 1
    if difference > MOST_SIZE_DIFFERENCE:
        raise EngineError(
            f"{names[0]} cannot draft for {names[1]}: its vocabulary has {draft.n_vocab:,} tokens instead of "
            f"{engine.n_vocab:,}, which is more than padding; take a smaller model of the same family."
        )
    if engine.bos != draft.bos:
        raise EngineError(
            f"{names[0]} cannot draft for {names[1]}: they begin a text with different tokens; take a smaller model "
            "of the same family."
        )
    return n_different


def _quoted(piece: bytes) -> str:
    return f"“{clean_line(piece.decode('utf-8', 'replace'))}”"


def shape_noise(
    plain: Sequences, sequences: Sequences, prompt: Sequence[int], output: Sequence[int], sizes: Sequence[int]
) -> float:
    """By how much a logit differs at most between batches of these sizes and one token at a time, over the same text.

    Sums of floating-point numbers depend on their order, and that on the kernel for a batch. Two tokens whose logits
    are closer than twice this may change places without anything being wrong. `plain` takes one token at a time,
    `sequences` the batches; they may be the same.
    """
    import numpy as np

    tokens = [prompt[-1], *output[: max(sizes) - 1]]
    plain.prepare(0, prompt[:-1])
    alone = []
    for token in tokens:
        row = plain.add(0, [token])
        plain.decode()
        alone.append(np.array(plain.logits.row(row)))
    most = 0.0
    for size in sizes:
        sequences.prepare(0, prompt[:-1])
        sequences.add(0, tokens[:size])
        sequences.decode()
        for at, values in enumerate(alone[:size]):
            most = max(most, float(np.abs(sequences.logits.row(at) - values).max()))
    return most


def logit_gap(
    plain: Sequences, sequences: Sequences, prompt: Sequence[int], output: Sequence[int], *, at: int, other: int
) -> tuple[float, float]:
    """By how much plain decoding prefers its own token at a place of its output to another one, in logits; and by how
    much a logit at this very place depends on the sizes of the batches from the prompt on, as `shape_noise`."""
    import numpy as np

    plain.prepare(0, prompt[:-1])
    context = [*prompt, *output[:at]]
    for token in context[len(prompt) - 1 :]:
        row = plain.add(0, [token])
        plain.decode()
    alone: NDArray[float32] = np.array(plain.logits.row(row))
    most, text = 0.0, context[len(prompt) - 1 :]
    for size in (2, 3, 5, 9, 17):
        sequences.prepare(0, prompt[:-1])
        for start in range(0, len(text), size):  # from the prompt on, so that what is remembered differs as well
            part = text[start : start + size]
            row = sequences.add(0, part) + len(part) - 1
            sequences.decode()
        most = max(most, float(np.abs(sequences.logits.row(row) - alone).max()))
    return float(alone[output[at]] - alone[other]), most


def would_hit(drafter: Sequences, prompt: Sequence[int], output: Sequence[int]) -> list[bool]:
    """Of each token of an output, whether it is the draft model's likeliest after all that came before."""
    hits, expected = list[bool](), list(output)
    drafter.prepare(0, prompt[:-1])
    text = [prompt[-1], *output[:-1]]
    for start in range(0, len(text), WIDEST):
        part = text[start : start + WIDEST]
        first = drafter.add(0, part)
        drafter.decode()
        hits += [drafter.choose(first + at) == expected[start + at] for at in range(len(part))]
    return hits
