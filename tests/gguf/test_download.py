"""Downloads through the Hub's real client, from a server on the loopback that fails as networks do."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tests.support.hub_server import COMMIT, HubServer

from aa_tui.gguf.bundled import bundled_model
from aa_tui.gguf.download import CancelledError, Downloaded, check_room, download
from aa_tui.gguf.hub import Hub, HubError, files_of, repositories_of

REPO, FILE = "someone/Tiny-GGUF", "Tiny-Q8_0.gguf"
CONTENT = bytes(range(256)) * 8_000  # 2 MB
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server(hub_server: HubServer) -> HubServer:
    hub_server.add(REPO, FILE, CONTENT)
    return hub_server


@pytest.fixture
def hub(server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    return Hub(endpoint=server.endpoint, cache=tmp_path / "cache")


def get(hub: Hub, **options: object) -> Downloaded:
    return download(hub, REPO, FILE, wait_s=0.01, **options)  # type: ignore[arg-type]


def left_over(folder: Path) -> list[str]:
    """Every file below a folder but locks and the client's own notes."""
    return sorted(
        one.name
        for one in folder.rglob("*")
        if one.is_file() and ".locks" not in one.parts and one.name not in ("CACHEDIR.TAG", "main")
    )


def test_into_the_hubs_cache_as_the_client_lays_it_out(server: HubServer, hub: Hub) -> None:
    from huggingface_hub import try_to_load_from_cache

    told: list[tuple[int, int, str]] = []
    done = get(hub, on_progress=lambda *one: told.append(one))
    assert done.path.read_bytes() == CONTENT
    assert done.path.name == FILE
    assert (done.sha256, done.stated_sha256) == (SHA256, SHA256)
    assert done.address == f"{server.endpoint}/{REPO}/blob/{COMMIT}/{FILE}"
    assert str(done.path) == try_to_load_from_cache(REPO, FILE, cache_dir=hub.cache)
    assert left_over(hub.cache or Path()) == sorted([SHA256, FILE])
    assert told[-1] == (len(CONTENT), len(CONTENT), "checking")
    downloading = [done for done, _, what in told if what == "downloading"]
    assert downloading == sorted(downloading)
    assert len(downloading) >= 8  # a bar that moves
    assert {one.authorization for one in server.requests if one.host.startswith("127")} == {"Bearer hf_secret"}
    assert {one.authorization for one in server.of_storage()} == {None}  # the token stays with the Hub


def test_nothing_is_downloaded_twice(server: HubServer, hub: Hub) -> None:
    get(hub)
    asked = len(server.of_storage())
    assert get(hub).sha256 == SHA256
    assert len(server.of_storage()) == asked


def test_connections_that_break_off_are_taken_up_where_they_were(server: HubServer, hub: Hub) -> None:
    server.faults.cut_after, server.faults.cuts = 600_000, 3
    assert get(hub).path.read_bytes() == CONTENT
    asked = server.of_storage()
    assert len(asked) == 4
    assert asked[0].range is None
    starts = [int(str(one.range).removeprefix("bytes=").rstrip("-")) for one in asked[1:]]
    assert starts == sorted(starts)
    assert starts[0] > 0


def test_an_interrupted_download_goes_on_next_time(server: HubServer, hub: Hub) -> None:
    seen: list[int] = []
    with pytest.raises(CancelledError, match="same command resumes it"):
        get(hub, on_progress=lambda done, *_: seen.append(done), is_cancelled=lambda: bool(seen and seen[-1] > 900_000))
    cache = hub.cache or Path()
    assert left_over(cache) == [f"{SHA256}.incomplete"]  # nothing has a good name yet
    kept = next(cache.rglob("*.incomplete")).stat().st_size
    assert 900_000 < kept < len(CONTENT)
    server.requests.clear()
    assert get(hub).sha256 == SHA256
    assert [one.range for one in server.of_storage()] == [f"bytes={kept}-"]
    assert left_over(cache) == sorted([SHA256, FILE])


def test_a_server_that_ignores_ranges_sends_all_of_it_again(server: HubServer, hub: Hub) -> None:
    server.faults.cut_after, server.faults.cuts, server.faults.ignores_ranges = 700_000, 1, True
    assert get(hub).path.read_bytes() == CONTENT


def test_a_server_that_never_gets_on_is_given_up(server: HubServer, hub: Hub) -> None:
    server.faults.cut_after, server.faults.cuts = 0, 99
    with pytest.raises(HubError, match=r"broke off|cannot be reached"):
        get(hub)
    assert len(server.of_storage()) == 5
    assert not list((hub.cache or Path()).rglob("*.gguf"))


