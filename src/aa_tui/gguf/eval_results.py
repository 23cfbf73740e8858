"""The Hub's `.eval_results/NAME.yaml`, by its client's own writer: one file is what a model's repository can hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def as_yaml(entries: Iterable[Mapping[str, Any]]) -> bytes:
    """Entries with the fields of `huggingface_hub.EvalResultEntry` as a file."""
    import yaml  # the client's own
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

    values = eval_result_entries_to_yaml([EvalResultEntry(**entry) for entry in entries])
    text: str = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100)
    return text.encode()
