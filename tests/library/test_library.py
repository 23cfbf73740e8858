"""What lies on a machine: found in every program's place, told apart, checked and removed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.gguf_files import Builder, split_model
from tests.support.hub_server import HubServer

from aa_tui.catalog import library, models, runs
from aa_tui.catalog.library import MeasuredSpeed
from aa_tui.catalog.models import by_slug
from aa_tui.catalog.rows import Figure
from aa_tui.gguf.bundled import bundled_model
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.hub import Hub
from aa_tui.gguf.parts import read_parts
from aa_tui.gguf.places import hub_cache
from aa_tui.library import fits, keeping, pullable, pulling, scan
from aa_tui.library.room import Room, room_here
from aa_tui.runs.errors import RunError
from aa_tui.runs.page import put_figures
from aa_tui.runs.target import find_file
from aa_tui.shellwords import quoted
from aa_tui.textsafe import has_controls

Put = Callable[..., Path]
REPO = "someone/Tiny-GGUF"


@pytest.fixture(autouse=True)
def user(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home of its own, with nothing in it."""
    folder = tmp_path / "user"
    folder.mkdir()
    for name in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME", "LLAMA_CACHE", "OLLAMA_MODELS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    return folder


def gguf(name: str, content: int = 0, params: int = 256) -> bytes:
    """A small valid file; `content` makes its data differ."""
    builder = Builder().add_text("general.architecture", "llama").add_text("general.name", name)
    builder.add_u32("llama.block_count", 2).add_u32("llama.embedding_length", 64)
    builder.add_u32("llama.attention.head_count", 4).add_u32("llama.context_length", 8192)
    builder.add_u32("general.file_type", 7).add_tensor("one", [params])
    builder.data = bytes([content]) * (4 * params)
    return builder.build()


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def in_hub_cache(user: Path, repo: str, name: str, data: bytes) -> Path:
    """A file as huggingface_hub keeps it: the content by its hash, and a link that has the name."""
    folder = user / ".cache/huggingface/hub" / f"models--{repo.replace('/', '--')}"
    blob = put(folder / "blobs" / hashlib.sha256(data).hexdigest(), data)
    link = folder / "snapshots" / ("c" * 40) / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(os.path.relpath(blob, link.parent))
    return link


def in_ollama(user: Path, name: str, tag: str, data: bytes) -> Path:
    digest = hashlib.sha256(data).hexdigest()
    layers = [{"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}", "size": len(data)}]
    manifest = user / ".ollama/models/manifests/registry.ollama.ai/library" / name / tag
    put(manifest, json.dumps({"layers": layers}).encode())
    return put(user / ".ollama/models/blobs" / f"sha256-{digest}", data)


def by_name(conn: sqlite3.Connection) -> dict[str, scan.LibraryFile]:
    return {file.name: file for file in scan.scan(conn).files}


def test_every_programs_place_is_looked_into(conn: sqlite3.Connection, home: Path, user: Path, tmp_path: Path) -> None:
    put(home / "models/someone/Own-GGUF/Own-Q8_0.gguf", gguf("Own"))
    link = in_hub_cache(user, "someone/Cached-GGUF", "Cached-Q8_0.gguf", gguf("Cached"))
    put(user / ".cache/llama.cpp/someone_Llama-Q8_0.gguf", gguf("Llama"))
    put(user / ".lmstudio/models/publisher/Studio-GGUF/Studio-Q8_0.gguf", gguf("Studio"))
    in_ollama(user, "tiny", "1b", gguf("Ollama"))
    put(tmp_path / "mine/deep/down/Mine-Q8_0.gguf", gguf("Mine"))
    library.add_folder(conn, str(tmp_path / "mine"))
    found = by_name(conn)
    kinds = {name: file.kind for name, file in found.items() if file.kind not in ("bundled", "package")}
    assert kinds == {
        "Own-Q8_0.gguf": "own",
        "Cached-Q8_0.gguf": "hub",
        "someone_Llama-Q8_0.gguf": "llama.cpp",
        "Studio-Q8_0.gguf": "lm-studio",
        "tiny:1b": "ollama",
        "Mine-Q8_0.gguf": "added",
    }
    assert found["Cached-Q8_0.gguf"].path == str(link)
    assert found["Cached-Q8_0.gguf"].repo == "someone/Cached-GGUF"
    assert found["Own-Q8_0.gguf"].repo == "someone/Own-GGUF"
    assert found["Studio-Q8_0.gguf"].repo == "publisher/Studio-GGUF"
    assert found["tiny:1b"].digest.name == "Ollama"
    assert {file.quant for file in found.values() if file.kind not in ("bundled", "package")} == {"Q8_0"}
    assert any(file.kind == "bundled" and file.path == str(bundled_model()) for file in found.values())


