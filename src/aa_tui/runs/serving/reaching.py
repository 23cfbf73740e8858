"""Servers reached: tunnels opened, each asked what it serves, and all refused that do not serve the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from aa_tui.catalog import files
from aa_tui.catalog import servers as saved
from aa_tui.catalog.rows import FileRow
from aa_tui.catalog.run_notes import ServerNote
from aa_tui.errors import AATuiError
from aa_tui.runs.errors import RunError
from aa_tui.runs.serving.keys import key_of
from aa_tui.runs.serving.servers import Server
from aa_tui.runs.serving.tunnel import Tunnel
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from types import TracebackType

    from aa_tui.engine.served.values import Served, Target

PATIENCE_S = 10.0
_AT_ONCE = 8
_WORDS = {
    "model": "the model",
    "kind": "the kind of server",
    "version": "the version",
    "n_params": "the number of parameters",
    "size_bytes": "the size of the weights",
    "n_vocab": "the vocabulary",
    "quant": "the quantization",
    "template_sha256": "the chat template",
    "sampler": "the sampling that it applies by itself",
}


class Reached:
    """Servers for as long as they are needed; a context manager, whose tunnels end with it.

    `pairs` are the servers as the engine takes them, in their order. Raises RunError and EngineError on entering; where
    it `may_miss` some, only if none is there, and `missing` has the others with why.
    """

    def __init__(self, servers: Sequence[Server], *, patience_s: float = PATIENCE_S, may_miss: bool = False) -> None:
        self.servers = tuple(servers)
        self.missing: tuple[tuple[Server, str], ...] = ()
        self._may_miss = may_miss
        self._patience_s = patience_s
        self._stack = ExitStack()
        self._names: dict[str, str] = {}
        self.pairs: list[tuple[Target, Served]] = []

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            keys = [key_of(server) for server in self.servers]
            targets = [self._target(*one, opening) for one in zip(self.servers, keys, strict=True)]
            with ThreadPoolExecutor(min(_AT_ONCE, len(targets) or 1)) as pool:
                found = list(pool.map(self._probed, targets))
            self._keep(found)
            self._stack = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _keep(self, found: Sequence[tuple[Target, Served] | AATuiError]) -> None:
        """Those that are there. Raises the first error where that is not enough."""
        there, missing = [], []
        for server, one in zip(self.servers, found, strict=True):
            if not isinstance(one, AATuiError):
                there.append((server, *one))
            elif self._may_miss:
                missing.append((server, one))
            else:
                raise one
        if missing and not there:
            raise missing[0][1]
        self.servers = tuple(server for server, _, _ in there)
        self.missing = tuple((server, str(error)) for server, error in missing)
        self._names = {target.url: server.url for server, target, _ in there}
        self.pairs = [
            (replace(target, model=served.model), _priced(served, server)) for server, target, served in there
        ]

    def name_of(self, url: str) -> str:
        """The address as the user knows it, of one as the engine has it."""
        return self._names.get(url, url)

    @property
    def first(self) -> Served:
        """What the first one serves, and so all of them."""
        return self.pairs[0][1]

    @property
    def context_tokens(self) -> int | None:
        """What a request may take, by the server that gives least; None where none says."""
        return min((served.context_tokens for _, served in self.pairs if served.context_tokens), default=None)

    def notes(self) -> list[dict[str, Any]]:
        """What the run's row keeps of each."""
        return [
            ServerNote(
                self.name_of(target.url),
                served.kind,
                served.version,
                served.model,
                served.context_tokens,
                served.n_slots,
            )._asdict()
            for target, served in self.pairs
        ]

    def identity(self) -> dict[str, Any]:
        """What all of them serve, as part of a run's identity; mixed versions are all named."""
        versions = sorted({served.version for _, served in self.pairs})
        return {**self.first.identity(), "version": " and ".join(versions)}

    def check_alike(self, *, mixed: bool = False) -> None:
        """Raises RunError where they do not serve the same, naming the first difference; versions may be `mixed`."""
        for server, (_, served) in zip(self.servers[1:], self.pairs[1:], strict=True):
            for name, (one, other) in _differences(self.first.identity(), served.identity()):
                if name == "version" and mixed:
                    continue
                way = " --mixed takes different versions all the same;" if name == "version" else ""
                raise RunError(
                    f"{self.servers[0].shown} and {server.shown} do not serve the same: {_WORDS[name]} is "
                    f"{_short(one)} at the first and {_short(other)} at the other;{way} run them apart."
                )

    def _target(self, server: Server, key: str, opening: ExitStack) -> Target | AATuiError:
        from aa_tui.engine.served.addresses import typed_target

        url, way = server.url, server.way
        if way is not None:
            tunnel = Tunnel(way)
            opening.callback(tunnel.close)
            try:
                url = tunnel.open()
            except AATuiError as error:
                return error
        return typed_target(url, model=server.model, key=key)

    def _probed(self, target: Target | AATuiError) -> tuple[Target, Served] | AATuiError:
        from aa_tui.engine.served.probing import probe

        if isinstance(target, AATuiError):
            return target
        try:
            return target, probe(target, patience_s=self._patience_s)
        except AATuiError as error:
            return error


