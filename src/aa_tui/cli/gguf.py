"""`aa-tui gguf`: the files on this machine, and how to get more of them."""

from __future__ import annotations

import argparse
import os
import sqlite3
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.catalog import db, library
from aa_tui.cli import gguf_report, output
from aa_tui.cli.bench import tell_of_parts, warn
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.errors import FAILURE, INTERRUPTED, UsageError
from aa_tui.gguf.places import typed_path
from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aa_tui.gguf.hub import Hub, HubFile
    from aa_tui.gguf.inspection import Inspection
    from aa_tui.library.pulling import Offers
    from aa_tui.library.scan import Library, LibraryFile


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

    with db.noting(catalog_path(options)) as conn:
        for folder in options.add:
            path = typed_path(folder).absolute()
            if not path.is_dir():
                raise UsageError(f"{quoted(folder)} is no folder.")
            library.add_folder(conn, str(path))
        for folder in options.remove_folder:
            if not library.remove_folder(conn, str(typed_path(folder).absolute())):
                there = ", ".join(map(quoted, library.folders(conn))) or "none"
                raise UsageError(f"{quoted(folder)} is not among the folders that were added: {there}.")
        found = _scan(conn)
        files = scan.matching(found.files, " ".join(options.text))
        to_pull = [] if options.here else pullable.matching(conn, files, " ".join(options.text))
    listed = [*map(gguf_report.file_json, files), *map(gguf_report.pullable_json, to_pull)]
    if not output.print_rows(listed, options):
        output.write_lines(gguf_report.file_lines(files, to_pull))
        _say(found.problems)
    return 0


def _inspect(options: argparse.Namespace) -> int:
    found = _inspection(options)
    if options.json:
        output.print_json(found.to_dict())
    else:
        output.write_lines(gguf_report.inspection_lines(found, output.width(), whole_template=options.template))
    return 0


def _inspection(options: argparse.Namespace) -> Inspection:
    """Of what the user means: a file here by its path, an address, a file that lists show, or one on the Hub."""
    from aa_tui.gguf import addresses, inspection
    from aa_tui.library import pulling, scan

    target = options.target
    if os.path.lexists(typed_path(target)):
        found = inspection.inspect_file(typed_path(target))
        tell_of_parts([target])
        return found
    hub = _hub()
    if addresses.is_web(target) and not addresses.is_of_hub(target, hub.endpoint):
        return inspection.inspect_url(target)
    with db.noting(catalog_path(options)) as conn:
        address = addresses.read_address(target, hub.endpoint)
        files = () if addresses.is_web(target) or (address and address.file) else _scan(conn).files
        here = scan.meant(files, target)
        if address is not None and not here:
            file = address.file
            if file is None:
                offered = pulling.offers(conn, hub, address.repo)
                file = pulling.choose(offered, address.quant).file
            return inspection.inspect_hub(hub.endpoint, None, address.repo, file)
        return inspection.inspect_file(Path(scan.pick(files, target).path))


def _fit(options: argparse.Namespace) -> int:
    from aa_tui.library import fits, pulling, scan
    from aa_tui.library.room import room_here
    from aa_tui.runs.evaluation.needs import usual_needs

    if options.pack and options.ctx:
        raise UsageError("--pack and --ctx both say how long the context is: take one of them.")
    warn(rpc=options.rpc)
    with db.noting(catalog_path(options)) as conn:
        found = _scan(conn)
        room = room_here(conn, anew=options.measure, devices=options.device, rpc=options.rpc)
        asked: tuple[HubFile, ...] = ()
        if options.ask and options.target:
            hub = _hub()
            name, quant, file = pulling.wanted(hub, options.target)
            offered = pulling.offers(conn, hub, name)
            asked = (pulling.choose(offered, quant, file),) if quant or file else offered.files
            _say([offered.problem] if offered.problem else [])
        here = scan.meant(found.files, options.target) if options.target and not asked else []
        if options.target and not here and typed_path(options.target).is_file():
            here = [scan.of_path(conn, found, typed_path(options.target))]
        if here:
            candidates = [fits.of_file(one, room) for one in here]
            tell_of_parts([options.target])
        else:
            candidates = fits.candidates(conn, found, room, options.target, asked)
        needs = usual_needs(conn, options.pack)
    types = (options.type_k, options.type_v)
    needs = replace(needs, options=replace(needs.options, type_k=options.type_k, type_v=options.type_v))
    if options.pack and not options.ctx:
        rows = [row for n in options.slots for row in fits.planned(candidates, room, partial(needs.plan, n_slots=n))]
    else:
        rows = fits.fits(candidates, room, options.ctx or fits.CONTEXTS, options.slots, types)
    as_run = [row for row in rows if row.plan == rows[0].plan] if options.ctx else None
    best = fits.best_of_one(as_run or fits.planned(candidates, room, needs.plan))
    whole = gguf_report.fit_json(rows, room)
    if options.csv:
        output.print_rows(whole["fits"], options)
    elif options.json:
        output.print_json(whole)
    elif not candidates:
        output.say("No GGUF file is on this machine; `aa-tui gguf pull MODEL` gets one.")
    elif not rows:
        raise UsageError("no model here was trained for a context as long as that.")
    else:
        output.write_lines(gguf_report.fit_lines(rows, room, best, None if options.ctx else needs.pack))
    return 0


