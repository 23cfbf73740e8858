"""What a run's row keeps as JSON, read once and typed: its settings as they came to be, its live figures, its death.

A catalog may come from anywhere and any version. A value of a wrong kind counts as one that was never noted; so does a
whole table of counts with one wrong among them, since the rest would be taken for all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, NamedTuple

from aa_tui.catalog.short_notes import ShortNote
from aa_tui.catalog.short_notes import read as read_short
from aa_tui.textsafe import clean, clean_line

_MOST = 2**53  # beyond all that is counted here, and still exact as a float


class TooLong(NamedTuple):
    """Items that were left out since their prompts do not fit a context of so many tokens."""

    context_tokens: int
    items: tuple[str, ...]


class DeviceUse(NamedTuple):
    """What a device holds of the model, in bytes."""

    name: str
    description: str
    weights_bytes: int
    kv_cache_bytes: int
    compute_bytes: int


class ServerNote(NamedTuple):
    """A server of a run as it was when the run last began; None and empty texts stand for what it did not say."""

    url: str
    kind: str = "other"
    version: str = ""
    model: str = ""
    context_tokens: int | None = None
    n_slots: int | None = None

    @property
    def host(self) -> str:
        """Where it is, without what all addresses begin with: `box:8080`."""
        scheme, _, rest = self.url.partition("://")
        return f"{rest} (ssh)" if scheme == "ssh" else rest or self.url

    @property
    def words(self) -> str:
        """What it is and where: `llama-server at box:8080`."""
        return f"{'a server' if self.kind == 'other' else self.kind} at {self.host}"


class ServerNow(NamedTuple):
    """How a server of a run that is at work stands: requests that it answers now and has answered, how many it is
    given at once, and why it is not asked, empty while it is."""

    url: str
    n_running: int = 0
    n_done: int = 0
    limit: int = 0
    why_down: str = ""


class MachineNote(NamedTuple):
    """The machine before or after a run, as far as it said; shares from 0 to 1."""

    load_1m: float | None = None
    busy_share: float | None = None
    frequency_mhz: float | None = None
    temperature_c: float | None = None
    battery_percent: float | None = None
    swap_used_bytes: float | None = None
    free_memory_bytes: float | None = None
    on_mains: bool | None = None
    governor: str | None = None


class HeldNote(NamedTuple):
    """How a server was told to hold answers: by which fields of a request (`calls`: it holds those by itself), those of
    how many questions and not those of how many others; of the answers that could be checked so many are not in the
    form that they were to be held to."""

    by: tuple[str, ...] = ()
    n_held: int = 0
    n_free: int = 0
    n_checked: int = 0
    n_broken: int = 0


class RunSetup(NamedTuple):
    """A run's settings. `None` and empty mean that nothing was noted, or nothing asked for."""

    # of both kinds
    n_threads: int | None = None
    n_gpu_layers: int | None = None
    devices: tuple[str, ...] = ()
    tensor_split: tuple[float, ...] = ()
    rpc: tuple[str, ...] = ()
    devices_used: tuple[DeviceUse, ...] = ()
    n_ctx: int | None = None
    type_k: str | None = None
    type_v: str | None = None
    study: str = ""  # of studies: what is studied
    is_exact: bool = False  # of divergences: whether whole distributions are compared
    # of evaluations
    pack: str | None = None
    prompt: str = "chat"
    template: str = ""  # the file of the chat template that was used instead of the model's own
    sampling: str = "pack"
    n_parallel: int | None = None
    max_output_tokens: int | None = None
    epochs: int = 1
    seed: int | None = None
    loop_guard: bool = True
    grammar: bool = False  # answers are held to a schema or to the functions on offer
    held: HeldNote | None = None  # how a server was told so
    n_failed: int = 0  # samples that had come to nothing when it ended
    is_deterministic: bool | None = None
    limit: int | None = None
    budget_s: float | None = None
    until_width: float | None = None
    until_above: float | None = None
    budgets: tuple[int, ...] = ()
    these_items: bool = False
    is_chosen: bool = False  # of few items that were chosen, also where `short` cannot be read
    short: ShortNote | None = None
    idle_power_w: float | None = None  # the machine's, before its worker loaded anything
    unsafe_code: bool = False
    n_items_of_pack: int | None = None
    n_items_by_category: Mapping[str, int] = {}
    categories: tuple[str, ...] = ()
    too_long: TooLong | None = None
    extraction: str = "extraction/1"  # the first version was not noted
    reasoning_format: str = ""
    reasoning_formats_version: int | None = None
    template_system_turn: str = ""
    servers: tuple[str, ...] = ()  # addresses, where a model is asked that servers serve
    served: tuple[ServerNote, ...] = ()
    prompt_tokens_from: str = ""
    calls_from: str = ""  # who read the calls of functions, where it was a server
    max_usd: float | None = None
    # of what was asked
    system: str = ""
    thinks: bool = True
    n_ctx_used: int | None = None
    sampler: Mapping[str, float] = {}
    sampler_source: str = ""
    # of speed runs
    tests: tuple[str, ...] | None = None
    repetitions: int | None = None  # as asked for; a run that has begun has them by test
    repetitions_by_test: Mapping[str, int] = {}
    tariff: Mapping[str, Any] = {}  # `speed.electricity` reads it
    energy_source: str | None = None
    load_1m_before: float | None = None
    cautions: tuple[str, ...] = ()
    slo: str = ""  # of those through servers: what a request should keep below
    for_s: float | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    load_notes: tuple[str, ...] = ()
    machine_before: MachineNote | None = None
    machine_after: MachineNote | None = None

    @property
    def servers_words(self) -> str:
        """Through what a served model was asked: `llama-server at box:8080`; empty for a file."""
        known = {one.url: one for one in self.served}
        named = [known.get(url) or ServerNote(url) for url in self.servers]
        if len(named) > 2:
            kinds = {one.kind for one in named} - {"other"}
            return f"{len(named)} servers{f' ({kinds.pop()})' if len(kinds) == 1 else ''}, {named[0].host} and others"
        return " and ".join(one.words for one in named)

    @property
    def n_too_long(self) -> int:
        """How many items were never asked since their prompts do not fit."""
        return len(self.too_long.items) if self.too_long is not None else 0


