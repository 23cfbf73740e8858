"""Two quiet themes: greys, one colour for the chosen, one for what was measured here, one for warnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

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
        "part-2": "#b493d6",
        "part-3": "#c9a25c",
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
        "part-2": "#7d5ba6",
        "part-3": "#9a6a00",
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

ANSI_DARK = replace(
    BUILTIN_THEMES["ansi-dark"],
    primary="ansi_bright_cyan",
    secondary="ansi_cyan",
    error="ansi_bright_red",
    variables={**BUILTIN_THEMES["ansi-dark"].variables, "part-2": "ansi_bright_magenta", "part-3": "ansi_yellow"},
)
ANSI_LIGHT = replace(
    BUILTIN_THEMES["ansi-light"],
    primary="ansi_blue",
    secondary="ansi_bright_black",
    success="ansi_magenta",
    warning="ansi_red",
    error="ansi_red",
    variables={**BUILTIN_THEMES["ansi-light"].variables, "part-2": "ansi_magenta", "part-3": "ansi_red"},
)
"""Of 16 colours those that can be read: Textual's accent is a dark blue, and no terminal's green or yellow on white."""

OURS = (DARK, LIGHT, ANSI_DARK, ANSI_LIGHT)

CONSOLE = replace(ANSI_DARK, foreground="ansi_bright_white", variables={**ANSI_DARK.variables, "muted": "ansi_white"})
"""On Linux's own console bright black is too dark for words (2.8 on black): grey for those, white for the others."""


def ours(environ: Mapping[str, str]) -> tuple[Theme, ...]:
    """Our themes as they suit a terminal."""
    return (DARK, LIGHT, CONSOLE if environ.get("TERM") == "linux" else ANSI_DARK, ANSI_LIGHT)


ANSI_FALLBACKS = {
    "muted": "ansi_bright_black",
    "faint": "ansi_bright_black",
    "cursor": "ansi_default",
    "part-2": "ansi_magenta",
    "part-3": "ansi_yellow",
    "here": "ansi_green",
    "warn": "ansi_yellow",
    "bad": "ansi_red",
}
"""Our own variables in the themes of 16 colours; the cursor is drawn reversed there."""


def other_of(theme: Theme) -> Theme:
    """The light one for a dark one and the other way round, of as many colours."""
    if theme.ansi:
        return ANSI_LIGHT if theme.dark else ANSI_DARK
    return LIGHT if theme.dark else DARK


KEY = "theme"
"""Under which the theme is remembered."""

CHOICES = (
    ("aa-dark", "Dark", "built-in"),
    ("aa-light", "Light", "built-in"),
    ("ansi-dark", "Terminal's own colours, dark", "16 colours"),
    ("ansi-light", "Terminal's own colours, light", "16 colours"),
    ("nord", "Nord", "dark"),
    ("gruvbox", "Gruvbox", "dark"),
    ("tokyo-night", "Tokyo Night", "dark"),
    ("catppuccin-mocha", "Catppuccin Mocha", "dark"),
    ("catppuccin-latte", "Catppuccin Latte", "light"),
    ("solarized-light", "Solarized", "light"),
)
"""Ours, those of the terminal's own colours, and a few of those that come with Textual."""


LEAST_CONTRAST = 3.5
"""Of words with their ground, between WCAG's 3 for large and 4.5 for small ones."""

_STEPS = 10


def fallbacks(theme: Theme) -> dict[str, str]:
    """Our own variables for a theme that does not have them: shades between its text and its ground.

    What is words is readable in all of them: a theme's own greens and yellows are meant for grounds, too.
    """
    if theme.ansi:
        states = {"here": theme.success, "warn": theme.warning, "bad": theme.error}
        return {**ANSI_FALLBACKS, **{name: color for name, color in states.items() if color}}
    colors = theme.to_color_system().generate()
    ground, text = Color.parse(colors["background"]), Color.parse(colors["foreground"])

    def words(color: Color) -> str:
        shades = (color.blend(text, step / _STEPS) for step in range(_STEPS))
        return next((shade for shade in shades if contrast(shade, ground) >= LEAST_CONTRAST), text).hex

    return {
        "muted": words(ground.blend(text, 0.62)),
        "faint": ground.blend(text, 0.32).hex,
        "cursor": ground.blend(Color.parse(colors["primary"]), 0.25).hex,
        "part-2": words(Color.parse(colors["accent"])),
        "part-3": words(Color.parse(colors["warning"])),
        "here": words(Color.parse(colors["success"])),
        "warn": words(Color.parse(colors["warning"])),
        "bad": words(Color.parse(colors["error"])),
    }


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two colours, 1 to 21: WCAG 2.2, "contrast ratio" and "relative luminance"."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
