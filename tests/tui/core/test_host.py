"""Screens speak to a host, whoever that is."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from tests.support.evaluating import planned, write_pack
from tests.support.noted import take
from tests.support.plain_host import PlainHost

from aa_tui.catalog import life, runs
from aa_tui.tui.charts.choosing import open_from, pin, remembered
from aa_tui.tui.core.host import Host
from aa_tui.tui.core.places import Place
from aa_tui.tui.runs import requests
from aa_tui.tui.start import asking
from aa_tui.tui.widgets.question import YES


def test_a_sample_is_left_out_only_after_a_yes(filled: sqlite3.Connection, fresh: Path, tmp_path: Path) -> None:
    host = PlainHost(fresh)
    run_id = planned(filled, write_pack(tmp_path / "small", {"What is 1?": "number 1"}))
    take(filled, run_id)
    run = runs.get(filled, run_id)
    requests.skip(host, run, "")
    assert host.told == ["This slot writes nothing just now."]
    assert host.asked == []
    requests.skip(host, run, "item-001")
    answered = host.asked[0][1]
    assert answered is not None
    answered(None)
    assert life.control_of(filled, run_id) == (None, None)
    answered(YES)
    assert life.control_of(filled, run_id) == (None, "item-001")


def test_what_is_pinned_is_remembered(filled: sqlite3.Connection, fresh: Path) -> None:
    host = PlainHost(fresh)
    assert pin(host, "nanbeige4-1-3b").pinned == {"nanbeige4-1-3b"}
    assert remembered(host.memory).pinned == {"nanbeige4-1-3b"}
    assert not pin(host, "nanbeige4-1-3b").pinned


def test_a_bar_opens_its_model_at_the_same_section(filled: sqlite3.Connection, fresh: Path) -> None:
    host = PlainHost(fresh)
    asyncio.run(open_from(host, None, "nanbeige4-1-3b", "price"))
    asyncio.run(open_from(host, None, "of-no-model"))
    assert host.went == [Place("page", "nanbeige4-1-3b", "price")]
    assert host.told == ["This bar stands for no model, so it has no page."]


def test_without_a_model_there_is_nothing_to_start(filled: sqlite3.Connection, fresh: Path) -> None:
    host = PlainHost(fresh)
    speaks: Host = host
    asking.measure(speaks, None)
    asking.evaluate(speaks, None)
    assert [words.split(": ")[1] for words in host.told] == ["b measures a file of it.", "E evaluates a file of it."]
    assert host.asked == []
