"""What was fetched with a user's own key is handed on only where the user says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.program import Program
from tests.support.source_server import SourceServer, reply

ANSWER = {
    "status": 200,
    "data": [
        {
            "id": "1",
            "name": "Nanbeige4.1-3B",
            "slug": "nanbeige4-1-3b",
            "release_date": "2026-02-11",
            "model_creator": {"id": "n", "name": "Nanbeige", "slug": "nanbeige"},
            "evaluations": {"artificial_analysis_intelligence_index": 11.1, "gpqa": 0.849},
            "pricing": {"price_1m_input_tokens": 0, "price_1m_output_tokens": 0},
            "median_output_tokens_per_second": 1234.5,
            "median_time_to_first_token_seconds": 0,
        },
        {
            "id": "2",
            "name": "Only There 9",
            "slug": "only-there-9",
            "release_date": "2026-05-01",
            "model_creator": {"id": "o", "name": "Only", "slug": "only"},
            "evaluations": {"artificial_analysis_intelligence_index": 33.3},
            "pricing": {"price_1m_input_tokens": 1, "price_1m_output_tokens": 2},
            "median_output_tokens_per_second": 12.5,
            "median_time_to_first_token_seconds": 0.5,
        },
    ],
}


@pytest.fixture
def synced(program: Program, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """The program after a sync with a key."""
    monkeypatch.setenv("AA_API_KEY", "a-key")
    server = SourceServer()
    server.replies["/api/v2/data/llms/models"] = reply(ANSWER)
    done = program("sync", "artificial-analysis", "--url", server.url)
    assert done.returncode == 0, done.stderr
    yield program
    server.close()


def test_an_export_leaves_it_out_and_says_so(synced: Program) -> None:
    assert "1,23" in synced("show", "nanbeige4-1-3b").stdout, "on screen it is shown"
    plain = synced("export", "nanbeige4-1-3b", "--output", "-")
    assert plain.stderr.startswith("Left out: what came from Artificial Analysis")
    assert plain.stderr.count("\n") == 1
    assert "1,23" not in plain.stdout
    assert "150M output tokens" in plain.stdout, "what is shipped stays"
    whole = synced("export", "nanbeige4-1-3b", "--output", "-", "--with-restricted")
    assert whole.stderr == ""
    assert "1,23" in whole.stdout


def test_a_model_known_from_there_alone_is_not_exported_without_a_word(synced: Program, tmp_path: Path) -> None:
    assert "Only There 9" in synced("show", "only-there-9").stdout
    refused = synced("export", "only-there-9", "--output", str(tmp_path / "page.md"))
    assert refused.returncode != 0
    assert "All that is known of Only There 9 is of sources that do not let you hand it on" in refused.stderr
    assert not (tmp_path / "page.md").exists()
    assert synced("export", "only-there-9", "--output", "-", "--with-restricted").returncode == 0


def test_nothing_is_said_where_nothing_is_restricted(program: Program) -> None:
    done = program("export", "nanbeige4-1-3b", "--output", "-")
    assert (done.returncode, done.stderr) == (0, "")
