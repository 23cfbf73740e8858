"""File names that every system takes: slugs can be anything."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

MOST = 80
"""Characters of a name: with its folders and suffix far from the limits of all systems."""

_PLAIN = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_OTHERS = re.compile(r"[^a-z0-9.]+")
_RESERVED = frozenset(
    ("con", "prn", "aux", "nul", *(f"{device}{number}" for device in ("com", "lpt") for number in range(10)))
)
"""Windows means devices by these, whatever follows the first dot."""


def file_names(slugs: Iterable[str]) -> dict[str, str]:
    """A file's name without suffix for each slug, in lower case and no two alike.

    A slug that is one already keeps it. Others become what is left of them with a checksum, which stays the same
    whatever other slugs there are.
    """
    known = list(dict.fromkeys(slugs))
    found = {slug: slug for slug in known if is_plain(slug)}
    taken = set(found)
    for slug in known:
        if slug in found:
            continue
        digest = sha256(slug.encode("utf-8", "surrogatepass")).hexdigest()
        stem = _OTHERS.sub("-", slug.lower()).strip("-.")[: MOST - 20].rstrip("-.")
        if stem.partition(".")[0] in _RESERVED:
            stem = f"model-{stem}"
        length = 8
        while (name := f"{stem or 'model'}-{digest[:length]}") in taken:
            length += 1
        taken.add(name)
        found[slug] = name
    return found


def is_plain(slug: str) -> bool:
    """Whether every system takes the slug as the name of a file, and none takes it for that of another one."""
    return (
        len(slug) <= MOST
        and _PLAIN.fullmatch(slug) is not None
        and ".." not in slug
        and slug.partition(".")[0] not in _RESERVED
    )
