"""Who is talked to, told by the environment alone; and waiting for servers that never answer."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.hub_server import HubServer

from aa_tui.gguf.talking import talking
from aa_tui.host import network

VARIABLES = (
    *("HF_HUB_DISABLE_TELEMETRY", "DISABLE_TELEMETRY", "DO_NOT_TRACK", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"),
    *("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_ENDPOINT", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "HF_TOKEN_PATH"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment that says nothing of a Hub, with a home of its own for it."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("environ", "reports"),
    [
        ({}, False),
        ({"HF_HUB_DISABLE_TELEMETRY": "1"}, False),
        ({"HF_HUB_DISABLE_TELEMETRY": "0"}, True),
        ({"HF_HUB_DISABLE_TELEMETRY": "0", "DO_NOT_TRACK": "1"}, False),
        ({"HF_HUB_DISABLE_TELEMETRY": "0", "DISABLE_TELEMETRY": "yes"}, False),
    ],
)
def test_whether_the_client_reports_home(bare: Path, environ: dict[str, str], reports: bool) -> None:
    assert talking({"HF_HOME": str(bare), **environ}).reports is reports


def test_where_a_token_is(bare: Path) -> None:
    home = {"HF_HOME": str(bare)}
    assert talking(home).token == ""
    assert talking({**home, "HF_TOKEN": "hf_secret"}).token == "HF_TOKEN"
    (bare / "token").write_text("hf_secret")
    assert talking(home).token == str(bare / "token")
    assert talking({**home, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}).token == ""


@pytest.mark.long
def test_doctor_says_who_is_talked_to_and_no_secret(
    bare: Path, monkeypatch: pytest.MonkeyPatch, hub_server: HubServer, program: Callable[..., Any]
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("HF_ENDPOINT", f"http://me:pass-word@127.0.0.1:{hub_server.port}")
    monkeypatch.setenv("HTTPS_PROXY", "http://you:word-pass@127.0.0.1:1")
    for arguments in (("doctor",), ("doctor", "--json")):
        done = program(*arguments)
        assert f"http://***@127.0.0.1:{hub_server.port}" in done.stdout
        assert "http://***@127.0.0.1:1" in done.stdout
        for secret in ("hf_secret", "pass-word", "word-pass"):
            assert secret not in done.stdout + done.stderr
    said = " ".join(program("doctor").stdout.split())
    assert "reachable; your token from HF_TOKEN goes there only; its client reports nothing home" in said
    assert "Nothing is sent unasked." in said
    assert hub_server.requests == []  # it connected, and asked for nothing


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nonsense", "no web address"),
        ("http://", "no web address"),
        ("http://127.0.0.1:99999", "no web address"),
        ("http://127.0.0.1:x", "no web address"),
        ("http://[::bad", "no web address"),
        (f"http://{'a' * 70}.invalid", "look"),
        ("http://127.0.0.1:1", "refused"),
    ],
)
def test_addresses_that_cannot_be_reached(address: str, words: str) -> None:
    why = network.reach(address, 5.0)
    assert why is not None
    assert words in why


def test_a_server_that_says_nothing_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        assert network.reach(f"http://127.0.0.1:{deaf.getsockname()[1]}") is None


def test_passwords_are_masked_wherever_they_are() -> None:
    assert network.masked("http://me:word@host/x") == "http://***@host/x"
    assert network.masked("me:word@host:3128") == "***@host:3128"
    assert network.masked("see https://me@host and http://host/a@b") == "see https://***@host and http://host/a@b"
