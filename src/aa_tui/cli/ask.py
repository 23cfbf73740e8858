"""`aa-tui ask`: try a prompt on a file, and read the answer as it is written."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

from aa_tui.actions import ask as actions
from aa_tui.catalog import asked, db, life, samples
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import EvalSample, RunRow
from aa_tui.cli import outlet, output
from aa_tui.cli.bench import tell_of_parts, warn
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.errors import FAILURE, INTERRUPTED, UsageError
from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean, clean_line

if TYPE_CHECKING:
    from aa_tui.catalog.rows import LiveSlot
    from aa_tui.runs.ask.options import AskOptions

STDIN = "-"
RUN = "run:"
MOST_READ_BYTES = 16_000_000
LOOK_EVERY_S = 0.05
_FURTHER = {"length": " (--max-tokens and --n-ctx allow more)", "loop": " (--no-loop-guard lets it)"}
"""What lets an answer go on that ended so."""


def run(options: argparse.Namespace) -> int:
    """Ask, show what is written, and say what came of it."""
    path, prompt = catalog_path(options), _prompt(options)
    with db.writing(path) as conn:
        warn(path, options.rpc)
        run_id = _ask(conn, options, prompt)
        if options.detach:
            if options.json:
                report(conn, catalog_runs.get(conn, run_id), as_json_wanted=True)
            else:
                output.write_lines([f"Run {run_id} answers in the background: `aa-tui runs show {run_id}` has it."])
            return 0
        turn = asked.of_run(conn, run_id)[-1].item_id
        done = _followed(conn, run_id, turn, _Screen(quiet=options.json, unfolded=options.thinking))
        if options.json:
            report(conn, catalog_runs.get(conn, run_id), as_json_wanted=True)
        return _told(conn, done, turn, quiet=options.json)


def _prompt(options: argparse.Namespace) -> str:
    """What is asked: the words, and at - what standard input has."""
    words = options.prompt
    parts = [" ".join(words)]
    if words[-1] == STDIN:
        parts = [" ".join(words[:-1]), _read()]
    return "\n\n".join(filter(None, parts))


def _read() -> str:
    data = sys.stdin.buffer.read(MOST_READ_BYTES + 1)
    if len(data) > MOST_READ_BYTES:
        raise UsageError("standard input has more text than any model's context holds: shorten it.")
    try:
        return data.decode().strip("\n")
    except UnicodeDecodeError as error:
        raise UsageError("what standard input has is no UTF-8 text.") from error


def _ask(conn: sqlite3.Connection, options: argparse.Namespace, prompt: str) -> int:
    """The number of the run that answers."""
    number = options.target.removeprefix(RUN)
    if number != options.target:
        if not number.isdecimal():
            raise UsageError(f"{quoted(options.target)} names no run; run:5 asks on in run 5.")
        actions.go_on(conn, int(number), prompt)
        return int(number)
    with output.hashing() as on_progress:
        run_id = actions.begin(
            conn, options.target, prompt, model=options.model, options=_options(options), on_progress=on_progress
        )
    tell_of_parts([options.target])
    return run_id


def _options(options: argparse.Namespace) -> AskOptions:
    """The options of the command line as the runs take them. Raises RunError for a template that cannot be read."""
    from aa_tui.gguf.places import typed_path
    from aa_tui.runs.ask.options import AS_CARD, AskOptions
    from aa_tui.runs.templates import read_note

    how = replace(
        AS_CARD,
        sampling=options.sampling,
        temperature=options.temperature,
        seed=options.seed,
        prompt="plain" if options.raw else "chat",
        template=None if options.template is None else read_note(typed_path(options.template)),
        max_output_tokens=options.max_tokens,
        n_threads=options.threads,
        n_gpu_layers=options.gpu_layers,
        devices=options.device,
        tensor_split=options.tensor_split,
        rpc=options.rpc,
        type_k=options.kv,
        type_v=options.kv,
        loop_guard=not options.no_loop_guard,
        force=options.force,
        key_env=options.key_env,
        max_usd=options.max_usd,
    )
    return AskOptions(how=how, system=options.system, thinks=not options.no_think, n_ctx=options.n_ctx)


class _Screen:
    """The answer on standard output as it grows; on standard error one line of what goes on before it."""

    def __init__(self, *, quiet: bool, unfolded: bool) -> None:
        self._quiet = quiet
        self._unfolded = unfolded
        self._line = output.StatusLine(quiet=quiet)
        self._thinking = ""
        self._answer = ""

    def show(self, run: RunRow, slot: LiveSlot | None) -> None:
        """What is so far."""
        if self._quiet:
            return
        if slot is None or slot.phase == "prompt":
            self._line.show(run.progress_text or run.state)
        elif slot.phase == "thinking" and not self._unfolded:
            self._line.show(f"thinking · {slot.n_tokens:,} tokens · {_last_line(slot.thinking)}")
        else:
            self._line.clear()
            if self._unfolded:
                self._thinking = self._grown(self._thinking, slot.thinking, sys.stderr)
            self._answer = self._grown(self._answer, slot.answer, sys.stdout)

    def end(self, sample: EvalSample | None) -> None:
        """All of it is there, or there is none."""
        self._line.clear()
        if self._quiet or sample is None:
            return
        if self._unfolded:
            self._finish(self._thinking, clean(sample.thinking), sys.stderr)
        self._finish(self._answer, clean(sample.answer), sys.stdout)

    def _grown(self, before: str, text: str, stream: TextIO) -> str:
        """Write what is new; where the text is another one, its end says so."""
        text = text.lstrip("\n").rstrip()
        if not text.startswith(before):
            return before
        outlet.of(stream).emit(text[len(before) :])
        stream.flush()
        return text

    def _finish(self, before: str, text: str, stream: TextIO) -> None:
        text = text.lstrip("\n").rstrip()
        if not text.startswith(before):
            outlet.of(stream).emit("\n\n")
            before = ""
        if text:
            outlet.of(stream).emit(f"{text[len(before) :]}\n")


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return clean_line(lines[-1]) if lines else ""


def _followed(conn: sqlite3.Connection, run_id: int, turn: str, screen: _Screen) -> RunRow:
    """Show the answer until it is there and the worker has gone. Ctrl-C ends the answer, a second one only this."""
    try:
        _watch(conn, run_id, turn, screen)
    except KeyboardInterrupt:
        actions.end_answer(conn, run_id)
        _watch(conn, run_id, turn, screen)
    return catalog_runs.get(conn, run_id)


def _watch(conn: sqlite3.Connection, run_id: int, turn: str, screen: _Screen) -> None:
    from aa_tui.runs.follow import follow

    is_told = False
    for run in follow(conn, run_id, LOOK_EVERY_S):
        if not is_told and run.state == "queued" and (other := _ahead(conn, run)) is not None:
            is_told = True
            output.say(f"Run {other} is running, which this waits for: `aa-tui runs pause {other}` lets it go first.")
        if samples.find(conn, run_id, turn) is not None:
            actions.leave(conn, run_id)
        else:
            screen.show(run, next((slot for slot in life.live_slots(conn, run_id) if slot.item_id == turn), None))
    screen.end(asked.answer(conn, run_id, turn))


def _ahead(conn: sqlite3.Connection, run: RunRow) -> int | None:
    """An older run that is at work."""
    return next((one.id for one in catalog_runs.live_runs(conn) if one.id < run.id and one.state == "running"), None)


def _told(conn: sqlite3.Connection, run: RunRow, turn: str, *, quiet: bool) -> int:
    """Say how it went, on standard error. The exit code."""
    from aa_tui.pages.text import conversation as words

    sample = asked.answer(conn, run.id, turn)
    if sample is None:
        output.say(f"aa-tui: {run.reason or f'run {run.id} was not answered.'}")
        return INTERRUPTED if run.state == "stopped" else FAILURE
    if sample.finish_reason == "error":
        output.say(f"aa-tui: {sample.message}")
        return FAILURE
    if not quiet:
        end = f"{words.end_words(run, sample)}{_FURTHER.get(sample.finish_reason, '')}"
        lines = [words.clock_words(sample), f"{end} · {words.settings_words(run)}"]
        loaded = words.load_words(run)
        lines.append(f"{f'{loaded} · ' if loaded else ''}run {run.id}: `aa-tui ask run:{run.id} PROMPT` asks on")
        output.say_aside(lines)
    return INTERRUPTED if sample.finish_reason == "cancelled" else 0


def report(conn: sqlite3.Connection, run: RunRow, *, as_json_wanted: bool) -> None:
    """A conversation until now."""
    from aa_tui.pages import conversation
    from aa_tui.pages.json import conversation as conversation_json
    from aa_tui.pages.text import conversation as words

    shown = conversation.load(conn, run)
    if as_json_wanted:
        output.print_json(conversation_json.as_json(shown))
    else:
        output.write_lines(words.lines(shown))
