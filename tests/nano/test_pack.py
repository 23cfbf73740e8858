"""The pack of held-out exercises: its bytes, its checksum, and that what it states is true."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections import Counter
from pathlib import Path

from aa_tui.engine.settings import GREEDY
from aa_tui.evals.packfile import read_pack
from aa_tui.resources import data_folder
from nano.pack import items, write_pack

PACK = data_folder("evals") / "nano"


def test_writing_it_again_gives_the_same_bytes(tmp_path: Path) -> None:
    write_pack(tmp_path / "nano")
    shipped = sorted(PACK.iterdir())
    assert [path.name for path in shipped] == sorted(path.name for path in (tmp_path / "nano").iterdir())
    for path in shipped:
        assert (tmp_path / "nano" / path.name).read_bytes() == path.read_bytes(), path.name


def test_what_the_pack_states() -> None:
    pack = tomllib.loads((PACK / "pack.toml").read_text(encoding="utf-8"))
    data = (PACK / pack["items"]["file"]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == pack["items"]["sha256"]
    lines = [json.loads(line) for line in data.decode().splitlines()]
    assert len(lines) == pack["items"]["count"] >= 200
    assert len({line["id"] for line in lines}) == len({line["prompt"] for line in lines}) == len(lines)
    assert set(Counter(line["category"] for line in lines)) == set(pack["graders"])
    assert all(line["answer"] and line["level"] in (1, 2, 3) for line in lines)
    assert [line["answer"] for line in lines] == [item.task.answer for item in items()]
    assert pack["prompt"]["template"].startswith("{prompt}")
    assert (pack["license"], pack["sampling"]["preset"]) == ("MIT", "greedy")


def test_the_program_reads_it_as_the_items_were_made() -> None:
    pack = read_pack(PACK)
    assert [(item.id, item.prompt, item.answer) for item in pack.items] == [
        (item.id, item.task.question, item.task.answer) for item in items()
    ]
    assert pack.sampler == GREEDY
    assert re.findall(pack.extraction.patterns[0], "so\nAnswer: 4\nno\nAnswer:  17 \n")[-1] == "17"
