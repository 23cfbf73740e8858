"""What is words can be read in every theme that can be chosen."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from aa_tui.tui.themes import DARK, LIGHT, contrast, fallbacks

THEMES = {**BUILTIN_THEMES, DARK.name: DARK, LIGHT.name: LIGHT}


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
