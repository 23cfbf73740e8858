"""What `aa-tui gguf` prints, as lines and as JSON with stable keys."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aa_tui.analysis import MISSING, display
from aa_tui.cli import output
from aa_tui.gguf.kinds import kinds
from aa_tui.library.fits import LOSS
from aa_tui.pages.text import header as header_text
from aa_tui.pages.text.crash import crash_words
from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.catalog.trials import FileCrash
    from aa_tui.gguf.hub import HubFile
    from aa_tui.gguf.inspection import Inspection
    from aa_tui.library.fits import Fit
    from aa_tui.library.keeping import Verified
    from aa_tui.library.pullable import Pullable
    from aa_tui.library.pulling import Offers, Pulled
    from aa_tui.library.room import Room
    from aa_tui.library.scan import LibraryFile

PLACES = {
    "own": "our own folder",
    "bundled": "bundled",
    "hub": "the Hub's cache",
    "added": "a folder of yours",
    "llama.cpp": "llama.cpp's cache",
    "lm-studio": "LM Studio's folder",
    "ollama": "Ollama's store",
    "jan": "Jan's folder",
    "gpt4all": "GPT4All's folder",
    "package": "a Python package",
}
MARKS: dict[str | None, str] = {"fits": "fits", "tight": "tight", "no": "no", None: MISSING}
_NAME_CELLS = 44


def size(count: int | None) -> str:
    """Bytes, as everywhere in the program."""
    return display.size_bytes(count)


def rate(points: Sequence[tuple[float, int]], total: int) -> str:
    """ "  12 MB/s, 3:20 left" over the points (s, bytes) of a transfer; nothing while that is not known."""
    seconds, done = points[-1][0] - points[0][0], points[-1][1] - points[0][1]
    if seconds < 0.5 or done <= 0:
        return ""
    per_s = done / seconds
    left = max(0, round((total - points[-1][1]) / per_s))
    hours, minutes = divmod(left // 60, 60)
    clock = f"{hours}:{minutes:02d}:{left % 60:02d}" if hours else f"{minutes}:{left % 60:02d}"
    return f"  {size(round(per_s))}/s, {clock} left"


def file_json(file: LibraryFile) -> dict[str, Any]:
    """A file on this machine."""
    return {
        "here": True,
        "path": file.path,
        "name": file.name,
        "place": file.kind,
        "repo": file.repo,
        "model": file.slug,
        "quant": file.quant,
        "kind": file.digest.kind or (None if file.digest.problem else "model"),
        "architecture": file.digest.architecture,
        "n_params": file.digest.n_params,
        "context_tokens": file.digest.context_tokens,
        "size_bytes": file.size_bytes,
        "n_parts": file.n_parts,
        "sha256": file.sha256,
        "sha256_computed_here": file.is_hashed,
        "copies": list(file.copies),
        "problem": file.digest.problem or None,
        "crash": _crash_json(file.crash) if file.crash else None,
    }


def _crash_json(crash: FileCrash) -> dict[str, Any]:
    return {"run_id": crash.run_id, "signal": crash.signal, "phase": crash.phase, "at": crash.at}


def pullable_json(one: Pullable) -> dict[str, Any]:
    """A file that can be pulled, with the same keys."""
    empty = dict.fromkeys(("path", "kind", "architecture", "n_params", "context_tokens", "sha256", "problem", "crash"))
    return {
        "here": False,
        **empty,
        "name": one.file,
        "place": None,
        "repo": one.repo,
        "model": one.slug,
        "quant": one.quant or None,
        "size_bytes": one.size_bytes,
        "n_parts": None,
        "sha256_computed_here": False,
        "copies": [],
    }


def _quant(file: LibraryFile) -> str:
    """The quantization, or why there is nothing to measure."""
    if file.digest.kind:
        return kinds().by_name[file.digest.kind].word
    return "unusable" if file.digest.problem else file.quant or MISSING


def file_lines(files: Sequence[LibraryFile], to_pull: Sequence[Pullable]) -> list[str]:
    """The library as tables."""
    lines = []
    if files:
        rows = [
            (
                output.fit(file.name, _NAME_CELLS),
                _quant(file),
                size(file.size_bytes),
                file.slug or MISSING,
                PLACES[file.kind] + (f", {len(file.copies)} more" if file.copies else ""),
            )
            for file in files
        ]
        lines += output.table(("File", "Quant", "Size", "Model", "Where"), rows, left=frozenset({0, 1, 3, 4}))
        lines += [f"! {file.name}: {file.digest.problem}" for file in files if file.digest.problem]
        lines += [f"! {file.name}: {crash_words(file.crash)}" for file in files if file.crash]
    else:
        lines.append("No GGUF file on this machine is like that.")
    if to_pull:
        lines += ["", "Available with `aa-tui gguf pull MODEL --quant Q`:"]
        by_model: dict[str, list[Pullable]] = {}
        for one in to_pull:
            by_model.setdefault(one.slug, []).append(one)
        for slug, offers in by_model.items():
            quants = ", ".join(f"{one.quant} {size(one.size_bytes)}" if one.size_bytes else one.quant for one in offers)
            said = quants if offers[0].quant else f"see `aa-tui gguf pull {slug} --list`"
            lines += textwrap.wrap(f"{slug:<34}{said}", max(output.width(), 60), subsequent_indent=" " * 34)
    return lines


def inspection_lines(one: Inspection, width: int, *, whole_template: bool) -> list[str]:
    """A header for reading."""
    lines = []
    for label, text in header_text.rows(one):
        lines += textwrap.wrap(f"{label:<11}{text}", max(width, 40), subsequent_indent=" " * 11)
    shares = header_text.shares(one)
    if shares:
        lines += ["", *output.table(("Tensors of type", "Number", "Bytes", "Share"), shares, left=frozenset({0}))]
    template = header_text.template(one, whole=whole_template, how="--template prints all of it")
    return [*lines, "", *(template if whole_template else [output.fit(line, max(width, 40)) for line in template])]


def fit_json(rows: Sequence[Fit], room: Room) -> dict[str, Any]:
    """Every combination, with the machine that it was worked out for."""
    known = room.bandwidth
    return {
        "free_memory_bytes": room.free_bytes,
        "gpu": ", ".join(device.description or device.name for device in room.devices) or None,
        "gpu_free_bytes": sum(device.free_bytes for device in room.devices) if room.devices else None,
        "devices": [asdict(device) for device in room.devices],
        "bandwidth_bytes_per_s": round(known.bytes_per_s) if known else None,
        "bandwidth_measured_at": known.measured_at if known else None,
        "efficiency": round(room.efficiency, 3),
        "efficiency_run_id": room.efficiency_run,
        "fits": [
            {
                "model": row.candidate.slug,
                "name": row.candidate.model,
                "quant": row.candidate.quant,
                "here": row.candidate.path is not None,
                "path": row.candidate.path,
                "repo": row.candidate.repo,
                "file": row.candidate.file,
                "size_bytes": row.candidate.size_bytes,
                "size_is_estimate": row.candidate.size_is_estimate,
                "n_ctx": row.plan.n_ctx,
                "n_slots": row.plan.n_slots,
                "n_more": row.plan.n_more,
                "type_k": row.plan.type_k,
                "type_v": row.plan.type_v,
                "weights_bytes": row.memory.weights,
                "repacked_bytes": row.memory.repacked,
                "kv_cache_bytes": row.memory.kv_cache,
                "compute_bytes": row.memory.compute,
                "process_bytes": row.memory.process,
                "memory_bytes": row.memory.total,
                "needed_bytes": row.memory.needed,
                "fit": row.mark,
                "gpu_fit": row.gpu_mark,
                "gpu_layers": row.gpu_layers,
                "tokens_per_s": round(row.speed.tokens_per_s, 2) if row.speed else None,
                "tokens_per_s_is_measured": row.speed is not None and row.speed.run_id is not None,
                "tokens_per_s_is_unreliable": row.speed is not None and row.speed.is_unreliable,
                "run_id": row.speed.run_id if row.speed else None,
            }
            for row in rows
        ],
    }


def fit_lines(rows: Sequence[Fit], room: Room, best: Fit | None, pack: str | None) -> list[str]:
    """One line for each file, one column for each context and number of slots; then the best one, as `best_line`."""
    plans = list(dict.fromkeys((row.plan.n_ctx, row.plan.n_slots) for row in rows))
    several = len({slots for _, slots in plans}) > 1 or plans[0][1] > 1
    heads = [_tokens(n_ctx) + (f" x{slots}" if several else "") for n_ctx, slots in plans]
    by_file: dict[int, list[Fit]] = {}
    for row in rows:
        by_file.setdefault(id(row.candidate), []).append(row)
    body = []
    for group in by_file.values():
        one = group[0].candidate
        cells = {(row.plan.n_ctx, row.plan.n_slots): row for row in group}
        body.append(
            (
                output.fit(one.model, 30),
                one.quant or MISSING,
                ("~" if one.size_is_estimate else "") + size(one.size_bytes),
                *(_cell(cells.get(plan)) for plan in plans),
                *([_layers(group)] if room.devices else []),
                group[0].speed.words if group[0].speed else MISSING,
                "here" if one.path else "available",
            )
        )
    head = ("Model", "Quant", "Size", *heads, *(["-ngl"] if room.devices else []), "tok/s", "")
    left = frozenset({0, 1, len(head) - 1})
    return [*output.table(head, body, left=left), "", *_legend(rows, room, best, pack)]


def best_line(one: Fit, pack: str | None) -> str:
    """Which quantization to take, at which context (of an evaluation with a pack, where one is named): its quality
    where that is known, its memory and its speed.
    """
    quant = one.candidate.quant
    loss = LOSS.get(quant.upper())
    quality = f"; perplexity of Llama 3 8B in it rises by {loss:.2g}, says llama.cpp" if loss is not None else ""
    speed = f", {one.speed.words} tokens/s ({one.speed.source})" if one.speed is not None else ""
    fits = "fits" if one.mark == "fits" else "barely fits"
    at = f"a context of {_tokens(one.plan.n_ctx)}" + (f", as {pack} takes" if pack else "")
    return f"Best that {fits} here with {at}: {quant or MISSING}, {size(one.memory.needed)} of memory{speed}{quality}."


def _cell(row: Fit | None) -> str:
    return MISSING if row is None else f"{size(row.memory.needed)} {MARKS[row.mark]:<5}"


def _layers(group: Sequence[Fit]) -> str:
    """ "33", or "33 to 12" where the longer contexts leave room for fewer."""
    found = [row.gpu_layers for row in group if row.gpu_layers is not None]
    if not found:
        return MISSING
    return str(max(found)) if min(found) == max(found) else f"{max(found)} to {min(found)}"


def _legend(rows: Sequence[Fit], room: Room, best: Fit | None, pack: str | None) -> list[str]:
    lines = [
        f"Memory for weights, KV cache ({rows[0].plan.type_k}/{rows[0].plan.type_v}) and buffers, by tokens of "
        f"context; {size(room.free_bytes)} are free here."
    ]
    again = max(rows, key=lambda row: row.memory.repacked)
    if again.memory.repacked:
        which = again.candidate.quant or again.candidate.model
        lines.append(
            "Some types are kept a second time, rearranged for this processor, while memory is free: up to "
            f"{size(again.memory.repacked)} more ({which}). When it is not, the system takes back what they were made "
            "from, so this does not decide what fits."
        )
    if best is not None:
        lines.append(best_line(best, pack))
    for device in room.devices:
        name = device.name if device.description in ("", device.name) else f"{device.name} ({device.description})"
        lines.append(f"{name} has {size(device.free_bytes)} free.")
    if any(row.gpu_layers is not None for row in rows):
        lines.append("-ngl: so many layers, of all and the output, go there at the shortest and longest context.")
    if room.bandwidth is not None:
        by = f"as run {room.efficiency_run} reached" if room.efficiency_run else "as is usual"
        lines.append(
            f"~ tokens/s are expected at an empty context: {size(round(room.bandwidth.bytes_per_s))}/s of memory "
            f"bandwidth, measured {display.date(room.bandwidth.measured_at[:10])}, {100 * room.efficiency:.0f} % of it "
            f"{by}. Without ~: measured, with ! on a busy machine."
        )
    if any(row.candidate.size_is_estimate for row in rows):
        lines.append("~ sizes are estimated from the parameters; --ask asks the Hub.")
    wrapped = []
    for line in lines:
        wrapped += textwrap.wrap(line, max(output.width(), 60))
    return wrapped


def _tokens(count: int) -> str:
    return f"{count // 1024}k" if count % 1024 == 0 else f"{count:,}"


def offer_json(file: HubFile, fit: Fit | None) -> dict[str, Any]:
    """A file on the Hub."""
    return {
        "repo": file.repo,
        "file": file.file,
        "kind": file.kind or "model",
        "quant": file.quant or None,
        "size_bytes": file.size_bytes,
        "n_parts": len(file.parts),
        "sha256": file.parts[0].sha256 if len(file.parts) == 1 else None,
        "from_manifest": file.is_seed,
        "fit": fit.mark if fit else None,
        "n_ctx": fit.plan.n_ctx if fit else None,
    }


def offer_lines(offered: Offers, rows: Sequence[tuple[HubFile, Fit | None]], room: Room, pack: str) -> list[str]:
    """What can be pulled of a model, and whether an evaluation with a pack fits."""
    body = [
        (_offer_quant(file), size(file.size_bytes), MARKS[fit.mark if fit else None], file.repo, clean_line(file.file))
        for file, fit in rows
    ]
    lines = output.table(("Quant", "Size", "Fits", "Repository", "File"), body, left=frozenset({0, 2, 3, 4}))
    return [f"{offered.title}; {size(room.free_bytes)} of memory are free for an evaluation with {pack}.", "", *lines]


def _offer_quant(file: HubFile) -> str:
    return kinds().by_name[file.kind].word if file.kind else file.quant or MISSING


def pulled_json(one: Pulled, slug: str | None) -> dict[str, Any]:
    """A finished download."""
    return {
        "path": str(one.path),
        "repo": one.file.repo,
        "file": one.file.file,
        "quant": one.file.quant or None,
        "model": slug,
        "size_bytes": one.size_bytes,
        "sha256": one.downloaded[0].sha256 if len(one.downloaded) == 1 else None,
        "stated_sha256": one.downloaded[0].stated_sha256 if len(one.downloaded) == 1 else None,
    }


def pulled_lines(one: Pulled, slug: str) -> list[str]:
    """The same for reading, with what to do next."""
    checked = all(part.stated_sha256 == part.sha256 for part in one.downloaded)
    said = "its sha256 is what the Hub states" if checked else "the Hub states no sha256 of it"
    then = f"Measure it with `aa-tui bench {quoted(slug or str(one.path))}`."
    if one.kind:
        then = f"It is {kinds().by_name[one.kind].what}."
    return [quoted(str(one.path)), f"{size(one.size_bytes)}, complete; {said}.", then]


def verified_json(one: Verified) -> dict[str, Any]:
    """A verdict."""
    return {
        "path": one.file.path,
        "verdict": one.verdict,
        "sha256": one.sha256,
        "stated_sha256": one.stated_sha256,
        "stated_by": one.stated_by,
    }


def verified_line(one: Verified) -> str:
    """The same for reading."""
    if one.verdict == "right":
        return f"right   {one.file.name}: sha256 {one.sha256[:16]}… as stated by {one.stated_by}"
    if one.verdict == "wrong":
        return (
            f"WRONG   {one.file.name}: sha256 {one.sha256[:16]}… but {one.stated_by} states "
            f"{(one.stated_sha256 or '')[:16]}…: `aa-tui gguf remove {quoted(one.file.path)}`, then pull it again"
        )
    return f"unknown {one.file.name}: sha256 {one.sha256[:16]}…, no published checksum"
