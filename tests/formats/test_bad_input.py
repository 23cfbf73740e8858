"""What is no log, or a damaged or a malicious one, is refused in one sentence; nothing is read without bounds."""

from __future__ import annotations

import io
import json
import shutil
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st
from tests.support.logged import EVERY_EVAL, INSPECT, INSPECT_JSON, LM_EVAL, log

from aa_tui.formats import archive, every_eval_write, recognise
from aa_tui.formats.errors import FormatError
from aa_tui.formats.log import LogSample

MIB = 1 << 20


def _read(path: Path) -> None:
    """All that is in a file."""
    found = recognise.read(path)
    for one in found.logs if isinstance(found, recognise.Logs) else ():
        for _ in one.samples():
            pass


def _refused(path: Path) -> str:
    with pytest.raises(FormatError) as caught:
        _read(path)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.eval", b"PK\x03\x04 and nothing behind it"),
        ("a.json", b"hello"),
        ("a.json", b""),
        ("a.json", b"{"),
        ("a.json", b'{"a": 1}'),
        ("a.json", b"[1, 2]"),
        ("a.json", b"[" * 100_000),
        ("a.json", b'{"version": 99, "status": "success", "eval": {"eval_id": "x"}}'),
        ("a.json", b'{"version": 2, "status": "success", "eval": {}}'),
        ("a.json", b'{"version": 2, "status": "x", "eval": {"eval_id": "x"}, "samples": {"a": 1}}'),
        ("a.json", b'{"schema_version": "9.9", "evaluation_id": "x", "evaluation_results": []}'),
        ("a.json", b'{"schema_version": "0.3.0", "evaluation_id": "x", "evaluation_results": 5}'),
        ("a.json", b'{"results": {}, "configs": {}}'),
        ("a.json", b'{"accelerator_info": {}, "system_info": {}, "results": [{"n_prompt": "many"}]}'),
        ("a\x1b[31m.json", b"no"),
    ],
)
def test_what_is_no_log_is_refused(name: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert "\x1b" not in _refused(path)


def test_half_an_archive_is_refused(tmp_path: Path) -> None:
    whole = INSPECT.read_bytes()
    path = tmp_path / "half.eval"
    path.write_bytes(whole[: len(whole) // 2])
    assert "copy it again" in _refused(path)


def test_a_damaged_member_is_refused(tmp_path: Path) -> None:
    data = bytearray(INSPECT.read_bytes())
    data[200:900] = bytes(700)
    path = tmp_path / "damaged.eval"
    path.write_bytes(bytes(data))
    _refused(path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_FREE_BYTES", MIB)
    header = json.loads(INSPECT_JSON.read_bytes()) | {"samples": None}
    members = {"header.json": json.dumps(header).encode(), "samples/a_epoch_1.json": bytes(64 * MIB)}
    path = _zip(tmp_path / "bomb.eval", members)
    monkeypatch.setattr(archive, "MAX_MEMBER_BYTES", 8 * MIB)
    tracemalloc.start()
    try:
        assert "bytes in it" in _refused(path)
        assert tracemalloc.get_traced_memory()[1] < 16 * MIB
    finally:
        tracemalloc.stop()


def test_members_outside_the_archive_are_never_written(tmp_path: Path) -> None:
    header = json.loads(INSPECT_JSON.read_bytes())
    sample = header.pop("samples")[0]
    folder = tmp_path / "in"
    folder.mkdir()
    path = _zip(
        folder / "a.eval",
        {
            "header.json": json.dumps(header).encode(),
            "../out.json": b"{}",
            "samples/../../out.json": json.dumps(sample).encode(),
        },
    )
    _read(path)
    assert [one.name for one in tmp_path.rglob("*") if one.is_file()] == ["a.eval"]


def test_a_record_names_no_file_outside_its_folder(tmp_path: Path) -> None:
    """Samples are those beside the aggregate, whatever path it gives."""
    (tmp_path / "secret_samples.jsonl").write_text("no json")
    inner = tmp_path / "in"
    inner.mkdir()
    value = json.loads(EVERY_EVAL.read_bytes())
    value["detailed_evaluation_results"]["file_path"] = "../secret_samples.jsonl"
    path = inner / "a.json"
    path.write_text(json.dumps(value))
    found = recognise.read(path)
    assert isinstance(found, recognise.Logs)
    assert list(found.logs[0].samples()) == []


def test_many_lines_are_read_one_after_the_other(tmp_path: Path) -> None:
    told = [LogSample("a", 1, "p" * 100_000, "a", outcome="correct")]
    files = every_eval_write.write(log(told), told)
    for name, data in files.items():
        path = tmp_path / Path(name).name
        path.write_bytes(data if name.endswith(".json") else b"")
        if name.endswith("l"):
            with path.open("wb") as file:
                for number in range(400):
                    line = json.loads(data)
                    line["metadata"]["item_id"] = str(number)
                    file.write(json.dumps(line).encode() + b"\n")
    aggregate = next(one for one in tmp_path.iterdir() if one.suffix == ".json")
    found = recognise.read(aggregate)
    assert isinstance(found, recognise.Logs)
    tracemalloc.start()
    try:
        assert sum(1 for _ in found.logs[0].samples()) == 400
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB  # of 40 MB on the disk
    finally:
        tracemalloc.stop()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a value, but for what is far inside."""
    found = [at] if at else []
    if len(at) < 6 and isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else list(enumerate(value)):
            found += _places(inner, (*at, key))
    return found


@pytest.mark.parametrize("path", [INSPECT_JSON, LM_EVAL, EVERY_EVAL], ids=["inspect", "lm-eval", "every-eval-ever"])
@given(data=st.data())
@given_settings(max_examples=40)
def test_fields_of_other_types_are_refused_or_passed_over(path: Path, data: st.DataObject) -> None:
    """Whatever stands at any place of a log: it is read, or refused in a sentence; nothing else is raised."""
    value = json.loads(path.read_bytes())
    if "samples" in value:
        value["samples"] = [{k: v for k, v in one.items() if k != "events"} for one in value["samples"]]
    *way, last = data.draw(st.sampled_from(_places(value)))
    inside = value
    for key in way:
        inside = inside[key]
    inside[last] = data.draw(_JSON)
    with TemporaryDirectory() as name:
        folder = Path(name)
        for beside in path.parent.iterdir():
            if beside.suffix == ".jsonl":
                shutil.copy(beside, folder)
        target = folder / path.name
        target.write_bytes(json.dumps(value).encode())
        with suppress(FormatError):
            _read(target)


def test_every_line_of_samples_may_be_wrong(tmp_path: Path) -> None:
    for beside in LM_EVAL.parent.iterdir():
        if beside.is_file():
            shutil.copy(beside, tmp_path)
    samples = tmp_path / "samples_tinygen_2026-11-29T19-07-03.853898.jsonl"
    samples.write_bytes(samples.read_bytes() + b'{"doc_id": 3}\n')
    assert "Line 4" in _refused(tmp_path / LM_EVAL.name)
    samples.write_bytes(b"not json\n")
    assert "Line 1" in _refused(tmp_path / LM_EVAL.name)


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("header.json", b"{}")
    raw = bytearray(data.getvalue())
    raw[6] |= 1  # the flag of the local header, and that of the directory
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path = tmp_path / "a.eval"
    path.write_bytes(bytes(raw))
    assert "encrypted" in _refused(path)


@pytest.mark.parametrize("change", [{"model_info": {"name": 7, "id": None}}, {"evaluation_results": []}])
def test_a_record_that_names_no_model_or_no_result_is_no_run(tmp_path: Path, change: dict[str, Any]) -> None:
    files = every_eval_write.write(log([]), [])
    told = json.loads(next(data for name, data in files.items() if name.endswith(".json")))
    path = tmp_path / "record.json"
    path.write_text(json.dumps(told))
    assert recognise.read(path)
    path.write_text(json.dumps(told | change))
    with pytest.raises(FormatError, match="names no model or no result"):
        recognise.read(path)
