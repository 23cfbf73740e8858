"""What the roles of a drawing look like outside a terminal, on paper-white and on dark screens.

The colours are the app's own two themes'. They are put into files as CSS, so that one file suits both.
"""

from __future__ import annotations

LIGHT = {
    "ground": "#fbfbf9",
    "text": "#22272e",
    "dim": "#626b77",
    "faint": "#7d8792",
    "accent": "#0b5cad",
    "bar": "#5e83a8",
    "second": "#7d5ba6",
    "third": "#9a6a00",
    "rule": "#d5d8dc",
}
DARK = {
    "ground": "#101317",
    "text": "#d5d9e0",
    "dim": "#8b95a3",
    "faint": "#6c7683",
    "accent": "#6cb6ff",
    "bar": "#5a7fa6",
    "second": "#b493d6",
    "third": "#c9a25c",
    "rule": "#333b46",
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
    "dot": "bar",
    "dot-2": "second",
    "frontier": "third",
    "quadrant": "rule",
    "chosen-dot": "accent",
    "cursor": "accent",
}
"""Roles that are not named here are drawn as text."""

BOLD = frozenset({"title", "chosen-label", "chosen-value", "chosen-dot", "cursor"})


def variables(palette: dict[str, str]) -> str:
    """The palette as CSS custom properties."""
    return "".join(f"--{name}:{value};" for name, value in palette.items())


def role_class(role: str) -> str:
    """The CSS class of a role."""
    return f"r-{role}"


def role_rules(property_name: str) -> str:
    """One CSS rule a role; `property_name` is `color` in HTML and `fill` in SVG."""
    rules = []
    for role, colour in ROLE_COLOURS.items():
        weight = "font-weight:bold;" if role in BOLD else ""
        rules.append(f".{role_class(role)}{{{property_name}:var(--{colour});{weight}}}")
    return "".join(rules)
