"""`aa-tui site` in the shell: what it says, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.program import Answer, Program


def test_it_says_where_the_site_is_and_how_large(program: Program, answer: Answer, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = program("site", str(out), "--title", "Models of ours")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith(f"{out}: 157 models in ")
    assert second == f"Open {out / 'index.html'} in a browser, or put the folder on any web server."
    assert "<h1>Models of ours</h1>" in (out / "index.html").read_text()
    told = answer("site", str(out))
    assert (told["path"], told["n_models"], told["sources_left_out"]) == (str(out), 157, [])
    assert told["n_files"] == sum(path.is_file() for path in out.rglob("*"))
    assert told["size_bytes"] == sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    assert told["size_bytes"] < 40_000 * told["n_models"], (
        "small classes share little; a thousand models take 25 kB each"
    )


@pytest.mark.parametrize(
    ("out", "words"), [("full", "is not empty and no site of aa-tui's"), ("none/deeper", "There is no folder")]
)
def test_what_is_no_site_is_refused_in_one_sentence(program: Program, tmp_path: Path, out: str, words: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    done = program("site", str(tmp_path / out))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    assert (tmp_path / "full" / "mine").read_text() == "mine"
