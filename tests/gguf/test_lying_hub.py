"""A Hub that lies, loiters and leads astray: one clean sentence each, in bounded time and memory, nothing lost."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.hub_server import COMMIT, HubServer, Lie

from aa_tui.gguf import exchange, inspection
from aa_tui.gguf.bundled import bundled_model
from aa_tui.gguf.download import CancelledError, Downloaded, download
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.hub import Hub, HubError, dataset_files, files_of, is_file_name, is_repo, repositories_of
from aa_tui.gguf.remote import RangeFile
from aa_tui.textsafe import has_controls

REPO, FILE = "someone/Tiny-GGUF", "Tiny-Q8_0.gguf"
CONTENT = bytes(range(256)) * 4_000  # 1 MB
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SECRET = "hf_secret"
PROMPT_S = 5.0
"""Far less than any server below would hold us, far more than a busy machine needs."""


@pytest.fixture
def server(hub_server: HubServer) -> HubServer:
    hub_server.add(REPO, FILE, CONTENT)
    return hub_server


@pytest.fixture
def hub(server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.setenv("HF_TOKEN", SECRET)
    return Hub(endpoint=server.endpoint, cache=tmp_path / "cache")


def get(hub: Hub, **options: object) -> Downloaded:
    return download(hub, REPO, FILE, wait_s=0.01, **options)  # type: ignore[arg-type]


def refused(ask: Callable[[], object]) -> str:
    """The sentence with which it ends."""
    with pytest.raises(GGUFError) as caught:
        ask()
    sentence = str(caught.value)
    assert not has_controls(sentence)
    assert SECRET not in sentence
    assert 20 < len(sentence) < 500
    return sentence


def files_below(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.rglob("*") if one.is_file() and one.suffix != ".lock")


def info(**changes: Any) -> bytes:
    """What the Hub's API says of a repository with one file, changed."""
    sibling = {"rfilename": FILE, "size": len(CONTENT), "lfs": {"sha256": SHA256, "size": len(CONTENT)}}
    return json.dumps({"id": REPO, "sha": COMMIT, "siblings": [sibling], **changes}).encode()


@pytest.mark.parametrize(
    ("sibling", "expected"),
    [
        ({"size": "12"}, (FILE, None, SHA256)),
        ({"size": -5}, (FILE, None, SHA256)),
        ({"size": 1 << 70}, (FILE, None, SHA256)),
        ({"size": 1.5}, (FILE, None, SHA256)),
        ({"size": True}, (FILE, None, SHA256)),
        ({"size": None}, (FILE, None, SHA256)),
        ({"lfs": "yes"}, (FILE, len(CONTENT), None)),
        ({"lfs": []}, (FILE, len(CONTENT), None)),
        ({"lfs": {"sha256": 7}}, (FILE, len(CONTENT), None)),
        ({"lfs": {"sha256": "../../../etc/passwd"}}, (FILE, len(CONTENT), None)),
    ],
)
def test_what_is_said_of_a_file_is_looked_at(
    server: HubServer, hub: Hub, sibling: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    whole = {"rfilename": FILE, "size": len(CONTENT), "lfs": {"sha256": SHA256}, **sibling}
    server.faults.lies["/api/models/"] = Lie(info(siblings=[whole]))
    (part,) = files_of(hub, REPO)[0].parts
    assert (part.file, part.size_bytes, part.sha256) == expected


def test_names_that_lead_elsewhere_are_no_files(server: HubServer, hub: Hub) -> None:
    names: list[Any] = [
        *("../x.gguf", "a/../../x.gguf", "/etc/x.gguf", "a//x.gguf", "./x.gguf", "a\\..\\x.gguf", "x\0.gguf", ""),
        *("\x1b[31mx.gguf", "x\n.gguf", "\u202ex.gguf", "\ud800x.gguf", "x" * 300 + ".gguf", None, 7, [], {}),
    ]
    siblings = [{"rfilename": name, "size": 5} for name in names] + [{}, None, "x", 7, {"size": 5}, {"rfilename": FILE}]
    server.faults.lies["/api/"] = Lie(info(siblings=siblings * 2))
    assert [one.file for one in files_of(hub, REPO)] == [FILE]
    assert [part.file for part in dataset_files(hub, REPO, "main")[1]] == [FILE]
    assert not any(map(is_file_name, names))
    assert not any(map(is_repo, ("../..", "a/..", "./x", "a/b/c", "a b/c", "-a/b", "a\n/b", "é/b", "a", "a--b/c")))


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"7", b'"x"', b"[]", b"[1,2]", b"{", b"\xff\xfe", b"<!DOCTYPE html><p>Please log in", b"NaN"),
        *(b"{}", b'{"siblings": null}', b'{"siblings": "x"}', b'{"siblings": {"a": 1}}'),
        b"[" * 100_000,
        b'{"siblings": ' + b"9" * 1_000_000 + b"}",
    ],
)
def test_answers_that_are_no_hubs(server: HubServer, hub: Hub, body: bytes) -> None:
    server.faults.lies["/api/"] = Lie(body)
    for ask in (lambda: files_of(hub, REPO), lambda: dataset_files(hub, REPO, "main")):
        assert "does not answer as a Hub" in refused(ask)
    try:
        assert repositories_of(hub, REPO) == []
    except HubError as error:
        assert "does not answer as a Hub" in str(error)  # noqa: PT017  # a list may be empty


