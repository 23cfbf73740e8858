"""The parser, and the one place where errors become a sentence and an exit code."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from aa_tui import __version__
from aa_tui.textsafe import clean_line

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

    one = commands.add_parser("demo", help="measure the bundled model and show its page")
    _common(one)
    one.add_argument("--no-tui", action="store_true", help="print the page instead of opening the app")
    _json(one)

    one = commands.add_parser("open", help="open the app on a model's page")
    _common(one)
    one.add_argument("model", help="slug or name")

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
    one.add_argument("--limit", type=_positive, metavar="N", help="the first N only")
    _json(one)

    one = commands.add_parser("show", help="print a model's page")
    _common(one)
    one.add_argument("model", help="slug or name")
    one.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    _json(one)

    one = commands.add_parser("bench", help="measure a GGUF file's speed on this machine")
    _common(one)
    one.add_argument("target", metavar="MODEL_OR_PATH", help="a .gguf file, or a model of which one is known")
    one.add_argument("--model", help="the catalog's model that the file is of")
    one.add_argument("--tests", type=_names, metavar="T,T", help="for example pp512,tg128,short (the default)")
    one.add_argument("-r", "--repetitions", type=_positive, metavar="N", help="repetitions of each test (5; short: 3)")
    one.add_argument("-t", "--threads", type=_positive, metavar="N", help="threads (physical cores)")
    one.add_argument("-ngl", "--gpu-layers", type=int, metavar="N", help="layers on the GPU (all, where there is one)")
    one.add_argument("--force", action="store_true", help="also where the file is larger than the free memory")
    one.add_argument("--detach", action="store_true", help="start it and return; `aa-tui runs` tells how it goes")
    _json(one)

    one = commands.add_parser("runs", help="list the runs, follow or stop one")
    _common(one)
    one.add_argument("action", nargs="?", choices=("list", "show", "follow", "stop"), default="list")
    one.add_argument("run_id", nargs="?", type=_positive, metavar="RUN")
    _json(one)

    one = commands.add_parser("doctor", help="tell what this machine and installation can do")
    _common(one)
    _json(one)
    return top


def run(argv: list[str]) -> int:
    """Parse, dispatch, and turn what goes wrong into one sentence."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        options = parser().parse_args(argv)
        return _dispatch(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `aa-tui models | head`: the reader has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as stop:
        return int(stop.code or 0)
    except Exception as error:
        code = _exit_code(error)
        if code is None:
            raise
        sys.stderr.write(f"aa-tui: {clean_line(str(error))}\n")
        return code


def catalog_path(options: argparse.Namespace) -> Path:
    """The catalog that the user means."""
    from aa_tui.catalog.db import default_path

    return Path(options.catalog).expanduser() if options.catalog else default_path()


def _dispatch(options: argparse.Namespace) -> int:
    command = options.command or "app"
    if command in ("app", "open"):
        from aa_tui.cli import app

        return app.run(options)
    if command in ("models", "show"):
        from aa_tui.cli import look

        return look.models(options) if command == "models" else look.show(options)
    if command in ("bench", "demo"):
        from aa_tui.cli import bench

        return bench.bench(options) if command == "bench" else bench.demo(options)
    if command == "runs":
        from aa_tui.cli import runs

        return runs.run(options)
    from aa_tui.cli import doctor

    return doctor.run(options)


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
        "CatalogError": FAILURE,
        "EngineError": FAILURE,
        "GGUFError": FAILURE,
        "RunError": FAILURE,
        "SpeedError": USAGE,
        "UnknownClassError": USAGE,
        "UnknownModelError": USAGE,
        "UnknownRunError": USAGE,
    }
    return known.get(type(error).__name__)


def _terminated(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


def _common(one: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    one.add_argument("--catalog", metavar="PATH", default=default, help="use this catalog file")


def _json(one: argparse.ArgumentParser) -> None:
    one.add_argument("--json", action="store_true", help="print JSON with stable keys")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return number


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
