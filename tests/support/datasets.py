"""Public data sets that some graders are tried on. None is part of the project: where they are not, those tests are
skipped and say so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATASETS = Path(os.environ.get("AA_TUI_DATASETS") or Path(__file__).resolve().parents[3] / "shared" / "datasets")
"""A folder for each, as its publisher names the files; beside the project unless the environment says otherwise."""

HUMANEVAL = DATASETS / "humaneval" / "HumanEval.jsonl.gz"

needs_datasets = pytest.mark.skipif(not DATASETS.exists(), reason="no data sets: AA_TUI_DATASETS names their folder")
