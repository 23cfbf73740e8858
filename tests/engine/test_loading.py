"""Loading the bundled model with the real llama.cpp, and every way it can fail."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from aa_tui.engine import native
from aa_tui.engine.build import describe_build
from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import EngineSettings, open_model
from aa_tui.engine.settings import ADDED_LATER
from aa_tui.gguf.bundled import bundled_model
from aa_tui.host.machine import default_threads
from aa_tui.textsafe import has_controls

if TYPE_CHECKING:
    from pathlib import Path


def test_defaults_are_resolved_for_this_machine() -> None:
    with open_model(bundled_model(), EngineSettings(n_ctx=256)) as engine:
        settings = engine.settings
        assert settings.n_threads == settings.n_threads_batch == default_threads()
        assert settings.n_gpu_layers == (-1 if describe_build().gpu_offload else 0)
        assert (settings.n_batch, settings.n_ubatch, settings.flash_attn) == (2048, 512, "auto")
        assert (engine.n_ctx, engine.n_ctx_train, engine.n_vocab, engine.bos) == (256, 4096, 358, 1)
        assert 0 < engine.load_s < 10
        assert settings.to_dict()["type_k"] == "f16"
        assert set(settings.to_dict()) == set(EngineSettings.__dataclass_fields__) - set(ADDED_LATER)
        engine.close()
        engine.close()  # harmless


def test_settings_reach_llama_cpp() -> None:
    settings = EngineSettings(
        n_ctx=512,
        n_batch=64,
        n_ubatch=128,
        n_threads=1,
        flash_attn="on",
        type_k="q8_0",
        type_v="q8_0",
        use_mmap=False,
    )
    with open_model(bundled_model(), settings) as engine:
        assert engine.settings.n_ubatch == 64  # no larger than n_batch
        assert engine.settings.n_threads_batch == 1
        engine.decode(list(range(3, 40)))
        engine.synchronize()
    log = "\n".join(native.log.lines())
    assert "q8_0" in log
    assert "n_ubatch" in log


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (EngineSettings(n_ctx=0), "n_ctx is 0"),
        (EngineSettings(n_ctx=256, n_batch=0), "n_batch is 0"),
        (EngineSettings(n_ctx=256, n_threads=-1), "n_threads is -1"),
        (EngineSettings(n_ctx=1 << 30, n_parallel=2), "more than llama.cpp can number"),
        (EngineSettings(n_ctx=1 << 30), r"1,073,741,824 tokens .* takes [0-9,.]+ GB .* of memory are free"),
        (EngineSettings(n_ctx=256, n_threads=513), "513 threads are too many"),
        (EngineSettings(n_ctx=256, type_k="q9_9"), "no cache type q9_9"),  # type: ignore[arg-type]
    ],
)
def test_settings_out_of_range(settings: EngineSettings, words: str) -> None:
    with pytest.raises(EngineError, match=words):
        open_model(bundled_model(), settings)


def test_progress_rises_to_one() -> None:
    told: list[float] = []
    open_model(bundled_model(), EngineSettings(n_ctx=256), told.append).close()
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_loading_can_be_given_up() -> None:
    with pytest.raises(EngineError, match="was given up"):
        open_model(bundled_model(), EngineSettings(n_ctx=256), lambda _fraction: False)


def test_an_exception_in_the_callers_progress_comes_through() -> None:
    def fail(_fraction: float) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        open_model(bundled_model(), EngineSettings(n_ctx=256), fail)


def test_a_file_that_is_no_gguf_is_refused_before_llama_cpp_sees_it(tmp_path: Path) -> None:
    path = tmp_path / "page.gguf"
    path.write_bytes(b"<html>")
    with pytest.raises(EngineError, match="is not a GGUF file"):
        open_model(path, EngineSettings(n_ctx=256))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"\x05\0\0\0\0\0\0\0llama", b"\x05\0\0\0\0\0\0\0lla[a", "unknown model architecture: 'lla[a'"),
        (b"output_norm.weight", b"output_nurm.weight", "tensor 'output_norm.weight' not found"),
        (b"llama.feed_forward_length", b"llama.feed_forward_langth", "has wrong shape"),
    ],
)
def test_llama_cpps_reason_is_told(tmp_path: Path, old: bytes, new: bytes, reason: str) -> None:
    data = bundled_model().read_bytes()
    assert old in data
    path = tmp_path / "broken.gguf"
    path.write_bytes(data.replace(old, new, 1))
    with pytest.raises(EngineError) as caught:
        open_model(path, EngineSettings(n_ctx=256))
    sentence = str(caught.value)
    assert sentence.startswith(f"llama.cpp cannot load {path} (")
    assert reason in sentence
    assert "download it again" in sentence
    assert not has_controls(sentence)


def test_llama_cpp_writes_nothing_to_the_terminal(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with open_model(bundled_model(), EngineSettings(n_ctx=256)) as engine:
        engine.step(1)
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(bundled_model().read_bytes().replace(b"output_norm", b"output_nurm", 1))
    with pytest.raises(EngineError):
        open_model(broken, EngineSettings(n_ctx=256))
    assert capfd.readouterr() == ("", "")
    assert native.log.lines()


def test_the_package_llama_cpp_may_be_imported_beside_it() -> None:
    """It takes the log on import: reasons would be lost, and llama.cpp would write to the terminal."""
    code = (
        "from aa_tui.engine import native; native.library(); import llama_cpp;"
        "from aa_tui.engine.llama import EngineSettings, open_model; from aa_tui.gguf.bundled import bundled_model;"
        "open_model(bundled_model(), EngineSettings(n_ctx=256)).close(); print(bool(native.log.lines()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_describe_build() -> None:
    build = describe_build()
    assert build.llama_cpp_python.startswith("0.3.")
    assert build.llama_cpp
    assert any(device.kind == "CPU" for device in build.devices)
    assert build.gpu_offload or build.backend == "CPU"
    as_dict = build.to_dict()
    assert as_dict["backend"] == build.backend
    assert as_dict["devices"][0]["name"] == build.devices[0].name


def test_log_tail_joins_cleans_and_finds_the_reason() -> None:
    tail = native.LogTail(n_lines=3)
    tail.feed(2, "load: one")
    tail.feed(5, "...")
    tail.feed(5, ".\nload: two\x1b[31m red\n")
    assert tail.lines() == ["load: one....", "load: two red"]
    assert tail.reason() == ""
    tail.feed(4, "llama_model_load: error loading model: tensor 'x' is missing\n")
    tail.feed(4, "llama_model_load_from_file_impl: failed to load model\n")
    assert tail.reason() == "tensor 'x' is missing"
    assert len(tail.lines()) == 3
    tail.clear()
    tail.feed(4, "failed to load model")
    assert tail.reason() == "failed to load model"
    tail.clear()
    tail.feed(4, "ggml_alloc: failed to allocate 9 bytes\n")
    assert tail.reason() == "failed to allocate 9 bytes"


def test_a_context_that_finds_no_memory_is_one_sentence() -> None:
    program = (
        "import resource; from aa_tui.engine import native; from aa_tui.engine.llama import *;"
        "from aa_tui.gguf.bundled import bundled_model; native.library();"
        "resource.setrlimit(resource.RLIMIT_AS, (700_000_000, 700_000_000));"
        "open_model(bundled_model(), EngineSettings(n_ctx=1 << 18, n_threads=1))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "EngineError: llama.cpp cannot make a context of 262,144 tokens" in last
    assert last.endswith("free some memory or ask for a shorter context.")
