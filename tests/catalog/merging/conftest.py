"""An empty catalog, made once: to make one takes longer than to merge it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.merging import make


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("template") / "template.db", ())