def test_each_content_is_listed_once(conn: sqlite3.Connection, home: Path, user: Path) -> None:
    same, other = gguf("Same", 1), gguf("Same", 2)
    own = put(home / "models/Same-Q8_0.gguf", same)
    studio = put(user / ".lmstudio/models/p/r/renamed.gguf", same)
    cached = in_hub_cache(user, "someone/Same-GGUF", "Same-Q8_0.gguf", same)
    put(user / ".cache/llama.cpp/other.gguf", other)
    os.link(own, home / "models/hardlink.gguf")
    hashed: list[str] = []
    files = scan.scan(conn, lambda *told: hashed.append(told[2])).files
    mine = {file.name: file for file in files if file.kind not in ("bundled", "package")}
    assert set(mine) == {"Same-Q8_0.gguf", "other.gguf"}
    assert set(mine["Same-Q8_0.gguf"].copies) == {str(studio), str(cached)}
    assert mine["Same-Q8_0.gguf"].sha256 == hashlib.sha256(same).hexdigest()
    assert set(hashed) == {"Same-Q8_0.gguf", "renamed.gguf", "other.gguf"}  # the cache states its own
    assert scan.meant(files, "renamed.gguf") == scan.matching(files, "renamed.gguf") == [mine["Same-Q8_0.gguf"]]
    hashed.clear()
    scan.scan(conn, lambda *told: hashed.append(told[2]))
    assert hashed == []  # remembered by path, size and time
    put(home / "models/Same-Q8_0.gguf", gguf("Changed", 3))
    assert {file.digest.name for file in scan.scan(conn).files} >= {"Same", "Changed"}


def test_bad_places_and_files_are_survived(conn: sqlite3.Connection, home: Path, user: Path, tmp_path: Path) -> None:
    models = home / "models"
    put(models / "empty.gguf", b"")
    put(models / "page.gguf", b"<html>")
    put(models / "evil\x1b[31mname-Q8_0.gguf", gguf("Evil"))
    (models / "loop").symlink_to(models)
    (models / "itself.gguf").symlink_to(models / "itself.gguf")
    (models / "gone.gguf").symlink_to(models / "nowhere.gguf")
    (models / "folder.gguf").mkdir()
    split = split_model(models)
    split_model(tmp_path)[2].unlink()
    shutil.copy(tmp_path / split[0].name, put(models / "half/x", b"").parent)
    put(user / ".ollama/models/manifests/registry.ollama.ai/library/bad/latest", b"{")
    lost = in_ollama(user, "lost", "latest", gguf("Lost"))
    lost.unlink()
    library.add_folder(conn, str(tmp_path / "not-there"))
    found = scan.scan(conn)
    files = {file.name: file for file in found.files if file.kind not in ("bundled", "package")}
    whole = next(file for file in found.files if file.name == split[0].name and not file.digest.problem)
    half = next(file for file in found.files if file.name == split[0].name and file.digest.problem)
    assert set(files) == {"empty.gguf", "page.gguf", "evilname-Q8_0.gguf", split[0].name}
    assert "is empty" in files["empty.gguf"].digest.problem
    assert (whole.n_parts, whole.digest.n_params) == (3, 256 * 6)
    assert half.n_parts == 3
    assert "part 2 of 3 is missing: Split-Q8_0-00002-of-00003.gguf" in half.digest.problem
    said = "\n".join(found.problems)
    assert "not-there cannot be looked through" in said
    assert "lost:latest has lost its file" in said
    (models / "page.gguf").unlink()
    scan.scan(conn)
    assert not [path for path in library.seen(conn) if path.endswith("page.gguf")]


