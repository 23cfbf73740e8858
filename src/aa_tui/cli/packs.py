"""`aa-tui packs`: the sets of questions that models are evaluated on."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Any

from aa_tui.catalog.db import data_folder
from aa_tui.cli import output
from aa_tui.engine.settings import GREEDY
from aa_tui.errors import FAILURE, INTERRUPTED
from aa_tui.evals import packs, prompts
from aa_tui.evals.conversation.talks import talk_of
from aa_tui.evals.items import Pack, PackError
from aa_tui.evals.manifest import Manifest
from aa_tui.evals.packfile import problems_of, read_manifest, read_pack
from aa_tui.gguf.places import typed_path
from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean, clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXAMPLE_LINES = 30
_MARKS = {"bundled": "bundled", "pulled": "pulled", "public": "to pull", "folder": "folder"}
_PRIVATE = "Its authors ask that its items be shown nowhere in plain text, so no example is shown."


def run(options: argparse.Namespace) -> int:
    """Do one of the actions."""
    actions = {"list": _list, "show": _show, "check": _check, "short": _short, "pull": _pull}
    return actions[options.action](options)


def _list(options: argparse.Namespace) -> int:
    entries = [one for one in packs.list_packs(data_folder()) if one.is_here or not options.here]
    if output.print_rows([_entry_json(entry) for entry in entries], options):
        return 0
    rows = []
    for entry in entries:
        n_items = "" if entry.n_items is None else f"{entry.n_items:,}"
        mark = "broken" if entry.problem else _MARKS[entry.kind]
        rows.append([entry.name, entry.version, n_items, mark, output.fit(entry.license, 24), entry.description])
    lines = output.table(
        ["Pack", "Version", "Items", "Here", "Licence", "What it is"], rows, frozenset({0, 1, 3, 4, 5})
    )
    output.write_lines([output.fit(line, output.width()) for line in lines])
    for entry in entries:
        if entry.problem:
            output.say(f"! {clean_line(entry.problem)}")
    return 0


def _show(options: argparse.Namespace) -> int:
    entry = packs.find(options.pack, data_folder())
    if options.json:
        if entry.problem:
            raise PackError(entry.problem)
        output.print_json(_entry_json(entry))
        return 0
    manifest = packs.manifest_of(options.pack, data_folder())
    output.write_lines(_terms(manifest))
    if not entry.is_here:
        origin = manifest.origin
        size = f"{origin.n_items:,} items, " if origin and origin.n_items else ""
        output.write_lines(["", f"{size}not on this machine: `aa-tui packs pull {quoted(entry.name)}` gets them."])
        return 0
    output.write_lines(_pack_lines(read_pack(entry.folder), manifest))
    return 0


def _check(options: argparse.Namespace) -> int:
    folder = typed_path(options.pack)
    if not folder.is_dir():
        folder = packs.find(options.pack, data_folder()).folder
    problems = problems_of(folder)
    if options.json:
        output.print_json({"path": str(folder), "ok": not problems, "problems": problems})
    elif problems:
        output.write_lines(problems)
    else:
        pack = read_pack(folder)
        output.write_lines([f"{pack.name} {pack.version} is in order: {len(pack.items):,} items."])
    return FAILURE if problems else 0


def _short(options: argparse.Namespace) -> int:
    """Choose few items; write the choice where it is to go, and say what to expect of it."""
    from aa_tui.catalog import db, short_notes
    from aa_tui.cli.catalog_option import catalog_path
    from aa_tui.cli.saving import save
    from aa_tui.jsontext import dumps
    from aa_tui.pages import short
    from aa_tui.pages.json import short as short_json
    from aa_tui.pages.text import short as short_text

    path = typed_path(options.output) if options.output else None
    bar = output.ProgressLine()
    with db.reading(catalog_path(options)) as conn:
        pack = packs.load(options.pack, data_folder())
        try:
            found = short.choose(
                conn, pack, options.items, options.seed, on_progress=lambda part: bar.show(part, "choosing items")
            )
        finally:
            bar.clear()
    if path is not None:
        saved = save(path, (dumps(short_notes.as_json(found.note), indent=1) + "\n").encode(), force=options.force)
        if not saved:
            return FAILURE
    if options.json:
        output.print_json(short_json.choice(found))
        return 0
    output.write_lines(short_text.choice(found, "" if path is None else str(path)))
    return 0


def _pull(options: argparse.Namespace) -> int:
    from aa_tui.cli.gguf import Transfer
    from aa_tui.evals import pulling
    from aa_tui.gguf.hub import hub_here

    manifest = packs.public_manifest(options.pack)
    output.write_lines([*_terms(manifest), ""], sys.stderr)
    if options.file:
        if not _agrees(options, "Make a pack of these files, under this licence?"):
            return FAILURE
        pack = pulling.take(manifest, [typed_path(file) for file in options.file], data_folder())
    elif (place := pulling.installed(manifest)) is not None:
        if not _agrees(options, f"Make a pack of the files in {clean_line(str(place))}, under this licence?"):
            return FAILURE
        pack = pulling.take(manifest, [place], data_folder())
    else:
        hub = hub_here()
        offer = pulling.ask(manifest, hub)
        size = "" if offer.size_bytes is None else f", {offer.size_bytes / 1e6:.1f} MB"
        if not _agrees(options, f"Fetch {len(offer.parts)} files{size}, under this licence?"):
            return FAILURE
        bar = Transfer()
        try:
            pack = pulling.pull(manifest, offer, data_folder(), hub, on_progress=bar.show)
        except KeyboardInterrupt:
            return INTERRUPTED
        finally:
            bar.clear()
    return _tell_pulled(options, manifest, pack)


def _tell_pulled(options: argparse.Namespace, manifest: Manifest, pack: Pack) -> int:
    whole = manifest.origin.n_items if manifest.origin else None
    if whole is not None and whole != len(pack.items):
        output.say(f"! The whole set has {whole:,} items, this pack {len(pack.items):,}: say so with its scores.")
    if options.json:
        output.print_json(_entry_json(packs.find(pack.name, data_folder())))
    else:
        made = packs.manifest_of(pack.name, data_folder()).pulled
        where = f" from {made.repo} at {made.commit}" if made and made.repo else ""
        output.write_lines(
            [f"{pack.name} {pack.version}: {len(pack.items):,} items{where}, in {clean_line(str(pack.folder))}."]
        )
    return 0


def _agrees(options: argparse.Namespace, question: str) -> bool:
    agreed = options.yes or output.agrees(question)
    if not agreed:
        output.say("Nothing was fetched.")
    return agreed


def _terms(manifest: Manifest) -> list[str]:
    """What somebody should know before using the data."""
    pack, origin, pulled = manifest.pack, manifest.origin, manifest.pulled
    found = [
        f"{pack.name} {pack.version}: {pack.description}",
        f"Licence   {pack.license}",
        *([f"Citation  {clean_line(pack.citation)}"] if pack.citation else []),
        f"Source    {pack.source}",
    ]
    if origin is not None:
        gated = " (gated: its terms must be accepted there first)" if origin.is_gated else ""
        place = f"{origin.repo} on the Hub, revision {origin.revision}{gated}"
        found.append(f"Data      {place if origin.repo else f'the Python package {origin.package}'}")
    if pulled is not None:
        what = f"{pulled.repo} at {pulled.commit}" if pulled.repo else "files of this machine"
        found.append(f"Made of   {what}: {', '.join(f'{name} (sha256 {sha[:12]}…)' for name, sha in pulled.files)}")
    return found


def _pack_lines(pack: Pack, manifest: Manifest) -> list[str]:
    sampling = _sampling(pack)
    words = sampling if isinstance(sampling, str) else ", ".join(f"{key} {value:g}" for key, value in sampling.items())
    found = [
        f"Graders   {_graders(pack)}",
        f"Sampling  {words}; at most {pack.max_output_tokens:,} tokens of output",
        f"sha256    {packs.pack_identity(pack)}",
        f"Folder    {pack.folder}",
        "",
    ]
    levels = sorted({item.level for item in pack.items if item.level is not None})
    head = ["Category", "Items", *(f"Level {level}" for level in levels)]
    counts = Counter((item.category, item.level) for item in pack.items)
    rows = []
    for category, n_items in sorted(Counter(item.category for item in pack.items).items()):
        rows.append([category, f"{n_items:,}", *(f"{counts[category, level]:,}" for level in levels)])
    rows.append(
        ["all", f"{len(pack.items):,}", *(f"{sum(one.level == level for one in pack.items):,}" for level in levels)]
    )
    found += output.table(head, rows, frozenset({0}))
    return [*found, "", *_example(pack)] if manifest.items_file else found


def _graders(pack: Pack) -> str:
    """Each grader that items use, with how many: "choice (500), numeric (250)"."""
    counts = Counter(pack.grader_of(item) for item in pack.items)
    return ", ".join(f"{grader} ({n:,})" for grader, n in counts.most_common())


def _example(pack: Pack) -> list[str]:
    """The first item of the order with seed 0, as it is asked."""
    if pack.private_items:
        return [_PRIVATE]
    item = prompts.order(pack)[0]
    lines = [f"An item as it is asked ({item.id}):"]
    talk = talk_of(pack, item, "hermes")
    if talk is not None:
        names = ", ".join(clean_line(tool.name) for tool in talk.tools)
        lines += ["  functions on offer:", *(f"    {part}" for part in _wrapped(names))]
    for message in prompts.messages(pack, item) if talk is None else talk.messages:
        lines.append(f"  {message.role}:")
        called = [f"calls {call.name} {call.arguments}" for call in message.calls]
        for line in clean("\n".join([message.content, *called]).expandtabs(4)).strip("\n").splitlines():
            lines += [f"    {part}".rstrip() for part in _wrapped(line)]
    return lines[:_EXAMPLE_LINES] + (["    …"] if len(lines) > _EXAMPLE_LINES else [])


def _wrapped(line: str) -> list[str]:
    """A line in pieces that fit the terminal, its indentation kept."""
    indent = line[: len(line) - len(line.lstrip())][:20]
    return textwrap.wrap(line, max(output.width() - 4, 40), subsequent_indent=indent) or [""]


def _sampling(pack: Pack) -> str | Mapping[str, float | int]:
    """The preset's name, or the settings where they are the pack's own."""
    if pack.sampler is None:
        return "card"
    return "greedy" if pack.sampler == GREEDY else pack.sampler.to_dict()


def _entry_json(entry: packs.PackEntry) -> dict[str, Any]:
    """A pack's facts with stable keys; what only its items tell is empty or null while they are not here."""
    manifest, pack, problem = None, None, entry.problem
    if problem is None:
        try:
            manifest = read_manifest(entry.folder)
            pack = read_pack(entry.folder) if entry.is_here else None
        except PackError as error:
            problem = str(error)
    origin, pulled = (manifest.origin, manifest.pulled) if manifest else (None, None)
    items = pack.items if pack else ()
    return {
        "name": entry.name,
        "version": entry.version,
        "kind": entry.kind,
        "here": pack is not None,
        "n_items": entry.n_items,
        "categories": dict(sorted(Counter(item.category for item in items).items())),
        "levels": {
            str(level): n
            for level, n in sorted(Counter(item.level for item in items if item.level is not None).items())
        },
        "license": entry.license,
        "citation": entry.citation,
        "source": entry.source,
        "description": entry.description,
        "graders": dict(entry.graders),
        "sampling": _sampling(manifest.pack) if manifest else None,
        "max_output_tokens": manifest.pack.max_output_tokens if manifest else None,
        "sha256": packs.pack_identity(pack) if pack else None,
        "items_sha256": pack.items_sha256 if pack else None,
        "private_items": manifest.pack.private_items if manifest else None,
        "path": str(entry.folder),
        "origin": None
        if origin is None
        else {
            "repo": origin.repo or None,
            "revision": origin.revision or None,
            "package": origin.package or None,
            "files": list(origin.files),
            "gated": origin.is_gated,
        },
        "pulled": None
        if pulled is None
        else {
            "repo": pulled.repo or None,
            "commit": pulled.commit or None,
            "files": [{"name": name, "sha256": sha256} for name, sha256 in pulled.files],
        },
        "problem": problem,
    }
