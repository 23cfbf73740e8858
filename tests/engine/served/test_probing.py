"""Who answers at an address, what it serves, and one sentence for each way in which that cannot be found out."""

from __future__ import annotations

import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any, get_args

import pytest
from tests.support.served import TEMPLATE, ModelServer

from aa_tui.engine.errors import EngineError
from aa_tui.engine.served.exchange import ServerError
from aa_tui.engine.served.probing import models_at, probe
from aa_tui.engine.served.values import Served, ServerKind, Target

KEY = "sk-hunter2"

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize("kind", get_args(ServerKind))
def test_each_kind_of_server_is_known_by_what_it_answers(kind: ServerKind) -> None:
    with ModelServer(kind) as server:
        found = probe(Target(server.url))
    assert (found.url, found.model, found.kind) == (server.url, "tiny", kind)
    assert found.context_tokens == (None if kind in ("other", "llama-cpp-python") else 8_192)
    versions = {"llama-server": "b9999-abcdef", "llama-cpp-python": "0.3.36", "vllm": "0.11.0", "sglang": "0.5.6"}
    assert found.version == {**versions, "ollama": "0.13.0"}.get(kind, "")


def test_llama_server_tells_of_slots_template_and_sampler() -> None:
    with ModelServer("llama-server", n_slots=6) as server:
        found = probe(Target(server.url))
    assert found == Served(
        server.url, "tiny", "llama-server", version="b9999-abcdef", context_tokens=8_192, n_slots=6,
        n_params=1_000_000, size_bytes=2_000_000, n_vocab=512, quant="Q4_K_M", template=TEMPLATE,
        sampler=(("temperature", 0.8), ("top_k", 40.0), ("top_p", 0.95)),
    )  # fmt: skip


def test_ollama_and_openrouter_tell_of_parameters_and_prices() -> None:
    with ModelServer("ollama", models=["qwen3:latest"]) as server:
        found = probe(Target(server.url, "qwen3"))
    assert (found.model, found.quant, found.size_bytes, found.n_params) == (
        "qwen3:latest",
        "Q4_K_M",
        2_000_000,
        1_000_000,
    )
    assert found.sampler == (("temperature", 0.6),)
    with ModelServer("openrouter") as server:
        found = probe(Target(server.url))
    assert (found.price_in_usd_per_m, found.price_out_usd_per_m) == (0.2, 1.0)


def test_a_router_is_asked_about_the_model_by_name() -> None:
    with ModelServer("llama-server", models=["a", "b"]) as server:
        entry = {"id": "b", "owned_by": "llamacpp", "status": {"value": "unloaded"}}
        server.says["/v1/models"] = {"data": [{"id": "a", "owned_by": "llamacpp"}, entry]}
        assert probe(Target(server.url, "b")).n_slots == 4
        assert "/models/load" in server.paths


def test_one_that_is_still_loading_is_waited_for_and_then_told_of() -> None:
    with ModelServer("llama-server") as server:
        server.n_loading = 2
        assert probe(Target(server.url)).model == "tiny"
        server.n_loading = 1_000
        with pytest.raises(ServerError, match="still loading") as refused:
            probe(Target(server.url), patience_s=0.5)
        assert refused.value.is_passing


def test_one_of_several_models_must_be_named() -> None:
    with ModelServer("vllm", models=["a", "b", "c"]) as server:
        assert models_at(Target(server.url)) == ["a", "b", "c"]
        assert probe(Target(server.url, "b")).model == "b"
        with pytest.raises(EngineError, match="3 models, of which --model must name one: a, b, c"):
            probe(Target(server.url))
        with pytest.raises(EngineError, match="does not serve x; it serves a, b, c"):
            probe(Target(server.url, "x"))
        server.says["/v1/models"] = {"data": []}
        with pytest.raises(EngineError, match=r"lists no models.*--model"):
            probe(Target(server.url))


def test_a_server_without_a_list_serves_what_is_named() -> None:
    with ModelServer("other") as server:
        server.statuses["/v1/models"] = 404
        assert probe(Target(server.url, "gpt")).model == "gpt"