@pytest.mark.parametrize("commit", [None, 7, "", "main", "../..", "0" * 39, "\x1b[2J", ["a"]])
def test_a_commit_that_is_none(server: HubServer, hub: Hub, commit: Any) -> None:
    server.faults.lies["/api/"] = Lie(info(sha=commit))
    assert "it states no commit" in refused(lambda: dataset_files(hub, REPO, "main"))


@pytest.mark.long
def test_an_answer_without_end_is_not_read_to_its_end(server: HubServer, hub: Hub) -> None:
    most = exchange.MAX_ANSWER_BYTES
    siblings = b'{"siblings": [' + b'{"rfilename": "a.gguf"},' * (most // 24 + 1) + b"{}]}"
    server.faults.lies["/api/"] = Lie(siblings)
    assert "it is longer than 8 MiB" in refused(lambda: files_of(hub, REPO))
    server.faults.lies["/api/"] = Lie(gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"})
    assert "it is compressed" in refused(lambda: files_of(hub, REPO))
    server.faults.lies["/api/"] = Lie(gzip.compress(bytes(50_000_000)), 500, {"Content-Encoding": "gzip"})
    refused(lambda: files_of(hub, REPO))


def test_the_clients_own_words_for_refusals_are_clean(server: HubServer, hub: Hub) -> None:
    for status in (400, 401, 402, 403, 404, 410, 418, 429, 451, 500, 503, 599):
        headers = {"X-Error-Message": "\x1b]0;title\x07 \x9b31m red", "X-Error-Code": "\x1b[2J", "Retry-After": "9" * 9}
        server.faults.lies["/"] = Lie(b"\x1b[31m\x07 no", status, headers)
        for ask in (lambda: files_of(hub, REPO), lambda: get(hub), lambda: repositories_of(hub, REPO)):
            refused(ask)


@pytest.mark.parametrize(
    "says",
    [
        {"X-Linked-Etag": '""', "ETag": '""'},
        {"X-Linked-Etag": '".."'},
        {"X-Linked-Etag": "../../../../tmp/x"},
        {"X-Linked-Etag": '"a b"'},
        {"X-Linked-Etag": '"' + "a" * 300 + '"'},
        {"X-Linked-Etag": '"\x1b[2J"'},
        {"X-Repo-Commit": ""},
        {"X-Repo-Commit": "../.."},
        {"X-Repo-Commit": "main"},
        {"X-Linked-Size": "-1"},
        {"X-Linked-Size": "1e9"},
        {"X-Linked-Size": "9" * 400},
        {"X-Linked-Size": "\u0663"},
        {"X-Linked-Size": ""},
    ],
)
def test_what_is_said_of_a_download_is_looked_at(server: HubServer, hub: Hub, says: dict[str, str]) -> None:
    server.faults.says_of_files.update({name: value.encode().decode("latin-1") for name, value in says.items()})
    assert "does not answer as a Hub" in refused(lambda: get(hub))
    assert files_below((hub.cache or Path()).parent) == []


def test_a_size_that_no_disk_holds_is_refused_before_a_byte(server: HubServer, hub: Hub) -> None:
    server.faults.says_of_files["X-Linked-Size"] = str(1 << 49)
    assert "are free there" in refused(lambda: get(hub))
    assert server.of_storage() == []


@pytest.mark.parametrize("stated", [10, len(CONTENT) - 1, len(CONTENT) + 1, 3 * len(CONTENT)])
def test_another_length_than_stated(server: HubServer, hub: Hub, stated: int) -> None:
    server.faults.says_of_files["X-Linked-Size"] = str(stated)
    assert "again" in refused(lambda: get(hub))
    assert not list((hub.cache or Path()).rglob("*.gguf"))
    server.faults.says_of_files.clear()
    assert get(hub).sha256 == SHA256


@pytest.mark.parametrize(
    "lie",
    [
        Lie(b"<!DOCTYPE html>", headers={"Content-Type": "text/html"}),
        Lie(b"", 204),
        Lie(CONTENT[:5], 206),
        Lie(CONTENT[7:], 206, {"Content-Range": f"bytes 7-{len(CONTENT)}/{len(CONTENT)}"}),
        Lie(gzip.compress(CONTENT), headers={"Content-Encoding": "gzip"}),
        Lie(CONTENT[:100], length=len(CONTENT)),
        Lie(b"\x1b[2J", 503, {"Retry-After": "1000000000"}),
        Lie(b"", 429, {"Retry-After": "soon \x1b[2J"}),
        Lie(b"", 416, {"Content-Range": "bytes */x"}),
        Lie(b"", 302, {"Location": "file:///etc/passwd"}),
        Lie(b"", 302, {"Location": "http://[::bad"}),
        Lie(b"", 302, {"Location": "http://localhost:99999/x"}),
        Lie(b"", 307, {"Location": "gopher://localhost/x"}),
    ],
)
def test_a_storage_that_is_none(server: HubServer, hub: Hub, lie: Lie) -> None:
    began = time.monotonic()
    server.faults.lies["/storage/"] = lie
    refused(lambda: get(hub))
    assert time.monotonic() - began < 60  # and not for as long as it says
    assert not list((hub.cache or Path()).rglob("*.gguf"))
    server.faults.lies.clear()
    assert get(hub).sha256 == SHA256


def test_redirects_without_end(server: HubServer, hub: Hub) -> None:
    server.faults.lies["/storage/"] = Lie(b"", 302, {"Location": f"{server.storage}/storage/{REPO}/{FILE}"})
    assert "sends us on without end" in refused(lambda: get(hub))
    server.faults.lies["/resolve/"] = Lie(b"", 302, {"Location": f"{server.endpoint}/{REPO}/resolve/main/{FILE}"})
    assert "sends us on without end" in refused(lambda: get(hub))
    assert "sends us on without end" in refused(lambda: inspection.inspect_hub(server.endpoint, SECRET, REPO, FILE))
    assert len(server.requests) < 60


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_goes_to_the_address_that_was_asked_for_and_no_further(
    server: HubServer, hub: Hub, status: int
) -> None:
    other = HubServer()  # the same host name on another port: somebody else's server
    other.add(REPO, FILE, CONTENT)
    try:
        there = {"Location": f"{other.endpoint}/{REPO}/resolve/main/{FILE}", "X-Repo-Commit": COMMIT}
        server.faults.lies["/resolve/"] = Lie(b"", status, there)
        refused(lambda: get(hub))
        refused(lambda: inspection.inspect_hub(server.endpoint, SECRET, REPO, FILE))
        server.faults.lies["/api/"] = Lie(b"{}", status, {"Location": f"{other.endpoint}/api/models/{REPO}"})
        assert "sends us on to" in refused(lambda: files_of(hub, REPO))
        assert {one.authorization for one in server.requests} == {f"Bearer {SECRET}"}
        assert {one.authorization for one in other.requests} <= {None}
        assert not any(SECRET in str(one.headers) for one in other.requests)
    finally:
        other.close()


def test_a_repository_that_was_renamed_is_followed(server: HubServer, hub: Hub) -> None:
    server.add("someone/New-GGUF", FILE, CONTENT)
    server.faults.lies[f"/api/models/{REPO}"] = Lie(b"", 307, {"Location": "/api/models/someone/New-GGUF"})
    assert files_of(hub, REPO)[0].file == FILE


@pytest.mark.parametrize("token", ["hf_\x00secret", "hf_sécret", "hf secret", "hf_secret" * 1_000, "hf_\x1b[31m"])
def test_a_token_that_is_none_is_not_shown(hub: Hub, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    odd = Hub(hub.endpoint, token, hub.cache)
    for ask in (
        lambda: files_of(odd, REPO),
        lambda: get(odd),
        lambda: inspection.inspect_hub(hub.endpoint, token, REPO, FILE),
    ):
        sentence = refused(ask)
        assert "holds characters that no token has" in sentence
        assert "cret" not in sentence


@pytest.mark.parametrize(
    "endpoint",
    ["ftp://x", "nonsense", "http://", "http://127.0.0.1:99999", "http://127.0.0.1:1", "http://[::bad", "http://\x00"],
)
def test_endpoints_that_are_none(hub: Hub, endpoint: str) -> None:
    odd = Hub(endpoint, None, hub.cache)
    for ask in (lambda: files_of(odd, REPO), lambda: get(odd), lambda: repositories_of(odd, REPO)):
        refused(ask)


def test_passwords_in_addresses_are_not_shown(hub: Hub) -> None:
    odd = Hub("http://me:pass-word@127.0.0.1:1", None, hub.cache)
    for ask in (lambda: files_of(odd, REPO), lambda: get(odd), lambda: RangeFile(f"{odd.endpoint}/x.gguf")):
        assert "pass-word" not in refused(ask)


def promptly_stopped(work: Callable[[Callable[[], bool]], object], is_there: Callable[[], bool]) -> None:
    """Work that is asked to stop once `is_there` ends at once."""
    stop, ended = threading.Event(), threading.Event()
    caught: list[BaseException] = []

    def run() -> None:
        try:
            work(stop.is_set)
        except BaseException as error:  # noqa: BLE001  # looked at below
            caught.append(error)
        ended.set()

    threading.Thread(target=run, daemon=True).start()
    end = time.monotonic() + PROMPT_S
    while not is_there() and time.monotonic() < end:
        time.sleep(0.01)
    assert is_there()
    stop.set()
    assert ended.wait(PROMPT_S)
    assert [type(one) for one in caught] == [CancelledError]


SLOW = 0.02
"""Seconds from byte to byte: 50 bytes/s."""


def test_trickling_answers_end(server: HubServer, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "ANSWER_S", 0.5)
    server.faults.lies["/api/"] = Lie(every_s=SLOW)
    assert "cannot be reached (no whole answer within 0.5 s)" in refused(lambda: files_of(hub, REPO))
    monkeypatch.undo()
    promptly_stopped(lambda stop: files_of(hub, REPO, stop), lambda: bool(server.requests))


def test_a_trickling_download_ends_and_goes_on_later(server: HubServer, hub: Hub) -> None:
    server.faults.cut_after, server.faults.cuts = 300_000, 1
    server.faults.lies["/storage/"] = Lie(CONTENT, every_s=SLOW)
    assert "too slow (only " in refused(lambda: get(hub, patience_s=0.5))
    (partial,) = (hub.cache or Path()).rglob("*.incomplete")
    kept = partial.stat().st_size
    assert 0 < kept < 1_000
    seen: list[int] = []
    promptly_stopped(
        lambda stop: get(hub, is_cancelled=stop, on_progress=lambda done, *_: seen.append(done)), lambda: bool(seen)
    )
    kept = partial.stat().st_size
    server.faults.lies.clear()
    server.requests.clear()
    assert get(hub).path.read_bytes() == CONTENT
    assert server.of_storage()[0].range == f"bytes={kept}-"


def test_a_trickling_header_ends(server: HubServer) -> None:
    server.add(REPO, "nano.gguf", bundled_model().read_bytes())
    url = f"{server.storage}/storage/{REPO}/nano.gguf"
    size = bundled_model().stat().st_size
    server.faults.lies["/storage/"] = Lie(
        bundled_model().read_bytes(), 206, {"Content-Range": f"bytes 0-65535/{size}"}, every_s=SLOW, length=1 << 16
    )
    assert "too slow (only " in refused(lambda: RangeFile(url, patience_s=0.5))


@pytest.fixture
def deaf() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_stopping_is_at_once_where_nobody_answers(deaf: str, tmp_path: Path) -> None:
    hub = Hub(deaf, None, tmp_path)
    for work in (
        lambda stop: files_of(hub, REPO, stop),
        lambda stop: dataset_files(hub, REPO, "main", stop),
        lambda stop: repositories_of(hub, REPO, stop),
        lambda stop: download(hub, REPO, FILE, is_cancelled=stop),
    ):
        promptly_stopped(work, lambda: True)


def test_stopping_is_at_once_while_waiting_and_while_checking(server: HubServer, hub: Hub) -> None:
    server.faults.lies["/storage/"] = Lie(b"", 503, {"Retry-After": "50"})
    promptly_stopped(lambda stop: get(hub, is_cancelled=stop), lambda: bool(server.of_storage()))
    server.faults.lies.clear()
    seen: list[str] = []
    with pytest.raises(CancelledError, match="same command resumes it"):
        get(hub, on_progress=lambda *one: seen.append(one[2]), is_cancelled=lambda: "checking" in seen)
    assert get(hub).sha256 == SHA256


@pytest.mark.long
@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("", ("gguf", "pull", REPO, "--list")),
        ("/api/", ("gguf", "pull", REPO, "--list")),
        ("/resolve/", ("gguf", "pull", REPO)),
        ("/storage/", ("gguf", "pull", REPO)),
        ("/storage/", ("gguf", "inspect", f"{REPO}/{FILE}")),
    ],
)
@pytest.mark.repeats
def test_control_c_is_at_once_at_every_stage(
    server: HubServer, deaf: str, home: Path, path: str, command: tuple[str, ...]
) -> None:
    import signal

    if path:
        ranges = {"Content-Range": "bytes 0-65535/70000000"}
        is_part = command[1] == "inspect"
        server.faults.lies[path] = Lie(status=206 if is_part else 200, headers=ranges if is_part else {}, every_s=SLOW)
    environ = {
        **os.environ,
        "AA_TUI_HOME": str(home),
        "HF_HUB_CACHE": str(home / "cache"),
        "HF_ENDPOINT": server.endpoint if path else deaf,
        "HF_HUB_DOWNLOAD_TIMEOUT": "100",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "aa_tui", *command],
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 60
    while path and not any(path in one.path for one in server.requests) and time.monotonic() < end:
        time.sleep(0.02)
    if not path:
        time.sleep(3)  # nothing tells when it waits; stopping before is as well
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - began < PROMPT_S
    assert process.returncode == 130, out + err
    assert "Traceback" not in err


@pytest.mark.long
def test_the_client_reports_nothing_home(server: HubServer, home: Path) -> None:
    """Also where it would: it asks its registry of programs who runs it, and tells."""
    program = (
        "import sys; from aa_tui.gguf.hub import *; from pathlib import Path\n"
        "from aa_tui.gguf.download import download\n"
        f"hub = Hub(sys.argv[1], None, Path(sys.argv[2])); files_of(hub, {REPO!r})\n"
        f"download(hub, {REPO!r}, {FILE!r})\n"
    )
    plain = {name: value for name, value in os.environ.items() if "TELEMETRY" not in name and name != "DO_NOT_TRACK"}
    for chosen, reports in (({}, False), ({"HF_HUB_DISABLE_TELEMETRY": "0"}, True)):
        server.requests.clear()
        environ = {**plain, **chosen, "HF_HOME": str(home), "HF_ENDPOINT": server.endpoint, "AI_AGENT": "some"}
        subprocess.run(
            [sys.executable, "-c", program, server.endpoint, str(home / str(reports))], env=environ, check=True
        )
        paths = {one.path for one in server.requests}
        known = (f"/api/models/{REPO}", f"/{REPO}/resolve/", f"/storage/{REPO}/")
        assert all(path.startswith(known) for path in paths) is not reports, paths
        agents = {one.headers["user-agent"] for one in server.requests if one.path.startswith(known)}
        assert all(agent.startswith("aa-tui/") and "agent/" not in agent for agent in agents), agents
