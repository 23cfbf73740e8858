"""What the catalog gives out: plain, typed rows. Every text in them has passed `textsafe`, but for paths, which
are as they are.

Named tuples, since making classes with dataclasses would take a tenth of a command's time.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.catalog.run_notes import LiveFigures, RunSetup

RunState = Literal["planned", "queued", "starting", "running", "paused", "finished", "stopped", "failed"]
"""A run's life. Planned ones wait for `aa-tui runs start`, queued ones for their turn; stopped means stopped early."""

RunOrigin = Literal["here", "machine", "log"]
"""Where a run was made: in this catalog, in another machine's, or by another program whose log was read."""

RunKind = Literal["speed", "eval", "ask", "study"]
"""What a run does: it measures speed, evaluates on a pack, answers what somebody asks, or studies one thing."""

EndedBy = Literal["items", "aim", "time", "user", "system", "failure", "cost"]
"""Why a run has ended: all done, score known well enough, time over, stopped by a person or system, failed, cost."""

FileKind = Literal["file", "served", "log"]
"""Whether what is measured is a GGUF file here, a model as a server serves it, or one that a log names."""

IntervalKind = Literal["fixed", "any-time"]
"""Whether an interval holds for a number of items set beforehand, or also where the results said when to stop."""

FILE_ITSELF, SERVER_ITSELF, FILE_ELSEWHERE = "the file itself", "the server itself", "a file on another machine"
"""Names of the sources of pages that no published table knows: what tells of such a model."""

WORKING_STATES: tuple[RunState, ...] = ("starting", "running", "paused")
LIVE_STATES: tuple[RunState, ...] = ("queued", *WORKING_STATES)


class ModelRow(NamedTuple):
    """One line of the leaderboard: a model in one reasoning mode, with its newest published figures.

    Tokens are in millions, prices in USD per million tokens, speeds in output tokens per second, times in
    seconds, parameters in billions. `None` means not published. `as_of` is the date of the published table.
    `here_*` are the newest figures measured on a machine of the user's.
    """

    id: int
    model_id: int
    slug: str
    name: str
    creator: str
    release_date: str | None
    reasoning: bool
    open_weights: bool
    total_params_b: float | None
    active_params_b: float | None
    context_tokens: int | None
    input_modalities: tuple[str, ...]
    output_modalities: tuple[str, ...]
    license: str | None
    weights_url: str | None
    intelligence_index: float | None
    index_version: str | None
    index_is_estimate: bool
    index_output_tokens_m: float | None
    reasoning_tokens_m: float | None
    answer_tokens_m: float | None
    price_in_usd_per_m: float | None
    price_out_usd_per_m: float | None
    blended_price_usd_per_m: float | None
    output_tps: float | None
    ttft_s: float | None
    ttfat_s: float | None
    e2e_s: float | None
    cost_to_run_usd: float | None
    cost_input_usd: float | None
    cost_reasoning_usd: float | None
    cost_answer_usd: float | None
    openness_index: float | None
    as_of: str | None
    source_name: str | None
    source_url: str | None
    is_local: bool  # known from a file on this machine only
    here_pp_tps: float | None
    here_tg_tps: float | None
    here_index: float | None
    here_unreliable: bool = False  # its speeds here say more about the machine's other work
    untold: tuple[str, ...] = ()  # of "reasoning" and "open_weights" what no source has told


class ModelFilter(NamedTuple):
    """Which models to list. Bounds are (above, at_most]; `None` leaves a field out of account.

    Prices are blended, in USD per million tokens; a model without a published price has none.
    """

    text: str = ""
    open_weights: bool | None = None
    reasoning: bool | None = None
    measured_here: bool | None = None
    params_b_above: float | None = None
    params_b_at_most: float | None = None
    price_at_most: float | None = None
    price_above: float | None = None
    creator: str | None = None
    licenses: tuple[str, ...] | None = None
    context_at_least: int | None = None
    index_at_least: float | None = None
    input_modality: str | None = None
    open_params_b_at_most: float | None = None  # open weights of at most so many parameters: what may fit a machine


class FileRow(NamedTuple):
    """A GGUF file seen on this machine, told apart by its content (sha256), not by its path.

    `path` is the very path, whatever it holds; `shown_name` and `shown_path` are for the screen. Of the kind "served"
    it is a model behind a server: the path is an address with the model's name behind `#`, never to be opened, the
    sha256 is of what the server tells of the model (`served:…`), and a size of 0 is not known. Of the kind "log" the
    path is a program with the model's name behind `#`, and the sha256 is of both (`log:…`).
    """

    id: int
    path: str
    sha256: str
    size_bytes: int
    mtime_ns: int
    quant: str | None
    architecture: str | None
    n_params: int | None
    context_tokens: int | None
    name: str | None
    model_id: int | None
    kind: FileKind = "file"

    @property
    def is_served(self) -> bool:
        """Whether it is no file here, but a model that a server serves, or that a log names."""
        return self.kind != "file"

    @property
    def shown_name(self) -> str:
        """The file's name, safe to show; of a served model what its server calls it."""
        if self.is_served:
            return clean_line(self.path.partition("#")[2] or self.path)
        return clean_line(os.path.basename(self.path))  # noqa: PTH119 - of a text

    @property
    def shown_path(self) -> str:
        """The path, safe to show."""
        return clean_line(self.path)


