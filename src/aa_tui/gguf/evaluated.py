"""Results of evaluations that repositories of the Hub hold, read by the Hub's own client."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote

from aa_tui.gguf import exchange
from aa_tui.gguf.hub import Hub, HubError, IsCancelled, asked, is_repo, never, not_a_hub, site_of
from aa_tui.textsafe import clean_line


class HubResult(NamedTuple):
    """A score of a model (OWNER/NAME) on a task of a data set, in whatever scale it was written.

    `is_verified` is whether the Hub holds a proof of it; others are claims. `date` is ISO 8601 or empty.
    """

    model: str
    dataset: str
    task: str
    value: float
    is_verified: bool
    date: str = ""
    source_url: str = ""
    source_name: str = ""
    notes: str = ""


def results_of(hub: Hub, repo: str, is_cancelled: IsCancelled = never) -> list[HubResult]:
    """The results that a model's repository holds. Raises HubError, CancelledError."""
    answer = _ask(hub, ("models", repo, ""), {"expand": "evalResults"}, is_cancelled, dict)
    from huggingface_hub.hf_api import ModelInfo

    try:
        found = ModelInfo(**{"id": repo, **answer}).eval_results or []  # type: ignore[no-untyped-call]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise not_a_hub(site_of(hub), "its evaluation results cannot be read") from None
    return [
        HubResult(
            repo,
            _line(one.dataset_id),
            _line(one.task_id),
            float(one.value),
            bool(one.verify_token),
            _line(one.date),
            _line(one.source_url),
            _line(one.source_name),
            _line(one.notes),
        )
        for one in found
        if _is_number(one.value)
    ]


def leaderboard_of(hub: Hub, dataset: str, is_cancelled: IsCancelled = never) -> list[HubResult]:
    """The leaderboard of a data set, best first. Raises HubError, CancelledError."""
    answer = _ask(hub, ("datasets", dataset, "/leaderboard"), {}, is_cancelled, list)
    from huggingface_hub.hf_api import DatasetLeaderboardEntry

    try:
        found = [DatasetLeaderboardEntry(**one) for one in answer]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise not_a_hub(site_of(hub), "its leaderboard cannot be read") from None
    return [
        HubResult(
            _line(one.model_id),
            dataset,
            "",
            float(one.value),
            one.verified is True,
            source_url=_line((one.source or {}).get("url")) if isinstance(one.source, dict | None) else "",
            source_name=_line((one.source or {}).get("name")) if isinstance(one.source, dict | None) else "",
            notes=_line(one.notes),
        )
        for one in found
        if _is_number(one.value) and is_repo(_line(one.model_id))
    ]


def _ask(
    hub: Hub,
    address: tuple[str, str, str],
    params: dict[str, Any],
    is_cancelled: IsCancelled,
    wanted: type,
) -> Any:
    """What the Hub's API answers at "models" or "datasets", repository, and what comes behind."""
    kind, repo, tail = address
    if not is_repo(repo):
        raise HubError(f"{clean_line(repo)[:100]} is no repository's name: it is OWNER/NAME.")
    url = f"{site_of(hub)}/api/{kind}/{quote(repo)}{tail}"
    repo_type = "model" if kind == "models" else "dataset"
    ask = partial(exchange.ask_json, url, params, hub.token)
    found = asked(ask, hub, repo, is_cancelled, repo_type=repo_type)  # type: ignore[arg-type]  # a Literal by then
    if not isinstance(found, wanted):
        raise not_a_hub(site_of(hub), f"it is no {'list' if wanted is list else 'object'}")
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _line(value: object) -> str:
    return clean_line(value)[:300] if isinstance(value, str) else ""