def test_a_key_goes_along_and_is_in_no_sentence() -> None:
    with ModelServer("llama-server", key=KEY) as server:
        assert probe(Target(server.url, key=KEY)).model == "tiny"
        with pytest.raises(EngineError, match="wants a key"):
            probe(Target(server.url))
        wrong = f"{KEY}x"  # the server says it back
        with pytest.raises(EngineError, match="does not accept this key") as refused:
            probe(Target(server.url, key=wrong))
    assert wrong not in str(refused.value)


ODD: tuple[Any, ...] = (
    b"<!DOCTYPE html><html><body>Welcome</body></html>", b"not json", b"", b"\xff\xfe", b"[" * 5_000, [1, 2], "text", 7,
    None, {}, {"data": {}}, {"data": 3},
    {"data": [None, 1, "x", [], {"id": 3}, {"id": "a\x1b[31m"}, {"id": "x" * 9_999}]},
    b'{"data": [' + b" " * (9 << 20),
)  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_odd_answers_are_one_clean_sentence(odd: Any) -> None:
    with ModelServer("other") as server:
        server.says["/v1/models"] = odd
        with pytest.raises(EngineError) as refused:
            probe(Target(server.url))
    said = str(refused.value)
    assert server.url in said
    assert "\n" not in said
    assert "\x1b" not in said
    assert len(said) < 500


@pytest.mark.parametrize("odd", [[], 3, "x", None, {"default_generation_settings": 3}, {"total_slots": "4"},
                                 {"default_generation_settings": {"n_ctx": -1, "params": []}, "total_slots": True},
                                 {"chat_template": 1, "build_info": {}, "model_path": []}])  # fmt: skip
@pytest.mark.repeats
def test_fields_of_other_types_count_as_not_there(odd: Any) -> None:
    with ModelServer("llama-server") as server:
        server.says["/props"] = odd
        found = probe(Target(server.url))
    assert (found.context_tokens, found.n_slots, found.version, found.template) == (None, None, "", None)


@pytest.mark.parametrize("status", [403, 404, 418, 500, 502])
def test_statuses_are_told(status: int) -> None:
    with ModelServer("other") as server:
        server.statuses["/v1/models"] = status
        with pytest.raises(EngineError):
            probe(Target(server.url))


def test_a_redirect_is_not_followed() -> None:
    with ModelServer("other") as server, ModelServer("other") as elsewhere:
        server.sends_on_to = elsewhere.url
        with pytest.raises(EngineError, match="sends us on to") as refused:
            probe(Target(server.url, key=KEY))
        assert elsewhere.url in str(refused.value)
        assert elsewhere.paths == []


def test_nobody_there_and_nobody_by_that_name() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ServerError, match="cannot be reached") as refused:
            probe(Target(f"http://127.0.0.1:{taken.getsockname()[1]}"))
        assert refused.value.is_passing
    with pytest.raises(EngineError, match=r"cannot be reached|does not answer"):
        probe(Target("http://nobody.invalid:1"), patience_s=5.0)


def test_one_that_never_answers_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(ServerError, match=r"does not answer within 0\.3 s"):
            probe(Target(f"http://127.0.0.1:{silent.getsockname()[1]}"), patience_s=0.3)


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's certificate that nobody signed but itself."""
    folder: Path = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_a_certificate_that_nobody_vouches_for_is_refused(self_signed: ssl.SSLContext) -> None:
    with ModelServer("other", tls=self_signed) as server:
        with pytest.raises(ServerError, match=r"certificate of .* is not trusted") as refused:
            probe(Target(server.url, key=KEY))
        assert not refused.value.is_passing
        assert server.paths == []


def test_offline_no_other_machine_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AA_TUI_OFFLINE", "1")
    with pytest.raises(EngineError, match="AA_TUI_OFFLINE"):
        probe(Target("http://box.invalid:8080"))
    with ModelServer("other") as server:
        assert probe(Target(server.url)).model == "tiny"
