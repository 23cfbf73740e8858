"""Speeds measured on other machines, as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.catalog.elsewhere import Elsewhere


def as_json(row: Elsewhere) -> dict[str, Any]:
    """A row as plain values with stable keys; `entry` is the record as its program wrote it."""
    values = row._asdict()
    del values["model_id"]
    return values
