"""Functions, and answers held to a schema, through a real llama-server."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from tests.support import tiny, toy_talk
from tests.support.evaluating import write_pack
from tests.support.evaluating_served import here_and_now, planned_served
from tests.support.real_servers import RealServer, llama_server
from tests.support.templates import QWEN, TIME, WEATHER

from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog import samples, turns
from aa_tui.engine.chat import CHATML, Message
from aa_tui.engine.errors import EngineError
from aa_tui.engine.requests import Finished, Piece, Request
from aa_tui.engine.served.addresses import typed_target
from aa_tui.engine.served.batcher import open_served
from aa_tui.engine.served.probing import probe
from aa_tui.engine.settings import EngineSettings
from aa_tui.gguf.bundled import bundled_model

SCHEMA = {
    "type": "object",
    "properties": {"sum": {"type": "integer", "minimum": 0, "maximum": 99}},
    "required": ["sum"],
    "additionalProperties": False,
}


def calling(path: Path, name: str, arguments: str) -> Path:
    """A model that writes one call and nothing else, whatever it is asked."""
    begin, end = ["<tool_call>", '\n{"name":▁', f'"{name}",▁', '"arguments":▁'], ["}\n", "</tool_call>"]
    pieces = [*begin, *_cut(arguments), *end]
    script = dict(zip(["\n", *pieces], [*pieces, "<|im_end|>"], strict=True))
    return tiny.write(path, script, QWEN, control=("<tool_call>", "</tool_call>"))


def _cut(text: str) -> list[str]:
    """Its tokens, each another than the others."""
    pieces = [text[at : at + 5].replace(" ", "▁") for at in range(0, len(text), 5)]
    assert len(set(pieces)) == len(pieces)
    return pieces


def asked(server: RealServer) -> tuple[Finished, list[Piece]]:
    """What it makes of a question with functions on offer."""
    target = typed_target(server.url)
    with open_served([(target, probe(target))], EngineSettings(n_ctx=4096, n_parallel=1)) as batcher:
        prompt = batcher.prompt([Message("user", "How warm is it in Rome?")], (WEATHER, TIME))
        assert prompt.shows_tools is True
        request = Request("a", prompt.tokens, 100, messages=prompt.messages, counted=prompt.counted, tools=prompt.tools)
        events = list(batcher.run([request]))
    (finished,) = (one for one in events if isinstance(one, Finished))
    return finished, [one for one in events if isinstance(one, Piece)]


def test_a_call_comes_in_bits_and_is_put_together(home: Path, tmp_path: Path) -> None:
    file = calling(tmp_path / "a.gguf", "get_weather", '{"place": "Rome"}')
    with llama_server(file, tmp_path / "log", slots=1) as server:
        finished, pieces = asked(server)
    assert finished.reason == "stop", finished.message
    assert finished.calls is not None
    assert [(call.name, json.loads(call.arguments)) for call in finished.calls] == [("get_weather", {"place": "Rome"})]
    assert finished.calls[0].id
    assert finished.answer.strip() == ""
    assert len(pieces) > 2, "they came while they were written"
    assert finished.answered_by is not None
    assert finished.answered_by.tokens_from == "usage"
    assert finished.n_answer > 5


def test_a_conversation_goes_on_turn_by_turn(
    conn: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy_talk.register(monkeypatch)
    file = calling(tmp_path / "a.gguf", "add", '{"a": 1, "b": 20}')
    with llama_server(file, tmp_path / "log", slots=2) as server:
        run_id = planned_served(conn, [server.url], toy_talk.sums_pack(tmp_path / "sums"), max_output_tokens=100)
        assert here_and_now(conn, run_id).state == "finished"
    rows = samples.scored(conn, run_id)
    assert [row.outcome for row in rows] == ["wrong"] * 4
    told = turns.of_sample(conn, run_id, rows[0].item_id, 1)
    assert len(told) == toy_talk.MOST_TURNS
    assert {turn.calls_from for turn in told} == {"server"}
    assert {turn.shows_tools for turn in told} == {True}
    assert [one["role"] for one in told[0].given] == ["assistant", "tool"]
    assert told[0].given[1]["content"] == "21"
    assert told[-1].n_prompt > told[0].n_prompt, "what was called and what came back is in the next prompt"
    assert told[1].n_cached > 0


def test_a_server_started_without_templates_says_so_once(
    conn: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy_talk.register(monkeypatch)
    with llama_server(bundled_model(), tmp_path / "log", slots=2, jinja=False) as server:
        run_id = planned_served(conn, [server.url], toy_talk.sums_pack(tmp_path / "sums"), max_output_tokens=100)
        with pytest.raises(EngineError, match=r"refuses a request that offers functions .*--jinja"):
            here_and_now(conn, run_id)
    assert not samples.scored(conn, run_id)


@pytest.mark.parametrize(
    ("extra", "by"),
    [({"schema": SCHEMA}, "response_format"), ({"format": "csv", "columns": ["sum"], "schema": {}}, "grammar")],
)
def test_answers_are_held(conn: sqlite3.Connection, tmp_path: Path, extra: dict[str, object], by: str) -> None:
    pack = write_pack(tmp_path / "pack", {"Add 1 and 1.": "2", "Add 1 and 2.": "3"}, extra=extra)
    file = tiny.write(tmp_path / "a.gguf", tiny.PLAIN_SCRIPT, CHATML) if by == "grammar" else bundled_model()
    with llama_server(file, tmp_path / "log", slots=1) as server:
        run_id = planned_served(conn, [server.url], pack, grammar=True, max_output_tokens=60)
        assert here_and_now(conn, run_id).state == "finished"
    held = catalog_runs.get(conn, run_id).setup.held
    assert held is not None
    assert (held.by, held.n_held, held.n_broken) == ((by,), 2, 0)
    for row in samples.scored(conn, run_id):
        answer = samples.get(conn, row.id).answer
        if by == "grammar":
            assert answer.startswith("sum\n"), answer
        elif row.finish_reason == "stop":
            assert json.loads(answer)["sum"] in range(100)
