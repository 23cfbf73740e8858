"""Pages' file names: safe on every system, apart where upper and lower case are alike, the same each time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.export.site.names import MOST, file_names

SLUGS = st.lists(st.one_of(st.text(), st.text("abcABC.-_/\\ ", max_size=6)), max_size=20)


@given(SLUGS)
def test_names_are_safe_and_no_two_are_one_file(slugs: list[str]) -> None:
    names = file_names(slugs)
    assert set(names) == set(slugs)
    assert len({name.lower() for name in names.values()}) == len(names)
    for name in names.values():
        assert name.isascii()
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")
        assert 0 < len(name) <= MOST
        assert not name.startswith((".", "-"))
        assert not name.endswith(".")
        assert name.partition(".")[0] not in ("con", "nul", "aux", "prn", "com1", "lpt9")


@given(SLUGS)
def test_a_name_does_not_hang_on_the_others(slugs: list[str]) -> None:
    alone = {slug: file_names([slug])[slug] for slug in slugs}
    assert file_names(slugs) == alone


@pytest.mark.parametrize("slug", ["nanbeige4-1-3b", "qwen3.5-2b", "7"])
def test_a_usual_slug_is_its_own_name(slug: str) -> None:
    assert file_names([slug]) == {slug: slug}


def test_what_differs_in_case_alone_differs_in_name() -> None:
    names = file_names(["alpha", "Alpha", "ALPHA", "con", "a/b", "a-b"])
    assert names["alpha"] == "alpha"
    assert names["a-b"] == "a-b"
    assert len({name.lower() for name in names.values()}) == 6
