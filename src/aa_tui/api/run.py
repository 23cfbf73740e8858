"""Runs, as they stand and what came of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aa_tui.api.chart import Chart, chart_of
from aa_tui.api.turns import SampleTurn, turns_of
from aa_tui.catalog import runs as catalog_runs

if TYPE_CHECKING:
    from aa_tui.catalog.rows import RunRow


@dataclass(frozen=True, slots=True)
class Status:
    """How a run stands. `state` is planned, queued, starting, running, paused, finished, stopped or failed.

    `progress` goes from 0 to 1; `text` says in words how far it is, `reason` why it ended as it did. Times are UTC in
    ISO 8601.

    >>> status = catalog.run(1).status()
    >>> status.state, status.progress, status.has_ended
    ('finished', 1.0, True)
    """

    run_id: int
    state: str
    progress: float
    text: str
    reason: str | None
    created_at: str
    started_at: str | None
    ended_at: str | None
    has_ended: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure; `stdev` is that of its `n` repetitions, None where there is none.

    >>> figure = catalog.run(1).result().figures["pp16"]
    >>> figure.unit, figure.value > 0
    ('tokens/s', True)
    """

    value: float
    unit: str
    stdev: float | None
    n: int | None


@dataclass(frozen=True, slots=True)
class Speed:
    """What a bench measured: `figures` by test ("pp512", "tg128") or clock ("short.ttft_s").

    >>> sorted(catalog.run(1).result().figures)
    ['pp16', 'tg8']
    """

    figures: Mapping[str, Figure]
    peak_memory_bytes: int | None


