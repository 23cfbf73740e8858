"""`aa-tui gguf` as a user runs it, against a server that speaks the Hub's protocol."""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.hub_server import HubServer
from tests.support.program import Answer, Program

from aa_tui.catalog import db, files, runs
from aa_tui.gguf.bundled import bundled_model
from aa_tui.textsafe import has_controls

REPO, FILE = "someone/Nano-GGUF", "nano-Q8_0.gguf"
NAMES = ("HF_TOKEN", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME", "LLAMA_CACHE", "OLLAMA_MODELS")


@pytest.fixture(autouse=True)
def environment(hub_server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that these tests start know this server as the Hub, and a home with nothing in it."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_ENDPOINT", hub_server.endpoint)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")


def refused(done: subprocess.CompletedProcess[str], code: int = 1) -> str:
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("aa-tui: ")
    return last


def test_from_the_hub_to_a_checked_file_and_away_again(
    answer: Answer, program: Program, hub_server: HubServer, tmp_path: Path
) -> None:
    sha256 = hub_server.add(REPO, FILE, bundled_model().read_bytes() + bytes(32))
    (offer,) = answer("gguf", "pull", REPO, "--list")
    assert (offer["quant"], offer["sha256"], offer["fit"]) == ("Q8_0", sha256, "fits")
    assert "there are Q8_0" in refused(program("gguf", "pull", REPO, "--quant", "Q9"))
    there = answer("gguf", "inspect", f"{REPO}/{FILE}")
    assert there["n_params"] == 2_544_896
    assert there["fetched_bytes"] < there["size_bytes"] / 10
    hub_server.faults.cut_after, hub_server.faults.cuts = 1_000_000, 1
    pulled = answer("gguf", "pull", REPO)
    path = Path(pulled["path"])
    assert pulled["sha256"] == pulled["stated_sha256"] == sha256
    assert tmp_path / "hf/hub" in path.parents
    listed = {one["name"]: one for one in answer("gguf", "list", "nano-q8")}
    assert listed[FILE]["place"] == "hub"
    assert listed[FILE]["sha256_computed_here"]
    fits = answer("gguf", "fit", str(path), "--ctx", "1k,4k", "--slots", "2")
    assert [(one["n_ctx"], one["n_slots"], one["fit"]) for one in fits["fits"]] == [
        (1024, 2, "fits"),
        (4096, 2, "fits"),
    ]
    assert fits["bandwidth_bytes_per_s"] > 1e8
    assert [one["verdict"] for one in answer("gguf", "verify", FILE)] == ["right"]
    path.resolve().write_bytes(b"GGUF" + path.read_bytes()[4:-1] + b"x")
    done = program("gguf", "verify", "all")
    assert done.returncode == 1
    assert f"WRONG   {FILE}" in done.stdout
    assert "say --yes" in refused(program("gguf", "remove", FILE), code=2)
    assert path.exists()
    assert answer("gguf", "remove", FILE, "--yes") == {
        "path": str(path),
        "deleted": True,
        "freed_bytes": bundled_model().stat().st_size + 32,
    }
    assert not path.exists()
    assert list((tmp_path / "hf").rglob("*.gguf")) == []


@pytest.mark.long
def test_offline_the_manifests_are_there(answer: Answer, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    offers = answer("gguf", "pull", "nanbeige4.1-3b", "--list")
    assert {one["quant"] for one in offers} >= {"Q4_K_M", "Q8_0", "F16"}
    assert all(one["from_manifest"] for one in offers)
    assert "HF_HUB_OFFLINE is set" in refused(program("gguf", "pull", "nanbeige4.1-3b", "--quant", "Q4_K_M"))
    assert "HF_HUB_OFFLINE is set" in refused(program("gguf", "pull", REPO))
    assert "HF_HUB_OFFLINE is set" in refused(program("gguf", "inspect", f"{REPO}/{FILE}"))


@pytest.mark.long
def test_a_disk_that_fills_up_leaves_no_half_file(hub_server: HubServer, home: Path, tmp_path: Path) -> None:
    hub_server.add(REPO, FILE, bundled_model().read_bytes())
    subprocess.run([sys.executable, "-m", "aa_tui", "models", "--limit", "1"], check=True, capture_output=True)

    def narrow() -> None:
        """Files of at most 2 MB, which stops a download as a full disk does."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))

    command = [sys.executable, "-m", "aa_tui", "gguf", "pull", REPO, "--to", "own"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=narrow)
    assert "The disk is full" in refused(done)
    assert "run the same command again to resume" in done.stderr
    assert list((home / "models").rglob("*.gguf")) == []
    kept = next((home / "models").rglob("*.incomplete")).stat().st_size
    assert kept <= 2_000_000
    hub_server.requests.clear()
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    assert [one.range for one in hub_server.of_storage()] == [f"bytes={kept}-"]
    assert Path(json.loads(done.stdout)["path"]).read_bytes() == bundled_model().read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("inspect", "no/such.gguf"), 1, "There is no file"),
        (("inspect", "/"), 1, "is a folder"),
        (("inspect", __file__), 1, "is not a GGUF file"),
        (("inspect", "http://127.0.0.1:9/x.gguf"), 1, "cannot be reached"),
        (("pull", "nobody/nothing"), 1, "There is no repository nobody/nothing"),
        (("pull", "nanbeige4.1-3"), 2, "did you mean nanbeige4-1-3b"),
        (("fit", "no-such-model"), 2, "There is no model"),
        (("fit", "--ctx", "none"), 2, "such as 16k"),
        (("verify", "nothing"), 1, "no file “nothing” in the library"),
        (("remove", "nothing", "--yes"), 1, "no file “nothing” in the library"),
        (("list", "--add", "/no/such/folder"), 2, "is no folder"),
        (("list", "--remove-folder", "/tmp"), 2, "not among the folders"),
        (("dance",), 2, "dance"),
    ],
)
@pytest.mark.repeats
def test_bad_input_gets_one_sentence(program: Program, arguments: tuple[str, ...], code: int, says: str) -> None:
    assert says in refused(program("gguf", *arguments), code)


@pytest.mark.long
def test_tables_for_reading(program: Program, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "broken.gguf").write_bytes(b"")
    listed = program("gguf", "list", "--add", str(tmp_path / "mine")).stdout
    assert "nanbeige4-1-3b" in listed
    assert "broken.gguf" in listed
    assert "is empty (0 bytes)" in listed
    assert "broken.gguf" not in program("gguf", "list", "--remove-folder", str(tmp_path / "mine")).stdout
    shown = program("gguf", "inspect", str(bundled_model())).stdout
    for words in ("2,544,896 parameters", "Q8_0", "99.7%", "eos 260 <|im_end|>", "4,096 tokens", "Chat template"):
        assert words in shown
    fits = program("gguf", "fit", "nanbeige4.1-3b", "--ctx", "4k,16k").stdout
    assert len([line for line in fits.splitlines() if line.endswith("available")]) == 12
    assert "tok/s" in fits
    assert "Best that " in fits


@pytest.mark.long
def test_fits_memory_grows_with_the_quantization_and_the_best_is_the_largest_that_fits(
    program: Program, answer: Answer
) -> None:
    found = answer("gguf", "fit", "nanbeige4.1-3b", "--ctx", "4k")
    rows = [row for row in found["fits"] if row["repo"]]
    by_size = sorted(rows, key=lambda row: row["size_bytes"])
    assert [row["needed_bytes"] for row in by_size] == sorted(row["needed_bytes"] for row in rows)
    assert all(row["memory_bytes"] - row["needed_bytes"] == row["repacked_bytes"] for row in rows)
    fitting = [row for row in by_size if row["fit"] == "fits" and row["quant"] not in ("F16", "BF16")]
    if fitting:
        said = program("gguf", "fit", "nanbeige4.1-3b", "--ctx", "4k").stdout
        assert f"Best that fits here with a context of 4k: {fitting[-1]['quant']}, " in said


@pytest.mark.long
def test_what_fits_goes_by_the_context_that_an_evaluation_takes(program: Program, answer: Answer) -> None:
    rows = answer("gguf", "fit", "nanbeige4.1-3b", "--pack", "quick")["fits"]
    short = answer("gguf", "fit", "nanbeige4.1-3b", "--ctx", "4k")["fits"]
    cap = answer("packs", "show", "quick")["max_output_tokens"]
    assert {row["n_ctx"] > cap for row in rows} == {True}, "the longest answer and its prompt"
    assert {row["n_more"] for row in rows} == {2}, "the shared prefix, and a fork"
    assert rows[0]["needed_bytes"] > short[0]["needed_bytes"]
    said = " ".join(program("gguf", "fit", "nanbeige4.1-3b").stdout.split())
    assert "Best that" not in said or f"with a context of {rows[0]['n_ctx'] // 1024}k, as quick takes: " in said
    assert "take one of them" in refused(program("gguf", "fit", "--pack", "quick", "--ctx", "4k"), 2)


@pytest.mark.long
def test_a_plan_says_what_the_evaluation_takes_of_the_memory(program: Program, answer: Answer) -> None:
    planned = answer("eval", str(bundled_model()), "--pack", "nano", "--later", "--parallel", "3")
    memory = planned["plan"]["memory"]
    assert (memory["n_ctx"] % 256, memory["n_slots"], memory["fit"]) == (0, 3, "fits")
    assert 0 < memory["needed_bytes"] < 1_000_000_000
    shown = program("runs", "show", str(planned["run_id"])).stdout
    assert f"3 slots with a context of {memory['n_ctx']}: fits" in shown


def test_the_keys_of_a_listing_are_the_same_for_what_is_here_and_what_is_not(answer: Answer) -> None:
    rows = answer("gguf", "list")
    assert {True, False} == {row["here"] for row in rows}
    assert len({frozenset(row) for row in rows}) == 1


@pytest.mark.long
@pytest.mark.parametrize("name", ["two  spaces\u3000\u200fx\x1b[31mred", "tab\tline\nbad\udcff"])
@pytest.mark.repeats
def test_a_file_at_any_path_is_measured_and_kept(program: Program, tmp_path: Path, name: str) -> None:
    """The data folder, the catalog and the file all lie in a folder whose name reads otherwise on the screen."""
    folder = tmp_path / name
    path = folder / f"{name}.gguf"
    folder.mkdir()
    path.write_bytes(bundled_model().read_bytes() + b"one more")
    run = {"AA_TUI_HOME": str(folder / "home")}
    done = program("bench", str(path), "--tests", "tg4", "-r", "1", "--json", **run)
    assert done.returncode == 0, done.stderr
    file = json.loads(done.stdout)["file"]
    assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    with closing(db.open_readonly(folder / "home/catalog.db")) as conn:
        (row,) = [row for row in files.list_files(conn) if row.sha256 == file["sha256"]]
        assert row.path == str(path)
        assert runs.get(conn, 1).log_path == str(folder / "home/logs/run-1.log")
    for command in (
        ("gguf", "list", "--here", "--add", str(folder)),
        ("gguf", "verify", str(path)),
        ("gguf", "inspect", str(path)),
        ("gguf", "fit", str(path)),
        ("doctor",),
    ):
        done = program(*command, **run)
        assert done.returncode == 0, done.stderr
        assert not has_controls(done.stdout.replace("\n", "") + done.stderr.replace("\n", ""))
    done = program("runs", "resume", "1", **run)
    assert "\udcff" not in done.stderr
    assert not has_controls(done.stderr.replace("\n", ""))


@pytest.mark.long
def test_a_name_that_begins_with_a_dash_is_a_file(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-x.gguf").write_bytes(bundled_model().read_bytes())
    for typed in (("--", "-x.gguf"), ("./-x.gguf",)):
        done = program("gguf", "inspect", "--json", *typed)
        assert json.loads(done.stdout)["n_params"] == 2_544_896, done.stderr


@pytest.mark.long
def test_what_lists_show_can_be_typed(answer: Answer, program: Program, tmp_path: Path) -> None:
    content = bundled_model().read_bytes() + b"another"
    digest = hashlib.sha256(content).hexdigest()
    store = tmp_path / "user/.ollama/models"
    manifest = store / "manifests/hf.co/some/Nano-GGUF/Q8_0"
    manifest.parent.mkdir(parents=True)
    layers = [{"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}"}]
    manifest.write_text(json.dumps({"layers": layers}))
    (store / "blobs").mkdir()
    (store / f"blobs/sha256-{digest}").write_bytes(content)
    names = [one["name"] for one in answer("gguf", "list", "--here")]
    assert "hf.co/some/Nano-GGUF:Q8_0" in names
    for name in (*names, *(one["model"] for one in answer("gguf", "list", "--here") if one["model"])):
        assert answer("gguf", "inspect", name)["n_params"]
        assert answer("gguf", "fit", name)["fits"]
    assert answer("gguf", "verify", "hf.co/some/Nano-GGUF:Q8_0")[0]["verdict"] == "right"
    measured = answer("bench", "hf.co/some/Nano-GGUF:Q8_0", "--tests", "tg4", "-r", "1")
    assert measured["file"]["sha256"] == digest
    assert "only forgotten" in program("gguf", "remove", "hf.co/some/Nano-GGUF:Q8_0", "--yes").stdout


@pytest.mark.long
def test_what_is_pasted_is_pulled(answer: Answer, program: Program, hub_server: HubServer) -> None:
    other = FILE.replace("Q8_0", "Q4_K_M")
    hub_server.add(REPO, FILE, bundled_model().read_bytes() + bytes(32))
    hub_server.add(REPO, other, bundled_model().read_bytes() + bytes(64))
    address = f"{hub_server.endpoint}/{REPO}"
    for typed, file in (
        (f"{REPO}:Q8_0", FILE),
        (f"hf.co/{REPO}:q8_0", FILE),
        (f"https://huggingface.co/{REPO}/", other),
        (f"https://huggingface.co/{REPO}/resolve/main/{FILE}?download=true", FILE),
        (f"{address}/blob/main/{FILE}", FILE),
        (address, other),
    ):
        assert answer("gguf", "pull", typed)["file"] == file
    asked = sum(REPO in request.path for request in hub_server.requests)
    for typed, code, says in (
        ("https://example.com/x.gguf", 1, "is no address on the Hub: name a model, OWNER/REPO"),
        (f"{REPO}:Q2_K", 1, "There is no Q2_K of"),
        (f"{address}/blob/main/none.gguf", 1, "There is no none.gguf among the files"),
    ):
        assert says in refused(program("gguf", "pull", typed), code)
    assert "for another: name one" in refused(program("gguf", "pull", f"{REPO}:Q8_0", "--quant", "Q4_K_M"))
    now = sum(REPO in request.path for request in hub_server.requests)
    assert now == asked + 2, "nothing is asked for what cannot be meant"
    assert answer("gguf", "inspect", f"{address}/blob/main/{FILE}")["quant"] == "Q8_0"
    assert answer("gguf", "inspect", f"{REPO}:Q8_0")["quant"] == "Q8_0"
