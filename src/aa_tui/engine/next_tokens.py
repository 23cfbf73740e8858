"""The likeliest next tokens at each place of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.engine import native, phases
from aa_tui.engine.logits import NotANumberError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.engine.llama import LlamaEngine

_ROWS = 64
"""Places that are computed together: llama.cpp keeps a row as long as the vocabulary for each."""


def next_tokens(engine: LlamaEngine, tokens: Sequence[int], k: int) -> tuple[list[int], list[float]]:
    """After each of these tokens the `k` likeliest next ones, and the natural logarithms of their shares.

    The text begins in an empty context; both lists have k values for each token, likeliest first, the smaller number
    first where two are equally likely. Raises EngineError where llama.cpp fails or computes no numbers.
    """
    import numpy as np

    low, ids, logs = native.library(), list[int](), list[float]()
    engine.clear()
    phases.enter("prompt")
    batch = low.llama_batch_init(_ROWS, 0, 1)
    try:
        for start in range(0, len(tokens), _ROWS):
            part = tokens[start : start + _ROWS]
            for row, token in enumerate(part):
                batch.token[row], batch.pos[row], batch.logits[row] = token, start + row, 1
                batch.n_seq_id[row], batch.seq_id[row][0] = 1, 0
            batch.n_tokens = len(part)
            engine.check(low.llama_decode(engine.context, batch))
            engine.synchronize()
            for row in range(len(part)):
                scores = engine.row(row)
                if not np.isfinite(scores.max()):
                    raise NotANumberError
                best = np.argpartition(scores, -k)[-k:]
                best = best[np.lexsort((best, -scores[best]))]
                top = scores[best].astype(np.float64)
                total = top[0] + np.log(np.exp(scores.astype(np.float64) - top[0]).sum())
                ids += best.tolist()
                logs += (top - total).tolist()
    finally:
        low.llama_batch_free(batch)
        engine.clear()
    return ids, logs
