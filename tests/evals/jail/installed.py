"""Real installations of this package, each in its own interpreter, with a pack whose tests hold a secret.

What is installed is a wheel of the sources here, unpacked as pip does. No network, nothing of this environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parents[3] / "src/aa_tui"
PACK = "aa_tui/_data/evals/forged/items.jsonl"
_INFO = "aa_tui-0.dist-info"
_METADATA = {
    f"{_INFO}/METADATA": "Metadata-Version: 2.1\nName: aa-tui\nVersion: 0\n",
    f"{_INFO}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{_INFO}/entry_points.txt": "[console_scripts]\naa-tui = aa_tui.__main__:main\n",
    f"{_INFO}/RECORD": "",
}


@dataclass(frozen=True, slots=True)
class Installed:
    """How to start Python there, and where the package and its pack came to lie."""

    python: Path
    place: Path
    environment: dict[str, str]

    @property
    def pack(self) -> Path:
        """The file with the secret."""
        return self.place / PACK


class NotHereError(Exception):
    """This machine lacks what such an installation needs. One sentence."""


def wheel(folder: Path, secret: str) -> Path:
    """A wheel of this package with a pack that holds the secret."""
    path = folder / "aa_tui-0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for source in sorted(SOURCES.rglob("*.py")):
            archive.write(source, f"aa_tui/{source.relative_to(SOURCES)}")
        archive.writestr(PACK, f'{{"id": "1", "tests": ["assert f(7) == {secret!r}"]}}\n')
        for name, text in _METADATA.items():
            archive.writestr(name, text)
    return path


def _unpacked(archive: Path, place: Path) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive) as file:
        file.extractall(place)
    return place


def _run(*command: object, **environment: str) -> None:
    known = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    subprocess.run([str(one) for one in command], check=True, capture_output=True, env=known | environment, timeout=120)


def _environment(archive: Path, folder: Path, *options: str) -> Installed:
    _run(sys.executable, "-m", "venv", "--without-pip", *options, folder / "venv")
    (library,) = (folder / "venv/lib").glob("python3*")
    return Installed(folder / "venv/bin/python", _unpacked(archive, library / "site-packages"), {})


def virtual(archive: Path, folder: Path) -> Installed:
    """A virtual environment, as `python -m venv` makes them."""
    return _environment(archive, folder)


def copied(archive: Path, folder: Path) -> Installed:
    """One with copies instead of links, that sees the system's packages too."""
    return _environment(archive, folder, "--copies", "--system-site-packages")


def editable(archive: Path, folder: Path) -> Installed:
    """A virtual environment that only points to a folder with the sources."""
    made = _environment(archive, folder)
    sources = _unpacked(archive, folder / "sources")
    shutil.rmtree(made.place / "aa_tui")
    (made.place / "aa_tui.pth").write_text(f"{sources}\n")
    return Installed(made.python, sources, {})


def _prefix(folder: Path) -> tuple[Path, Path]:
    """The interpreter below this environment once more, without what is installed in it: its program and library."""
    library = Path(os.__file__).parent
    version = f"python{sysconfig.get_python_version()}"
    program = folder / "bin" / version
    program.parent.mkdir(parents=True)
    shutil.copy2(Path(getattr(sys, "_base_executable", sys.executable)).resolve(), program)
    _lend_libraries(folder)
    unwanted = shutil.ignore_patterns("site-packages", "dist-packages", "test", "config-*", "sitecustomize.py")
    shutil.copytree(library, folder / "lib" / version, copy_function=_linked, ignore=unwanted)
    return program, folder / "lib" / version


def _lend_libraries(folder: Path) -> None:
    """Interpreters such as conda's find their shared library beside themselves."""
    (folder / "lib").mkdir()
    own = Path(sysconfig.get_config_var("LIBDIR") or "/")
    for path in own.glob(f"libpython{sysconfig.get_python_version()}*.so*"):
        _linked(str(path), str(folder / "lib" / path.name))


def _linked(source: str, target: str) -> None:
    try:
        os.link(os.path.realpath(source), target)
    except OSError:  # another file system, or another owner's file
        shutil.copy2(source, target)


def base(archive: Path, folder: Path) -> Installed:
    """A base interpreter: packages lie inside the folder of the standard library."""
    python, library = _prefix(folder / "python")
    return Installed(python, _unpacked(archive, library / "site-packages"), {})


def conda(archive: Path, folder: Path) -> Installed:
    """A prefix as conda makes them: other programs' libraries and unpacked packages, the pack among them."""
    python, library = _prefix(folder / "conda")
    made = Installed(python, _unpacked(archive, library / "site-packages"), {})
    for other in ("lib/libother.so.1", "share/other/items.jsonl", "conda-meta/aa-tui.json"):
        target = folder / "conda" / other
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(made.pack, target)
    _unpacked(archive, folder / "conda/pkgs/aa-tui-0/site-packages")
    shutil.copy2(made.pack, library / "left_behind.py")
    return made


def debian(archive: Path, folder: Path) -> Installed:
    """As in Debian and Ubuntu, whose packages lie in folders called dist-packages, beside and below the library."""
    python, library = _prefix(folder / "usr")
    shared = _unpacked(archive, folder / "usr/lib/python3/dist-packages")
    _unpacked(archive, library / "dist-packages")
    (library / "sitecustomize.py").write_text(f"import sys\nsys.path.append({str(shared)!r})\n")
    return Installed(python, shared, {})


def user(archive: Path, folder: Path) -> Installed:
    """`pip install --user`: packages in the home, below the system's interpreter."""
    python = Path(getattr(sys, "_base_executable", sys.executable))
    place = folder / f".local/lib/python{sysconfig.get_python_version()}/site-packages"
    return Installed(python, _unpacked(archive, place), {"HOME": str(folder)})


def system(archive: Path, folder: Path) -> Installed:
    """The distribution's own Python, with packages in the home."""
    python = Path("/usr/bin/python3")
    if not python.exists():
        raise NotHereError("there is no /usr/bin/python3")
    text = "import sys; print(*sys.version_info[:2], sep='.')"
    version = subprocess.run([python, "-c", text], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(int(part) for part in version.split(".")) < (3, 11):
        raise NotHereError(f"the system's Python is {version}")
    place = folder / f".local/lib/python{version}/site-packages"
    return Installed(python, _unpacked(archive, place), {"HOME": str(folder)})


def tool(archive: Path, folder: Path) -> Installed:
    """`uv tool install`."""
    uv = shutil.which("uv")
    if uv is None:
        raise NotHereError("uv is not installed")
    places = {"UV_TOOL_DIR": str(folder / "tools"), "UV_TOOL_BIN_DIR": str(folder / "bin")}
    options = ("--offline", "--no-config", "--cache-dir", folder / "cache", "--python", sys.executable)
    _run(uv, "tool", "install", *options, archive, **places)
    (library,) = (folder / "tools/aa-tui/lib").glob("python3*")
    return Installed(folder / "tools/aa-tui/bin/python", library / "site-packages", {})


def zipped(archive: Path, folder: Path) -> Installed:
    """Imported out of an archive."""
    shown = _unpacked(archive, folder / "beside")
    return Installed(Path(sys.executable), shown, {"PYTHONPATH": str(archive)})


KINDS = (virtual, copied, editable, base, conda, debian, user, system, tool, zipped)
