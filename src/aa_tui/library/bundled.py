"""The model that ships along, as an entry of the catalog like any other."""

from __future__ import annotations

import sqlite3

from aa_tui.catalog import files, models
from aa_tui.catalog.rows import FileRow


def register_bundled(conn: sqlite3.Connection, name: str | None = None) -> FileRow | None:
    """Note the bundled model and its page. With a name: only if that is what it is called, else None."""
    from aa_tui.gguf.bundled import bundled_manifest, bundled_model
    from aa_tui.library.registering import register

    manifest = bundled_manifest()
    if name is not None and models.normalise(name) not in map(models.normalise, (manifest.slug, manifest.name)):
        return None
    file, _ = register(conn, bundled_model())
    if file.model_id is None:
        files.link(conn, file.id, page_id(conn))
    return files.get(conn, file.id)


def page_id(conn: sqlite3.Connection) -> int:
    """The id of the bundled model, whose page is made if there is none."""
    from aa_tui.gguf.bundled import bundled_manifest

    manifest = bundled_manifest()
    return files.add_local_model(
        conn,
        slug=manifest.slug,
        name=manifest.name,
        creator=manifest.creator,
        total_params_b=manifest.total_params / 1e9,
        context_tokens=manifest.context_tokens,
        license_name=manifest.license,
        reasoning=manifest.reasoning,
        source_url=manifest.files[0].file,
        as_of="",
    )


def is_bundled(file: FileRow) -> bool:
    """Whether a file has the bundled model's content, wherever it lies."""
    from aa_tui.gguf.bundled import bundled_manifest

    return file.sha256 in {one.sha256 for one in bundled_manifest().files}
