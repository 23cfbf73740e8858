"""What a study of speculation has found, from its journal: settings against plain decoding, by kind of text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any

from aa_tui.analysis.speculating import DRAFTERS, Setting, SpeedUp, speed_up


@dataclass(frozen=True, slots=True)
class Pair:
    """One text, written plainly and with a setting. Seconds are of generating alone; joules where they were told.

    `gap` is by how much plain decoding preferred its own token where the outputs part first, None where they do not;
    `shift` is by how much a logit there depends on the shapes of batches.
    """

    setting: Setting
    text: str
    kind: str
    plain_s: float
    seconds: float
    n_plain: int
    n_tokens: int
    n_drafted: int
    n_accepted: int
    n_rounds: int
    plain_joules: float | None = None
    joules: float | None = None
    diverges_at: int | None = None
    plain_token: str = ""
    token: str = ""
    gap: float | None = None
    shift: float | None = None

    @property
    def ratio(self) -> float:
        """How many times as fast as plain decoding."""
        return (self.plain_s / self.n_plain) / (self.seconds / self.n_tokens)

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Pair:
        """As it was journalled."""
        values = {name: value for name, value in facts.items() if name not in ("n_draft", "ngram", "mtp", "slots")}
        return cls(Setting.from_facts(facts), **values)


@dataclass(frozen=True, slots=True)
class Row:
    """A setting on a kind of text, or on all of them (None): its speed-up and what it is made of.

    `tokens_per_s` and `plain_tokens_per_s` are all tokens over all seconds, `acceptance` the share of drafted tokens
    that were accepted, None where nothing was drafted, `per_round` the tokens that a batch of the model gives.
    """

    setting: Setting
    kind: str | None
    speed_up: SpeedUp
    tokens_per_s: float
    plain_tokens_per_s: float
    acceptance: float | None
    per_round: float
    n_texts: int
    joules_per_token: float | None = None
    plain_joules_per_token: float | None = None

    @property
    def was_drafted(self) -> bool:
        """Whether anything was drafted; without, plain decoding was compared with itself."""
        return self.acceptance is not None

    @property
    def rank(self) -> tuple[bool, float, Setting]:
        """The fastest first, but those that drafted nothing last: their ratio is noise."""
        return not self.was_drafted, -self.speed_up.value, self.setting


def row_of(setting: Setting, kind: str | None, pairs: Sequence[Pair]) -> Row | None:
    """What the pairs of one setting say; None without any."""
    found: dict[str, list[float]] = {}
    for pair in pairs:
        found.setdefault(pair.text, []).append(pair.ratio)
    factor = speed_up(found)
    if factor is None:
        return None
    n_tokens, n_plain = sum(one.n_tokens for one in pairs), sum(one.n_plain for one in pairs)
    n_drafted, n_rounds = sum(one.n_drafted for one in pairs), sum(one.n_rounds for one in pairs)
    return Row(
        setting=setting,
        kind=kind,
        speed_up=factor,
        tokens_per_s=n_tokens / fsum(one.seconds for one in pairs),
        plain_tokens_per_s=n_plain / fsum(one.plain_s for one in pairs),
        acceptance=sum(one.n_accepted for one in pairs) / n_drafted if n_drafted else None,
        per_round=n_tokens / n_rounds,
        n_texts=len(found),
        joules_per_token=_per_token([one.joules for one in pairs], n_tokens),
        plain_joules_per_token=_per_token([one.plain_joules for one in pairs], n_plain),
    )


def _per_token(joules: Sequence[float | None], n_tokens: int) -> float | None:
    known = [one for one in joules if one is not None]
    return fsum(known) / n_tokens if len(known) == len(joules) else None


def rows(pairs: Iterable[Pair]) -> list[Row]:
    """A row for each setting and kind of text that was measured."""
    grouped: dict[tuple[str, Setting], list[Pair]] = {}
    for pair in pairs:
        grouped.setdefault((pair.kind, pair.setting), []).append(pair)
    found = [row_of(setting, kind, some) for (kind, setting), some in grouped.items()]
    return [one for one in found if one is not None]


def overall(pairs: Sequence[Pair]) -> list[Row]:
    """A row for each setting that was measured on every text, the best first."""
    texts = {pair.text for pair in pairs}
    grouped: dict[Setting, list[Pair]] = {}
    for pair in pairs:
        grouped.setdefault(pair.setting, []).append(pair)
    whole = {setting: some for setting, some in grouped.items() if {one.text for one in some} == texts}
    found = [row_of(setting, None, some) for setting, some in whole.items()]
    return sorted((one for one in found if one is not None), key=lambda one: one.rank)


def best_by_kind(found: Sequence[Row]) -> dict[str, Row]:
    """The fastest setting that was measured on each kind of text."""
    best: dict[str, Row] = {}
    for row in found:
        if row.kind is not None and (row.kind not in best or row.rank < best[row.kind].rank):
            best[row.kind] = row
    return best


def best_by_drafter(found: Sequence[Row]) -> dict[str, Row]:
    """The fastest setting of each drafter that drafted anything, of those measured on every text (`overall`)."""
    best: dict[str, Row] = {}
    for row in found:
        if row.was_drafted and (row.setting.kind not in best or row.rank < best[row.setting.kind].rank):
            best[row.setting.kind] = row
    return {kind: best[kind] for kind in DRAFTERS if kind in best}


def first_divergences(pairs: Sequence[Pair]) -> list[Pair]:
    """A pair for each text and setting whose output is not that of plain decoding."""
    found: dict[tuple[str, Setting], Pair] = {}
    for pair in pairs:
        if pair.diverges_at is not None:
            found.setdefault((pair.text, pair.setting), pair)
    return list(found.values())


def is_tie(pair: Pair, noise: float | None) -> bool:
    """Whether batches of other shapes may have swapped the two tokens: each of their logits may move by the noise."""
    most = max(noise or 0.0, pair.shift or 0.0)
    return pair.gap is not None and abs(pair.gap) <= 2 * most
