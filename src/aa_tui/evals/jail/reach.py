"""What a confined process may read: Python's own library, file by file, and nothing that was installed beside it.

Modules and packages are taken by the names that Python gives as its own (`sys.stdlib_module_names`), so that it does
not matter what else lies in their folder: `site-packages` (every base interpreter, conda), `dist-packages` (Debian), or
a package that somebody put there. Shared libraries are those that the modules turn out to load.
"""

from __future__ import annotations

import ctypes
import os
import sys
import sysconfig
from importlib.machinery import BYTECODE_SUFFIXES, EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ModuleSpec
from importlib.util import spec_from_file_location
from types import ModuleType

_NEEDED = ("/dev/null", "/dev/urandom", "/etc/ld.so.cache")
_LATER = "libgcc_s.so.1"
"""The C library loads it where a thread ends."""
_BRINGS_OTHERS = frozenset({"ensurepip"})
"""Of Python's own packages that which holds others' whole packages."""


def survey() -> dict[str, list[str]]:
    """What Python needs, found in a process without `site`, whose `sys.path` is the library and nothing else.

    `folders` of the library, their children and other files that are `readable`, and the children that are `hidden`.
    """
    places = [place for place in sys.path if os.path.exists(place)]  # noqa: PTH110
    folders = [place for place in places if os.path.dirname(place) not in places and os.path.isdir(place)]  # noqa: PTH112, PTH120
    children = [os.path.join(folder, name) for folder in folders for name in os.listdir(folder)]  # noqa: PTH118, PTH208
    own = [path for path in children if path in places or _is_own(os.path.basename(path))]  # noqa: PTH119
    _load_libraries(places)
    others = (*places, *_zones(), os.path.realpath(sys.executable), *_loaded(), *_NEEDED)
    files = [path for path in others if os.path.exists(path) and not path.startswith(tuple(folders))]  # noqa: PTH110
    readable, hidden = {*own, *files}, {*children}.difference(own)
    return {"folders": folders, "readable": sorted(readable), "hidden": sorted(hidden)}


def shown(library: dict[str, list[str]]) -> list[str]:
    """What has to be there as a whole so that everything readable is: far fewer places than those."""
    folders = library["folders"]
    return [*folders, *(path for path in library["readable"] if os.path.dirname(path) not in folders)]  # noqa: PTH120


def _is_own(name: str) -> bool:
    own = sys.stdlib_module_names - _BRINGS_OTHERS
    return name.partition(".")[0] in own or name == "__pycache__" or name.startswith("_sysconfigdata_")


def _zones() -> list[str]:
    """Where this Python looks for time zones."""
    places = str(sysconfig.get_config_var("TZPATH") or "").split(os.pathsep)
    return [place for place in places if place.startswith("/")]


def _load_libraries(places: list[str]) -> None:
    """Load what the library's modules in C would, and what the C library would later."""
    modules = [os.path.join(one, name) for one in places if os.path.isdir(one) for name in os.listdir(one)]  # noqa: PTH112, PTH118, PTH208
    for path in (*(path for path in modules if path.endswith(tuple(EXTENSION_SUFFIXES))), _LATER):
        try:
            ctypes.CDLL(path)
        except OSError:  # a module whose library is not installed, as Tk's
            continue


def _loaded() -> set[str]:
    """The shared libraries of this process, by the names that are looked for: dl_iterate_phdr(3), dyld(3)."""
    names: list[str] = []
    libc = ctypes.CDLL(None)
    if sys.platform == "darwin":
        libc._dyld_get_image_name.restype = ctypes.c_char_p
        names = [os.fsdecode(libc._dyld_get_image_name(number)) for number in range(libc._dyld_image_count())]
    else:

        def note(info: int, _size: int, _data: object) -> int:
            # struct dl_phdr_info begins with the address of the library and a pointer to its name.
            name = ctypes.cast(info, ctypes.POINTER(ctypes.c_char_p))[1]
            names.append(os.fsdecode(name or b""))
            return 0

        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
        libc.dl_iterate_phdr(kind(note), None)
    return {_without_dots(name) for name in names if name.startswith("/")}


def _without_dots(path: str) -> str:
    """Some are found as $ORIGIN/../.. says; a link on the way leads elsewhere than its name."""
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name) if ".." in folder else path  # noqa: PTH118


class _Shelf:
    """Finds the modules of a folder that cannot be listed any more."""

    def __init__(self, folder: str, names: frozenset[str]) -> None:
        self._folder, self._names = folder, names

    def find_spec(self, name: str, target: ModuleType | None = None) -> ModuleSpec | None:
        """As importlib's finders do."""
        own = name.rpartition(".")[2]
        place = f"{self._folder}/{own}"
        if own in self._names:
            return spec_from_file_location(name, f"{place}/__init__.py", submodule_search_locations=[place])
        for suffix in (*EXTENSION_SUFFIXES, *SOURCE_SUFFIXES, *BYTECODE_SUFFIXES):
            if own + suffix in self._names:
                return spec_from_file_location(name, place + suffix)
        return None


def import_only(library: dict[str, list[str]]) -> None:
    """Have Python find in the library's folders what is readable, without looking at what else is there."""
    names: dict[str, set[str]] = {folder: set() for folder in library["folders"]}
    for path in library["readable"]:
        folder, name = os.path.split(path)
        if folder in names:
            names[folder].add(name)

    def shelf(place: str) -> _Shelf:
        if place not in names:
            raise ImportError
        return _Shelf(place, frozenset(names[place]))

    sys.path_hooks.insert(0, shelf)
    sys.path_importer_cache.clear()
