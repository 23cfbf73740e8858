"""The model that ships along, as an entry of the catalog like any other."""

from __future__ import annotations

import sqlite3

from aa_tui.catalog import files, models
from aa_tui.catalog.rows import FileRow


def register_bundled(conn: sqlite3.Connection, name: str | None = None) -> FileRow | None:
    """Note the bundled model and its page. With a name: only if that is what it is called, else None."""
    from aa_tui.gguf.bundled import bundled_manifest, bundled_model
    from aa_tui.runs.plan import register

    manifest = bundled_manifest()
    if name is not None and models.normalise(name) not in map(models.normalise, (manifest.slug, manifest.name)):
        return None
    path = bundled_model()
    file, _ = register(conn, path)
    if file.model_id is None:
        model_id = files.add_local_model(
            conn,
            slug=manifest.slug,
            name=manifest.name,
            creator=manifest.creator,
            total_params_b=manifest.total_params / 1e9,
            context_tokens=manifest.context_tokens,
            license_name=manifest.license,
            reasoning=manifest.reasoning,
            source_url=path.name,
            as_of="",
        )
        files.link(conn, file.id, model_id)
    return files.get(conn, file.id)