def changed_words(conn: sqlite3.Connection, file: FileRow, served: Served) -> str:
    """How a served model differs from what it was, in words; empty where it does not."""
    if served.digest == file.sha256:
        return ""
    before = files.metadata_of(conn, file.id).get("identity")
    now = served.identity()
    if not isinstance(before, Mapping):
        return "it serves another model"
    found = next(iter(_differences(before, now)), None)
    if found is None:
        return "it serves another model"
    name, (was, is_now) = found
    return f"{_WORDS.get(name, name)} was {_short(was)}, is {_short(is_now)}"


def note_server(conn: sqlite3.Connection, server: Server, served: Served) -> None:
    """Note what a server said of itself, where it is a saved one."""
    saved.note_probe(
        conn,
        server.url,
        kind=served.kind,
        version=served.version,
        price_in_usd_per_m=served.price_in_usd_per_m,
        price_out_usd_per_m=served.price_out_usd_per_m,
        facts=facts_of(served),
    )


def note(conn: sqlite3.Connection, server: Server, served: Served) -> FileRow:
    """The same, and what it serves among the files."""
    note_server(conn, server, served)
    return files.put_served(
        conn,
        url=server.url,
        model=served.model,
        digest=served.digest,
        size_bytes=served.size_bytes,
        quant=served.quant,
        n_params=served.n_params,
        context_tokens=served.context_tokens,
        name=model_name(served.model),
        facts={**facts_of(served), "template": served.template or ""},
    )


def facts_of(served: Served) -> dict[str, Any]:
    """What a server said of itself, as plain values."""
    return {
        "kind": served.kind,
        "model": served.model,
        "context_tokens": served.context_tokens,
        "n_slots": served.n_slots,
        "n_params": served.n_params,
        "size_bytes": served.size_bytes,
        "quant": served.quant,
        "digest": served.digest,
        "identity": served.identity(),
    }


def model_name(served_as: str) -> str:
    """A model's name by what a server calls it, which may be a path or have an owner before it."""
    return clean_line(served_as.rstrip("/").rpartition("/")[2].removesuffix(".gguf")) or clean_line(served_as)


def _priced(served: Served, server: Server) -> Served:
    """With the user's own prices where the server says none."""
    if served.price_in_usd_per_m is not None or served.price_out_usd_per_m is not None:
        return served
    return replace(served, price_in_usd_per_m=server.price_in_usd_per_m, price_out_usd_per_m=server.price_out_usd_per_m)


def _differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[tuple[str, tuple[Any, Any]]]:
    return [(name, (one.get(name), other.get(name))) for name in _WORDS if one.get(name) != other.get(name)]


def _short(value: Any) -> str:
    text = "not said" if value in (None, "") else clean_line(str(value))
    return f"{text[:12]}…" if len(text) == 64 and text.isalnum() else text[:80]
