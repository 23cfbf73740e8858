"""What llama.cpp gave up over, in its own words."""

from __future__ import annotations

import sys

import pytest

from aa_tui.engine import aborts, native
from aa_tui.host import children


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["loading", "/tmp/build/ggml/src/ggml.c:3456: GGML_ASSERT(a->ne[0] == b->ne[0]) failed", "[New LWP 12]"],
            "ggml.c:3456: GGML_ASSERT(a->ne[0] == b->ne[0]) failed",
        ),
        (
            ["CUDA error: out of memory", "  current device: 0", "/x/ggml-cuda.cu:98: CUDA error", "ptrace: denied."],
            "ggml-cuda.cu:98: CUDA error: out of memory",
        ),
        (
            ["terminate called after throwing an instance of 'std::bad_alloc'", "  what():  std::bad_alloc"],
            "std::bad_alloc: std::bad_alloc",
        ),
        (["terminate called after throwing an instance of 'int'"], "int"),
        (["stand-in: GGML_ASSERT(x) failed"], "stand-in: GGML_ASSERT(x) failed"),
        (["free(): invalid pointer"], ""),
        ([], ""),
    ],
)
def test_the_assertion_is_found(lines: list[str], expected: str) -> None:
    assert aborts.reason(lines) == expected


def test_the_real_library_gives_up_without_a_debugger() -> None:
    if not hasattr(native.symbols(), "ggml_abort"):
        pytest.skip("this build hides ggml's symbols")
    text = (
        "from aa_tui.engine import native; "
        "native.symbols().ggml_abort(b'/somewhere/ggml.c', 7, b'GGML_ASSERT(%s) failed', b'a == b')"
    )
    env = {name: value for name, value in children.environment().items() if name != "GGML_NO_BACKTRACE"}
    done = children.run((sys.executable, "-c", text), timeout_s=60, env=env)
    said = done.complaint.decode().splitlines()
    assert done.code == -6
    assert aborts.reason(said) == "ggml.c:7: GGML_ASSERT(a == b) failed"
    assert [line for line in said if "ggml.c" not in line] == [], "nothing of a debugger's"