class LiveFigures(NamedTuple):
    """What a worker tells of its evaluation while it is at work: shares from 0 to 1, seconds, tokens/s."""

    tokens_per_s_total: float | None = None
    rates: tuple[float, ...] = ()
    n_running: int = 0
    left_s: float | None = None
    left_low_s: float | None = None
    left_high_s: float | None = None
    outcomes: Mapping[str, int] = {}
    no_headline: str | None = None
    score: float | None = None
    score_low: float | None = None
    score_high: float | None = None
    servers: tuple[ServerNow, ...] = ()
    spent_usd: float | None = None


class Crash(NamedTuple):
    """How a run's worker died."""

    signal: str | None = None
    phase: str = ""
    log_path: str | None = None
    last_lines: tuple[str, ...] = ()


def setup_of(settings: Mapping[str, Any]) -> RunSetup:
    """A run's settings, typed."""
    tests = settings.get("tests")
    return RunSetup(
        study=text(settings.get("study")) or "",
        is_exact=settings.get("exact") is True,
        n_threads=whole(settings.get("n_threads")),
        n_gpu_layers=whole(settings.get("n_gpu_layers"), least=-1),
        devices=texts(settings.get("devices")),
        tensor_split=numbers(settings.get("tensor_split")),
        rpc=texts(settings.get("rpc")),
        devices_used=_devices(settings.get("devices_used")),
        n_ctx=whole(settings.get("n_ctx"), least=1),
        type_k=text(settings.get("type_k")),
        type_v=text(settings.get("type_v")),
        pack=text(settings.get("pack")),
        prompt=text(settings.get("prompt")) or "chat",
        template=text(found.get("name")) or "" if isinstance(found := settings.get("template"), dict) else "",
        sampling=text(settings.get("sampling")) or "pack",
        n_parallel=whole(settings.get("n_parallel"), least=1),
        max_output_tokens=whole(settings.get("max_output_tokens"), least=1),
        epochs=whole(settings.get("epochs"), least=1) or 1,
        seed=whole(settings.get("seed")),
        loop_guard=settings.get("loop_guard") is not False,
        grammar=settings.get("grammar") is True,
        held=_held(settings.get("held")),
        n_failed=whole(settings.get("n_failed")) or 0,
        is_deterministic=value if isinstance(value := settings.get("is_deterministic"), bool) else None,
        limit=whole(settings.get("limit"), least=1),
        budget_s=number(settings.get("budget_s")),
        until_width=number(settings.get("until_width")),
        until_above=number(settings.get("until_above")),
        budgets=wholes(settings.get("budgets")),
        these_items=settings.get("these_items") is True,
        is_chosen=settings.get("short") is not None,
        short=read_short(settings.get("short")),
        idle_power_w=number(settings.get("idle_power_w")),
        unsafe_code=settings.get("unsafe_code") is True,
        n_items_of_pack=whole(settings.get("n_items_of_pack")),
        n_items_by_category=_counts(settings.get("n_items_by_category")),
        categories=texts(settings.get("categories")),
        too_long=_too_long(settings.get("too_long")),
        extraction=text(settings.get("extraction")) or "extraction/1",
        reasoning_format=text(settings.get("reasoning_format")) or "",
        reasoning_formats_version=whole(settings.get("reasoning_formats_version")),
        template_system_turn=text(settings.get("template_system_turn")) or "",
        servers=texts(settings.get("servers")),
        served=_served(settings.get("served")),
        prompt_tokens_from=text(settings.get("prompt_tokens_from")) or "",
        calls_from=text(settings.get("calls_from")) or "",
        max_usd=number(settings.get("max_usd")),
        system=clean(system) if isinstance(system := settings.get("system"), str) else "",
        thinks=settings.get("thinks") is not False,
        n_ctx_used=whole(settings.get("n_ctx_used")),
        sampler=_numbers_by_name(settings.get("sampler")),
        sampler_source=text(settings.get("sampler_source")) or "",
        tests=texts(tests) if isinstance(tests, list) else None,
        repetitions=whole(settings.get("repetitions"), least=1),
        repetitions_by_test=_counts(settings.get("repetitions")),
        tariff=tariff if isinstance(tariff := settings.get("tariff"), dict) else {},
        energy_source=text(settings.get("energy_source")),
        load_1m_before=number(settings.get("load_1m_before")),
        cautions=texts(settings.get("cautions")),
        slo=text(settings.get("slo")) or "",
        for_s=number(settings.get("for_s")),
        prompt_tokens=whole(settings.get("prompt_tokens")),
        output_tokens=whole(settings.get("output_tokens")),
        load_notes=_load_notes(settings.get("load_notes")),
        machine_before=_machine(settings.get("machine_before")),
        machine_after=_machine(settings.get("machine_after")),
    )


