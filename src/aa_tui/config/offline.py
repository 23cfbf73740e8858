"""Offline mode: nobody is asked anything over the network."""

from __future__ import annotations

from collections.abc import Mapping

from aa_tui.config.reading import load


def refusal(what: str) -> str | None:
    """The sentence that refuses a remote call; None where it is allowed. `what` cannot be asked for."""
    if (said_by := forbidden_by()) is None:
        return None
    cure = "unset it" if said_by == "AA_TUI_OFFLINE" else "`aa-tui config unset offline` allows remote calls"
    return f"{what} cannot be asked for, since {said_by} forbids remote calls: {cure}, or use a file that is here."


def forbidden_by(environ: Mapping[str, str] | None = None) -> str | None:
    """What forbids remote calls: the environment's variable, or `config.toml`; None where nothing does."""
    config = load(environ=environ)
    if not config.offline:
        return None
    return "AA_TUI_OFFLINE" if config.source("offline") == "environment" else "config.toml"
