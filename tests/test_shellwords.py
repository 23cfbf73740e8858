"""Words for a shell: what is suggested can be pasted, whatever a path holds, and nothing in it reaches the terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aa_tui.shellwords import quoted, unquoted
from aa_tui.textsafe import clean_line, has_controls

ODD = [
    "two  spaces", "no\xa0break", "wide\u3000space", "tab\there", "line\nhere", "rtl\u200fmark", "\x1b[31mred",
    "c1\x9b31m", "bad\udcff7", "e\u0301", "\xe9", " lead", "trail ", "-dash", "~", "%41", "$HOME", "q'\"q", "a:b",
    "a|b",
    "`id`", "$(id)", "back\\slash", "!history", "", "x" * 255, "\U000e0001tag",
]  # fmt: skip
paths = st.binary(max_size=40).map(lambda data: os.fsdecode(data.replace(b"\0", b"")))


@pytest.mark.parametrize("shell", ["bash", "zsh", "ksh"])
def test_a_shell_reads_the_very_word(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here")
    script = "printf '%s\\0' " + " ".join(map(quoted, ODD))
    done = subprocess.run([shell, "-c", script], capture_output=True, check=True)
    assert done.stdout.split(b"\0")[:-1] == [os.fsencode(word) for word in ODD]


@given(paths)
@example("a  b")
@example("bad\udcff7")
@example("e\u0301")
def test_a_word_can_be_shown_and_typed_again(word: str) -> None:
    shown = quoted(word)
    assert shown == clean_line(f"x{shown}x")[1:-1], "cleaning for the screen changes nothing of it"
    assert not has_controls(shown)
    assert not any(map(unicodedata.combining, shown)), "what is written in two ways does not look the same"
    assert unquoted(shown) == word


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("'/a/My  Models/m.gguf'", "/a/My  Models/m.gguf"),
        ("/a/My\\ Models/m.gguf ", "/a/My Models/m.gguf"),
        (r"$'/a/b\xffc\t\101'", "/a/b\udcffc\tA"),
        ("two words", None),
        ("'open", None),
        ("", None),
    ],
)
def test_what_a_terminal_pastes_is_read(typed: str, word: str | None) -> None:
    assert unquoted(typed) == word