class MachineRow(NamedTuple):
    """A machine that measured something. Memory in bytes."""

    id: int
    fingerprint: str
    name: str
    cpu: str
    cores_physical: int | None
    cores_logical: int | None
    memory_bytes: int | None
    os: str
    arch: str


class RunRow(NamedTuple):
    """One run: what it is, how far it is, how it ended. Times are UTC in ISO 8601; `progress` is 0 to 1."""

    id: int
    kind: RunKind
    state: RunState
    reason: str | None
    target: str  # the model's name as shown to the user
    slug: str | None  # the page on which its figures appear
    file: FileRow
    machine: MachineRow | None
    settings: dict[str, Any]
    engine: dict[str, Any]
    created_at: str
    started_at: str | None
    ended_at: str | None
    heartbeat_at: str | None
    pid: int | None
    pid_started_at: float | None
    control: str | None
    progress: float
    progress_text: str
    load_s: float | None
    peak_memory_bytes: int | None
    log_path: str | None
    identity: str | None = None  # hash of all that decides its results; set when it has begun
    identity_parts: dict[str, Any] = {}  # noqa: RUF012  # never changed in place
    conditions: dict[str, Any] = {}  # noqa: RUF012  # when it may work
    live: dict[str, Any] = {}  # noqa: RUF012  # what its worker tells of itself now
    skip: str | None = None
    pack: str | None = None
    pack_version: str | None = None
    n_items: int | None = None  # samples that are wanted; None for speed
    n_done: int = 0
    worked_s: float = 0.0  # seconds of work, pauses and gaps left out
    interrupted: bool = False  # its worker went without a word
    crash: dict[str, Any] | None = None  # how its worker died: signal, phase, log_path, last_lines
    ended_by: EndedBy | None = None
    uid: str = ""  # its name among all catalogs
    origin: RunOrigin = "here"
    origin_facts: dict[str, Any] = {}  # noqa: RUF012  # more of where it was made

    @property
    def is_live(self) -> bool:
        """Whether a worker still has to do something for it."""
        return self.state in LIVE_STATES

    @property
    def what(self) -> str:
        """What it does, in a word or two: its pack's name, speed, ask, or what it studies."""
        return self.pack or self.setup.study or self.kind

    @property
    def setup(self) -> RunSetup:
        """Its settings, typed; `settings` are as they were noted."""
        from aa_tui.catalog.run_notes import setup_of

        return setup_of(self.settings)

    @property
    def live_figures(self) -> LiveFigures:
        """What its worker tells of itself now, typed."""
        from aa_tui.catalog.run_notes import live_figures_of

        return live_figures_of(self.live)

    @property
    def log_of(self) -> str:
        """Whose log a run was read from: "inspect's log"; empty for others."""
        if self.origin != "log":
            return ""
        return f"{clean_line(str(self.origin_facts.get('program') or 'another program'))}'s log"

    @property
    def read_from(self) -> str:
        """Where a run that was made elsewhere comes from: "read from inspect's log tiny.eval"; empty for others."""
        file = clean_line(str(self.origin_facts.get("file_name") or ""))
        return f"read from {self.log_of} {file}".rstrip() if self.origin == "log" else ""

    @property
    def made_on(self) -> str:
        """Where it was made: the machine's name, or through which server; empty before it has begun.

        Another machine is told as such, since two may be called alike.
        """
        if self.origin == "log":
            return self.read_from
        elsewhere = " (elsewhere)" if self.origin == "machine" else ""
        if self.file.is_served:
            return f"through {self.setup.servers_words}{elsewhere}"
        return f"{self.machine.name}{elsewhere}" if self.machine is not None else ""

    @property
    def made_on_whole(self) -> str:
        """The same, of a machine with its processor."""
        where = "elsewhere, " if self.origin == "machine" else ""
        return self.made_on if self.machine is None else f"{self.machine.name} ({where}{self.machine.cpu})"

    @property
    def engine_caution(self) -> str | None:
        """What the build of llama.cpp costs that measured it, where that is run in a safer way."""
        return _text(self.engine.get("caution"))

    @property
    def backend(self) -> str | None:
        """What that build computes on."""
        return _text(self.engine.get("backend"))

    @property
    def ended_by_score(self) -> bool:
        """Whether its score said when to stop: only an interval that holds at any stopping time is true of it."""
        return self.ended_by == "aim"

    @property
    def can_resume(self) -> bool:
        """Whether there is something left to do here and nobody does it."""
        return self.origin == "here" and self.state in ("planned", "stopped", "failed")


def _text(value: object) -> str | None:
    return clean_line(value) if isinstance(value, str) else None