def test_files_find_their_models(conn: sqlite3.Connection, user: Path, home: Path) -> None:
    tiny = by_slug(conn, "gemma-3-270m")
    assert tiny is not None
    params = 268_000_000
    sparse = gguf("gemma 3 270m it", params=256)
    builder = Builder().add_text("general.architecture", "gemma3").add_tensor("one", [256, params // 256])
    path = put(home / "models/gemma-3-270m-Q8_0.gguf", builder.build())
    os.truncate(path, path.stat().st_size + 4 * params)  # no byte of it is written
    put(home / "models/gemma-3-270m-Q4_0.gguf", sparse)  # called so, but of another size
    found = by_name(conn)
    assert found["gemma-3-270m-Q8_0.gguf"].slug == "gemma-3-270m"
    assert found["gemma-3-270m-Q4_0.gguf"].slug is None
    assert [file.name for file in scan.matching(found.values(), "GEMMA m-Q8")] == ["gemma-3-270m-Q8_0.gguf"]
    with pytest.raises(GGUFError, match="may mean 2 files"):
        scan.pick(list(found.values()), "gemma")
    with pytest.raises(GGUFError, match="no file “nothing”"):
        scan.pick(list(found.values()), "nothing")
    assert scan.pick(list(found.values()), str(path)).name == path.name


def test_the_bundled_files_are_what_their_manifest_says(conn: sqlite3.Connection, home: Path, user: Path) -> None:
    found = [file for file in by_name(conn).values() if file.kind == "bundled"]
    told = [keeping.verify(conn, file) for file in found]
    assert {(one.verdict, one.stated_by) for one in told} == {("right", "aa-tui")}


def test_verify_and_remove(conn: sqlite3.Connection, home: Path, user: Path) -> None:
    data = gguf("Cached")
    link = in_hub_cache(user, "someone/Cached-GGUF", "Cached-Q8_0.gguf", data)
    again = link.parent.parent / ("d" * 40) / link.name
    again.parent.mkdir()
    again.symlink_to(os.path.relpath(link.resolve(), again.parent))
    own = put(home / "models/someone/Own-GGUF/Own-Q8_0.gguf", gguf("Own"))
    studio = put(user / ".lmstudio/models/p/r/Studio-Q8_0.gguf", gguf("Studio"))
    found = by_name(conn)
    assert keeping.verify(conn, found["Cached-Q8_0.gguf"]).verdict == "right"
    assert keeping.verify(conn, found["Own-Q8_0.gguf"]).verdict == "nothing stated"
    link.resolve().write_bytes(data[:-1] + b"x")
    wrong = keeping.verify(conn, by_name(conn)["Cached-Q8_0.gguf"])
    assert wrong.verdict == "wrong"
    assert wrong.stated_sha256 == hashlib.sha256(data).hexdigest()
    removal = keeping.plan_removal(found["Cached-Q8_0.gguf"])
    blob = link.resolve()
    keeping.remove(conn, removal)
    assert not blob.exists()
    assert not link.is_symlink()
    assert not again.is_symlink()
    keeping.remove(conn, keeping.plan_removal(found["Own-Q8_0.gguf"]))
    assert not own.exists()
    assert not own.parent.exists()
    assert (home / "models").exists()
    others = keeping.plan_removal(found["Studio-Q8_0.gguf"])
    assert others.only_forgets
    keeping.remove(conn, others)
    assert studio.exists()
    bundled = next(file for file in found.values() if file.kind == "bundled")
    assert keeping.plan_removal(bundled).only_forgets


def test_places_go_by_the_programs_own_variables(tmp_path: Path) -> None:
    assert hub_cache({"HF_HUB_CACHE": "/a"}) == Path("/a")
    assert hub_cache({"HF_HOME": "/b"}) == Path("/b/hub")
    assert hub_cache({"HOME": "/h"}) == Path("/h/.cache/huggingface/hub")
    assert hub_cache({"HOME": "/h", "XDG_CACHE_HOME": "/x"}) == Path("/x/huggingface/hub")


def room(free_bytes: int = 8_000_000_000) -> Room:
    """A machine with 40 GB/s."""
    return Room("f", free_bytes, (), frozenset(), library.Bandwidth(40e9, 2, "2026-01-01"), 0.75, None, {})


def test_fit_of_a_model_to_pull(conn: sqlite3.Connection) -> None:
    found = fits.candidates(conn, scan.scan(conn), room(), "Nanbeige4.1-3B")
    assert [one.quant for one in found][:2] == ["Q2_K", "Q3_K_S"]
    rows = fits.fits(found, room(), (4096, 65_536, 1 << 20), (1, 4), ("f16", "f16"))
    assert {row.plan.n_ctx for row in rows} == {4096, 65_536}  # 1M is longer than it was trained for
    marks = {(row.candidate.quant, row.plan.n_ctx, row.plan.n_slots): row.mark for row in rows}
    assert marks["Q4_K_M", 4096, 1] == "fits"
    assert marks["Q4_K_M", 65_536, 1] == "tight"
    assert marks["Q4_K_M", 65_536, 4] == "no"
    assert marks["F16", 4096, 1] == "no"
    speeds = {row.candidate.quant: row.speed.tokens_per_s for row in rows if row.speed}
    assert speeds["Q2_K"] > speeds["F16"] > 3
    unsized = fits.candidates(conn, scan.scan(conn), room(), "qwen3-4b-instruct")
    assert all(one.size_is_estimate for one in unsized)
    q4 = next(one for one in unsized if one.quant == "Q4_K_M")
    assert 2.3e9 < q4.size_bytes < 2.6e9


def test_what_is_here_is_not_offered_and_measured_speed_counts(conn: sqlite3.Connection, home: Path) -> None:
    slugs = {one.slug for one in pullable.matching(conn, [], "nanbeige q4_k_m")}
    assert slugs == {"nanbeige4-1-3b"}
    put(home / "models/a-Q8_0.gguf", gguf("Own"))
    here = room_here(conn, measure=False)
    assert here.bandwidth is None
    file = by_name(conn)["a-Q8_0.gguf"]
    (unknown,) = fits.fits([fits.of_file(file, here)], here, (4096,), (1,), ("f16", "f16"))
    assert unknown.speed is None
    sha256 = hashlib.sha256(Path(file.path).read_bytes()).hexdigest()
    keeping.verify(conn, file)
    measured = Room("f", 8 << 30, (), frozenset(), None, 0.75, None, {sha256: MeasuredSpeed(sha256, 1, 12.5, 3, True)})
    hashed = by_name(conn)["a-Q8_0.gguf"]
    (known,) = fits.fits([fits.of_file(hashed, measured)], measured, (4096,), (1,), ("f16", "f16"))
    assert known.speed is not None
    assert known.speed.words == "12.5!"
    assert "measured in run 3; unreliable" in known.speed.source


def test_pull_notes_the_file_with_its_model(
    conn: sqlite3.Connection, home: Path, tmp_path: Path, hub_server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    hub = Hub(endpoint=hub_server.endpoint, cache=tmp_path / "cache")
    sha256 = hub_server.add("mradermacher/Nanbeige4.1-3B-GGUF", "Nanbeige4.1-3B.Q4_K_M.gguf", gguf("Nanbeige4.1-3B"))
    parts = split_model(tmp_path)
    for path in parts:
        hub_server.add(REPO, path.name, path.read_bytes())
    offered = pulling.offers(conn, hub, "nanbeige4.1-3b", only_first=True)
    file = pulling.choose(offered, "q4_k_m")
    assert pulling.check_disk(hub, file, "cache") == file.size_bytes
    pulled = pulling.pull(conn, hub, offered, file)
    assert pulled.model_id is None  # it is called so, but has 256 parameters
    assert pulling.check_disk(hub, file, "cache") == 0
    seen = library.seen_at(conn, str(pulled.path))
    assert seen is not None
    assert (seen.sha256, seen.stated_sha256) == (sha256, sha256)
    assert seen.stated_by is not None
    assert seen.stated_by.startswith(f"{hub_server.endpoint}/mradermacher/Nanbeige4.1-3B-GGUF/blob/")
    listed = by_name(conn)["Nanbeige4.1-3B.Q4_K_M.gguf"]
    assert (listed.kind, listed.is_hashed, listed.repo) == ("hub", True, "mradermacher/Nanbeige4.1-3B-GGUF")
    split = pulling.offers(conn, hub, REPO)
    told: list[tuple[int, int]] = []
    whole = pulling.pull(conn, hub, split, split.files[0], to="own", on_progress=lambda *one: told.append(one[:2]))
    assert whole.path.parent == home / "models" / REPO
    assert by_name(conn)[parts[0].name].n_parts == 3
    assert {total for _, total in told} == {whole.size_bytes}
    assert [done for done, _ in told] == sorted(done for done, _ in told) or told[-1][0] == whole.size_bytes


def test_what_can_be_chosen_is_named(conn: sqlite3.Connection, hub_server: HubServer, tmp_path: Path) -> None:
    hub = Hub(endpoint=hub_server.endpoint, cache=tmp_path / "cache")
    for quant in ("Q3_K_S", "IQ4_XS"):
        hub_server.add(REPO, f"Tiny-{quant}.gguf", b"x")
    offered = pulling.offers(conn, hub, REPO)
    with pytest.raises(GGUFError, match="no Q9_K of someone/Tiny-GGUF: there are IQ4_XS, Q3_K_S"):
        pulling.choose(offered, "Q9_K")
    with pytest.raises(GGUFError, match=r"Say which quantization of .* IQ4_XS, Q3_K_S"):
        pulling.choose(offered, None)
    assert pulling.choose(offered, None, "Tiny-IQ4_XS.gguf").quant == "IQ4_XS"
    gone = Hub(endpoint="http://127.0.0.1:9", cache=tmp_path / "cache")
    seeds = pulling.offers(conn, gone, "nanbeige4.1-3b")
    assert "cannot be reached" in str(seeds.problem)
    assert pulling.choose(seeds, "q6_k").repo == "mradermacher/Nanbeige4.1-3B-GGUF"
    hub_server.derived["Qwen/Qwen3.5-2B"] = [REPO]
    assert {one.repo for one in pulling.offers(conn, hub, "qwen3-5-2b").files} == {REPO}
    with pytest.raises(GGUFError, match=r"knows no GGUF files of Qwen/Qwen3.5-4B"):
        pulling.offers(conn, hub, "qwen3-5-4b")


def test_a_bandwidth_is_measured_once(conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    from aa_tui.host import bandwidth

    calls: list[int] = []
    real = bandwidth.measure

    def short(**_: Any) -> bandwidth.Bandwidth:
        calls.append(1)
        return real(seconds=0.01, n_threads=1)

    monkeypatch.setattr(bandwidth, "measure", short)
    first, second = room_here(conn), room_here(conn)
    assert first.bandwidth == second.bandwidth
    assert first.bandwidth is not None
    assert first.bandwidth.bytes_per_s > 1e9
    room_here(conn, anew=True)
    assert len(calls) == 2


def test_files_in_python_packages_are_found_without_importing_them(
    conn: sqlite3.Connection, user: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    put(site / "fancy_package/Fancy-1B-Q8_0.gguf", gguf("Fancy Ep2"))
    put(site / "fancy_package/__init__.py", b"raise RuntimeError")
    put(site / "fancy_package-1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: fancy-package\nVersion: 1.0\n")
    record = b"fancy_package/Fancy-1B-Q8_0.gguf,,\nfancy_package/__init__.py,,\n"
    put(site / "fancy_package-1.0.dist-info/RECORD", record)
    monkeypatch.syspath_prepend(str(site))
    found = by_name(conn)["Fancy-1B-Q8_0.gguf"]
    assert (found.kind, found.quant) == ("package", "Q8_0")
    assert keeping.plan_removal(found).only_forgets  # it is the package's


def test_a_short_name_means_the_only_file_that_is_called_so(conn: sqlite3.Connection, home: Path, user: Path) -> None:
    put(home / "models/Fancy-1B-Chat-Q8_0.gguf", gguf("Fancy 1B Ep2", 1))
    small = put(home / "models/Fancy-1B-Chat-Q4_0.gguf", gguf("Fancy 1B Ep2", 2, params=128))
    for number in (2, 4):
        put(home / f"models/Plain-{number}B-Q8_0.gguf", gguf("Plain", number))
    file = find_file(conn, "fancy")
    assert file.path == str(small)  # the smallest of one model
    with pytest.raises(models.UnknownModelError):  # a page is made with the first figure
        models.resolve(conn, "fancy")
    run = runs.get(conn, runs.create(conn, kind="speed", file=file, settings={}))
    put_figures(conn, run, [Figure("tg128", 20.0, "tokens/s")])
    assert models.resolve(conn, "fancy").name == "Fancy-1B-Chat"
    with pytest.raises(GGUFError, match="may mean 2 models"):
        find_file(conn, "plain")
    assert Path(find_file(conn, "plain 2b").path).name == "Plain-2B-Q8_0.gguf"
    with pytest.raises(models.UnknownModelError):
        find_file(conn, "fanc")


def test_no_adapter_is_pulled_for_a_quantization(
    conn: sqlite3.Connection, hub_server: HubServer, tmp_path: Path
) -> None:
    hub = Hub(endpoint=hub_server.endpoint, cache=tmp_path / "cache")
    adapter = Builder().add_text("general.architecture", "llama").add_text("general.type", "adapter")
    adapter.add_tensor("blk.0.attn_q.weight.lora_a", [256])
    adapter.data = bytes(1024)
    hub_server.add(REPO, "Tiny-tuned-F16.gguf", adapter.build())
    hub_server.add(REPO, "mmproj-Tiny-BF16.gguf", b"x")
    hub_server.add(REPO, "Tiny-Q4_K_M.gguf", gguf("Tiny", 1, params=512))
    offered = pulling.offers(conn, hub, REPO)
    assert [one.file for one in offered.others] == ["mmproj-Tiny-BF16.gguf"]
    assert pulling.choose_model(hub, offered, "Q4_K_M").file == "Tiny-Q4_K_M.gguf"
    with pytest.raises(GGUFError, match=r"Tiny-tuned-F16\.gguf is a LoRA adapter"):
        pulling.choose_model(hub, offered, "F16")
    with pytest.raises(GGUFError, match="There is no BF16"):
        pulling.choose_model(hub, offered, "BF16")
    assert pulling.choose(offered, None, "mmproj-Tiny-BF16.gguf").kind == "projector"
    hub_server.add(REPO, "Tiny-F16.gguf", gguf("Tiny", 2, params=2048))
    assert pulling.choose_model(hub, pulling.offers(conn, hub, REPO), "F16").file == "Tiny-F16.gguf"


def test_a_projector_is_not_what_a_model_is_called(conn: sqlite3.Connection, home: Path, user: Path) -> None:
    projector = Builder().add_text("general.architecture", "clip").add_tensor("one", [256])
    projector.data = bytes(1024)
    beside = put(home / "models/mmproj-Seeing-3B-F16.gguf", projector.build())
    path = put(home / "models/Seeing-3B-Q8_0.gguf", gguf("Seeing 3B"))
    assert find_file(conn, "seeing 3b").path == str(path)
    library_file = by_name(conn)[beside.name]
    assert (library_file.digest.kind, library_file.model_id) == ("projector", None)
    with pytest.raises(GGUFError, match="is a projector"):
        fits.candidates(conn, scan.scan(conn), room_here(conn, measure=False), "mmproj-seeing")


def test_parts_are_checked_copied_and_removed_together(conn: sqlite3.Connection, home: Path, user: Path) -> None:
    (home / "models/a/b").mkdir(parents=True)
    paths = split_model(home / "models/a/b")
    file = scan.pick(scan.scan(conn).files, paths[1].name)
    assert (file.name, file.n_parts) == (paths[0].name, 3)
    told = keeping.verify(conn, file)
    assert told.sha256 == hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    assert told.verdict == "nothing stated"
    paths[2].unlink()
    broken = scan.pick(scan.scan(conn).files, paths[0].name)
    assert "part 3 of 3 is missing" in broken.digest.problem
    keeping.remove(conn, keeping.plan_removal(broken))
    assert not any(path.exists() for path in paths)


def test_a_model_in_several_files_of_ollama_is_one(conn: sqlite3.Connection, user: Path, tmp_path: Path) -> None:
    store = user / ".ollama/models"
    parts = [path.read_bytes() for path in split_model(tmp_path)]
    digests = [hashlib.sha256(part).hexdigest() for part in parts]
    for part, digest in zip(parts, digests, strict=True):
        put(store / f"blobs/sha256-{digest}", part)
    layers = [{"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{one}"} for one in digests]
    put(store / "manifests/registry.ollama.ai/library/big/q8", json.dumps({"layers": layers}).encode())
    file = by_name(conn)["big:q8"]
    assert (file.n_parts, file.digest.n_params, file.digest.problem) == (3, 256 * 6, "")
    assert file.size_bytes == sum(map(len, parts))
    header, paths = read_parts(store / f"blobs/sha256-{digests[2]}")
    assert header.n_params == 256 * 6
    assert [path.name for path in paths] == [f"sha256-{one}" for one in digests]


@pytest.mark.parametrize(
    "name",
    ["My  Models", "no\xa0break", "模型　文件", "tab\there", "rtl\u200fx", "\x1b[31mred", "bad\udcff", "~", "$x"],
)
def test_files_lie_where_they_lie(conn: sqlite3.Connection, home: Path, user: Path, name: str) -> None:
    """Found, remembered, verified, run and removed by the very path; a file that looks the same is another."""
    mine = put(home / "models" / name / f"{name}.gguf", gguf("Mine", 1))
    alike = put(home / "models" / name.replace("  ", " ") / "other.gguf", gguf("Other", 2))
    link = user / f"link{name}.gguf"
    link.symlink_to(mine)
    for _ in range(2):
        found = {file.path: file for file in scan.scan(conn).files if file.kind == "own"}
        assert set(found) == {str(mine), str(alike)}
        assert set(found) <= set(library.seen(conn))
    file = found[str(mine)]
    assert file.digest.name == "Mine"
    assert not has_controls(file.name + file.shown_path)
    roundabout = home / "models" / ".." / "models" / name / mine.name
    for typed in (str(mine), str(roundabout), str(link), file.name):
        assert scan.pick(list(found.values()), typed) == file
    verified = keeping.verify(conn, file)
    assert verified.sha256 == hashlib.sha256(mine.read_bytes()).hexdigest()
    row = find_file(conn, str(mine))
    assert (row.path, row.sha256) == (str(mine), verified.sha256)
    assert find_file(conn, file.name) == row, "the name that lists show is taken too"
    keeping.remove(conn, keeping.plan_removal(file))
    assert not mine.exists()
    assert alike.exists()
    assert str(mine) not in library.seen(conn)


def test_a_listed_name_of_several_files_is_told_with_their_paths(
    conn: sqlite3.Connection, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = put(home / "models/a  a/m-Q8_0.gguf", gguf("One", 1))
    two = put(home / "models/a a/m-Q8_0.gguf", gguf("Two", 2))
    files = scan.scan(conn).files
    for refusing in (lambda: scan.pick(files, "m-Q8_0.gguf"), lambda: find_file(conn, "m-Q8_0.gguf")):
        with pytest.raises(GGUFError, match="may mean 2 files") as refused:
            refusing()
        for path in (one, two):
            assert quoted(str(path)) in str(refused.value)
    here = put(tmp_path / "here/m-Q8_0.gguf", gguf("Here", 3))
    monkeypatch.chdir(here.parent)
    assert find_file(conn, "m-Q8_0.gguf").path == str(here), "a file of that name here goes first"


def test_every_listed_name_is_taken(conn: sqlite3.Connection, home: Path, user: Path) -> None:
    long = "a-very-long-name-of-a-model-that-no-table-has-room-for-Q8_0.gguf"
    wanted = {
        long[:43] + "…": put(home / "models" / long, gguf("Long", 1)),
        "qwen3:1.7b": in_ollama(user, "qwen3", "1.7b", gguf("Qwen", 2)),
        "newest": in_ollama(user, "newest", "latest", gguf("Newest", 3)),
        "newest:latest": in_ollama(user, "newest", "latest", gguf("Newest", 3)),
        "A Name of Its Own": put(home / "models/x.gguf", gguf("A Name of Its Own", 4)),
        " x.gguf": home / "models/x.gguf",
    }
    files = scan.scan(conn).files
    for name, path in wanted.items():
        assert scan.pick(files, name).path == str(path)
        assert find_file(conn, name).path == str(path)


def test_a_folder_of_a_models_name_is_not_in_the_way(
    conn: sqlite3.Connection, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "aa-nano").mkdir()
    (tmp_path / "nothing").mkdir()
    os.mkfifo(tmp_path / "pipe.gguf")
    (tmp_path / "gone.gguf").symlink_to("nowhere")
    monkeypatch.chdir(tmp_path)
    assert find_file(conn, "aa-nano").path == str(bundled_model())
    for typed, says in (
        ("nothing", "is a folder"),
        ("pipe.gguf", "no plain file"),
        ("gone.gguf", "a link to what"),
    ):
        with pytest.raises(RunError, match=says):
            find_file(conn, typed)


def test_what_was_known_of_a_file_survives_a_path_that_was_stored_as_shown(
    conn: sqlite3.Connection, home: Path
) -> None:
    """On a disk that was not there when the catalog was upgraded."""
    path = put(home / "models/two  spaces/m-Q8_0.gguf", gguf("Mine"))
    scan.scan(conn)
    (row,) = [row for row in library.seen(conn).values() if row.path == str(path)]
    library.forget(conn, [row.path])
    shown = str(home / "models/two spaces/m-Q8_0.gguf")
    library.note(conn, [row._replace(path=shown, stated_sha256="ab" * 32, stated_by="the Hub")])
    scan.scan(conn)
    assert library.seen(conn)[str(path)].stated_by == "the Hub"
