"""What lies outside the jail for hostile answers to find: files and listening sockets. Notices what is touched."""

from __future__ import annotations

import os
import select
import shutil
import socket
import tempfile
from pathlib import Path
from types import TracebackType

CONTENT = "a file that nobody else may read\n"


class Outside:
    """A folder that anyone may write to, with files in it, and services on the loopback interface."""

    def __init__(self, secret: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="aa-out-", dir="/tmp"))
        self.folder.chmod(0o777)
        for name, text in (("canary", secret), ("doomed", CONTENT), ("outside.py", "VALUE = 1\n")):
            (self.folder / name).write_text(text)
        self._before = self._listing()
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._datagram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._datagram.bind(str(self.folder / "datagrams"))
        self._unix = self._listener(str(self.folder / "service"))
        self._abstract = self._listener(f"\0{self.folder.name}")

    def __enter__(self) -> Outside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in self._sockets():
            one.close()
        shutil.rmtree(self.folder)

    def places(self) -> dict[str, object]:
        """The constants of hostile sources."""
        return {
            "FOLDER": str(self.folder),
            "CANARY": str(self.folder / "canary"),
            "DOOMED": str(self.folder / "doomed"),
            "PORT": self._tcp.getsockname()[1],
            "UDP_PORT": self._udp.getsockname()[1],
            "UNIX": str(self.folder / "service"),
            "UNIX_DATAGRAM": str(self.folder / "datagrams"),
            "ABSTRACT": f"\0{self.folder.name}",
            "PARENT": os.getpid(),
        }

    def touched(self) -> list[str]:
        """What was changed, made or contacted."""
        changes = sorted(
            {str(line) for line in self._before ^ self._listing() if line[0] not in ("service", "datagrams")}
        )
        names = ("TCP", "UDP", "socket file", "datagrams", "abstract socket")
        ready = select.select(self._sockets(), [], [], 0)[0]
        return changes + [name for name, one in zip(names, self._sockets(), strict=True) if one in ready]

    def _sockets(self) -> tuple[socket.socket, ...]:
        return self._tcp, self._udp, self._unix, self._datagram, self._abstract

    def _listener(self, address: str) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(address)
        listener.listen()
        return listener

    def _listing(self) -> set[tuple[str, int, int, float, str]]:
        return {
            (str(path.relative_to(self.folder)), about.st_mode, about.st_nlink, about.st_mtime, _text(path))
            for path in self.folder.rglob("*")
            for about in [path.lstat()]
        }


def _text(path: Path) -> str:
    return path.read_text() if path.is_file() and not path.is_symlink() else ""