@pytest.mark.parametrize("own", [False, True])
def test_other_content_than_stated_is_deleted(server: HubServer, hub: Hub, tmp_path: Path, own: bool) -> None:
    server.faults.lies_about_content = True
    folder = tmp_path / "own" if own else None
    with pytest.raises(HubError, match=r"is not what the Hub states .* deleted"):
        get(hub, to_folder=folder)
    assert left_over(folder or hub.cache or Path()) in ([], [f"{SHA256}.lock"])
    server.faults.lies_about_content = False
    assert get(hub, to_folder=folder).sha256 == SHA256


def test_into_a_folder_of_ones_own(server: HubServer, hub: Hub, tmp_path: Path) -> None:
    done = get(hub, to_folder=tmp_path / "models")
    assert done.path == tmp_path / "models" / REPO / FILE
    assert done.path.read_bytes() == CONTENT
    assert not done.path.is_symlink()
    done.path.write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(HubError, match="is there but is damaged"):
        get(hub, to_folder=tmp_path / "models")


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "is gated: accept its terms on http"),
        (403, "hf auth login` or set HF_TOKEN"),
        (404, "There is no repository someone/Tiny-GGUF"),
        (429, "is asked too much"),
        (500, r"cannot give someone/Tiny-GGUF.* now \(HTTP 500\): try again later"),
    ],
)
def test_refusals_are_one_sentence_with_the_next_step(server: HubServer, hub: Hub, status: int, says: str) -> None:
    server.faults.status[REPO] = status
    for ask in (lambda: get(hub), lambda: files_of(hub, REPO)):
        with pytest.raises(HubError, match=says) as caught:
            ask()
        assert "\n" not in str(caught.value)
    assert left_over(hub.cache or Path()) == []


def test_what_else_is_not_there(server: HubServer, hub: Hub) -> None:
    with pytest.raises(HubError, match=r"There is no file someone/Tiny-GGUF/other\.gguf .* --list"):
        download(hub, REPO, "other.gguf")
    server.faults.token = "hf_good"  # a token of this test
    with pytest.raises(HubError, match="refuses the token"):
        files_of(hub, REPO)
    gone = Hub(endpoint="http://127.0.0.1:9", cache=hub.cache)
    with pytest.raises(HubError, match="cannot be reached"):
        files_of(gone, REPO)
    with pytest.raises(HubError, match="cannot be reached"):
        download(gone, REPO, FILE)


def test_a_full_disk_is_noticed_before_anything_is_asked(tmp_path: Path) -> None:
    check_room(tmp_path / "not" / "there", 1)
    with pytest.raises(HubError, match="free some room, take a smaller quantization"):
        check_room(tmp_path, 1 << 60)


def test_lists_quantizations_with_parts_together(server: HubServer, hub: Hub) -> None:
    server.add(REPO, "big/Tiny-Q6_K-00001-of-00002.gguf", b"one")
    server.add(REPO, "big/Tiny-Q6_K-00002-of-00002.gguf", b"three")
    server.add(REPO, "Tiny-F16-00001-of-00002.gguf", b"its second part is missing")
    server.add(REPO, "Tiny.i1-IQ4_XS.gguf", b"x" * 10)
    server.add(REPO, "mmproj-Tiny-f16.gguf", b"a projector")
    server.add(REPO, "../escape-Q4_0.gguf", b"")
    server.add(REPO, "evil\x1b[31m-Q4_0.gguf", b"")
    server.add(REPO, "README.md", b"words")
    found = {one.quant: one for one in files_of(hub, REPO)}
    assert set(found) == {"Q6_K", "IQ4_XS", "Q8_0"}
    assert [part.file for part in found["Q6_K"].parts] == [
        "big/Tiny-Q6_K-00001-of-00002.gguf",
        "big/Tiny-Q6_K-00002-of-00002.gguf",
    ]
    assert found["Q6_K"].size_bytes == 8
    assert found["Q8_0"].parts[0].sha256 == SHA256
    server.derived["someone/Tiny"] = [REPO]
    assert repositories_of(hub, "someone/Tiny") == [REPO]
    server.repos["someone/Empty"] = {"README.md": b""}
    with pytest.raises(HubError, match="holds no GGUF files"):
        files_of(hub, "someone/Empty")


def test_the_bundled_file_survives_the_way(server: HubServer, hub: Hub) -> None:
    sha256 = server.add(REPO, "nano-Q8_0.gguf", bundled_model().read_bytes())
    assert download(hub, REPO, "nano-Q8_0.gguf").sha256 == sha256
