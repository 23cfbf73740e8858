"""Copy to the clipboard of the terminal that the user sits at, by OSC 52: it works over SSH and asks for no reply.

A terminal never says whether it obeyed, so the toast names the way by a file as well. tmux takes the plain sequence
only where `set-clipboard` is on; with `allow-passthrough` the wrapped one goes to the terminal outside.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from aa_tui.textsafe import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES = 74_994
"""The longest text that xterm takes (100,000 bytes in base64, less the sequence); others take less or more."""


def words(text: str, what: str) -> str:
    """What is said of it. `what` names it: "the page of Nanbeige4.1-3B as Markdown"."""
    safe = clean(text)
    lines = safe.count("\n") + 1
    size = f" ({lines} lines)" if lines > 1 else ""
    long = " It is long: some terminals cut it." if len(safe.encode()) > MOST_BYTES else ""
    return f"Copied {what}{size} to the terminal's clipboard; e saves to a file instead.{long}"


def tmux_sequence(text: str, environ: Mapping[str, str]) -> str:
    """OSC 52 as tmux passes it on to the terminal outside; empty outside tmux."""
    if not environ.get("TMUX"):
        return ""
    encoded = base64.b64encode(text.encode()).decode("ascii")
    return f"\x1bPtmux;\x1b\x1b]52;c;{encoded}\x07\x1b\\"
