"""`docs/keys.md` is what the app's commands say."""

from __future__ import annotations

from tests.docs import keys_page

from aa_tui.tui.shell.registry import REGISTRY


def test_the_page_is_made_from_the_commands() -> None:
    written = keys_page.PAGE.read_text(encoding="utf-8")
    assert written == keys_page.page(), "make it again: python -m tests.docs.keys_page"


def test_every_view_has_its_section() -> None:
    classes = keys_page.view_classes()
    assert set(REGISTRY) <= set(classes)
    assert all(f"## {classes[name].TITLE}\n" in keys_page.page() for name in REGISTRY)
