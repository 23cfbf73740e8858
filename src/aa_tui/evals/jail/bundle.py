"""What of this package goes into a confined process: a few modules, handed over as code when it starts.

So nothing that is installed has to be found or read in there, and the process does not know where it lies.
"""

from __future__ import annotations

import marshal
import zlib
from base64 import b64encode
from functools import cache
from importlib.util import find_spec

PACKAGE = "aa_tui.evals.jail"
_FIRST = ("syscalls", "mounts", "reach", "confine")
_OF_ROLE: dict[str, tuple[str, ...]] = {
    "survey": (),
    "probe": (),
    "worker": ("values", "reading", "worker"),
    "tester": ("values", "names", "link", "tester"),
}
"""Each module after those that it imports; `inside` comes last."""

START = f"""
import sys
from binascii import a2b_base64
from marshal import loads
from zlib import decompress
for name, code in loads(decompress(a2b_base64(sys.argv.pop(1)))):
    module = sys.modules[name] = type(sys)(name)
    exec(code, module.__dict__)
sys.modules["{PACKAGE}.inside"].main(sys.argv.pop(1))
"""
"""The program of such a process. Its arguments are the bundle and the settings of `inside.main`."""


@cache
def bundle(role: str) -> str:
    """The modules of a role, for the interpreter that runs this. Linux takes up to 128 KiB as one argument."""
    names = [f"{PACKAGE}.{name}" for name in (*_FIRST, *_OF_ROLE[role], "inside")]
    codes = [(name, compile(_source(name), f"<{name}>", "exec", optimize=2)) for name in names]
    return b64encode(zlib.compress(marshal.dumps(codes))).decode("ascii")


def _source(name: str) -> str:
    """Wherever it is installed, in an archive too."""
    spec = find_spec(name)
    source = getattr(spec and spec.loader, "get_source", lambda _: None)(name)
    if source is None:
        raise OSError(f"the source of {name} is not installed")
    return str(source)
