"""What people type and paste as a server's address comes to its root, and what is none is refused in a sentence."""

from __future__ import annotations

import pytest

from aa_tui.engine.errors import EngineError
from aa_tui.engine.served.addresses import is_address, typed_target


@pytest.mark.parametrize(
    ("typed", "root"),
    [
        ("box:8080", "http://box:8080"),
        ("http://box:8080/", "http://box:8080"),
        ("https://x/v1", "https://x"),
        ("https://x/v1/", "https://x"),
        ("https://x/v1/chat/completions", "https://x"),
        ("http://x:80/v1/models", "http://x"),
        ("https://x:443", "https://x"),
        ("HTTP://Box:8080", "http://box:8080"),
        ("http://127.0.0.1:11434/api/chat", "http://127.0.0.1:11434"),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api"),
        ("https://x/team/llm/v1", "https://x/team/llm"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("http://[fe80::1]:8080/v1", "http://[fe80::1]:8080"),
        ("  localhost:1234  ", "http://localhost:1234"),
    ],
)
def test_the_root_of_what_is_typed(typed: str, root: str) -> None:
    assert typed_target(typed).url == root
    assert typed_target(root).url == root


@pytest.mark.parametrize(
    "typed",
    [
        "", "box", "model.gguf", "/models/a.gguf", "C:\\models\\a.gguf", "ftp://box/v1", "file:///etc/passwd",
        "http://", "http://:8080", "http://box:99999", "http://box:0", "http://box:http", "http://b ox", "box:8080 x",
        "http://box/v1?key=1", "http://box/#top", "http://box/ä", "http://[::1", "http://box/\x1b[31m", "ssh://box/8080",
        "http://" + "x" * 3_000,
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_one_clean_sentence(typed: str) -> None:
    with pytest.raises(EngineError) as refused:
        typed_target(typed)
    said = str(refused.value)
    assert "\n" not in said
    assert "\x1b" not in said
    assert len(said) < 300


def test_a_key_is_neither_in_an_address_nor_in_a_text() -> None:
    with pytest.raises(EngineError) as refused:
        typed_target("https://me:hunter2@box/v1")
    assert "hunter2" not in str(refused.value)
    target = typed_target("https://box", model=" m ", key=" sk-hunter2\n")
    assert (target.model, target.key) == ("m", "sk-hunter2")
    assert "hunter2" not in repr(target)
    with pytest.raises(EngineError) as odd:
        typed_target("https://box", key="sk-hunter2\r\nHost: evil")
    assert "hunter2" not in str(odd.value)


@pytest.mark.parametrize(
    ("word", "means_a_server"),
    [("http://box", True), ("HTTPS://x/v1", True), ("ssh://box/8080", True), ("box:8080", False), ("a.gguf", False),
     ("https-notes.gguf", False), ("ftp://x", False)],
)  # fmt: skip
def test_a_server_is_told_from_a_file(word: str, means_a_server: bool) -> None:
    assert is_address(word) is means_a_server
