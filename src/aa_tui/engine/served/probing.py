"""Finding out who answers at an address, which model it serves, and what it says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aa_tui.engine.errors import EngineError
from aa_tui.engine.served import dialects
from aa_tui.engine.served.dialects import Entry, Look
from aa_tui.engine.served.exchange import Connections, ServerError, too_slow
from aa_tui.engine.served.values import Served, Target
from aa_tui.host.network import TooSlowError, promptly
from aa_tui.textsafe import clean_line, cut

_T = TypeVar("_T")

MOST_NAMED = 12
"""Models that a sentence names."""

_AGAIN_S = 0.5
_NO_LIST = frozenset({404, 405, 501})
_SPARE_S = 2.0


def probe(target: Target, *, patience_s: float = 10.0) -> Served:
    """What the server says of itself and of the model; the only one it serves where the target names none.

    Waits for one that is still loading its model, as long as `patience_s` lasts. Raises EngineError: a server that
    cannot be reached or is none, a key that it does not take, a model that it does not serve, several without a name.
    """
    return _run(target, patience_s, lambda connections: look(connections, target, patience_s=patience_s))


def models_at(target: Target, *, patience_s: float = 10.0) -> list[str]:
    """The names of the models that a server serves, as it sorts them. Raises EngineError as `probe`."""

    async def names(connections: Connections) -> list[str]:
        entries = await _entries(Look(connections, target, patience_s))
        return [one.id for one in entries or ()]

    return _run(target, patience_s, names)


async def look(connections: Connections, target: Target, *, patience_s: float) -> Served:
    """`probe` for whoever has a loop and connections of his own."""
    try:
        async with asyncio.timeout(patience_s):
            return await _served(Look(connections, target, patience_s))
    except TimeoutError:
        raise too_slow(target, patience_s) from None


def _run(target: Target, patience_s: float, work: Callable[[Connections], Awaitable[_T]]) -> _T:
    """In a thread of its own, since a name's look-up cannot be interrupted, and the caller may be in a loop."""

    async def inside() -> _T:
        async with Connections() as connections:
            return await work(connections)

    try:
        return promptly(lambda: asyncio.run(inside()), patience_s + _SPARE_S)
    except TooSlowError:
        raise too_slow(target, patience_s) from None


async def _served(look: Look) -> Served:
    entries = await _entries(look)
    kind = await dialects.recognise(look, entries or ())
    if not entries:
        entries = await dialects.listed_elsewhere(look, kind)
    return await dialects.DESCRIBE[kind](look, _chosen(look.target, entries, is_list=bool(entries)))


async def _entries(look: Look) -> list[Entry] | None:
    """The models that are listed, None where there is no list. Waits for a server that loads."""
    while True:
        try:
            value = await look.asked("/v1/models")
        except ServerError as error:
            if error.status in _NO_LIST:
                return None
            if error.status != 503 or look.left_s() < 2 * _AGAIN_S:
                raise _loading(look, error) from None
            await asyncio.sleep(_AGAIN_S)
            continue
        return dialects.entries_of(look.target, value)


def _loading(look: Look, error: ServerError) -> ServerError:
    if error.status != 503:
        return error
    return ServerError(
        f"{look.name} is still loading its model: try again in a while.", status=503, is_passing=True, is_busy=True
    )


def _chosen(target: Target, entries: list[Entry], *, is_list: bool) -> Entry:
    """The model that is meant. A server without a list is believed to serve what is named."""
    where, wanted = cut(clean_line(target.url), 100), target.model
    if not is_list:
        if wanted:
            return Entry(wanted, {})
        raise EngineError(f"{where} lists no models: check that it is a model server, and name the model by --model.")
    if not wanted:
        if len(entries) == 1:
            return entries[0]
        raise EngineError(f"{where} serves {len(entries)} models, of which --model must name one: {_names(entries)}.")
    for one in entries:
        if wanted in (one.id, *one.aliases) or one.id == f"{wanted}:latest":
            return one
    raise EngineError(f"{where} does not serve {cut(clean_line(wanted), 80)}; it serves {_names(entries)}.")


def _names(entries: list[Entry]) -> str:
    named = ", ".join(cut(clean_line(one.id), 80) for one in entries[:MOST_NAMED])
    more = len(entries) - MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named
