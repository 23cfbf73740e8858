"""Change `config.toml` and keep everything else that is in it, comments too."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.config.settings import BY_KEY, KEYS, SETTINGS, NotThatError, keys_of_command
from aa_tui.errors import AATuiError, UsageError
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_HEAD = "# What aa-tui goes by. `aa-tui config` shows what holds; a line without # is a setting.\n"
_EXAMPLES = {
    "theme": '"nord"',
    "class": '"tiny"',
    "index_version": '"v4.0"',
    "folders": '["/data/models"]',
    "tariff": '"0.30 EUR"',
    "notifications": "true",
    "catalog": '"/data/catalog.db"',
    "offline": "false",
    KEYS: '{ runs = "R" }',
}


class ConfigError(AATuiError):
    """The file cannot be read or written. The text says why, and the next step."""


class UnknownSettingError(UsageError):
    """There is no such setting, or its value is of another kind."""


def put(path: Path, key: str, words: Sequence[str]) -> Any:
    """Set a setting to what was typed; returns its value. `keys.COMMAND` is an entry of the table of keys.

    Raises UnknownSettingError, ConfigError.
    """
    command = key.removeprefix(f"{KEYS}.") if key.startswith(f"{KEYS}.") else ""
    setting = None if command else _known(key)
    if setting is not None and setting.key == KEYS:
        raise UnknownSettingError(f"Name the command too: `aa-tui config set {KEYS}.runs R`.")
    try:
        value = keys_of_command(",".join(words)) if setting is None else setting.typed(words)
    except NotThatError as error:
        raise UnknownSettingError(
            f"“{clean_line(' '.join(words))[:60]}” is no {clean_line(key)}: it must be {error}."
        ) from None
    document = _document(path)
    plain = list(value) if isinstance(value, tuple) else value
    if command:
        _table_of_keys(document)[command] = plain
    else:
        document[key] = plain
    _write(path, document)
    return value


def remove(path: Path, key: str) -> bool:
    """Set it no more. Returns whether it was set. Raises UnknownSettingError, ConfigError."""
    command = key.removeprefix(f"{KEYS}.") if key.startswith(f"{KEYS}.") else ""
    document = _document(path)
    table: Any = document.get(KEYS, {}) if command else document
    name = command or key
    if not isinstance(table, Mapping) or name not in table:
        if not command:
            _known(key)
        return False
    del table[name]  # type: ignore[attr-defined]
    _write(path, document)
    return True


def make(path: Path) -> None:
    """A first file that sets nothing and shows what could be set, unless there is one. Raises ConfigError."""
    if not path.exists():
        lines = [f"\n# {one.meaning}\n# {one.key} = {_EXAMPLES[one.key]}\n" for one in SETTINGS]
        _save(path, _HEAD + "".join(lines))


def _known(key: str) -> Any:
    if key not in BY_KEY:
        raise UnknownSettingError(f"There is no setting “{clean_line(key)[:60]}”; there are {', '.join(BY_KEY)}.")
    return BY_KEY[key]


def _table_of_keys(document: TOMLDocument) -> Any:
    import tomlkit

    if not isinstance(document.get(KEYS), Mapping):
        document[KEYS] = tomlkit.table()
    return document[KEYS]


def _document(path: Path) -> TOMLDocument:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return tomlkit.document()
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{clean_line(str(path))} is no TOML ({clean_line(str(error))}): `aa-tui config edit` opens it."
        ) from error
    except OSError as error:
        raise ConfigError(f"{clean_line(str(path))} cannot be read ({error.strerror}).") from error


def _write(path: Path, document: TOMLDocument) -> None:
    import tomlkit

    _save(path, tomlkit.dumps(document))


def _save(path: Path, text: str) -> None:
    """Whole or not at all; where the file is a link, what it leads to is changed."""
    target = Path(os.path.realpath(path))
    new = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
        new.write_text(text, encoding="utf-8")
        new.chmod(mode)
        new.replace(target)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise ConfigError(
            f"{clean_line(str(path))} cannot be written ({error.strerror}): set AA_TUI_CONFIG to a file that can."
        ) from error
