"""What people type and paste for a file of the Hub, and what is no such thing."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.gguf.addresses import Address, is_of_hub, read_address
from aa_tui.gguf.hub import HubError, is_repo

MIRROR = "http://mirror.example:8080/hf"
WHOLE, Q8 = Address("some/Tiny-GGUF"), Address("some/Tiny-GGUF", quant="Q8_0")
FILE = Address("some/Tiny-GGUF", "Tiny-Q8_0.gguf")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("some/Tiny-GGUF", WHOLE),
        (" some/Tiny-GGUF/ ", WHOLE),
        ("some/Tiny-GGUF:Q8_0", Q8),
        ("some/Tiny-GGUF:latest", WHOLE),
        ("some/Tiny-GGUF:Tiny-Q8_0.gguf", FILE),
        ("some/Tiny-GGUF/Tiny-Q8_0.gguf", FILE),
        ("some/Tiny-GGUF/Q8_0/Tiny-Q8_0.gguf", Address("some/Tiny-GGUF", "Q8_0/Tiny-Q8_0.gguf")),
        ("hf.co/some/Tiny-GGUF", WHOLE),
        ("hf.co/some/Tiny-GGUF:Q8_0", Q8),
        ("HF.co/some/Tiny-GGUF:LATEST", WHOLE),
        ("huggingface.co/some/Tiny-GGUF", WHOLE),
        ("hf://some/Tiny-GGUF/Tiny-Q8_0.gguf", FILE),
        ("hf://models/some/Tiny-GGUF", WHOLE),
        ("https://huggingface.co/some/Tiny-GGUF", WHOLE),
        ("https://www.huggingface.co/some/Tiny-GGUF/", WHOLE),
        ("HTTPS://HuggingFace.co/some/Tiny-GGUF/tree/main", WHOLE),
        ("https://hf.co/some/Tiny-GGUF:Q8_0", Q8),
        ("https://huggingface.co/some/Tiny-GGUF/tree/main/Q8_0", Q8),
        ("https://huggingface.co/some/Tiny-GGUF/discussions/3#4", WHOLE),
        ("https://huggingface.co/some/Tiny-GGUF?local-app=ollama", WHOLE),
        ("https://huggingface.co/some/Tiny-GGUF?show_file_info=Tiny-Q8_0.gguf", FILE),
        ("https://huggingface.co/some/Tiny-GGUF/blob/main/Tiny-Q8_0.gguf", FILE),
        ("https://huggingface.co/some/Tiny-GGUF/resolve/main/Tiny-Q8_0.gguf?download=true", FILE),
        ("https://huggingface.co/some/Tiny-GGUF/raw/HEAD/a%20b/T.gguf", Address("some/Tiny-GGUF", "a b/T.gguf")),
        (f"{MIRROR}/some/Tiny-GGUF/resolve/main/Tiny-Q8_0.gguf", FILE),
        ("mirror.example:8080/hf/some/Tiny-GGUF", WHOLE),
        ("nanbeige4.1-3b", None),
        ("qwen3:1.7b", None),
        ("folder/file.gguf", None),
        ("./some/Tiny-GGUF", None),
        ("/some/Tiny-GGUF/x.gguf", None),
        ("~/some/x.gguf", None),
        ("", None),
    ],
)
def test_what_is_meant(typed: str, meant: Address | None) -> None:
    assert read_address(typed, MIRROR) == meant


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("https://example.com/some/Tiny-GGUF/x.gguf", "no address on the Hub: name a model, OWNER/REPO"),
        ("https://huggingface.co.example.com/some/Tiny-GGUF", "no address on the Hub"),
        ("http://mirror.example:8081/hf/some/Tiny-GGUF", "no address on the Hub"),
        ("http://mirror.example:8080/some/Tiny-GGUF", "no address on the Hub"),
        ("ftp://huggingface.co/some/Tiny-GGUF", "no address on the Hub"),
        ("https://[", "is no address"),
        ("https://huggingface.co", "names no model's repository"),
        ("https://huggingface.co/some", "names no model's repository"),
        ("https://huggingface.co/../..", "names no model's repository"),
        ("https://huggingface.co/datasets/some/thing", "no model's address"),
        ("https://huggingface.co/spaces/some/thing", "no model's address"),
        ("https://huggingface.co/some/Tiny-GGUF/blob/main/README.md", "no GGUF file: `aa-tui gguf pull some/Tiny-GGUF"),
        ("https://huggingface.co/some/Tiny-GGUF/resolve/refs%2Fpr%2F1/x.gguf", "another revision than main"),
        ("hf://some", "names no model's repository"),
    ],
)
def test_what_cannot_be_meant_is_told_in_a_sentence(typed: str, says: str) -> None:
    with pytest.raises(HubError) as refused:
        read_address(typed, MIRROR)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


SITES = st.from_regex(r"(https?://(hf\.co|huggingface\.co)/)?[\w./:%?=#-]{1,40}", fullmatch=True)


@given(st.one_of(st.text(max_size=60), SITES))
def test_nothing_typed_is_more_than_a_sentence(text: str) -> None:
    found = None
    with suppress(HubError):
        is_of_hub(text, MIRROR)
        found = read_address(text, MIRROR)
    assert found is None or is_repo(found.repo)
