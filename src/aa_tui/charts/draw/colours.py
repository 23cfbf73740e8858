"""What the roles of a drawing look like outside a terminal, on paper-white and on dark screens.

The colours are the app's own two themes'. A page has them as CSS properties, so that one file suits both; a picture
that stands alone has them plainly, since many viewers know no properties.
"""

from __future__ import annotations

from collections.abc import Collection

LIGHT = {
    "ground": "#fbfbf9",
    "card": "#ffffff",
    "text": "#22272e",
    "dim": "#59626e",
    "faint": "#67717d",
    "accent": "#0b5cad",
    "bar": "#5e83a8",
    "second": "#7d5ba6",
    "third": "#9a6a00",
    "fourth": "#2f7d6b",
    "fifth": "#a8483f",
    "sixth": "#8a8f98",
    "seventh": "#a76a9e",
    "eighth": "#5b6b2f",
    "ninth": "#3f4a57",
    "rule": "#d5d8dc",
    "grid": "#e6e8ea",
    "shade": "#e9f0e4",
}
DARK = {
    "ground": "#101317",
    "card": "#171b21",
    "text": "#d5d9e0",
    "dim": "#98a2b0",
    "faint": "#8590a0",
    "accent": "#6cb6ff",
    "bar": "#5a7fa6",
    "second": "#b493d6",
    "third": "#c9a25c",
    "fourth": "#5fb3a0",
    "fifth": "#d9837a",
    "sixth": "#7f8894",
    "seventh": "#cf9fc7",
    "eighth": "#a3b36b",
    "ninth": "#aab4c2",
    "rule": "#333b46",
    "grid": "#262d36",
    "shade": "#1b2a22",
}

ROLE_COLOURS = {
    "title": "text",
    "note": "dim",
    "axis": "faint",
    "label": "text",
    "value": "text",
    "bar": "bar",
    "chosen-label": "accent",
    "chosen-value": "accent",
    "chosen-bar": "accent",
    "part-1": "bar",
    "part-2": "second",
    "part-3": "third",
    "part-4": "fourth",
    "part-5": "fifth",
    "part-6": "sixth",
    "part-7": "seventh",
    "part-8": "eighth",
    "part-9": "ninth",
    "dot": "bar",
    "dot-2": "second",
    "frontier": "third",
    "quadrant": "shade",
    "whisker": "text",
    "grid": "grid",
    "zero": "rule",
    "chosen-dot": "accent",
    "cursor": "text",
    "chosen-cursor": "accent",
}
"""Roles that are not named here are drawn as text."""

BOLD = frozenset({"title", "chosen-label", "chosen-value", "chosen-dot", "cursor", "chosen-cursor"})

_STROKES = {"whisker": 1.2, "grid": 1.0, "zero": 1.0, "frontier": 1.5}
_STROKE = 2.0


def variables(palette: dict[str, str]) -> str:
    """The palette as CSS custom properties."""
    return "".join(f"--{name}:{value};" for name, value in palette.items())


def role_class(role: str) -> str:
    """The CSS class of a role."""
    return f"r-{role}"


def rules() -> str:
    """The roles' CSS in a page that has the palette as properties."""
    return _rules({name: f"var(--{name})" for name in LIGHT})


def rules_of(classes: Collection[str]) -> str:
    """The same for these classes alone, with both palettes' colours of them: for a picture that is small and stands
    alone in what can show both."""
    own = {name: f"var(--{name})" for name in LIGHT}
    style = "".join(rule for rule in _rules(own, "\n").split("\n") if rule[1:].partition("{")[0] in classes)
    used = {"ground", "card", "text", "accent", *(name for name in LIGHT if own[name] in style)}
    light, dark = (variables({name: palette[name] for name in palette if name in used}) for palette in (LIGHT, DARK))
    return f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}{style}"


def plain_rules(palette: dict[str, str]) -> str:
    """The roles' CSS for simple viewers and converters, which know no custom properties."""
    return f"text,rect{{fill:{palette['text']}}}.ground{{fill:{palette['ground']}}}{_rules(palette)}"


def _rules(colours: dict[str, str], between: str = "") -> str:
    """Fill of each role (class r-…), and its stroke (s-…)."""
    found = [f".hollow{{fill:{colours['card']};stroke-width:1.5}}"]
    for role, name in ROLE_COLOURS.items():
        weight = ";font-weight:bold" if role in BOLD else ""
        found.append(f".{role_class(role)}{{fill:{colours[name]}{weight}}}")
        found.append(f".s-{role}{{stroke:{colours[name]};stroke-width:{_STROKES.get(role, _STROKE):g}}}")
    return between.join(found)
