"""Where layers go: what can be typed, which devices take them, and that the defaults change nothing of before."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from aa_tui.engine.build import describe_build
from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import EngineSettings, open_model
from aa_tui.engine.offload import (
    Device,
    ask_build,
    chosen,
    devices_of,
    parse_devices,
    parse_options,
    parse_rpc,
    parse_split,
)
from aa_tui.engine.waiting import ANSWER_S, answer_s
from aa_tui.gguf import fit
from aa_tui.gguf.bundled import bundled_model
from aa_tui.gguf.header import read_header
from aa_tui.gguf.shape import shape_of

BEFORE = {
    "n_ctx",
    "n_parallel",
    "shares_prefix",
    "forks",
    "kv_unified",
    "n_batch",
    "n_ubatch",
    "n_threads",
    "n_threads_batch",
    "n_gpu_layers",
    "flash_attn",
    "type_k",
    "type_v",
    "use_mmap",
    "seed",
}
"""What a run's identity and a probe's key were made of before layers could be sent anywhere."""

PROCESSOR = Device("CPU", "a processor", "CPU", 8 << 30, 4 << 30)
BIG = Device("CUDA0", "a card", "GPU", 8 << 30, 6 << 30)
SMALL = Device("CUDA1", "a smaller card", "GPU", 4 << 30, 2 << 30)
INSIDE = Device("Vulkan0", "a part of the processor", "integrated GPU", 4 << 30, 4 << 30)
LENT = Device("RPC0", "10.0.0.2:50052", "GPU", 16 << 30, 12 << 30)
BLAS = Device("BLAS", "a library", "accelerator", 0, 0)


def test_what_can_be_typed() -> None:
    assert parse_devices("CUDA0, RPC0,CUDA0") == ("CUDA0", "RPC0")
    assert parse_split("3,1") == (3.0, 1.0)
    assert parse_rpc("10.0.0.2:50052,box.local:1") == ("10.0.0.2:50052", "box.local:1")
    assert parse_options("-ngl 20 --device CUDA0 --tensor-split 1 --rpc box:50052") == {
        "n_gpu_layers": 20,
        "devices": ("CUDA0",),
        "tensor_split": (1.0,),
        "rpc": ("box:50052",),
    }
    assert parse_options("  ") == {}


@pytest.mark.parametrize("text", ["", "a", "3,", "-1,2", "0,0", "inf,1", "nan"])
def test_no_split(text: str) -> None:
    with pytest.raises(ValueError, match="shares such as 3,1"):
        parse_split(text)


@pytest.mark.parametrize("text", ["", "box", "box:", "box:0", "box:65536", "a b:1", "[::1]:50052", "box:1,x", "-x:1"])
def test_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="such as 192"):
        parse_rpc(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("--gpu 3", "none of --device"),
        ("-ngl many", "whole number"),
        ("-ngl", "whole number"),
        ("--tensor-split x", "shares"),
        ("--rpc 'x", "quotation mark"),
    ],
)
def test_a_form_says_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_options(text)


def test_which_devices_take_layers() -> None:
    everything = (PROCESSOR, BLAS, BIG, INSIDE, SMALL, LENT)
    assert chosen(everything, (), ()) == (LENT, BIG, SMALL)
    assert chosen((PROCESSOR, INSIDE, LENT), (), ()) == (LENT, INSIDE)
    assert chosen((PROCESSOR, BLAS), (), ()) == ()
    assert chosen(everything, ("cpu",), ()) == ()
    assert chosen(everything, ("cuda1", "RPC0"), (3, 1)) == (SMALL, LENT)


@pytest.mark.parametrize(
    ("names", "split", "words"),
    [
        (("CUDA7",), (), "no device CUDA7 for layers: there are CUDA0, CUDA1, CPU"),
        (("BLAS",), (), "no device BLAS"),
        (("CUDA0", "CPU"), (), "name CPU alone"),
        ((), (1.0,), "1 share but layers go to 2 devices"),
        (("CPU",), (1.0, 1.0), "2 shares but layers go to 0 devices"),
    ],
)
def test_devices_that_are_not_there(names: tuple[str, ...], split: tuple[float, ...], words: str) -> None:
    with pytest.raises(EngineError, match=words):
        chosen((PROCESSOR, BLAS, BIG, SMALL), names, split)


def test_defaults_leave_identities_and_keys_as_they_were() -> None:
    assert set(EngineSettings(n_ctx=256).to_dict()) == BEFORE
    sent = EngineSettings(n_ctx=256, devices=("RPC0",), tensor_split=(1.0,), rpc=("box:1",)).to_dict()
    assert {name: sent[name] for name in sent.keys() - BEFORE} == {
        "devices": ["RPC0"],
        "tensor_split": [1.0],
        "rpc": ["box:1"],
    }
    assert json.loads(json.dumps(sent)) == sent


def test_the_processor_alone_keeps_the_model() -> None:
    with open_model(bundled_model(), EngineSettings(n_ctx=256, devices=("CPU",))) as engine:
        assert engine.settings.n_gpu_layers == 0
        engine.decode([1, 5, 6])
        engine.synchronize()
        (used,) = engine.devices_used
    assert used["name"] == "CPU"
    assert used["weights_bytes"] > 1_000_000
    assert used["kv_cache_bytes"] > 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"devices": ("NONE0",)}, "no device NONE0"),
        ({"tensor_split": tuple([1.0] * 17)}, "17 shares but layers go to"),
    ],
)
def test_an_engine_says_what_is_not_there(settings: dict[str, tuple[str, ...]], words: str) -> None:
    with pytest.raises(EngineError, match=words):
        open_model(bundled_model(), EngineSettings(n_ctx=256, **settings))  # type: ignore[arg-type]


def test_the_build_is_asked_in_another_process() -> None:
    here, asked = describe_build(), devices_of(ask_build())
    assert [device.name for device in asked] == [device.name for device in here.devices]
    processor = next(device for device in asked if device.name == "CPU")
    assert 0 < processor.free_bytes <= processor.memory_bytes


def test_a_record_of_before_has_devices_without_free_memory() -> None:
    old = {"devices": [{"name": "CPU", "description": "x", "kind": "CPU", "memory_bytes": 5, "other": 1}]}
    assert devices_of(old) == (Device("CPU", "x", "CPU", 5, 0),)
    assert devices_of({}) == ()


def test_a_server_that_cannot_be_reached_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(EngineError, match=rf"127\.0\.0\.1:{port} cannot be reached .*rpc-server"):
        ask_build((f"127.0.0.1:{port}",))


def test_the_limit_of_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, wanted in (("5", 5.0), ("0.5", 0.5), ("", ANSWER_S), ("x", ANSWER_S), ("0", ANSWER_S), ("nan", ANSWER_S)):
        monkeypatch.setenv("AA_TUI_RPC_TIMEOUT", said)
        assert answer_s() == wanted


def test_layers_that_a_device_holds() -> None:
    shape = shape_of(read_header(Path(bundled_model())))
    assert shape is not None
    size = Path(bundled_model()).stat().st_size
    weights = fit.weights_by_size(size, "Q8_0", frozenset(), shape)
    plan = fit.Plan(4096)
    all_of_it = fit.gpu_memory_of(weights, shape, plan, 0).total
    compute = fit.gpu_memory_of(weights, shape, plan, 0, 0.0).total
    assert fit.layers_that_fit(weights, shape, plan, [(all_of_it, 0)]) == shape.n_layers + 1
    assert fit.layers_that_fit(weights, shape, plan, [(compute - 1, 0)]) == 0
    half = fit.layers_that_fit(weights, shape, plan, [((all_of_it + compute) // 2, 0)])
    assert half == (shape.n_layers + 1) // 2
    two = fit.layers_that_fit(weights, shape, plan, [((all_of_it + compute) // 2 + 1, 0)] * 2)
    assert two == shape.n_layers + 1
    assert fit.layer_share(shape, -1) == fit.layer_share(shape, 999) == 1.0
    assert fit.layer_share(shape, 0) == 0.0
