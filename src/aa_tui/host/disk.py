"""Room on the disks."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def free_bytes(folder: Path) -> int | None:
    """Bytes free where `folder` lies or will lie, None where that cannot be told."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None


def mount_of(folder: Path) -> Path | None:
    """Where the file system that `folder` lies on, or will, is mounted; None where that cannot be told."""
    try:
        place = next(one for one in (folder, *folder.absolute().parents) if one.exists()).resolve()
        device = place.stat().st_dev
        while place.parent != place and place.parent.stat().st_dev == device:
            place = place.parent
    except (OSError, RuntimeError, StopIteration):
        return None
    return place


def free_words(folder: Path) -> str:
    """How much is free where a folder lies: "0.3 MB free on /data"; empty where nobody tells."""
    free, mount = free_bytes(folder), mount_of(folder)
    return "" if free is None or mount is None else f"{free / 1e6:,.1f} MB free on {mount}"


_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "webdav", "fuse.sshfs", "9p", "afs", "ceph"})


def network_file_system(folder: Path) -> str | None:
    """The kind of network file system that `folder` lies on, None where it is a local one or nobody tells."""
    import psutil

    try:
        mounts = psutil.disk_partitions(all=True)
        place = folder.resolve()
    except (OSError, RuntimeError):
        return None
    best, kind = -1, ""
    for mount in mounts:
        if place.is_relative_to(mount.mountpoint) and len(mount.mountpoint) > best:
            best, kind = len(mount.mountpoint), mount.fstype
    return kind if kind in _NETWORK else None
