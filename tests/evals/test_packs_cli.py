"""`aa-tui packs` as a user runs it; the Hub is a server on the loopback that speaks its protocol."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
from pathlib import Path

import pytest
from tests.support.hub_server import HubServer
from tests.support.program import Answer, Program

from aa_tui.evals import packs

MATH = "datasets/HuggingFaceH4/MATH-500"
GPQA = "datasets/Idavidrein/gpqa"
PROBLEMS = "".join(
    json.dumps(
        {
            "problem": f"What is {number} + 1? " + "x" * 2000,
            "answer": str(number + 1),
            "subject": "Algebra" if number % 2 else "Geometry",
            "level": 1 + number % 5,
            "unique_id": f"test/{number}.json",
        }
    )
    + "\n"
    for number in range(20)
).encode()
QUESTIONS = (
    b"Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3\n"
    b"A secret question?,Right,Wrong 1,Wrong 2,Wrong 3\n"
)


@pytest.fixture(autouse=True)
def environment(hub_server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that these tests start know this server as the Hub, and a home with nothing in it."""
    for name in ("HF_TOKEN", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_ENDPOINT", hub_server.endpoint)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")


@pytest.fixture
def hub(hub_server: HubServer) -> HubServer:
    """The Hub with two sets at the revisions that their manifests pin."""
    hub_server.add(MATH, "test.jsonl", PROBLEMS)
    hub_server.add(MATH, "README.md", b"about it")
    hub_server.add(GPQA, "gpqa_diamond.csv", QUESTIONS)
    hub_server.commits |= {pinned("math-500"), pinned("gpqa-diamond")}
    return hub_server


def pinned(name: str) -> str:
    origin = packs.public_manifest(name).origin
    assert origin is not None
    return origin.revision


def refused(done: subprocess.CompletedProcess[str], code: int = 1) -> str:
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("aa-tui: ")
    return last


@pytest.mark.long
def test_list_and_show_with_stable_keys(answer: Answer, program: Program) -> None:
    listed = {one["name"]: one for one in answer("packs", "list")}
    keys = (
        "name version kind here n_items categories levels license citation source description graders sampling "
        "max_output_tokens sha256 items_sha256 private_items path origin pulled problem"
    )
    assert all(list(one) == keys.split() for one in listed.values())
    nano, gsm8k = listed["nano"], listed["gsm8k"]
    assert (nano["here"], nano["n_items"], nano["levels"]) == (True, 280, {"1": 84, "2": 98, "3": 98})
    assert (nano["sampling"], nano["max_output_tokens"]) == ("greedy", 256)
    assert (gsm8k["here"], gsm8k["n_items"], gsm8k["categories"], gsm8k["sha256"]) == (False, 1319, {}, None)
    assert gsm8k["origin"]["repo"] == "openai/gsm8k"
    assert answer("packs", "show", "nano") == nano
    here = {one["name"] for one in answer("packs", "list", "--here")}
    assert "nano" in here
    assert "gsm8k" not in here
    table = program("packs", "list").stdout.splitlines()
    assert any(line.split()[:5] == ["gsm8k", "1", "1,319", "to", "pull"] for line in table)
    assert not any("…" in line for line in table), "a pipe has no width"


def test_show_tells_terms_categories_levels_and_an_example(program: Program) -> None:
    shown = program("packs", "show", "nano").stdout
    assert "Licence   MIT" in shown
    assert "numeric (160), exact (80), choice (40)" in shown
    assert ["all", "280", "84", "98", "98"] in [line.split() for line in shown.splitlines()]
    assert 'End with "Answer: X".' in shown
    shown = program("packs", "show", "gsm8k").stdout
    assert "Citation  Cobbe et al." in shown
    assert "not on this machine: `aa-tui packs pull gsm8k` gets them." in shown
    assert "did you mean gsm8k?" in refused(program("packs", "show", "gsm8"), code=2)


