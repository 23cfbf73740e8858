"""What one type of KV cache does at one depth: how far its distributions are, what it finds, how fast it is.

All of it is decoded on a copy of the text, which is processed once for every depth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from time import perf_counter
from typing import TYPE_CHECKING

from aa_tui.engine.divergence.rows import Spread, distance, keep
from aa_tui.engine.divergence.store import KeptBlock
from aa_tui.speed.cache_text import DepthText, Question, facts, windows

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    from aa_tui.engine.branch import Branch
    from aa_tui.engine.llama import LlamaEngine

PROMPT_TOKENS = 512
"""Of pp at a depth, as llama-bench's; a question is shorter."""

OUTPUT_TOKENS = 32
REPETITIONS = 3

ROOM_TOKENS = PROMPT_TOKENS
"""What a context needs beyond the deepest depth."""

MOST_KEPT = 256
"""Tokens of each of f16's distributions that are kept exactly, at most."""

PIECE_TOKENS = 512
"""Of the text, between two looks at whether to stop. Each stretch begins a new piece, so that one that is continued
later is computed in the same pieces."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found at a depth. Empty where it was not asked: `kld` without a reference, say.

    By window: means of the divergence from the reference and of its floor, in nats, and the share of positions with the
    same likeliest token. `pp_tps` and `tg_tps` are tokens/s by repetition.
    """

    kld: tuple[float, ...] = ()
    kld_floor: tuple[float, ...] = ()
    same_top: tuple[float, ...] = ()
    n_positions: int = 0
    n_needles: int = 0
    n_needles_found: int = 0
    n_facts: int = 0
    n_facts_right: int = 0
    pp_tps: tuple[float, ...] = ()
    tg_tps: tuple[float, ...] = ()
    tail_share: float = 0.0
    kept: list[KeptBlock] = field(default_factory=list)


class StoppedError(Exception):
    """Somebody wants the study to stop; what is at work is given up."""


Stop = Callable[[], bool]
Tell = Callable[[float, str], None]
"""Hears which part (0 to 1) of what is asked at a depth is done, and what comes now."""


def go_on(
    engine: LlamaEngine, text: DepthText, begin: int, end: int, *, stop: Stop, tell: Callable[[int], None]
) -> None:
    """Process the text from one depth to the next. Raises StoppedError."""
    for at in range(begin, end, PIECE_TOKENS):
        _look(stop)
        engine.decode(text.tokens[at : min(at + PIECE_TOKENS, end)])
        engine.synchronize()
        tell(min(at + PIECE_TOKENS, end))


@dataclass(slots=True)
class _Steps:
    """Counts what is asked at a depth, and looks before each whether to stop."""

    n_steps: int
    stop: Stop
    tell: Tell
    n_done: int = 0

    def next(self, what: str) -> None:
        """Begin another. Raises StoppedError."""
        _look(self.stop)
        self.tell(min(self.n_done / self.n_steps, 1.0), what)
        self.n_done += 1


def probe(
    engine: LlamaEngine,
    branch: Branch,
    text: DepthText,
    depth: int,
    *,
    reference: Sequence[KeptBlock] | None,
    stop: Stop,
    tell: Tell = lambda _part, _what: None,
) -> Found:
    """Ask everything after the first `depth` tokens of the text, which the engine has processed.

    Without a reference the distributions are kept to be one. Raises StoppedError.
    """

    def tokenize(words: str) -> list[int]:
        return engine.tokenize(words, add_special=False)

    # an empty context needs what the model wants first
    lead = tuple(text.tokens[:1]) if depth == 0 and engine.bos is not None else ()
    kept, by_window = list[KeptBlock](), list[tuple[float, float, float]]()
    n_positions = 0
    texts, asked, needles = windows(tokenize), facts(tokenize), [needle.question for needle in text.asked_at(depth)]
    steps = _Steps(len(texts) + len(needles) + len(asked) + 2 * REPETITIONS + 1, stop, tell)
    for number, window in enumerate(texts):
        steps.next("distributions")
        branch.begin()
        rows = branch.log_probabilities((*lead, *window))[len(lead) :]
        n_positions += len(window) - 1
        if reference is None:
            kept.append(_kept(rows, window, number))
        else:
            by_window.append(_distance(rows, window, reference[number]))
    found = sum(_answers(branch, lead, one, steps) for one in needles)
    right = sum(_answers(branch, lead, one, steps) for one in asked)
    pp, tg = _speeds(branch, text, steps)
    tails = [float(one.tail_mass.mean()) for one in kept or reference or ()]
    kld, floor, same = zip(*by_window, strict=True) if by_window else ((), (), ())
    return Found(
        kld=tuple(kld),
        kld_floor=tuple(floor),
        same_top=tuple(same),
        n_positions=n_positions,
        n_needles=len(needles),
        n_needles_found=found,
        n_facts=len(asked),
        n_facts_right=right,
        pp_tps=pp,
        tg_tps=tg,
        tail_share=sum(tails) / len(tails) if tails else 0.0,
        kept=kept,
    )


def _kept(rows: NDArray[float32], window: Sequence[int], number: int) -> KeptBlock:
    """What is expected of each token of a window but the first, kept."""
    import numpy as np

    spread, chance = Spread(rows.shape[1]), np.random.default_rng(number)
    found = []
    for row, token in zip(rows, window[1:], strict=False):  # nothing is known to follow the last
        spread.take(row)
        found.append(keep(spread, token, MOST_KEPT, chance))
    return KeptBlock.of(window, found, spread.n_vocab)


def _distance(rows: NDArray[float32], window: Sequence[int], reference: KeptBlock) -> tuple[float, float, float]:
    """Means over a window: the divergence from what was kept and its floor, in nats, the share with the same top."""
    spread, found = Spread(rows.shape[1]), []
    for row, token, kept in zip(rows, window[1:], reference.rows(), strict=False):
        spread.take(row)
        found.append(distance(kept, spread, token))
    return (
        fmean(one.kld for one in found),
        fmean(max(one.kld_least, 0.0) for one in found),
        fmean(one.same_top for one in found),
    )


def _answers(branch: Branch, lead: Sequence[int], question: Question, steps: _Steps) -> bool:
    """Whether the likeliest token is the answer's at each of its places: then greedy choice writes just this answer."""
    steps.next("facts")
    branch.begin()
    given = (*lead, *question.prompt, *question.answer[:-1])
    rows = branch.log_probabilities(given)[len(lead) + len(question.prompt) - 1 :]
    return tuple(int(one) for one in rows.argmax(axis=1)) == question.answer


def _speeds(branch: Branch, text: DepthText, steps: _Steps) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Tokens/s of processing a prompt and of generating text, here.

    The model is warm from what was asked before; a first repetition of single tokens wakes the threads.
    """
    prompt = text.tokens[:PROMPT_TOKENS]
    pp, tg = list[float](), list[float]()
    for _ in range(REPETITIONS):
        steps.next("speed of reading")
        branch.begin()
        start = perf_counter()
        branch.decode(prompt)
        pp.append(len(prompt) / (perf_counter() - start))
    for _ in range(REPETITIONS + 1):
        steps.next("speed of writing")
        branch.begin()
        start = perf_counter()
        for token in prompt[:OUTPUT_TOKENS]:
            branch.decode((token,))
        tg.append(len(prompt[:OUTPUT_TOKENS]) / (perf_counter() - start))
    return tuple(pp), tuple(tg[1:])


def _look(stop: Stop) -> None:
    if stop():
        raise StoppedError
