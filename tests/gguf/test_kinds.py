"""Files that are no models that write text: told for what they are, and let through where nobody knows them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.gguf_files import Builder

from aa_tui.gguf.bundled import bundled_model
from aa_tui.gguf.digest import Digest, digest_of
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.header import read_header
from aa_tui.gguf.inspection import inspect_file
from aa_tui.gguf.kinds import check_writes_text, kind_by_name, kind_of, kinds
from aa_tui.gguf.quants import _constants

Make = Callable[[Builder], Builder]


def typed(kind: str) -> Make:
    return lambda one: one.add_text("general.type", kind)


def of(architecture: str) -> Make:
    def make(one: Builder) -> Builder:
        one.metadata[0] = Builder().add_text("general.architecture", architecture).metadata[0]
        return one

    return make


CASES: dict[str, tuple[Make, str]] = {
    "adapter": (typed("adapter"), "adapter"),
    "projector": (of("clip"), "projector"),
    "projector by its type": (typed("mmproj"), "projector"),
    "imatrix": (typed("imatrix"), "imatrix"),
    "control vector": (of("controlvector"), "control-vector"),
    "bert": (of("nomic-bert"), "embedding"),
    "an LLM that embeds": (lambda one: one.add_u32("llama.pooling_type", 3), "embedding"),
    "one that looks both ways": (lambda one: one.add("llama.attention.causal", 7, b"\0"), "embedding"),
    "reranker": (lambda one: of("bert")(one).add_u32("bert.pooling_type", 4), "reranker"),
    "t5": (of("t5"), "encoder-decoder"),
    "encoder of t5": (of("t5encoder"), "embedding"),
    "diffusion of text": (of("llada"), "diffusion-text"),
    "pictures": (of("flux"), "picture"),
    "speech": (of("wavtokenizer-dec"), "speech"),
    "checkpoint": (lambda one: one.add_u32("optimizer.type", 0), "checkpoint"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_file_is_by_its_header(case: str, builder: Builder, tmp_path: Path) -> None:
    make, expected = CASES[case]
    path = tmp_path / "file-f16.gguf"
    made = make(builder).add_tensor("blk.0.weight", [256])
    made.data = bytes(1024)
    path.write_bytes(made.build())
    header = read_header(path)
    found = kind_of(header)
    assert found is not None
    assert found.name == expected
    with pytest.raises(GGUFError, match=r"file-f16.gguf is an? .+: .+\."):
        check_writes_text(header, path.name)
    assert inspect_file(path).to_dict()["kind"] == expected
    digest = digest_of(header)
    assert not digest.is_model
    assert Digest.from_dict(digest.to_dict()) == digest
    assert Digest.from_dict({key: value for key, value in digest.to_dict().items() if key != "kind"}) is None


def test_an_adapter_without_a_type_and_a_vocabulary(builder: Builder, tmp_path: Path) -> None:
    path = tmp_path / "one.gguf"
    path.write_bytes(builder.build())
    found = kind_of(read_header(path))
    assert found is not None
    assert found.name == "vocabulary"
    builder.add_tensor("blk.0.attn_q.weight.lora_a", [256])
    builder.add_text("general.base_model.0.name", "Llama 3.2 1B")
    builder.data = bytes(1024)
    path.write_bytes(builder.build())
    with pytest.raises(GGUFError, match=r"LoRA adapter.+give the model that it belongs to \(Llama 3.2 1B\)"):
        check_writes_text(read_header(path), path.name)


def test_models_and_what_nobody_knows_go_through(builder: Builder, tmp_path: Path) -> None:
    assert kind_of(read_header(bundled_model())) is None
    path = tmp_path / "new.gguf"
    of("brand-new-2027")(builder).add_text("general.type", "model").add_u32("brand-new-2027.pooling_type", 0)
    builder.add_tensor("one", [256])
    builder.data = bytes(1024)
    path.write_bytes(builder.build())
    assert kind_of(read_header(path)) is None


def test_the_table_knows_every_encoder_of_llama_cpp() -> None:
    constants, known = _constants(), kinds().by_architecture
    names = set(constants.MODEL_ARCH_NAMES.values())
    encoders = {name for name in names if "bert" in name or ("embed" in name and name != "pangu-embedded")}
    assert encoders | {"clip", "t5", "t5encoder", "wavtokenizer-dec", "dream", "llada"} <= set(known)
    assert not {"llama", "qwen3", "gemma3", "gpt-oss", "mamba", "rwkv7", "pangu-embedded"} & set(known)
    assert {constants.GGUFType.ADAPTER, constants.GGUFType.IMATRIX, constants.GGUFType.MMPROJ} <= set(kinds().by_type)


def test_names_that_say_it() -> None:
    for name, expected in {
        "mmproj-model-f16.gguf": "projector",
        "Qwen2.5-VL-3B-mmproj-F16.gguf": "projector",
        "Llama-3.2-1B.imatrix.gguf": "imatrix",
        "ggml-vocab-llama-bpe.gguf": "vocabulary",
    }.items():
        found = kind_by_name(name)
        assert found is not None
        assert found.name == expected
    assert kind_by_name("mistral-lora-merged-Q4_K_M.gguf") is None


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (struct.pack("<Q", 64) + b'{"__metadata__":{}}', "a safetensors file"),
        (b"PK\x03\x04" + bytes(60), "a zip archive"),
        (b"\x1f\x8b\x08" + bytes(60), "compressed with gzip"),
        (b"\x80\x02ctorch\n" + bytes(60), "a pickled file"),
        (b"tjgg\x03\0\0\0", "a GGML file (GGJT), older than GGUF"),
        (b"lmgg" + bytes(60), "a GGML file"),
        (b"\n<html><body>404", "a web page"),
        (bytes(4096), "zeros, an unfinished download"),
        (struct.pack("<ii", 197, 24) + b"blk.0.attn_output.weight" + bytes(40), "an importance matrix (imatrix)"),
        (bytes(257) + b"ustar\0" + bytes(300), "a tar archive"),
    ],
)
def test_what_a_file_is_by_its_first_bytes(start: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "some.gguf"
    path.write_bytes(start)
    with pytest.raises(GGUFError) as caught:
        read_header(path)
    assert f"but {words}" in str(caught.value)
    assert "\n" not in str(caught.value)