def _load_notes(value: object) -> tuple[str, ...]:
    """What is to be said of the stages of a load, in their order, each sentence once."""
    told = value.values() if isinstance(value, dict) else ()
    return tuple(dict.fromkeys(words for one in told for words in texts(one)))


def live_figures_of(live: Mapping[str, Any]) -> LiveFigures:
    """What a worker tells, typed."""
    return LiveFigures(
        tokens_per_s_total=number(live.get("tokens_per_s_total")),
        rates=numbers(live.get("rates")),
        n_running=whole(live.get("n_running")) or 0,
        left_s=number(live.get("left_s")),
        left_low_s=number(live.get("left_low_s")),
        left_high_s=number(live.get("left_high_s")),
        outcomes=_counts(live.get("outcomes")),
        no_headline=text(live.get("no_headline")),
        score=number(live.get("score")),
        score_low=number(live.get("score_low")),
        score_high=number(live.get("score_high")),
        servers=_servers_now(live.get("servers")),
        spent_usd=number(live.get("spent_usd")),
    )


def crash_of(crash: Mapping[str, Any]) -> Crash:
    """How a worker died, typed."""
    return Crash(
        signal=text(crash.get("signal")),
        phase=text(crash.get("phase")) or "",
        log_path=text(crash.get("log_path")),
        last_lines=_lines(crash.get("last_lines")),
    )


