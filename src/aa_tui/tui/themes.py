"""Two quiet themes: greys, one colour for the chosen, one for what was measured here, one for warnings."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="aa-dark",
    primary="#6cb6ff",
    secondary="#5a7fa6",
    accent="#6cb6ff",
    success="#7bd88f",
    warning="#e5b567",
    error="#f07178",
    foreground="#d5d9e0",
    background="#101317",
    surface="#161a20",
    panel="#1f252d",
    dark=True,
    variables={
        "muted": "#8b95a3",
        "faint": "#4a535f",
        "cursor": "#243142",
        "block-cursor-background": "#243142",
        "block-cursor-foreground": "#e8edf4",
        "block-cursor-text-style": "bold",
        "scrollbar": "#333b46",
        "scrollbar-background": "#101317",
        "scrollbar-corner-color": "#101317",
        "border": "#6cb6ff",
        "border-blurred": "#333b46",
    },
)

LIGHT = Theme(
    name="aa-light",
    primary="#0b5cad",
    secondary="#5e83a8",
    accent="#0b5cad",
    success="#1a7f37",
    warning="#8f5d00",
    error="#b3261e",
    foreground="#22272e",
    background="#fbfbf9",
    surface="#f3f3f0",
    panel="#e6e8eb",
    dark=False,
    variables={
        "muted": "#626b77",
        "faint": "#b4bac2",
        "cursor": "#d5e5f6",
        "block-cursor-background": "#d5e5f6",
        "block-cursor-foreground": "#10151b",
        "block-cursor-text-style": "bold",
        "scrollbar": "#c5cad0",
        "scrollbar-background": "#fbfbf9",
        "scrollbar-corner-color": "#fbfbf9",
        "border": "#0b5cad",
        "border-blurred": "#c5cad0",
    },
)

FALLBACKS = {
    "muted": "ansi_bright_black",
    "faint": "ansi_bright_black",
    "cursor": "ansi_default",
}
"""Our own variables in the themes that come with Textual; the cursor is drawn reversed there."""
