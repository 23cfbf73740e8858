"""An open catalog: where everything begins."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from aa_tui.api.chart import Chart, chart_of
from aa_tui.api.chart import names as chart_names
from aa_tui.api.model import Model, model_of
from aa_tui.api.run import Bench, Conversation, Evaluation, Study, run_of
from aa_tui.catalog import db
from aa_tui.catalog import models as catalog_models
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import ModelFilter

if TYPE_CHECKING:
    from types import TracebackType


def open_catalog(path: str | Path | None = None) -> Catalog:
    """Open a catalog, which is made where there is none. Without a path it is the user's own.

    It is closed by `close()`, or at the end of a `with`. Raises AATuiError for what is no catalog, or a damaged one.

    >>> with aa_tui.open_catalog() as catalog:
    ...     [model.slug for model in catalog.models("nanbeige")]
    ['nanbeige4-1-3b']
    """
    return Catalog(db.default_path() if path is None else Path(path).expanduser())


class Catalog:
    """An open catalog: models with published figures, and what was measured here.

    >>> catalog = aa_tui.open_catalog()
    >>> catalog.path.name
    'catalog.db'
    >>> catalog.close()
    """

    def __init__(self, path: Path) -> None:
        self._stack = ExitStack()
        self._conn = self._stack.enter_context(db.noting(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)  # which turns what the catalog is to blame for into AATuiError

    def close(self) -> None:
        """Let go of the file. Runs that were started continue.

        >>> aa_tui.open_catalog().close()
        """
        self._stack.close()

    @property
    def path(self) -> Path:
        """The catalog's file.

        >>> with aa_tui.open_catalog() as catalog:
        ...     catalog.path.exists()
        True
        """
        return self._conn.path

    def models(
        self,
        text: str = "",
        *,
        open_weights: bool | None = None,
        reasoning: bool | None = None,
        measured_here: bool | None = None,
        creator: str | None = None,
        params_b_at_most: float | None = None,
        price_at_most: float | None = None,
        context_at_least: int | None = None,
        index_at_least: float | None = None,
        sort: str = "intelligence_index",
        reverse: bool = False,
        limit: int | None = None,
    ) -> list[Model]:
        """The models that these conditions let through, the best first; `sort` is a key of `Model.data()`.

        Prices are blended, in USD for a million tokens. A model in two reasoning modes is two models.

        >>> [model.slug for model in catalog.models("nanbeige")]
        ['nanbeige4-1-3b']
        >>> small = catalog.models(open_weights=True, params_b_at_most=4, limit=3)
        >>> all(model.total_params_b <= 4 for model in small)
        True
        """
        where = ModelFilter(
            text=text,
            open_weights=open_weights,
            reasoning=reasoning,
            measured_here=measured_here,
            creator=creator,
            params_b_at_most=params_b_at_most,
            price_at_most=price_at_most,
            context_at_least=context_at_least,
            index_at_least=index_at_least,
        )
        catalog_models.check_sort(sort)
        descending = (sort not in catalog_models.LOWER_FIRST) is not reverse
        rows = catalog_models.list_models(self._conn, where, sort, descending, limit)
        return [model_of(self._conn, row) for row in rows]

    def model(self, name: str) -> Model:
        """The model of this slug or name. Raises AATuiError where none or several are called so.

        >>> catalog.model("Nanbeige4.1-3B").creator
        'Nanbeige'
        """
        return model_of(self._conn, catalog_models.resolve(self._conn, name))

    def chart(self, name: str, target: str | None = None, *, among: str | None = None) -> Chart:
        """A chart by its name, of all models, or of a model (its slug) or run (`run:3`), which is highlighted.

        `among` says which models are drawn: "class" (that of the model), "all", or a class such as "tiny". Where the
        class that nobody named gives nothing to compare, text and picture are of the nearest models and say so. The
        names are those of `charts()`.

        >>> print(catalog.chart("intelligence", among="tiny").text(width=60, height=5))  # doctest: +ELLIPSIS
        Intelligence Index · Tiny...
        """
        return chart_of(self._conn, name, target, among)

    def charts(self) -> list[str]:
        """The names of all charts, in the order of a page.

        >>> catalog.charts()[:2]
        ['intelligence', 'open-vs-proprietary']
        """
        return chart_names()

    def bench(
        self,
        target: str | Path,
        *,
        tests: Sequence[str] | None = None,
        model: str | None = None,
        repetitions: int | None = None,
        n_threads: int | None = None,
        n_gpu_layers: int | None = None,
        force: bool = False,
    ) -> Bench:
        """Start measuring a file's speed, in a process that outlives this one; queued while another run measures.

        `target` is a GGUF file, or a model of which one is here; `tests` are as `aa-tui bench --tests` has them. `None`
        means what suits the machine. Raises AATuiError, with the next step, where that cannot be done.

        >>> run = catalog.bench("aa-nano", tests=["pp16"], repetitions=1)
        >>> run.wait().state
        'finished'
        """
        from aa_tui.actions import start
        from aa_tui.actions.options import SpeedOptions

        run_id = start.bench(
            self._conn,
            str(target),
            model=model,
            options=SpeedOptions(
                tests=tuple(tests) if tests is not None else None,
                repetitions=repetitions,
                n_threads=n_threads,
                n_gpu_layers=n_gpu_layers,
                force=force,
            ),
        )
        return Bench(self._conn, run_id)

    def divergence(
        self,
        target: str | Path,
        reference: str | Path,
        *,
        n_ctx: int = 512,
        max_blocks: int | None = None,
        n_threads: int | None = None,
        exact: bool = False,
    ) -> Study:
        """Start measuring how far a file's next-token distribution is from a reference's of the same model.

        Both are GGUF files, or models of which one is here; `max_blocks` of `n_ctx` tokens each are read, `None` means
        the whole text. `exact` compares all tokens of the vocabulary, none by a sample, and takes gigabytes of disk
        meanwhile. Raises AATuiError, with the next step, where that cannot be done.

        >>> study = catalog.divergence("aa-nano", "aa-nano", n_ctx=32, max_blocks=2)
        >>> study.wait().state, study.data()["found"]["kld_mean_nats"]["value"]
        ('finished', 0.0)
        """
        from aa_tui.actions import studies

        run_id = studies.divergence(
            self._conn,
            str(target),
            str(reference),
            n_ctx=n_ctx,
            max_blocks=max_blocks,
            n_threads=n_threads,
            exact=exact,
        )
        return Study(self._conn, run_id)

    def evaluate(
        self,
        target: str | Path | Sequence[str],
        *,
        pack: str,
        model: str | None = None,
        limit: int | None = None,
        budget_s: float | None = None,
        until_width: float | None = None,
        until_above: float | None = None,
        epochs: int = 1,
        seed: int = 0,
        prompt: Literal["chat", "plain"] = "chat",
        max_output_tokens: int | None = None,
        n_parallel: int | None = None,
        n_threads: int | None = None,
        n_gpu_layers: int | None = None,
        force: bool = False,
        key_env: str = "",
        max_usd: float | None = None,
    ) -> Evaluation:
        """Start an evaluation on a pack (its name or folder), in a process that outlives this one.

        `limit` is the first N items of a fair order, `budget_s` how long it may work. `until_width=0.03` ends it when
        the score is known to ± 3 points, `until_above=0.7` when it is known to be above or below 70 %. `None` means
        what suits the pack, the model or the machine. Raises AATuiError as `bench`.

        `target` may be a server's address or saved name, or several of servers that serve the same; `model` is then the
        one that they serve, `key_env` names the environment variable that holds their key, and `max_usd` is what all
        answers may cost.

        >>> run = catalog.evaluate("aa-nano", pack="nano", limit=4, n_parallel=1)
        >>> run.wait().state
        'finished'
        """
        from aa_tui.actions import start
        from aa_tui.actions.options import EvalOptions

        first, *more = [str(target)] if isinstance(target, str | Path) else [*target] or [""]
        options = EvalOptions(
            servers=tuple(more),
            key_env=key_env,
            max_usd=max_usd,
            limit=limit,
            budget_s=budget_s,
            until_width=until_width,
            until_above=until_above,
            epochs=epochs,
            seed=seed,
            prompt=prompt,
            max_output_tokens=max_output_tokens,
            n_parallel=n_parallel,
            n_threads=n_threads,
            n_gpu_layers=n_gpu_layers,
            force=force,
        )
        (run_id,) = start.evaluate(self._conn, [first], pack, model=model, options=options)
        return Evaluation(self._conn, run_id)

    def ask(
        self,
        target: str | Path,
        prompt: str,
        *,
        model: str | None = None,
        system: str = "",
        raw: bool = False,
        thinks: bool = True,
        temperature: float | None = None,
        seed: int = 0,
        max_tokens: int | None = None,
        n_ctx: int | None = None,
        n_threads: int | None = None,
        n_gpu_layers: int | None = None,
        force: bool = False,
    ) -> Conversation:
        """Ask a file something in its own chat template, in a process that outlives this one.

        `raw` continues the text as it is; `thinks=False` turns thinking off, where the template has a switch for it.
        `max_tokens` bounds thinking and answer together. `None` means what suits the model. Raises AATuiError as
        `bench`.

        >>> talk = catalog.ask("aa-nano", "What is 2 + 3?")
        >>> talk.wait().state, talk.turns()[0].finish_reason
        ('finished', 'stop')
        """
        from dataclasses import replace

        from aa_tui.actions import ask
        from aa_tui.actions.options import AS_CARD, AskOptions

        how = replace(
            AS_CARD,
            prompt="plain" if raw else "chat",
            temperature=temperature,
            seed=seed,
            max_output_tokens=max_tokens,
            n_threads=n_threads,
            n_gpu_layers=n_gpu_layers,
            force=force,
        )
        options = AskOptions(how=how, system=system, thinks=thinks, n_ctx=n_ctx)
        return Conversation(self._conn, ask.begin(self._conn, str(target), prompt, model=model, options=options))

    def run(self, run_id: int) -> Bench | Evaluation | Conversation | Study:
        """The run of this number. Raises AATuiError where there is none.

        >>> catalog.run(1)
        Bench(id=1)
        """
        return run_of(self._conn, catalog_runs.get(self._conn, run_id))

    def runs(self) -> list[Bench | Evaluation | Conversation | Study]:
        """All runs, the newest first.

        >>> catalog.runs()[-2:]
        [Evaluation(id=2), Bench(id=1)]
        """
        return [run_of(self._conn, row) for row in catalog_runs.list_runs(self._conn)]