class SampleRow(NamedTuple):
    """One repetition of one speed test, as it was clocked."""

    test: str
    repetition: int
    warmup: bool
    n_prompt: int
    n_gen: int
    seconds: float
    tokens_per_s: float
    ttft_s: float | None
    e2e_s: float | None
    output_tps: float | None
    started_at: str


class EvalSample(NamedTuple):
    """One item answered once, with its texts and clocks. Lengths in tokens or characters, times in seconds.

    Of a served model also the `server` that answered, who counted the tokens (usage, tokenizer or pieces) and those of
    the thinking among them, how many requests it took, what it cost, and what the server timed.
    """

    item_id: str
    epoch: int
    position: int  # in the run's order, from 0
    category: str
    level: int | None
    finish_reason: str
    prompt: str
    thinking: str
    answer: str
    message: str
    n_prompt: int
    n_cached: int
    n_thinking: int
    n_answer: int
    n_thinking_chars: int
    n_answer_chars: int
    queued_s: float | None
    ttft_s: float | None
    ttfat_s: float | None
    e2e_s: float | None
    output_tps: float | None
    seed: int
    ended_at: str
    server: str | None = None
    tokens_from: str | None = None
    n_tries: int | None = None
    cost_usd: float | None = None
    timings: tuple[tuple[str, float], ...] = ()
    thinking_from: str | None = None


class ScoreRow(NamedTuple):
    """A grader's verdict of one sample; `fault` says whose fault a failure is and which, where the grader tells."""

    grader: str
    outcome: str
    extracted: str | None
    detail: str
    jail: str | None
    parts: tuple[tuple[str, bool], ...]
    graded_at: str
    fault: str | None = None


class LabelRow(NamedTuple):
    """What a person says of a sample: `label` is right, wrong or unclear.

    `grader` and `outcome` are of the verdict that counted then, `blind` whether the person did not see it before.
    """

    sample_id: int
    label: str
    note: str
    grader: str | None
    outcome: str | None
    blind: bool
    labelled_at: str


class ScoredSample(NamedTuple):
    """What lists and figures need of a sample: everything but its texts, with the verdict that counts. `outcome` is
    None until it is graded, `label` where no person has labelled it."""

    id: int
    run_id: int
    item_id: str
    epoch: int
    position: int
    category: str
    level: int | None
    finish_reason: str
    outcome: str | None
    extracted: str | None
    detail: str | None
    grader: str | None
    jail: str | None
    n_prompt: int
    n_cached: int
    n_thinking: int
    n_answer: int
    ttft_s: float | None
    ttfat_s: float | None
    e2e_s: float | None
    output_tps: float | None
    ended_at: str
    label: str | None = None
    server: str | None = None
    cost_usd: float | None = None
    fault: str | None = None

    @property
    def is_counted(self) -> bool:
        """Whether anybody counted its tokens; a log need not tell."""
        return any((self.n_prompt, self.n_thinking, self.n_answer))


class BudgetProbe(NamedTuple):
    """What a sample would have answered with its thinking closed after `budget_tokens`; outcome None: not graded."""

    sample_id: int
    budget_tokens: int
    answer: str
    n_tokens: int
    outcome: str | None
    extracted: str | None
    grader: str | None


class LiveSlot(NamedTuple):
    """What a slot is writing now: the ends of its texts."""

    slot: int
    item_id: str
    phase: str  # prompt, thinking or answer; of a conversation "turn 3: calling", too
    n_tokens: int
    tokens_per_s: float | None
    thinking: str
    answer: str


class RunEvent(NamedTuple):
    """A turn in a run's life."""

    at: str
    state: str
    reason: str | None


class MeasurementRow(NamedTuple):
    """A published or local figure with where it comes from: either a source or a run."""

    metric: str
    value: float
    unit: str
    stdev: float | None
    n: int | None
    is_estimate: bool
    source_name: str | None
    source_url: str | None
    as_of: str | None
    index_version: str | None
    run_id: int | None
    interval_low: float | None = None
    interval_high: float | None = None
    interval_method: str | None = None
    interval_kind: IntervalKind | None = None
    pack_version: str | None = None


class Figure(NamedTuple):
    """A figure of a run, to be noted. The interval's bounds are in the value's unit, its level 95 %."""

    metric: str
    value: float
    unit: str
    stdev: float | None = None
    n: int | None = None
    interval_low: float | None = None
    interval_high: float | None = None
    interval_method: str | None = None
    interval_kind: IntervalKind | None = None
    pack_version: str | None = None


class TimePoint(NamedTuple):
    """The speed at a moment of sustained generation, seconds after its start, and the heat where it was told."""

    seconds: float
    tokens_per_s: float
    temperature_c: float | None


class LocalResult(NamedTuple):
    """A run that has figures, with all of them: what the page shows under "Measured here".

    `timeline` is its sustained generation, empty where there was none. `no_headline` says why an evaluation has no
    scores among them, None where it may have some.
    """

    run: RunRow
    measurements: dict[str, MeasurementRow]
    timeline: tuple[TimePoint, ...] = ()
    no_headline: str | None = None
