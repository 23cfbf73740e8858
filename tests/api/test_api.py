"""`import aa_tui`: its promise and every example in it, on a catalog with real runs of the bundled model."""

from __future__ import annotations

import ast
import doctest
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import aa_tui
from aa_tui import api
from aa_tui.api import catalog, chart, model, run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python-api.md"
MODULES: tuple[ModuleType, ...] = (catalog, chart, model, run)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[aa_tui.Catalog]:
    """The catalog of the examples: run 1 is a bench, run 2 an evaluation, run 3 a conversation, run 4 a study."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AA_TUI_HOME", str(tmp_path_factory.mktemp("api")))
        with aa_tui.open_catalog() as opened:
            assert opened.bench("aa-nano", tests=["pp16", "tg8"], repetitions=1).wait().state == "finished"
            evaluation = opened.evaluate("aa-nano", pack="nano", limit=6, n_parallel=2)
            assert evaluation.wait().state == "finished"
            assert opened.ask("aa-nano", "What is 2 + 3?").wait().state == "finished"
            study = opened.divergence("aa-nano", "aa-nano", n_ctx=32, max_blocks=2)
            assert study.wait().state == "finished"
            yield opened


def examples() -> list[doctest.DocTest]:
    """The examples of all docstrings of the API."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [one for module in MODULES for one in finder.find(module) if one.examples]


def run_example(test: doctest.DocTest, opened: aa_tui.Catalog) -> None:
    test.globs = {"aa_tui": aa_tui, "catalog": opened}
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    assert "".join(said) == ""


@pytest.mark.parametrize("example", examples(), ids=lambda one: one.name.removeprefix("aa_tui.api."))
def test_examples_do_what_they_say(example: doctest.DocTest, measured: aa_tui.Catalog) -> None:
    run_example(example, measured)


def test_the_examples_of_the_page_do_what_they_say(measured: aa_tui.Catalog) -> None:
    text = PAGE.read_text(encoding="utf-8")
    test = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    assert len(test.examples) > 10
    run_example(test, measured)


def public() -> Iterator[tuple[str, Any]]:
    """Everything that the API promises: names, and the public methods of classes."""
    for name in api.__all__:
        found = getattr(api, name)
        yield name, found
        if inspect.isclass(found) and found is not aa_tui.AATuiError:
            yield from ((f"{name}.{key}", one) for key, one in vars(found).items() if _is_method(key, one))


def _is_method(key: str, one: object) -> bool:
    return not key.startswith("_") and (inspect.isfunction(one) or isinstance(one, property))


@pytest.mark.parametrize(("name", "found"), list(public()), ids=[name for name, _ in public()])
def test_every_public_thing_has_an_example(name: str, found: Any) -> None:
    words = inspect.getdoc(found) or ""
    assert ">>> " in words or name == "AATuiError"


def test_the_stub_and_the_package_name_the_same() -> None:
    stub = ast.parse(Path(aa_tui.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    named = [one.name for node in stub.body if isinstance(node, ast.ImportFrom) for one in node.names]
    assert named == aa_tui.__all__ == api.__all__
    assert {*named} <= {*dir(aa_tui)}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        aa_tui.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_importing_it_imports_nothing_until_it_is_used() -> None:
    code = (
        "import sys, aa_tui; before = set(sys.modules); aa_tui.open_catalog;"
        "print(any(name.startswith('aa_tui.') for name in before), 'aa_tui.api' in sys.modules,"
        " {'textual', 'plotext', 'llama_cpp', 'psutil'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "False True set()"


def test_what_cannot_be_done_is_one_error_with_the_next_step(measured: aa_tui.Catalog, tmp_path: Path) -> None:
    for wrong in (
        lambda: measured.model("no-such-model"),
        lambda: measured.chart("no-such-chart"),
        lambda: measured.chart("size", among="no-such-class"),
        lambda: measured.run(99),
        lambda: measured.models(sort="no-such-column"),
        lambda: measured.bench(tmp_path / "nothing.gguf"),
        lambda: measured.bench("aa-nano", tests=["nothing"]),
        lambda: measured.evaluate("aa-nano", pack="no-such-pack"),
        lambda: measured.evaluate("aa-nano", pack="nano", until_width=5),
    ):
        with pytest.raises(aa_tui.AATuiError) as refused:
            wrong()
        assert str(refused.value)[:1].isupper() or str(refused.value).startswith("“")
        assert str(refused.value).endswith((".", "?", "`", ")"))


def test_a_stopped_run_keeps_what_it_has(measured: aa_tui.Catalog) -> None:
    evaluation = measured.evaluate("aa-nano", pack="nano", n_parallel=1)
    for status in evaluation.follow():
        if status.progress > 0:
            break
    assert evaluation.stop().state == "stopped"
    assert 0 < evaluation.result().n_done < 280
    assert measured.runs()[0] == evaluation
