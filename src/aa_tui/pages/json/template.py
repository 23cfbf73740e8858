"""A chat template as `--json` prints it."""

from __future__ import annotations

from typing import Any

from aa_tui.pages.template import TemplatePage


def as_json(page: TemplatePage) -> dict[str, Any]:
    """The page."""
    return {
        "name": page.name,
        "template_chars": page.n_chars,
        "messages": page.n_messages,
        "tools": page.n_tools,
        "shows_tools": page.shows_tools,
        "calls_format": page.calls_format or None,
        "reasoning_format": page.reasoning_format,
        "opens_thinking": page.opens_thinking,
        "n_tokens": page.n_tokens,
        "lints": [{"key": one.key, "level": one.level, "text": one.words} for one in page.lints],
        "changed": list(page.notes),
        "pieces": [{"kind": one.kind, "text": one.text, "token": one.token} for one in page.pieces],
        "prompt": page.text,
    }
