"""Real servers, whose program `.ci/servers` builds: `.ci/servers` runs these tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.real_servers import RealServer, llama_server

from aa_tui.gguf.bundled import bundled_model


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without the program there is nothing to try."""
    if not Path(os.environ.get("AA_TUI_LLAMA_SERVER", "")).is_file():
        for item in items:
            item.add_marker(pytest.mark.skip(reason="AA_TUI_LLAMA_SERVER names no llama-server: run .ci/servers"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RealServer]:
    """llama-server with the bundled model, one slot: as deterministic as a run in process."""
    with llama_server(bundled_model(), tmp_path / "server.log", slots=1) as running:
        yield running
