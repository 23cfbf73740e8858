"""Asking one source for all that it says: which addresses, in which order, and how often it may be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.syncs import Requests
from aa_tui.host.network import StoppedError
from aa_tui.sources import artificial_analysis, exchange, hugging_face, models_dev, openrouter
from aa_tui.sources.errors import SourceError
from aa_tui.sources.known import Source, address, key_of
from aa_tui.sources.values import Answer
from aa_tui.textsafe import clean_line

LLMS = "/api/v2/data/llms/models"
FREE = "/api/v2/language/models/free"
LLMS_DAILY = 1_000
"""Requests a day of the older answer, as its documentation says; of the paged one sources say 25 to 1,000."""

MOST_REPOSITORIES = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for beyond the source itself. `url` is another base address than the source's."""

    url: str = ""
    index_version: str = ""
    is_paged: bool = False
    repositories: tuple[str, ...] = ()
    dataset: str = ""


Progress = Callable[[float, str], None]
"""Called with a fraction of 0 to 1, and what is going on."""

Noted = Callable[[Requests], None]


class Asking:
    """One source, asked within its limits. Every request is counted before it is sent."""

    def __init__(
        self,
        source: Source,
        wanted: Wanted,
        requests: Requests,
        *,
        note: Noted,
        progress: Progress,
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._source, self._wanted, self._requests = source, wanted, requests
        self._note, self._progress, self._is_cancelled = note, progress, is_cancelled
        self._key = key_of(source)
        self.url = (wanted.url.strip() or address(source)).rstrip("/")

    def answer(self) -> Answer:
        """All that it says. Raises SourceError, GGUFError, StoppedError."""
        if self._source.needs_key and self._key is None:
            first, *others = self._source.key_names
            also = f" or {', '.join(others)}" if others else ""
            raise SourceError(
                f"{self._source.title} wants a key of your own: `export {first}=…`{also}, or `keyring set aa-tui "
                f"{first}`."
            )
        return _ANSWERS[self._source.name](self)

    # -- each source

    def artificial_analysis(self) -> Answer:
        """The one list, or all pages."""
        headers = {"x-api-key": self._key.value if self._key is not None else ""}
        if not self._wanted.is_paged:
            try:
                body = self._ask(LLMS, headers, LLMS_DAILY)
                return artificial_analysis.answer([body], self._wanted.index_version)
            except SourceError as error:
                if not error.is_gone:  # the older address is said to go: then the pages are what there is
                    raise
        pages = [self._ask(f"{FREE}?page=1", headers, self._source.daily)]
        n_pages = artificial_analysis.n_pages(pages[0])
        for page in range(2, n_pages + 1):
            self._progress((page - 1) / n_pages, f"{self._source.title}: page {page} of {n_pages}")
            pages.append(self._ask(f"{FREE}?page={page}", headers, self._source.daily))
        return artificial_analysis.answer(pages, self._wanted.index_version)

    def models_dev(self) -> Answer:
        """The offers, and what is true of models; that is no reason to fail where only it is missing."""
        offers = self._ask("/api.json", {}, None)
        try:
            models = self._ask("/models.json", {}, None)
        except SourceError as error:
            found = models_dev.answer(offers)
            return replace(found, notes=(*found.notes, f"Without the list of models: {error}"))
        return models_dev.answer(offers, models)

    def openrouter(self) -> Answer:
        """The offers; benchmarks with a key, else those of the public export."""
        models = self._ask("/api/v1/models", {}, self._source.daily)
        try:
            if self._key is not None:
                headers = {"Authorization": f"Bearer {self._key.value}"}
                return openrouter.answer(
                    models, benchmarks=self._ask("/api/v1/benchmarks", headers, self._source.daily)
                )
            export = self._ask("/api/v1/datasets/exports/benchmark-leaderboard/latest.json", {}, self._source.daily)
            return openrouter.answer(models, export=export)
        except SourceError as error:
            found = openrouter.answer(models)
            return replace(found, notes=(*found.notes, f"Without benchmarks: {error}"))

    def huggingface(self) -> Answer:
        """The results of repositories, or of a data set's leaderboard."""
        from aa_tui.gguf import evaluated
        from aa_tui.gguf.hub import CancelledError, HubError, HubUnreachableError, hub_here

        hub = hub_here()
        if self._wanted.url.strip():
            hub = replace(hub, endpoint=self.url)
        try:
            if self._wanted.dataset:
                return hugging_face.answer(evaluated.leaderboard_of(hub, self._wanted.dataset, self._is_cancelled))
            results, notes = [], []
            repositories = self._wanted.repositories[:MOST_REPOSITORIES]
            for n, repository in enumerate(repositories):
                self._progress(n / len(repositories), f"{self._source.title}: {clean_line(repository)}")
                try:
                    results += evaluated.results_of(hub, repository, self._is_cancelled)
                except (CancelledError, HubUnreachableError):
                    raise
                except HubError as error:
                    notes.append(str(error))
            if not repositories:
                notes.append("No model of the catalog that has a file here has its weights on the Hub: name one.")
            elif len(notes) == len(repositories):
                raise SourceError(notes[0])
            return replace(hugging_face.answer(results), notes=tuple(notes))
        except CancelledError:
            raise StoppedError from None

    # -- within limits

    def _ask(self, path: str, headers: dict[str, str], daily: int | None) -> object:
        used, title = self._requests, self._source.title
        if used.not_before > utc_now():
            raise SourceError(f"{title} asked not to be asked again before {used.not_before[:16]} UTC: try again then.")
        if used.remaining == 0 or (daily is not None and used.n >= daily):
            most = f"the {daily:,} times" if used.remaining != 0 else "as often as"
            raise SourceError(f"{title} was asked {most} that it allows a day: try again tomorrow (UTC).")
        self._requests = used._replace(n=used.n + 1)
        self._note(self._requests)
        try:
            body = exchange.ask(
                title,
                self.url + path,
                headers,
                key_name=self._key.name if self._key is not None and headers else "",
                told=partial(self._told, path),
                is_cancelled=self._is_cancelled,
            )
        except SourceError as error:
            if error.retry_after_s is not None:
                until = datetime.now(UTC) + timedelta(seconds=error.retry_after_s)
                self._requests = self._requests._replace(not_before=until.isoformat(timespec="milliseconds"))
                self._note(self._requests)
            raise
        if body.remaining is not None:
            self._requests = self._requests._replace(remaining=body.remaining)
            self._note(self._requests)
        return body.value

    def _told(self, path: str, done: int, total: int | None) -> None:
        share = done / total if total else 0.5
        self._progress(min(share, 1.0), f"{self._source.title}: {done / 1e6:.1f} MB of {path.partition('?')[0]}")


def repositories(known: Sequence[tuple[str, bool]]) -> tuple[str, ...]:
    """Repositories of the Hub among addresses of weights, of those with a file here."""
    from aa_tui.sources.matching import hub_repository

    return tuple(dict.fromkeys(repo for url, is_here in known if is_here and (repo := hub_repository(url))))


_ANSWERS: dict[str, Callable[[Asking], Answer]] = {
    "artificial-analysis": Asking.artificial_analysis,
    "models.dev": Asking.models_dev,
    "openrouter": Asking.openrouter,
    "huggingface": Asking.huggingface,
}