@pytest.mark.long
def test_from_the_hub_at_the_pinned_revision(answer: Answer, program: Program, hub: HubServer, home: Path) -> None:
    hub.faults.cut_after, hub.faults.cuts = 10_000, 1
    done = program("packs", "pull", "math-500", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr.index("Licence   MIT") < done.stderr.index("Data      HuggingFaceH4/MATH-500")
    assert "Lightman et al." in done.stderr
    assert "! The whole set has 500 items, this pack 20: say so with its scores." in done.stderr
    pulled = json.loads(done.stdout)
    assert (pulled["kind"], pulled["here"], pulled["n_items"]) == ("pulled", True, 20)
    assert pulled["categories"] == {"Algebra": 10, "Geometry": 10}
    sha256 = hashlib.sha256(PROBLEMS).hexdigest()
    assert pulled["pulled"] == {
        "repo": "HuggingFaceH4/MATH-500",
        "commit": pinned("math-500"),
        "files": [{"name": "test.jsonl", "sha256": sha256}],
    }
    assert pulled["path"] == str(home / "packs" / "math-500")
    assert answer("packs", "show", "math-500") == pulled
    assert all(pinned("math-500") in one.path for one in hub.requests if "/resolve/" in one.path)
    assert not any("README" in one.path for one in hub.requests)
    assert answer("packs", "check", "math-500")["problems"] == []


@pytest.mark.long
def test_nothing_is_fetched_before_somebody_agrees(program: Program, hub: HubServer, home: Path) -> None:
    assert "say --yes" in refused(program("packs", "pull", "math-500"), code=2)
    assert hub.of_storage() == []
    assert not (home / "packs").exists()


@pytest.mark.long
def test_items_of_gpqa_are_shown_nowhere(program: Program, hub: HubServer, home: Path) -> None:
    outputs = [
        program("packs", "pull", "gpqa-diamond", "--yes"),
        program("packs", "show", "gpqa-diamond"),
        program("packs", "show", "gpqa-diamond", "--json"),
        program("packs", "list", "--json"),
        program("packs", "check", str(home / "packs" / "gpqa-diamond")),
    ]
    assert all(done.returncode == 0 for done in outputs), outputs
    assert "shown nowhere in plain text" in outputs[1].stdout
    assert not any("secret" in done.stdout + done.stderr for done in outputs)
    assert hub.of_storage() != []


@pytest.mark.long
def test_what_the_hub_refuses_is_told(program: Program, hub: HubServer, home: Path) -> None:
    hub.faults.status[GPQA] = 403
    told = refused(program("packs", "pull", "gpqa-diamond", "--yes"))
    assert f"accept its terms on {hub.endpoint}/datasets/Idavidrein/gpqa" in told
    hub.commits -= {pinned("math-500")}
    assert "does not have the revision" in refused(program("packs", "pull", "math-500", "--yes"))
    hub.commits |= {pinned("math-500")}
    hub.faults.lies_about_content = True
    assert "is not what the Hub states" in refused(program("packs", "pull", "math-500", "--yes"))
    del hub.repos[MATH]["test.jsonl"]
    assert "holds no test.jsonl any more" in refused(program("packs", "pull", "math-500", "--yes"))
    assert "comes with the program" in refused(program("packs", "pull", "nano", "--yes"))
    assert not (home / "packs").exists()


@pytest.mark.long
@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is not None, reason="pyarrow is installed")
def test_parquet_without_pyarrow_is_told_before_anything_is_fetched(program: Program, hub: HubServer) -> None:
    hub.add("datasets/openai/gsm8k", "main/test-00000-of-00001.parquet", b"PAR1")
    hub.commits |= {pinned("gsm8k")}
    assert "install aa-tui[parquet]" in refused(program("packs", "pull", "gsm8k", "--yes"))
    assert hub.of_storage() == []


@pytest.mark.long
def test_from_local_files(answer: Answer, program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "bbh"
    folder.mkdir()
    for task in ("navigate", "object_counting"):
        example = {"input": "How?", "target": "3" if task == "object_counting" else "Yes"}
        data = {"canary": "canary GUID", "examples": [example, example | {"input": "Else?"}]}
        (folder / f"{task}.json").write_text(json.dumps(data), encoding="utf-8")
    (folder / "NOTE.md").write_text("not data", encoding="utf-8")
    pulled = answer("packs", "pull", "bbh", "--file", str(folder), "--yes")
    assert pulled["categories"] == {"navigate": 2, "object_counting": 2}
    assert pulled["pulled"]["repo"] is None
    one = answer("packs", "pull", "bbh", "--yes", "--file", str(folder / "navigate.json"))
    assert one["n_items"] == 2
    told = refused(program("packs", "pull", "bbh", "--yes", "--file", str(folder / "none.json")))
    assert f"There is no {folder}/none.json: name the file or folder that has the data." in told
    assert answer("packs", "show", "bbh") == one


@pytest.mark.long
def test_check_tells_every_problem_of_a_folder(answer: Answer, program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "pack.toml").write_text("format = 1\nname = 'mine'\nfoo = 1\n", encoding="utf-8")
    done = program("packs", "check", str(folder))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert f"{folder}/pack.toml:3: there is no field 'foo' in this format." in lines
    assert f"{folder}/pack.toml:1: license is missing." in lines
    done = program("packs", "check", str(folder), "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"path": str(folder), "ok": False, "problems": lines}
    assert program("packs", "check", "nano").stdout == "nano 1 is in order: 280 items.\n"
    assert "pack.toml" in refused(program("packs", "check", str(tmp_path / "none")), code=2)
