"""What is set: by the environment, else by `config.toml`, else by default. Read anew each time it is asked for.

A file that is broken never stops anybody: what it cannot say is as by default, and `problems` says so. One exception:
where it cannot be known whether the file forbids remote calls, they are forbidden.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from aa_tui.config.place import path_of
from aa_tui.config.settings import BY_KEY, SETTINGS, NotThatError
from aa_tui.textsafe import clean_line

Source = Literal["default", "file", "environment", "flag"]

MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Config:
    """What is set. An empty text means that nothing is.

    `path` is the file, whether or not it is there; `sources` says of each setting where its value comes from, and
    `problems` what in the file or the environment cannot be used, a sentence each.
    """

    path: Path | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def value(self, key: str) -> Any:
        """A setting's value."""
        return self.values.get(key, BY_KEY[key].default)

    @property
    def theme(self) -> str:
        """The app's theme."""
        return str(self.value("theme"))

    @property
    def first_class(self) -> str:
        """The class that the leaderboard opens with, by the name that `models --class` takes; "all" is one too."""
        return str(self.value("class"))

    @property
    def index_version(self) -> str:
        """The version of the Intelligence Index that is shown."""
        return str(self.value("index_version"))

    @property
    def folders(self) -> tuple[str, ...]:
        """Folders to look for GGUF files in, beside those that the catalog has noted."""
        return tuple(self.value("folders"))

    @property
    def tariff(self) -> str:
        """The price of a kWh, as typed."""
        return str(self.value("tariff"))

    @property
    def notifications(self) -> bool:
        """Whether the end of a run is announced outside the app's own screen."""
        return bool(self.value("notifications"))

    @property
    def catalog(self) -> str:
        """The catalog's file."""
        return str(self.value("catalog"))

    @property
    def offline(self) -> bool:
        """Whether remote calls are refused."""
        return bool(self.value("offline"))

    @property
    def keys(self) -> Mapping[str, tuple[str, ...]]:
        """The keys of the app's commands, by the commands' names; a command that is not named keeps its own."""
        found: Mapping[str, tuple[str, ...]] = self.value("keys")
        return found

    def source(self, key: str) -> Source:
        """Where a setting's value comes from."""
        return self.sources.get(key, "default")


def load(flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """What is set now. `flags` are values of the command line, which come before everything else."""
    env = os.environ if environ is None else environ
    path = path_of(env)
    values: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    problems: list[str] = []
    for key, value in _of_file(path, problems).items():
        values[key], sources[key] = value, "file"
    for setting in SETTINGS:
        text = env.get(setting.environment, "") if setting.environment else ""
        if not text:
            continue
        try:
            values[setting.key], sources[setting.key] = setting.typed([text]), "environment"
        except NotThatError as error:
            problems.append(f"{setting.environment} is “{clean_line(text)[:60]}”; it must be {error}.")
            _shut(setting.key, values, sources, "environment")
    for key, value in (flags or {}).items():
        values[key], sources[key] = value, "flag"
    return Config(path, MappingProxyType(values), MappingProxyType(sources), tuple(problems))


def _shut(key: str, values: dict[str, Any], sources: dict[str, Source], source: Source) -> None:
    """Whoever tried to forbid remote calls, and could not be understood, has forbidden them."""
    if key == "offline":
        values[key], sources[key] = True, source


def _of_file(path: Path | None, problems: list[str]) -> dict[str, Any]:
    try:
        text = _text_of(path) if path is not None else None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        problems.append(
            f"{_shown(path)} cannot be read ({clean_line(reason)}): all settings are as by default. {_CLOSED}"
        )
        return {"offline": True}
    if text is None:
        return {}
    import tomllib

    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problems.append(
            f"{_shown(path)} is no TOML ({clean_line(str(error))[:200]}): all settings are as by default until "
            f"`aa-tui config edit` fixes it. {_CLOSED}"
        )
        return {"offline": True}
    found: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{_shown(path)}{_line(text, key)}"
        setting = BY_KEY.get(key)
        if setting is None:
            problems.append(f"{where}: there is no setting “{clean_line(key)[:60]}”; {_meant(key)}")
            continue
        try:
            found[key] = setting.read(value)
        except NotThatError as error:
            problems.append(f"{where}: {key} must be {error}.")
            _shut(key, found, {}, "file")
    return found


_CLOSED = "Remote calls are refused until then, since it may say so."


def _text_of(path: Path) -> str | None:
    """The file's text; None where there is no file. Raises OSError, ValueError."""
    try:
        if not path.is_file():  # a pipe would never end
            if path.exists():
                raise ValueError("it is no file")
            return None
        if path.stat().st_size > MOST_BYTES:
            raise ValueError("it is too large for settings")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None


def _shown(path: Path | None) -> str:
    return clean_line(str(path))


def _line(text: str, key: str) -> str:
    """The number of a top-level key's line, which `tomllib` does not tell; nothing where it is not found."""
    written = re.compile(rf"""\s*\[?\s*["']?{re.escape(key)}["']?\s*[=.\]]""")
    return next((f", line {n}" for n, line in enumerate(text.splitlines(), 1) if written.match(line)), "")


def _meant(key: str) -> str:
    close = difflib.get_close_matches(key, BY_KEY, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(BY_KEY)}."
