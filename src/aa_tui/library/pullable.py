"""What the manifests know that can be pulled."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from aa_tui.catalog import models
from aa_tui.gguf.hub import HubFile, seed_files
from aa_tui.gguf.known import known_models
from aa_tui.library.scan import LibraryFile


@dataclass(frozen=True, slots=True)
class Pullable:
    """A known model in one quantization that is not here. `file` is None where only the repository is known."""

    slug: str
    model: str
    quant: str
    repo: str
    file: str | None
    size_bytes: int | None


def matching(conn: sqlite3.Connection, here: Iterable[LibraryFile], text: str) -> list[Pullable]:
    """What can be pulled of the models that the text means; each quantization once, and none that is here."""
    have = {(file.slug, file.quant) for file in here}
    words = text.lower().split()
    found: list[Pullable] = []
    for known in known_models():
        if models.by_slug(conn, known.slug) is None:
            continue
        rows: dict[str, Pullable] = {}
        for file in seed_files(known.repositories):
            if not have & {(slug, file.quant) for slug in known.slugs}:
                rows.setdefault(file.quant, _of(known.slug, known.name, file))
        if not any(one.files for one in known.repositories):
            rows[""] = Pullable(known.slug, known.name, "", known.repositories[0].repo, None, None)
        for row in rows.values():
            described = f"{row.slug} {row.model} {row.quant} {row.repo} {row.file}".lower()
            if all(word in described for word in words):
                found.append(row)
    return found


def _of(slug: str, model: str, file: HubFile) -> Pullable:
    return Pullable(slug, model, file.quant, file.repo, file.file, file.size_bytes)
