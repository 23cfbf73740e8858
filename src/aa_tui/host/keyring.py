"""The system's keyring, where the package `keyring` is installed."""

from __future__ import annotations

RING = "aa-tui"
"""The service under which keys are kept: `keyring set aa-tui NAME`."""


def in_ring(name: str) -> str:
    """The key of this name; empty where there is none, or no keyring."""
    try:
        import keyring  # type: ignore[import-not-found, unused-ignore]
        import keyring.errors  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return ""
    try:
        return keyring.get_password(RING, name) or ""
    except keyring.errors.KeyringError:  # locked, or there is no ring
        return ""
