"""The live row of an evaluation: how far, how fast, how long still, what each slot writes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from time import monotonic
from typing import Any

from aa_tui.analysis import display
from aa_tui.analysis.evaluation import Summary
from aa_tui.analysis.planning import PilotItem, fit_tokens
from aa_tui.catalog.rows import LiveSlot
from aa_tui.outcomes import CUT_SHORT
from aa_tui.runs.evaluation.earlier import LEAST, Answer, Earlier, lengths
from aa_tui.runs.evaluation.loop import Lane, Loop
from aa_tui.runs.reporter import News
from aa_tui.textsafe import clean

RATES_KEPT = 60
RATE_EVERY_S = 2.0
LEFT_EVERY_S = 5.0


class Around:
    """What there is to tell beside the samples: of servers, how they stand and what was spent. Here nothing."""

    def figures(self) -> dict[str, Any]:
        """For the live row."""
        return {}

    def spent_usd(self) -> float | None:
        """What the run has cost until now; None where nothing is paid."""
        return None

    def cost_usd(self, n_prompt: int, n_output: int) -> float | None:
        """What so many tokens of a prompt and of an output cost; None where nothing says."""
        return None

    def server_name(self, url: str) -> str:
        """A server's address as the user knows it."""
        return url


class Live:
    """Makes the news of a loop; used from the reporter's thread alone, but for `standing`."""

    def __init__(
        self,
        loop: Loop,
        n_wanted: int,
        n_not_now: int,
        max_tokens: int,
        *,
        earlier: Earlier | None = None,
        around: Around | None = None,
    ) -> None:
        """`n_not_now` of the samples wanted are not this worker's; `earlier` speaks until the run itself can."""
        self._loop = loop
        self._n_wanted = n_wanted
        self._n_not_now = n_not_now
        self._max_tokens = max_tokens
        self._earlier = earlier
        self._around = around or Around()
        self._rates: deque[float] = deque(maxlen=RATES_KEPT)
        self._measured_at = monotonic()
        self._n_output = 0
        self._worked_s = 0.0
        self._left: tuple[float, float, float] | None = None
        self._left_at = float("-inf")
        self.standing: tuple[Summary, Sequence[Answer]] | None = None

    def news(self) -> News:
        """What to publish now."""
        now = monotonic()
        lanes = tuple(self._loop.lanes.values())
        self._measure(now)
        n_done = self._n_wanted - self._n_not_now - self._loop.n_pending - len(lanes)
        if now - self._left_at >= LEFT_EVERY_S and (left := self._time_left(lanes)) is not None:
            self._left_at = now
            self._left = left
        fraction = n_done / self._n_wanted if self._n_wanted else 1.0
        return News(fraction, self._text(n_done), self._figures(len(lanes)), tuple(slot_of(one, now) for one in lanes))

    def _measure(self, now: float) -> None:
        """The total rate over the time worked, so that a pause is no slowness."""
        if now - self._measured_at < RATE_EVERY_S:
            return
        worked = self._loop.worked_s - self._worked_s
        if worked > 0:
            self._rates.append((self._loop.n_output - self._n_output) / worked)
        self._measured_at, self._n_output, self._worked_s = now, self._loop.n_output, self._loop.worked_s

    def _text(self, n_done: int) -> str:
        words = f"{n_done} of {self._n_wanted}"
        if self.standing is None:
            return words
        part = self.standing[0].all
        cut = sum(part.outcomes[name] for name in CUT_SHORT)
        if self.standing[0].no_headline is not None:
            words += f" · {self.standing[0].no_headline}"
        elif part.strict is not None:
            interval = part.strict.interval
            words += f" · score {display.score(part.strict.value, interval.low, interval.high)}"
        if part.n_undecided:
            words += f" · {part.n_undecided} undecided"
        return f"{words} · {cut} cut short" if cut else words

    def _figures(self, n_running: int) -> dict[str, Any]:
        left = self._left
        found: dict[str, Any] = {
            "tokens_per_s_total": self._rates[-1] if self._rates else None,
            "rates": [round(rate, 2) for rate in self._rates],
            "n_running": n_running,
            "left_s": left and left[0],
            "left_low_s": left and left[1],
            "left_high_s": left and left[2],
            **self._around.figures(),
        }
        if self.standing is not None:
            part = self.standing[0].all
            found["outcomes"] = dict(part.outcomes)
            found["no_headline"] = self.standing[0].no_headline
            if part.bounds is not None:
                found["bounds"] = {"low": part.bounds.low, "high": part.bounds.high}
            if part.strict is not None:
                found["score"] = part.strict.value
                found["score_low"], found["score_high"] = part.strict.interval.low, part.strict.interval.high
        return found

    def _time_left(self, lanes: Sequence[Lane]) -> tuple[float, float, float] | None:
        """Seconds until the end with their interval: from the tokens that answers took so far and the rate."""
        known = [] if self.standing is None else lengths(self.standing[1])
        if len(known) < LEAST and self._earlier is not None:
            known += self._earlier.answers
        if len(known) < LEAST or (rate := self._rate()) is None:
            return None
        known += [PilotItem(_n_written(lane), ended=False) for lane in lanes if _n_written(lane)]
        fit = fit_tokens(known, limit=self._max_tokens)
        written = sum(_n_written(lane) for lane in lanes)
        n_left = self._loop.n_pending + len(lanes)
        seconds = [max(0.0, n_left * mean - written) / rate for mean in (fit.mean, fit.low, fit.high)]
        return seconds[0], seconds[1], seconds[2]

    def _rate(self) -> float | None:
        """Tokens/s of all slots: as measured, until then as an earlier run had it."""
        rate = sum(self._rates) / len(self._rates) if self._rates else 0.0
        if rate > 0:
            return rate
        return self._earlier.tokens_per_s if self._earlier is not None else None


def _n_written(lane: Lane) -> int:
    """Tokens of the sample until now: of a conversation those of earlier turns too."""
    before = lane.conversation.n_output if lane.conversation is not None and lane.ticket is None else 0
    return lane.n_tokens + before


def slot_of(lane: Lane, now: float) -> LiveSlot:
    """What a slot writes, for the live row."""
    phase = "prompt" if lane.first is None else "answer" if lane.answer else "thinking"
    if lane.conversation is not None:
        doing = "calling" if phase == "answer" and lane.conversation.is_call(lane.answer) else phase
        phase = f"turn {lane.turn}: {doing}"
    return LiveSlot(
        slot=lane.slot,
        item_id=lane.task.item.id,
        phase=phase,
        n_tokens=lane.n_tokens,
        tokens_per_s=lane.tokens_per_s(now),
        thinking=clean(lane.thinking),
        answer=clean(lane.answer),
    )
