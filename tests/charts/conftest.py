"""A catalog of the published facts, with a small lab's models and measurements."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from tests.support.lab import LAB, publish

from aa_tui.catalog import db
from aa_tui.charts.scene import Scene
from aa_tui.pages.scene import load_scene


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """The catalog; tests only read it."""
    conn = db.open_catalog(tmp_path_factory.mktemp("charts") / "catalog.db")
    publish(conn)
    yield conn
    conn.close()


@pytest.fixture
def lab(catalog: sqlite3.Connection) -> Scene:
    """The lab's models with Alpha's page."""
    return load_scene(catalog, "alpha", LAB)


@pytest.fixture
def nanbeige(catalog: sqlite3.Connection) -> Scene:
    """The class of Nanbeige4.1-3B, of the shipped facts."""
    return load_scene(catalog, "nanbeige4.1-3b")