def _pull(options: argparse.Namespace) -> int:
    from aa_tui.library import pulling

    hub = _hub()
    target, quant, named = pulling.wanted(hub, options.target, options.quant)
    opened = db.noting if options.list else db.writing
    with opened(catalog_path(options)) as conn:
        offered = pulling.offers(conn, hub, target, only_first=not options.list and quant is None)
        if options.list:
            return _offer(conn, offered, options)
        file = pulling.choose(offered, quant, named) if named else pulling.choose_model(hub, offered, quant, options.to)
        if offered.problem:
            _say([f"{offered.problem} The list shipped with aa-tui is used."])
        needed = pulling.check_disk(hub, file, options.to)
        if not options.json and needed:
            output.say(f"{file.repo}/{file.file}: {gguf_report.size(needed)} to download.")
        bar = Transfer()
        try:
            pulled = pulling.pull(conn, hub, offered, file, to=options.to, on_progress=bar.show)
        except KeyboardInterrupt:
            bar.clear()
            output.say("Stopped; what was downloaded is kept, and the same command resumes it.")
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
    from aa_tui.runs.evaluation.needs import usual_needs

    room, needs = room_here(conn, measure=False), usual_needs(conn)
    found = [(file, fits.offer_fit(conn, offered.model_id, file, room, needs.plan)) for file in offered.files]
    best = fits.best([fit for _, fit in found])
    rows = [*found, *((file, None) for file in offered.others)]
    if options.json:
        output.print_json([gguf_report.offer_json(file, fit) for file, fit in rows])
    else:
        output.write_lines(gguf_report.offer_lines(offered, rows, room, needs.pack))
        if best is not None:
            output.write_lines(["", gguf_report.best_line(best, needs.pack)])
        _say([f"{offered.problem} Showing the list shipped with aa-tui."] if offered.problem else [])
    return 0


def _verify(options: argparse.Namespace) -> int:
    from aa_tui.library import keeping

    with db.noting(catalog_path(options)) as conn:
        found = _scan(conn)
        if options.target == "all":
            files = [file for file in found.files if not file.digest.problem]
        else:
            files = [_one(conn, found, options.target)]
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
    from aa_tui.library import keeping

    with db.writing(catalog_path(options)) as conn:
        found = _scan(conn)
        file = _one(conn, found, options.target)
        if file not in found.files:
            raise UsageError(f"{quoted(file.path)} is in none of the places that aa-tui keeps: delete it yourself.")
        plan = keeping.plan_removal(file)
        if (
            not options.yes
            and not plan.only_forgets
            and not output.agrees(f"Delete {quoted(file.path)}, {gguf_report.size(file.size_bytes)}?")
        ):
            output.say("Nothing was deleted.")
            return FAILURE
        keeping.remove(conn, plan)
    if options.json:
        output.print_json({"path": file.path, "deleted": not plan.only_forgets, "freed_bytes": plan.size_bytes})
    elif plan.only_forgets:
        output.write_lines(
            [f"{quoted(file.path)} is not ours to delete ({gguf_report.PLACES[file.kind]}): it was only forgotten."]
        )
    else:
        output.write_lines([f"Deleted {quoted(file.path)}; {gguf_report.size(plan.size_bytes)} are free again."])
    return 0


def _one(conn: sqlite3.Connection, found: Library, target: str) -> LibraryFile:
    """The file at a path, wherever that is, else the one of the library that is meant. Raises GGUFError."""
    from aa_tui.library import scan

    path = typed_path(target)
    return scan.of_path(conn, found, path) if path.is_file() else scan.pick(found.files, target)


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
        output.say(f"! {clean_line(sentence)}")


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