def whole(value: object, least: int = 0) -> int | None:
    """A whole number of at least `least`."""
    return value if isinstance(value, int) and not isinstance(value, bool) and least <= value <= _MOST else None


def number(value: object) -> float | None:
    """A finite number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) <= _MOST and isfinite(value) else None  # type: ignore[arg-type]


def text(value: object) -> str | None:
    """A text, in one line and safe to show."""
    return clean_line(value) if isinstance(value, str) else None


def texts(value: object) -> tuple[str, ...]:
    """The texts in a list."""
    return tuple(clean_line(one) for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def numbers(value: object) -> tuple[float, ...]:
    """The numbers in a list of nothing else."""
    found = [number(one) for one in value] if isinstance(value, list) else []
    return () if None in found else tuple(one for one in found if one is not None)


def wholes(value: object) -> tuple[int, ...]:
    """The whole numbers in a list of nothing else."""
    found = [whole(one) for one in value] if isinstance(value, list) else []
    return () if None in found else tuple(one for one in found if one is not None)


def _lines(value: object) -> tuple[str, ...]:
    return tuple(clean(one) for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _counts(value: object) -> dict[str, int]:
    if not isinstance(value, dict) or not all(whole(one) is not None for one in value.values()):
        return {}
    return dict(value)


def _numbers_by_name(value: object) -> dict[str, float]:
    found = {clean_line(name): number(one) for name, one in value.items()} if isinstance(value, dict) else {}
    return {name: one for name, one in found.items() if one is not None}


def _machine(value: object) -> MachineNote | None:
    if not isinstance(value, dict):
        return None
    mains = value.get("on_mains")
    numbers_told = {name: number(value.get(name)) for name in MachineNote._fields[:7]}
    return MachineNote(
        **numbers_told, on_mains=mains if isinstance(mains, bool) else None, governor=text(value.get("governor"))
    )


def _too_long(value: object) -> TooLong | None:
    if not isinstance(value, dict):
        return None
    tokens, items = whole(value.get("context_tokens")), texts(value.get("items"))
    return TooLong(tokens, items) if tokens is not None and items else None


def _held(value: object) -> HeldNote | None:
    if not isinstance(value, dict):
        return None
    return HeldNote(texts(value.get("by")), *(whole(value.get(name)) or 0 for name in HeldNote._fields[1:]))


def _served(value: object) -> tuple[ServerNote, ...]:
    return tuple(
        ServerNote(
            url,
            text(one.get("kind")) or "other",
            text(one.get("version")) or "",
            text(one.get("model")) or "",
            whole(one.get("context_tokens"), least=1),
            whole(one.get("n_slots"), least=1),
        )
        for one in (value if isinstance(value, list) else ())
        if isinstance(one, dict) and (url := text(one.get("url")))
    )


def _servers_now(value: object) -> tuple[ServerNow, ...]:
    return tuple(
        ServerNow(
            url,
            whole(one.get("n_running")) or 0,
            whole(one.get("n_done")) or 0,
            whole(one.get("limit")) or 0,
            text(one.get("why_down")) or "",
        )
        for one in (value if isinstance(value, list) else ())
        if isinstance(one, dict) and (url := text(one.get("url")))
    )


def _devices(value: object) -> tuple[DeviceUse, ...]:
    found = []
    for one in value if isinstance(value, list) else ():
        name = text(one.get("name")) if isinstance(one, dict) else None
        if name is not None:
            sizes = [whole(one.get(size)) or 0 for size in DeviceUse._fields[2:]]
            found.append(DeviceUse(name, text(one.get("description")) or "", *sizes))
    return tuple(found)
