"""What answers were held to, in words, and whether a server did it."""

from __future__ import annotations

from aa_tui.catalog.run_notes import RunSetup

CALLS = "calls"
"""What `held.by` has for calls of functions, which a server holds unasked."""


def words(setup: RunSetup) -> str:
    """What answers are held to, and by whom."""
    held = setup.held
    if held is None:
        return (
            "on: JSON, CSV and tables are held to each question's schema, calls to its functions where the template's "
            "format of calls has a grammar; all else is free"
        )
    fields = ", ".join(by for by in held.by if by != CALLS)
    found = [f"asked of the server ({fields}) for {held.n_held:,} questions"] if fields else []
    found += [f"{held.n_free:,} could not be held"] if held.n_free else []
    found += ["calls are held by the server itself"] if CALLS in held.by else []
    found += [not_held(setup)] if held.n_broken else []
    return "; ".join([f"on: {found[0]}", *found[1:]]) if found else "on"


def not_held(setup: RunSetup) -> str:
    """That a server did not hold answers; empty where none shows it."""
    held = setup.held
    if held is None or not held.n_broken:
        return ""
    return (
        f"{held.n_broken:,} of {held.n_checked:,} answers are not in the form that the server was asked to hold them "
        "to: it did not hold them"
    )
