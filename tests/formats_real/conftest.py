"""The owners of the formats, whom `.ci/formats` installs (the group `formats`)."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

OWNERS = ("inspect_ai", "lm_eval", "pyarrow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without them there is nobody to judge."""
    missing = [name for name in OWNERS if find_spec(name) is None]
    if missing:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=f"{', '.join(missing)} not installed: run .ci/formats"))
