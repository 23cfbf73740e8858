"""`aa-tui gguf`: the files on this machine, and how to get more of them."""

from __future__ import annotations

import argparse
import sqlite3
import sys
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.catalog import db, library
from aa_tui.cli import gguf_report, output
from aa_tui.cli.bench import warn_of_rpc
from aa_tui.cli.errors import UsageError
from aa_tui.cli.main import FAILURE, INTERRUPTED, catalog_path
from aa_tui.gguf.places import typed_path
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aa_tui.gguf.hub import Hub, HubFile
    from aa_tui.library.pulling import Offers
    from aa_tui.library.scan import Library


def run(options: argparse.Namespace) -> int:
    """Do one of the actions."""
    actions = {
        "list": _list,
        "find": _list,
        "inspect": _inspect,
        "fit": _fit,
        "pull": _pull,
        "verify": _verify,
        "remove": _remove,
    }
    return actions[options.action](options)


def _list(options: argparse.Namespace) -> int:
    from aa_tui.library import pullable, scan

    with closing(db.open_best(catalog_path(options))) as conn:
        for folder in options.add:
            path = typed_path(folder).absolute()
            if not path.is_dir():
                raise UsageError(f"{clean_line(folder)} is no folder.")
            library.add_folder(conn, clean_line(str(path)))
        for folder in options.remove_folder:
            if not library.remove_folder(conn, clean_line(str(typed_path(folder).absolute()))):
                raise UsageError(f"{clean_line(folder)} is not among the folders that were added.")
        found = _scan(conn)
        files = scan.matching(found.files, " ".join(options.text))
        to_pull = [] if options.here else pullable.matching(conn, files, " ".join(options.text))
    if options.json:
        output.print_json([*map(gguf_report.file_json, files), *map(gguf_report.pullable_json, to_pull)])
    else:
        output.write_lines(gguf_report.file_lines(files, to_pull))
        _say(found.problems)
    return 0


def _inspect(options: argparse.Namespace) -> int:
    from aa_tui.gguf import inspection
    from aa_tui.library.pulling import split_file

    target = options.target
    hub_file = split_file(target)
    if target.startswith(("http://", "https://")):
        found = inspection.inspect_url(target)
    elif hub_file is not None and not Path(target).exists():
        found = inspection.inspect_hub(_hub().endpoint, None, *hub_file)
    else:
        found = inspection.inspect_file(typed_path(target))
    if options.json:
        output.print_json(found.to_dict())
    else:
        output.write_lines(gguf_report.inspection_lines(found, output.width(), whole_template=options.template))
    return 0


def _fit(options: argparse.Namespace) -> int:
    from aa_tui.library import fits, pulling, scan
    from aa_tui.library.room import room_here

    warn_of_rpc(options.rpc)
    with closing(db.open_best(catalog_path(options))) as conn:
        found = _scan(conn)
        room = room_here(conn, anew=options.measure, devices=options.device, rpc=options.rpc)
        asked: tuple[HubFile, ...] = ()
        if options.ask and options.target:
            offered = pulling.offers(conn, _hub(), options.target)
            asked = offered.files
            _say([offered.problem] if offered.problem else [])
        if options.target and typed_path(options.target).is_file():
            candidates = [fits.of_file(scan.of_path(conn, found, typed_path(options.target)), room)]
        else:
            candidates = fits.candidates(conn, found, room, options.target, asked)
    contexts = options.ctx or fits.CONTEXTS
    rows = fits.fits(candidates, room, contexts, options.slots, (options.type_k, options.type_v))
    if options.json:
        output.print_json(gguf_report.fit_json(rows, room))
    elif not candidates:
        sys.stderr.write("No GGUF file is on this machine; `aa-tui gguf pull MODEL` gets one.\n")
    elif not rows:
        raise UsageError("no model here was trained for a context as long as that.")
    else:
        output.write_lines(gguf_report.fit_lines(rows, room))
    return 0


