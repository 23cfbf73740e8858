"""Syncing with sources on the loopback: what comes, what is the same, what is taken back, and what changes nothing."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.source_server import Reply, SourceServer, reply

from aa_tui.actions import sync
from aa_tui.actions.sync import Done, Wanted
from aa_tui.catalog import db, models, offers, syncs
from aa_tui.catalog.rows import ModelFilter
from aa_tui.host.network import StoppedError
from aa_tui.sources.errors import SourceError
from aa_tui.sources.known import BY_NAME
from aa_tui.sources.planning import Plan, plan

LLMS = "/api/v2/data/llms/models"
FREE = "/api/v2/language/models/free"


def llm(name: str, slug: str, creator: str = "Alibaba", **changes: Any) -> dict[str, Any]:
    """A model as the older answer of Artificial Analysis has it."""
    return {
        "id": slug,
        "name": name,
        "slug": slug,
        "release_date": "2026-10-01",
        "model_creator": {"id": "x", "name": creator, "slug": creator.lower()},
        "evaluations": {"artificial_analysis_intelligence_index": 21.5, "gpqa": 0.5, "hle": None},
        "pricing": {"price_1m_blended_3_to_1": 0.2, "price_1m_input_tokens": 0.1, "price_1m_output_tokens": 0.5},
        "median_output_tokens_per_second": 100.5,
        "median_time_to_first_token_seconds": 0.5,
        "median_time_to_first_answer_token": 20.5,
        **changes,
    }


KNOWN = llm("Qwen3.5 4B (Reasoning)", "qwen3-5-4b")
NEW = llm("Qwen9 4B", "qwen9-4b", median_output_tokens_per_second=0, median_time_to_first_token_seconds=0)


def offer(id_: str, name: str, price_in: float, price_out: float, **changes: Any) -> dict[str, Any]:
    """An offer as models.dev has it."""
    return {
        "id": id_,
        "name": name,
        "reasoning": True,
        "open_weights": True,
        "limit": {"context": 131_072, "output": 8_192},
        "cost": {"input": price_in, "output": price_out},
        **changes,
    }


OFFERS = {
    "box": {
        "id": "box",
        "name": "The Box",
        "models": {
            "qwen/qwen3.5-4b:free": offer("qwen/qwen3.5-4b:free", "Qwen3.5 4B (free)", 0.01, 0.01),
            "qwen/qwen3.5-4b": offer("qwen/qwen3.5-4b", "Qwen3.5 4B", 0.04, 0.2),
            "qwen/qwen3.5-4b-max": offer("qwen/qwen3.5-4b-max", "Qwen3.5 4B Max", 1, 2),
        },
    }
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SourceServer]:
    """All sources at one address, and a key for Artificial Analysis."""
    found = SourceServer()
    for one in BY_NAME.values():
        monkeypatch.setenv(one.url_variable, found.url)
    for name in ("ARTIFICIAL_ANALYSIS_API_KEY", "OPENROUTER_API_KEY", "HF_TOKEN", "AA_TUI_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AA_API_KEY", "secret-key")
    found.replies[LLMS] = reply({"status": 200, "data": [KNOWN, NEW]})
    found.replies["/api.json"] = reply(OFFERS)
    yield found
    found.close()


def synced(conn: sqlite3.Connection, name: str = "artificial-analysis", **more: Any) -> Done:
    """One source, asked."""
    return sync.run(conn, BY_NAME[name], **more)


def everything(conn: sqlite3.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """All published rows, but for when they were written."""
    tables = {
        "variants": "slug, name, reasoning, open_weights, untold",
        "models": "id, name",
        "creators": "id, name",
        "sources": "name, url, as_of, index_version",
        "measurements": "variant_id, metric, value, unit, source_id",
        "offers": "variant_id, provider, price_in_usd_per_m, source_id",
        "leaderboard": "*",
    }
    return {
        table: [tuple(row) for row in conn.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2")]  # noqa: S608
        for table, columns in tables.items()
    }


def test_what_a_source_says_comes_into_the_catalog_with_where_it_is_from(
    conn: sqlite3.Connection, server: SourceServer
) -> None:
    before = models.resolve(conn, "qwen3-5-4b")
    done = synced(conn)
    assert done.plan is not None
    assert [one.slug for one in done.plan.new] == ["qwen9-4b"]
    assert "v4.1" in done.plan.notes[0]
    changed = {one.metric: (one.old, one.new) for one in done.plan.changed if one.slug == "qwen3-5-4b"}
    assert changed.get("price_in_usd_per_m", (None, 0.1))[1] == 0.1
    added = {one.metric for one in done.plan.added if one.slug == "qwen3-5-4b"}
    assert "intelligence_index" in added, "one of another index version is no older value of it"
    figures = models.published(conn, before.id)
    found = figures["published.gpqa"]
    assert (found.value, found.unit, found.source_name) == (50, "%", "Artificial Analysis")
    assert found.source_url == "https://artificialanalysis.ai/"
    assert figures["intelligence_index"].index_version == "v4.0", "which most models have"
    assert {past.index_version for past in offers.history(conn, before.id)} == {"v4.0", "v4.1"}
    assert figures["output_tps"].value == 100.5
    rows = conn.execute("SELECT is_restricted, sync_id FROM sources WHERE sync_id IS NOT NULL").fetchall()
    assert [tuple(row) for row in rows] == [(1, done.sync_id)]
    assert server.asked[0][1]["x-api-key"] == "secret-key"
    assert (
        conn.execute(
            "SELECT count(*) FROM measurements m JOIN variants v ON v.id = m.variant_id WHERE v.slug = 'qwen3-5-4b' "
            "AND m.metric = 'intelligence_index'"
        ).fetchone()[0]
        == 2
    ), "the older figure stays as history"


def test_what_nobody_tells_of_a_new_model_is_not_told(conn: sqlite3.Connection, server: SourceServer) -> None:
    synced(conn)
    row = models.resolve(conn, "qwen9-4b")
    assert row.untold == ("reasoning", "open_weights")
    assert (row.output_tps, row.ttft_s) == (None, None), "0 is how they write that it was not measured"
    filters = [ModelFilter(reasoning=value) for value in (True, False)]
    filters += [ModelFilter(open_weights=value) for value in (True, False)]
    for where in filters:
        assert "qwen9-4b" not in {one.slug for one in models.list_models(conn, where)}
    assert "qwen9-4b" in {one.slug for one in models.list_models(conn, ModelFilter(text="Qwen9"))}


def test_the_same_answer_changes_nothing(conn: sqlite3.Connection, server: SourceServer) -> None:
    synced(conn)
    before = everything(conn)
    again = synced(conn)
    assert again.sync_id is None
    assert again.plan is not None
    assert again.plan.is_same
    assert everything(conn) == before
    assert len(sync.history(conn)) == 1


def test_a_sync_is_taken_back_wholly_and_the_one_before_counts_again(
    conn: sqlite3.Connection, server: SourceServer
) -> None:
    at_first = everything(conn)
    synced(conn)
    one = everything(conn)
    server.replies[LLMS] = reply(
        {"data": [llm("Qwen3.5 4B (Reasoning)", "qwen3-5-4b", evaluations={"gpqa": 0.75}), NEW]}
    )
    second = synced(conn)
    assert second.plan is not None
    assert [(c.metric, c.old, c.new) for c in second.plan.changed] == [("published.gpqa", 50, 75)]
    variant = models.resolve(conn, "qwen3-5-4b").id
    assert models.published(conn, variant)["published.gpqa"].value == 75
    assert sync.undo(conn).sync.id == second.sync_id
    assert everything(conn) == one
    undone = sync.undo(conn)
    assert undone.removed == ("qwen9-4b",)
    assert everything(conn) == at_first
    assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
    with pytest.raises(SourceError, match="no sync to take back"):
        sync.undo(conn)
    assert all(row.undone_at for row in sync.history(conn))


def test_what_something_of_the_users_hangs_on_stays(conn: sqlite3.Connection, server: SourceServer) -> None:
    synced(conn)
    model = models.resolve(conn, "qwen9-4b").model_id
    conn.execute(
        "INSERT INTO gguf_files (sha256, path, size_bytes, mtime_ns, model_id) VALUES ('aa', '/x.gguf', 1, 1, ?)",
        (model,),
    )
    undone = sync.undo(conn)
    assert (undone.kept, undone.removed) == (("qwen9-4b",), ())
    assert models.resolve(conn, "qwen9-4b").intelligence_index is None
    assert conn.execute("PRAGMA foreign_key_check").fetchall() == []


def test_offers_come_to_every_mode_of_the_weights_and_the_plainest_counts(
    conn: sqlite3.Connection, server: SourceServer
) -> None:
    done = synced(conn, "models.dev")
    assert done.plan is not None
    for slug in ("qwen3-5-4b", "qwen3-5-4b-non-reasoning"):
        (found,) = offers.offers_of(conn, models.resolve(conn, slug).id)
        assert (found.provider, found.price_in_usd_per_m, found.context_tokens) == ("The Box", 0.04, 131_072)
        assert found.source_name == "models.dev"
    assert [one.id for one in done.plan.unmatched] == ["qwen/qwen3.5-4b-max"]
    assert done.plan.skipped["another offer of the same provider"] == 2
    assert "Without the list of models" in done.plan.notes[0]


def test_an_offer_that_is_gone_is_no_longer_offered(conn: sqlite3.Connection, server: SourceServer) -> None:
    synced(conn, "models.dev")
    server.replies["/api.json"] = reply({"other": {**OFFERS["box"], "name": "Another"}})
    done = synced(conn, "models.dev")
    assert done.plan is not None
    assert len(done.plan.gone_offers) == 2
    found = offers.offers_of(conn, models.resolve(conn, "qwen3-5-4b").id)
    assert [one.provider for one in found] == ["Another"]
    sync.undo(conn)
    found = offers.offers_of(conn, models.resolve(conn, "qwen3-5-4b").id)
    assert [one.provider for one in found] == ["The Box"]


def test_open_weights_are_told_by_another_source_and_untold_again(
    conn: sqlite3.Connection, server: SourceServer
) -> None:
    synced(conn)
    server.replies["/models.json"] = reply(
        {"alibaba/qwen9-4b": {"id": "alibaba/qwen9-4b", "name": "Qwen9 4B", "open_weights": True}}
    )
    synced(conn, "models.dev")
    assert models.resolve(conn, "qwen9-4b").untold == ("reasoning",)
    sync.undo(conn)
    assert models.resolve(conn, "qwen9-4b").untold == ("reasoning", "open_weights")


def test_a_dry_run_writes_nothing(conn: sqlite3.Connection, server: SourceServer) -> None:
    before = everything(conn)
    done = synced(conn, dry=True)
    assert done.plan is not None
    assert (len(done.plan.new), done.sync_id) == (1, None)
    assert everything(conn) == before
    assert sync.history(conn) == []


def test_pages_are_followed_and_name_their_index_version(conn: sqlite3.Connection, server: SourceServer) -> None:
    def page(number: int, row: dict[str, Any]) -> Reply:
        pagination = {"page": number, "page_size": 1, "total_pages": 2, "has_more": number < 2}
        return reply({"tier": "free", "intelligence_index_version": "4.2", "pagination": pagination, "data": [row]})

    server.replies[f"{FREE}?page=1"], server.replies[f"{FREE}?page=2"] = page(1, KNOWN), page(2, NEW)
    del server.replies[LLMS]  # the older address, which may go
    done = synced(conn)
    assert done.plan is not None
    assert (done.plan.index_version, done.plan.notes, len(done.plan.new)) == ("v4.2", (), 1)
    assert syncs.requests(conn, "artificial-analysis").n == 3
    assert synced(conn, wanted=Wanted(is_paged=True)).sync_id is None
    assert syncs.requests(conn, "artificial-analysis").n == 5


def test_a_key_is_never_sent_unencrypted(conn: sqlite3.Connection, server: SourceServer) -> None:
    with pytest.raises(SourceError, match="unencrypted: use https"):
        synced(conn, wanted=Wanted(url="http://10.255.255.1"))
    with pytest.raises(SourceError, match="no web address"):
        synced(conn, wanted=Wanted(url="file:///etc/passwd"))


def test_openrouter_prices_are_texts_of_single_tokens(conn: sqlite3.Connection, server: SourceServer) -> None:
    row = {"id": "qwen/qwen3.5-4b", "name": "Qwen: Qwen3.5 4B", "context_length": 32_768}
    free = {"id": "openrouter/auto", "name": "Auto", "pricing": {"prompt": "-1", "completion": "-1"}}
    server.replies["/api/v1/models"] = reply(
        {"data": [{**row, "pricing": {"prompt": "0.00000004", "completion": "0.0000002"}}, free]}
    )
    server.replies["/api/v1/datasets/exports/benchmark-leaderboard/latest.json"] = reply(
        {
            "snapshot_date": "2026-11-01",
            "rows": [{"benchmark": "gpqa_diamond", "model_permaslug": "phi-4-mini-instruct", "accuracy": 0.25}],
        }
    )
    done = synced(conn, "openrouter")
    (found,) = offers.offers_of(conn, models.resolve(conn, "qwen3-5-4b").id)
    assert (found.price_in_usd_per_m, found.price_out_usd_per_m) == (0.04, 0.2)
    assert done.plan is not None
    assert [(one.slug, one.metric, one.value, one.source.as_of) for one in done.plan.figures] == [
        ("phi-4-mini", "published.gpqa", 25, "2026-11-01")
    ]


def test_the_hub_tells_claims_from_what_it_can_prove(conn: sqlite3.Connection, server: SourceServer) -> None:
    result = {"dataset": {"id": "Idavidrein/gpqa", "task_id": "gpqa_diamond"}, "value": 41.2, "date": "2026-02-11"}
    proven = {"dataset": {"id": "cais/hle", "task_id": "hle"}, "value": 10.5, "verifyToken": "x"}
    share = {"dataset": {"id": "x/y", "task_id": "z"}, "value": 0.5}
    server.replies["/api/models/Nanbeige/Nanbeige4.1-3B"] = reply(
        {"id": "Nanbeige/Nanbeige4.1-3B", "evalResults": [{"data": one} for one in (result, proven, share)]}
    )
    done = sync.run(conn, BY_NAME["huggingface"], Wanted(url=server.url), named=["nanbeige4-1-3b"])
    assert done.plan is not None
    assert {one.metric: one.value for one in done.plan.figures} == {"claimed.gpqa": 41.2, "published.hle": 10.5}
    assert done.plan.skipped == {"a score that may be a share or a percentage": 1}


def test_a_data_sets_leaderboard_is_scores_of_the_models_whose_weights_it_names(
    conn: sqlite3.Connection, server: SourceServer
) -> None:
    def entry(rank: int, model: str, value: float) -> dict[str, Any]:
        author = {"type": "org", "name": "x", "fullname": "X"}
        told = {"rank": rank, "modelId": model, "value": value, "filename": "x.yaml", "verified": rank == 1}
        return {**told, "author": author}

    server.replies["/api/datasets/TIGER-Lab/MMLU-Pro/leaderboard"] = reply(
        [entry(1, "Nanbeige/Nanbeige4.1-3B", 61.5), entry(2, "nobody/nothing-7B", 60)]
    )
    wanted = Wanted(url=server.url, dataset="TIGER-Lab/MMLU-Pro")
    done = sync.run(conn, BY_NAME["huggingface"], wanted)
    assert done.plan is not None
    assert [(one.slug, one.metric, one.value) for one in done.plan.figures] == [
        ("nanbeige4-1-3b", "published.mmlu_pro", 61.5)
    ]
    assert [one.id for one in done.plan.unmatched] == ["nobody/nothing-7B"]


# -- what changes nothing


def _changed(**changes: Any) -> Reply:
    return reply({"data": [{**KNOWN, **changes}]})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Reply(b"{}", 401), r"does not accept the key in AA_API_KEY \(401\)"),
        (Reply(b"{}", 402), r"wants to be paid"),
        (Reply(b"{}", 403), r"does not let the key in AA_API_KEY have that"),
        (Reply(b"{}", 429, {"Retry-After": "120"}), "asked too often.*in 2 minutes"),
        (Reply(b"oops", 503), "fails at the moment"),
        (Reply(b"", 302, {"Location": "https://evil.example/x"}), "sends us on to https://evil.example"),
        (Reply(b'{"data": [', 200), "no JSON"),
        (Reply(b'{"data": []}' * 1000, cut_after=100), "broke off"),
        (Reply(b"<!DOCTYPE html><p>log in", headers={"Content-Type": "text/html"}), "a web page"),
        (Reply(b"\x1f\x8b", headers={"Content-Encoding": "gzip"}), "packed form"),
        (reply([]), "answer is a list where an object belongs"),
        (reply({"data": {}}), "data is an object where a list belongs"),
        (reply({"data": ["x"]}), "a text where an object belongs"),
        (_changed(name=7), "name is a number where a text belongs"),
        (_changed(evaluations=[]), "evaluations is a list where an object belongs"),
        (_changed(pricing={"price_1m_input_tokens": "0.1"}), "price_1m_input_tokens is a text where a number"),
        (_changed(median_output_tokens_per_second=True), "yes or no where a number belongs"),
        (reply({"intelligence_index_version": "new!", "data": [KNOWN]}), "intelligence_index_version"),
        (Reply(b'{"data": [' + b'{"name":"x"},' * 100_000 + b"{}]}"), "lists 100,001 models"),
        (Reply(b" " * (33 << 20)), "more than 32 MiB"),
        (
            Reply(b"{}", headers={"Date": format_datetime(datetime.now(UTC) - timedelta(days=30), usegmt=True)}),
            "clock is 30 days ahead of",
        ),
    ],
)
def test_a_bad_answer_is_one_sentence_and_the_catalog_is_as_it_was(
    conn: sqlite3.Connection, server: SourceServer, answer: Reply, words: str
) -> None:
    before = everything(conn)
    server.replies[LLMS] = answer
    with pytest.raises(SourceError, match=words) as raised:
        synced(conn)
    sentence = str(raised.value)
    assert "secret-key" not in sentence
    assert "\n" not in sentence
    assert everything(conn) == before
    assert sync.history(conn) == []


def test_nobody_at_the_address_is_one_sentence(conn: sqlite3.Connection, server: SourceServer) -> None:
    server.close()
    with pytest.raises(SourceError, match="cannot be reached"):
        synced(conn)


def test_without_a_key_or_offline_nobody_is_asked(
    conn: sqlite3.Connection, server: SourceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AA_API_KEY")
    with pytest.raises(SourceError, match="export AA_API_KEY"):
        synced(conn)
    monkeypatch.setenv("AA_TUI_OFFLINE", "1")
    monkeypatch.delenv(BY_NAME["models.dev"].url_variable)
    with pytest.raises(SourceError, match="AA_TUI_OFFLINE"):
        synced(conn, "models.dev")
    assert server.asked == []


def test_a_source_that_asked_to_wait_is_not_asked(conn: sqlite3.Connection, server: SourceServer) -> None:
    server.replies[LLMS] = Reply(b"{}", 429, {"Retry-After": "3600"})
    with pytest.raises(SourceError, match="in 1 hour"):
        synced(conn)
    with pytest.raises(SourceError, match="not to be asked again before"):
        synced(conn)
    assert len(server.asked) == 1


def test_no_more_is_asked_a_day_than_a_source_allows(conn: sqlite3.Connection, server: SourceServer) -> None:
    server.replies[LLMS] = reply({"data": [KNOWN]}, X_RateLimit_Remaining="0")
    synced(conn)
    with pytest.raises(SourceError, match="allows a day"):
        synced(conn)
    assert len(server.asked) == 1


def test_absurd_and_hostile_rows_are_left_out_and_counted(conn: sqlite3.Connection, server: SourceServer) -> None:
    rows = [
        llm("Fine\x1b]0;owned\x07 One \x9b31m", "fine-one", creator="Some\u202ebody"),
        llm("\x1b[2J", "nothing-left"),
        llm("Z" * 500, "too-long"),
        llm("Dear One", "../../etc/passwd", pricing={"price_1m_input_tokens": -1, "price_1m_output_tokens": 1e9}),
        llm("Wild One", "wild-one", evaluations={"gpqa": 7, "artificial_analysis_intelligence_index": -3}),
        llm("Wild One", "twice"),
    ]
    server.replies[LLMS] = Reply(json.dumps({"data": rows}).encode())
    done = synced(conn)
    assert done.plan is not None
    assert {one.slug: (one.name, one.creator) for one in done.plan.new} == {
        "fine-one": ("Fine One", "Somebody"),
        "dear-one": ("Dear One", "Alibaba"),
        "wild-one": ("Wild One", "Alibaba"),
    }
    assert done.plan.skipped == {
        "a figure that cannot be": 4,
        "a model that is there twice": 1,
        "a model without a name that can be shown": 2,
    }
    assert models.resolve(conn, "dear-one").price_in_usd_per_m is None


def test_figures_of_the_future_are_left_out(conn: sqlite3.Connection, server: SourceServer) -> None:
    before = everything(conn)
    server.replies["/api/v1/models"] = reply({"data": []})
    server.replies["/api/v1/datasets/exports/benchmark-leaderboard/latest.json"] = reply(
        {
            "snapshot_date": "2999-01-01",
            "rows": [{"benchmark": "x", "model_permaslug": "phi-4-mini-instruct", "accuracy": 0.2}],
        }
    )
    done = synced(conn, "openrouter")
    assert done.plan is not None
    assert (done.plan.skipped, done.sync_id) == ({"a figure of the future": 1}, None)
    assert everything(conn) == before


def test_stopping_while_a_source_is_silent_changes_nothing(conn: sqlite3.Connection, server: SourceServer) -> None:
    before, hold = everything(conn), threading.Event()
    server.replies[LLMS] = Reply(b"{}", hold=hold)
    with pytest.raises(StoppedError):
        synced(conn, is_cancelled=lambda: bool(server.asked))
    hold.set()
    assert everything(conn) == before


def test_a_full_disk_leaves_the_catalog_as_it_was(conn: sqlite3.Connection, server: SourceServer) -> None:
    before = everything(conn)
    n_pages = conn.execute("PRAGMA page_count").fetchone()[0]
    conn.execute(f"PRAGMA max_page_count = {n_pages}")
    server.replies[LLMS] = reply({"data": [llm(f"Qwen9 {n}B", f"qwen9-{n}b") for n in range(1, 300)]})
    with pytest.raises(sqlite3.OperationalError, match="full"):
        synced(conn)
    assert everything(conn) == before
    assert sync.history(conn) == []


def test_one_source_that_fails_keeps_none_of_the_others(conn: sqlite3.Connection, server: SourceServer) -> None:
    server.replies[LLMS] = Reply(b"{}", 500)
    chosen = sync.chosen(["artificial-analysis", "models.dev"])
    found = list(sync.run_all(conn, chosen))
    assert [(one.source.name, bool(one.why_not), one.sync_id) for one in found] == [
        ("artificial-analysis", True, None),
        ("models.dev", False, 1),
    ]


def test_of_two_syncs_at_once_the_later_finds_nothing_new(
    fresh: Path, conn: sqlite3.Connection, server: SourceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plan_while_another_writes(*given: Any, **more: Any) -> Plan:
        monkeypatch.setattr(sync, "plan", plan)
        found = plan(*given, **more)
        with closing(db.open_catalog(fresh)) as other:
            assert synced(other).sync_id is not None
        return found

    monkeypatch.setattr(sync, "plan", plan_while_another_writes)
    assert (synced(conn).sync_id, len(sync.history(conn))) == (None, 1)
