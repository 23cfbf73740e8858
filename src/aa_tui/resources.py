"""Where the data that ships with the program lies: evaluation packs and model manifests.

In the wheel the top-level folders `evals/` and `gguf_models/` are copied to `aa_tui/_data/`; in the source
tree they stay at its top.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_folder(name: str) -> Path:
    """The folder of bundled data called `name` ("evals" or "gguf_models").

    Raises FileNotFoundError, with a sentence for the user, when the installation lacks it.
    """
    for root in (_PACKAGE / "_data", _PACKAGE.parent.parent):
        folder = root / name
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"The bundled folder {name} is missing: install aa-tui again.")