def _pull(options: argparse.Namespace) -> int:
    from aa_tui.library import pulling

    repo_file = pulling.split_file(options.target)
    target = repo_file[0] if repo_file else options.target
    with closing(db.open_catalog(catalog_path(options))) as conn:
        offered = pulling.offers(conn, _hub(), target, only_first=not options.list and options.quant is None)
        if options.list:
            return _offer(conn, offered, options)
        file = pulling.choose(offered, options.quant, repo_file[1] if repo_file else None)
        if offered.problem:
            _say([f"{offered.problem} What is known without asking is used."])
        needed = pulling.check_disk(_hub(), file, options.to)
        if not options.json and needed:
            sys.stderr.write(f"{file.repo}/{file.file}: {gguf_report.size(needed)} to download.\n")
        bar = Transfer()
        try:
            pulled = pulling.pull(conn, _hub(), offered, file, to=options.to, on_progress=bar.show)
        except KeyboardInterrupt:
            bar.clear()
            sys.stderr.write("Stopped; what was downloaded is kept, and the same command goes on from there.\n")
            return INTERRUPTED
        finally:
            bar.clear()
        slug = library.model_slugs(conn).get(pulled.model_id or -1, ("", ""))[0]
    if options.json:
        output.print_json(gguf_report.pulled_json(pulled, slug or None))
    else:
        output.write_lines(gguf_report.pulled_lines(pulled, slug))
    return 0


def _offer(conn: sqlite3.Connection, offered: Offers, options: argparse.Namespace) -> int:
    """What there is to pull, and whether it fits."""
    from aa_tui.library import fits
    from aa_tui.library.room import room_here

    room = room_here(conn, measure=False)
    rows = [(file, fits.offer_mark(conn, offered.model_id, file, room)) for file in offered.files]
    if options.json:
        output.print_json([gguf_report.offer_json(file, mark) for file, mark in rows])
    else:
        output.write_lines(gguf_report.offer_lines(offered, rows, room))
        _say([f"{offered.problem} This is what is known without asking."] if offered.problem else [])
    return 0


def _verify(options: argparse.Namespace) -> int:
    from aa_tui.library import keeping, scan

    with closing(db.open_catalog(catalog_path(options))) as conn:
        found = _scan(conn)
        if options.target == "all":
            files = [file for file in found.files if not file.digest.problem and file.n_parts == 1]
        else:
            files = [scan.pick(found.files, options.target)]
        results = []
        bar = Transfer()
        for file in files:
            try:
                result = keeping.verify(conn, file, partial(bar.show, what=f"sha256 of {file.name}"))
            finally:
                bar.clear()
            results.append(result)
            if not options.json:
                output.write_lines([gguf_report.verified_line(result)])
    if options.json:
        output.print_json([gguf_report.verified_json(one) for one in results])
    return FAILURE if any(one.verdict == "wrong" for one in results) else 0


def _remove(options: argparse.Namespace) -> int:
    from aa_tui.library import keeping, scan

    with closing(db.open_catalog(catalog_path(options))) as conn:
        file = scan.pick(_scan(conn).files, options.target)
        plan = keeping.plan_removal(file)
        if (
            not options.yes
            and not plan.only_forgets
            and not output.agrees(f"Delete {file.path}, {gguf_report.size(file.size_bytes)}?")
        ):
            sys.stderr.write("Nothing was deleted.\n")
            return FAILURE
        keeping.remove(conn, plan)
    if options.json:
        output.print_json({"path": file.path, "deleted": not plan.only_forgets, "freed_bytes": plan.size_bytes})
    elif plan.only_forgets:
        output.write_lines(
            [f"{file.path} is not ours to delete ({gguf_report.PLACES[file.kind]}): it was only forgotten."]
        )
    else:
        output.write_lines([f"Deleted {file.path}; {gguf_report.size(plan.size_bytes)} are free again."])
    return 0


def _scan(conn: sqlite3.Connection) -> Library:
    from aa_tui.library import scan

    bar = Transfer()
    try:
        return scan.scan(conn, lambda done, total, name: bar.show(done, total, f"telling apart {name}"))
    finally:
        bar.clear()


def _hub() -> Hub:
    from aa_tui.gguf.hub import hub_here

    return hub_here()


def _say(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        sys.stderr.write(f"! {clean_line(sentence)}\n")


class Transfer:
    """A bar with the rate and the time that is left, over the last seconds of what it is told."""

    def __init__(self) -> None:
        self._bar = output.ProgressLine()
        self._points: list[tuple[float, int]] = []
        self._what = ""

    def show(self, done: int, total: int, what: str) -> None:
        """Tell how many bytes are done of how many."""
        if what != self._what:
            self._points, self._what = [], what
        now = time.monotonic()
        if self._points and now - self._points[-1][0] < 0.1 and done < total:
            return
        self._points = [*self._points[-40:], (now, done)]
        text = f"{what}  {gguf_report.size(done)} of {gguf_report.size(total)}{gguf_report.rate(self._points, total)}"
        self._bar.show(done / max(total, 1), text)

    def clear(self) -> None:
        """Take the line away."""
        self._bar.clear()
        self._points = []