@dataclass(frozen=True, slots=True)
class Score:
    """A score with its 95 % interval: shares from 0 to 1, for an index points from 0 to 100.

    >>> score = catalog.run(2).result().strict
    >>> score.low <= score.value <= score.high
    True
    """

    value: float
    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class Scores:
    """What an evaluation found until now.

    `strict` counts anything not correct as wrong, `completed` only samples that came to their own end; `index` is the
    mean of the categories. They are None where there is no score: `why_no_score` says why, "" where nothing is wrong.

    >>> result = catalog.run(2).result()
    >>> result.n_done, result.outcomes["error"], result.why_no_score
    (6, 0, '')
    """

    strict: Score | None
    completed: Score | None
    index: Score | None
    by_category: Mapping[str, Score]
    outcomes: Mapping[str, int]
    n_done: int
    n_items: int
    why_no_score: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One item, answered once. Texts are as the model wrote them: clean them before a terminal shows them.

    `outcome` is None until it is graded; `extracted` is what was taken as the answer. Counts are in tokens. `fault`
    says whose fault a failure is, where the grader tells; a sample that is a conversation has `turns`.

    >>> sample = catalog.run(2).samples()[0]
    >>> sample.outcome in ("correct", "wrong"), sample.n_answer > 0
    (True, True)
    """

    item_id: str
    epoch: int
    category: str
    level: int | None
    outcome: str | None
    extracted: str | None
    detail: str | None
    n_prompt: int
    n_thinking: int
    n_answer: int
    e2e_s: float | None
    prompt: str
    thinking: str
    answer: str
    fault: str | None = None
    turns: tuple[SampleTurn, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """A prompt and what was answered. Texts are as the model wrote them: clean them before a terminal shows them.

    `finish_reason` says why the answer ended (stop, length, loop, timeout, cancelled, error), and is None until it is
    there. Counts are in tokens, of which `n_cached` of the prompt's were known already; times in seconds.

    >>> turn = catalog.run(3).turns()[0]
    >>> turn.prompt, turn.finish_reason, turn.n_prompt > 0
    ('What is 2 + 3?', 'stop', True)
    """

    number: int
    prompt: str
    thinking: str
    answer: str
    finish_reason: str | None
    message: str
    n_prompt: int
    n_cached: int
    n_thinking: int
    n_answer: int
    ttft_s: float | None
    output_tps: float | None


class Run:
    """A run: a `Bench`, an `Evaluation` or a `Conversation`.

    >>> catalog.run(2).id
    2
    """

    def __init__(self, conn: sqlite3.Connection, run_id: int) -> None:
        self._conn, self._id = conn, run_id

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self._id})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and (self._conn, self._id) == (other._conn, other._id)

    def __hash__(self) -> int:
        return hash((self._conn, self._id))

    @property
    def id(self) -> int:
        """Its number in this catalog.

        >>> catalog.run(1).id
        1
        """
        return self._id

    def status(self) -> Status:
        """How it stands now.

        >>> catalog.run(1).status().state
        'finished'
        """
        return _status(catalog_runs.get(self._conn, self._id))

    def follow(self) -> Iterator[Status]:
        """How it stands now, after each change and every two seconds, until it has ended.

        Leaving the loop leaves the run alone.

        >>> [status.state for status in catalog.run(1).follow()]
        ['finished']
        """
        from aa_tui.actions import runs

        yield from map(_status, runs.follow(self._conn, self._id))

    def wait(self) -> Status:
        """Wait until it has ended.

        >>> catalog.run(1).wait().has_ended
        True
        """
        *_, last = self.follow()
        return last

    def stop(self) -> Status:
        """Ask it to stop, and wait until it has. What it has finished is kept; nothing happens to one that has ended.

        >>> catalog.run(1).stop().state
        'finished'
        """
        from aa_tui.actions import runs

        runs.stop(self._conn, self._id)
        return self.wait()

    def chart(self, name: str) -> Chart:
        """A chart of what this run measured.

        >>> catalog.run(2).chart("here-outcomes").name
        'here-outcomes'
        """
        return chart_of(self._conn, name, f"run:{self._id}", None)


class Bench(Run):
    """A run that measures speed.

    >>> catalog.run(1)
    Bench(id=1)
    """

    def result(self) -> Speed:
        """What it has measured until now.

        >>> catalog.run(1).result().figures["tg8"].n
        1
        """
        run = catalog_runs.get(self._conn, self._id)
        measured = catalog_runs.result_of(self._conn, run).measurements
        figures = {name: Figure(one.value, one.unit, one.stdev, one.n) for name, one in measured.items()}
        return Speed(figures, run.peak_memory_bytes)

    def data(self) -> dict[str, Any]:
        """All of it, as `aa-tui runs show --json` prints it.

        >>> [test["name"] for test in catalog.run(1).data()["tests"]]
        ['pp16', 'tg8']
        """
        from aa_tui.pages.json import run as as_json

        run = catalog_runs.get(self._conn, self._id)
        return as_json.bench(catalog_runs.result_of(self._conn, run), catalog_runs.samples(self._conn, self._id))


class Evaluation(Run):
    """A run that asks a pack's questions.

    >>> catalog.run(2)
    Evaluation(id=2)
    """

    def result(self) -> Scores:
        """Its scores until now.

        >>> 0 <= catalog.run(2).result().strict.value <= 1
        True
        """
        from aa_tui.pages import evaluation
        from aa_tui.pages.json.scores import score_json

        report = evaluation.load(self._conn, catalog_runs.get(self._conn, self._id))
        summary, run = report.summary, report.run
        scores = {name: _score(score_json(part.strict)) for name, part in summary.by_category.items()}
        return Scores(
            strict=_score(score_json(report.strict)),
            completed=_score(score_json(summary.all.completed)),
            index=_score(score_json(summary.index)),
            by_category={name: score for name, score in scores.items() if score is not None},
            outcomes=dict(summary.all.outcomes),
            n_done=len(report.samples),
            n_items=run.n_items or len(report.samples),
            why_no_score=summary.no_headline or "",
        )

    def samples(self, outcomes: Sequence[str] = ()) -> list[Sample]:
        """Its samples with their texts, in the order in which they were asked; of these outcomes, or all.

        >>> len(catalog.run(2).samples())
        6
        >>> catalog.run(2).samples(outcomes=["error"])
        []
        """
        from aa_tui.catalog import samples

        found = []
        for row in samples.search(self._conn, self._id, outcomes=tuple(outcomes)):
            whole = samples.get(self._conn, row.id)
            found.append(
                Sample(
                    item_id=row.item_id,
                    epoch=row.epoch,
                    category=row.category,
                    level=row.level,
                    outcome=row.outcome,
                    extracted=row.extracted,
                    detail=row.detail,
                    n_prompt=row.n_prompt,
                    n_thinking=row.n_thinking,
                    n_answer=row.n_answer,
                    e2e_s=row.e2e_s,
                    prompt=whole.prompt,
                    thinking=whole.thinking,
                    answer=whole.answer,
                    fault=row.fault,
                    turns=turns_of(self._conn, self._id, row.item_id, row.epoch),
                )
            )
        return found

    def data(self) -> dict[str, Any]:
        """All of it, as `aa-tui runs show --json` prints it.

        >>> catalog.run(2).data()["pack"]
        'nano'
        """
        from aa_tui.pages import evaluation
        from aa_tui.pages.json.evaluation import as_json

        return as_json(evaluation.load(self._conn, catalog_runs.get(self._conn, self._id)))


class Conversation(Run):
    """A run that answers what it is asked.

    >>> catalog.run(3)
    Conversation(id=3)
    """

    def turns(self) -> list[Turn]:
        """What was asked and answered until now.

        >>> len(catalog.run(3).turns())
        1
        """
        from aa_tui.catalog import asked

        found = []
        for turn in asked.turns(self._conn, self._id):
            sample = turn.sample
            found.append(
                Turn(
                    number=turn.asked.turn,
                    prompt=turn.asked.prompt,
                    thinking=sample.thinking if sample is not None else "",
                    answer=sample.answer if sample is not None else "",
                    finish_reason=sample.finish_reason if sample is not None else None,
                    message=sample.message if sample is not None else "",
                    n_prompt=sample.n_prompt if sample is not None else 0,
                    n_cached=sample.n_cached if sample is not None else 0,
                    n_thinking=sample.n_thinking if sample is not None else 0,
                    n_answer=sample.n_answer if sample is not None else 0,
                    ttft_s=sample.ttft_s if sample is not None else None,
                    output_tps=sample.output_tps if sample is not None else None,
                )
            )
        return found

    def ask(self, prompt: str) -> None:
        """Ask on. The model is told all that was said before. Raises AATuiError for an empty prompt.

        >>> talk = catalog.ask("aa-nano", "What is 2 + 3?")
        >>> talk.ask("What is 4 + 5?")
        >>> talk.wait().state, len(talk.turns())
        ('finished', 2)
        """
        from aa_tui.actions import ask

        ask.go_on(self._conn, self._id, prompt)

    def data(self) -> dict[str, Any]:
        """All of it, as `aa-tui runs show --json` prints it.

        >>> catalog.run(3).data()["turns"][0]["turn"]
        1
        """
        from aa_tui.pages import conversation
        from aa_tui.pages.json.conversation import as_json

        return as_json(conversation.load(self._conn, catalog_runs.get(self._conn, self._id)))


class Study(Run):
    """A run that studies one thing of a file, such as how far it is from its reference.

    >>> catalog.run(4)
    Study(id=4)
    """

    def findings(self) -> list[str]:
        """What it has found until now, in sentences; the first is the answer. Empty before there is one.

        >>> catalog.run(4).findings()[0].split(" away")[0]
        'What aa-nano-Q8_0.gguf expects next is 0.0000 nats ± 0.0000'
        """
        from aa_tui.pages.studies.report import study_report

        found = study_report(self._conn, catalog_runs.get(self._conn, self._id))
        return list(found.sentences) if found is not None else []

    def data(self) -> dict[str, Any]:
        """All of it, as `aa-tui runs show --json` prints it.

        >>> catalog.run(4).data()["study"]
        'divergence'
        """
        from aa_tui.pages.json.study import as_json
        from aa_tui.pages.studies.report import study_report

        run = catalog_runs.get(self._conn, self._id)
        return as_json(run, study_report(self._conn, run))


def run_of(conn: sqlite3.Connection, row: RunRow) -> Bench | Evaluation | Conversation | Study:
    """The run of a row of the catalog."""
    kinds: dict[str, type[Bench | Evaluation | Conversation | Study]]
    kinds = {"eval": Evaluation, "ask": Conversation, "study": Study}
    return kinds.get(row.kind, Bench)(conn, row.id)


def _status(row: RunRow) -> Status:
    return Status(
        run_id=row.id,
        state=row.state,
        progress=row.progress,
        text=row.progress_text,
        reason=row.reason,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        has_ended=not row.is_live and row.state != "planned",
    )


def _score(found: Mapping[str, Any] | None) -> Score | None:
    """From a score as JSON has it."""
    if found is None:
        return None
    interval = found["interval"]
    return Score(found["value"], interval["low"], interval["high"], interval["method"])
