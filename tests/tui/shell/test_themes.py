"""What is words can be read in every theme that can be chosen."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from aa_tui.tui.shell.themes import ANSI_DARK, ANSI_LIGHT, CONSOLE, OURS, contrast, fallbacks, ours

THEMES = {**BUILTIN_THEMES, **{theme.name: theme for theme in OURS}}


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#ffffff", "#000000", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#ffffff", "#0000ff", 8.59),
        ("#123456", "#123456", 1),
    ],
)
def test_contrast_as_wcag_has_it(one: str, other: str, ratio: float) -> None:
    """By hand: 1.05 / (L + 0.05), where blue has L = 0.0722 and the grey ((119 / 255 + 0.055) / 1.055) ** 2.4."""
    assert contrast(Color.parse(one), Color.parse(other)) == pytest.approx(ratio, abs=0.01)


@pytest.mark.parametrize("name", [name for name, theme in THEMES.items() if not theme.ansi])
def test_words_stand_out_from_their_ground(name: str) -> None:
    theme = THEMES[name]
    shown = {**fallbacks(theme), **theme.to_color_system().generate(), **theme.variables}
    ground = Color.parse(shown["background"])
    for kind in ("foreground", "muted", "here", "warn", "bad", "part-2", "part-3"):
        assert contrast(Color.parse(shown[kind]), ground) >= 3.5, kind
    assert contrast(Color.parse(shown["muted"]), ground) < contrast(Color.parse(shown["foreground"]), ground)


@pytest.mark.parametrize("name", [name for name, theme in THEMES.items() if theme.ansi])
def test_themes_of_16_colours_keep_to_them(name: str) -> None:
    assert {color.partition("_")[0] for color in fallbacks(THEMES[name]).values()} == {"ansi"}


_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
PALETTES = {
    "linux": (
        "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa "
        "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff"
    ),
    "xterm": (
        "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 "
        "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
    ),
    "windows": (
        "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc "
        "767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2"
    ),
}
"""What the 16 colours are: of Linux's console (VGA), of xterm, of Windows' terminal."""


def colours_of(palette: str) -> dict[str, Color]:
    """The 16 by Textual's names."""
    names = (*_NAMES, *(f"bright_{name}" for name in _NAMES))
    return {f"ansi_{name}": Color.parse(f"#{code}") for name, code in zip(names, palette.split(), strict=True)}


@pytest.mark.parametrize(("palette", "term"), [("linux", "linux"), ("xterm", "xterm-16color"), ("windows", "")])
def test_muted_words_can_be_read_in_16_colours_and_are_not_as_bright_as_others(palette: str, term: str) -> None:
    theme = next(one for one in ours({"TERM": term}) if one.name == ANSI_DARK.name)
    assert (theme is CONSOLE) is (term == "linux")
    colours, shown = colours_of(PALETTES[palette]), {**fallbacks(theme), **theme.variables}
    bright = theme.foreground if theme.foreground in colours else "ansi_white"  # what most terminals write in
    muted, other = (contrast(colours[one or ""], colours["ansi_black"]) for one in (shown["muted"], bright))
    assert 3.5 <= muted < other


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES.keys())
@pytest.mark.parametrize(("theme", "ground"), [(ANSI_DARK, "black"), (ANSI_LIGHT, "bright_white")])
def test_what_stands_out_can_be_read_in_16_colours(theme: Theme, ground: str, palette: str) -> None:
    """Keys, tiles, the chosen tab and bar, marks: as words on the ground, and the ground on them where reversed."""
    colours = colours_of(palette)
    shown = {**fallbacks(theme), **theme.variables, "primary": theme.primary, "secondary": theme.secondary or ""}
    for kind in ("primary", "secondary", "here", "warn", "bad", "part-2", "part-3"):
        assert contrast(colours[shown[kind]], colours[f"ansi_{ground}"]) >= 3, kind
    assert shown["primary"] != shown["secondary"], "the chosen bar is not like the others"
