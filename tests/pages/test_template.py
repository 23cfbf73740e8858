"""What is said of chat templates: each fault on a template that has it, none of them on one that has not."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from tests.support import tiny
from tests.support.templates import CODER, GEMMA, GIGA, KIMI, LLAMA, MISTRAL, QWEN, TEXTUAL

from aa_tui.actions.templates import Wanted, look
from aa_tui.catalog import db
from aa_tui.engine.chat import CHATML
from aa_tui.errors import AATuiError
from aa_tui.pages.template import TemplatePage, page_of
from aa_tui.pages.text import template as words

ALWAYS = {"thinking_kept", "calls_format"}
SYSTEM_TURN = '(message.role == "system" and not tools)'


def page(path: Path, wanted: Wanted | None = None) -> TemplatePage:
    def nobody() -> object:
        raise AssertionError("no catalog is needed for a file")

    return page_of(look(str(path), wanted or Wanted(), nobody))  # type: ignore[arg-type]


def written(folder: Path, source: str) -> Path:
    path = folder / "template.jinja"
    path.write_text(source, encoding="utf-8")
    return path


def keys(found: TemplatePage) -> dict[str, str]:
    return {one.key: one.level for one in found.lints}


BEGINS = "'<|im_start|>assistant\\n' + message.content"
SAFE = QWEN.replace(BEGINS, BEGINS.replace("message.content", "(message.content or '')"))
TOOL, CALLS, MODEL = 'message.role == "tool"', "message.tool_calls or []", "assistant\\n' + message.content"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (SAFE, {}),
        (QWEN, {"no_content_fails": "warning"}),
        (LLAMA, {"arguments_twice": "note", "one_call": "note", "beside_lost": "note", "dated": "note"}),
        (MISTRAL, {"arguments_twice": "note", "beside_lost": "note", "system_merged": "note"}),
        (
            GEMMA,
            {
                "tools_unseen": "error",
                "calls_lost": "error",
                "results_refused": "warning",
                "system_merged": "note",
                "alternates": "note",
                "calls_format": "",
            },
        ),
        (TEXTUAL, {"arguments_python": "warning", "no_content_fails": "warning"}),
        (CODER, {"nested_python": "warning", "no_content_fails": "warning"}),
        (GIGA, {"arguments_twice": "note", "second_call_lost": "warning", "no_content_fails": "warning"}),
        (KIMI, {"arguments_twice": "note", "no_content_fails": "warning"}),
    ],
)
def test_each_family_has_its_own(tmp_path: Path, source: str, expected: dict[str, str]) -> None:
    wanted = {**dict.fromkeys(ALWAYS, "note"), **expected}
    assert keys(page(written(tmp_path, source))) == {key: level for key, level in wanted.items() if level}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (("{{- tool | tojson }}", "{{- tool.function.name }}"), "tools_cut"),
        ((TOOL, "false"), "results_lost"),
        ((TOOL, f"{TOOL} and raise_exception('no tool')"), "results_refused"),
        ((CALLS, "[]"), "calls_lost"),
        ((CALLS, "(message.tool_calls or []) * 2"), "calls_twice"),
        ((CALLS, "(raise_exception('none') if message.tool_calls else [])"), "calls_refused"),
        ((CALLS, "(message.tool_calls or [])[:1]"), "second_call_lost"),
        (("call.function.arguments if call.function.arguments is string else ", ""), "arguments_twice"),
        ((SYSTEM_TURN, "false"), "system_lost"),
        ((SYSTEM_TURN, "(message.role == 'system' and not tools and raise_exception('none'))"), "system_refused"),
        ((MODEL, "assistant\\n'"), "history_lost"),
        ((MODEL, "assistant\\n' + message.content.split('</think>')[-1]"), "thinking_stripped"),
        ((MODEL, "assistant\\n' + (message.reasoning_content or '') + message.content"), "reasoning_shown"),
        (("for message in messages %}", "for message in messages if message.content or 1 / 0 %}"), "empty_fails"),
        (("assistant\\n' }}{%- endif %}", "assistant\\n<think>\\n' }}{%- endif %}"), "opens_thinking"),
        (("{%- if tools %}", "{{- bos_token + bos_token }}{%- if tools %}"), "bos_twice"),
        (("{%- if tools %}", "{{- raise_exception('none') if tools }}{%- if tools %}"), "tools_fail"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_is_found_where_it_is_made(tmp_path: Path, change: tuple[str, str], key: str) -> None:
    broken = QWEN.replace(*change)
    assert broken != QWEN
    assert key in keys(page(written(tmp_path, broken)))


def test_a_call_that_is_written_only_with_its_result_is_not_called_lost(tmp_path: Path) -> None:
    late = QWEN.replace(CALLS, "([] if loop.last else message.tool_calls or [])")
    assert keys(page(written(tmp_path, late))) == keys(page(written(tmp_path, QWEN)))


def test_a_prompt_that_does_not_open_the_models_turn_is_noticed(tmp_path: Path) -> None:
    bare = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    assert keys(page(written(tmp_path, bare)))["no_generation"] == "warning"
    assert "no_generation" not in keys(page(written(tmp_path, bare + "{% if add_generation_prompt %}a:{% endif %}")))


def test_the_vocabulary_tells_of_control_tokens_that_it_does_not_have(tmp_path: Path) -> None:
    path = tiny.write(tmp_path / "a.gguf", tiny.PLAIN_SCRIPT, CHATML.replace("<|im_end|>", "<|over|>"))
    found = {one.key: one for one in page(path).lints}
    assert "<|over|>" in found["marks_missing"].words
    assert "<|im_start|>" not in found["marks_missing"].words
    assert "<|im_start|>" in found["marks_used"].words
    assert "<think>" not in found["marks_used"].words
    whole = tiny.write(tmp_path / "b.gguf", tiny.PLAIN_SCRIPT, CHATML)
    assert "marks_missing" not in keys(page(whole))


def test_tokens_are_told_apart_and_join_to_the_prompt(tmp_path: Path) -> None:
    path = tiny.write(tmp_path / "a.gguf", tiny.PLAIN_SCRIPT, QWEN)
    plain, cut = page(path), page(path, Wanted(with_tokens=True))
    assert cut.text == plain.text
    assert "21 °C" in cut.text
    assert cut.n_tokens == len(cut.pieces) > len(plain.pieces)
    assert all(one.token is not None for one in cut.pieces)
    assert {one.text for one in cut.pieces if one.kind == "control"} == {"<|im_start|>", "<|im_end|>"}


def test_control_tokens_and_the_same_text_in_a_message_look_different(tmp_path: Path) -> None:
    talk = tmp_path / "talk.json"
    talk.write_text('[{"role": "user", "content": "a\\\\b <|im_end|>\\u001b[31m"}]')
    found = page(written(tmp_path, CHATML), Wanted(conversation=talk))
    lines = [
        "".join(part.text for part in line) for line in words.prompt_lines(found.pieces, plain=True, between=False)
    ]
    assert lines[:2] == ["\\<|im_start|>user", "a\\\\b <|im_end|>\\<|im_end|>"]


def test_a_template_without_functions_is_looked_at_without_them(tmp_path: Path) -> None:
    found = page(written(tmp_path, GEMMA), Wanted(with_tools=False))
    assert (found.n_tools, found.shows_tools, found.notes) == (0, None, ())
    assert "get_weather" not in found.text
    assert "It is 21 °C in Rome." in found.text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{% for %}", "not valid"),
        ("{{ raise_exception('never') }}", "never"),
        ("nothing", "leaves out"),
        ("\udcff", "no text in UTF-8"),
    ],
)
def test_what_cannot_be_rendered_is_one_sentence(tmp_path: Path, source: str, said: str) -> None:
    path = tmp_path / "template.jinja"
    path.write_bytes(source.encode("utf-8", "surrogateescape"))
    with pytest.raises(AATuiError, match=said):
        page(path)


@pytest.mark.long
def test_a_template_that_is_hostile_later_is_ended_too(tmp_path: Path) -> None:
    """It behaves with the conversation that is shown, and not with one of those that try it out."""
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    source = "{% if messages[0].content == 'zquser' %}" + endless + "{% endif %}" + CHATML
    with pytest.raises(AATuiError, match="too much time or memory"):
        page(written(tmp_path, source))


def test_files_without_a_template_say_what_they_are(tmp_path: Path) -> None:
    path = tiny.write(tmp_path / "a.gguf", tiny.PLAIN_SCRIPT, None)
    with pytest.raises(AATuiError, match="base model"):
        page(path)
    broken = tmp_path / "b.gguf"
    broken.write_bytes(b"no model")
    with pytest.raises(AATuiError, match="no GGUF file"):
        page(broken)
    with pytest.raises(AATuiError, match="--tokens needs a vocabulary"):
        page(written(tmp_path, QWEN), Wanted(with_tokens=True))
    with pytest.raises(AATuiError, match="no-such-model"):
        look("no-such-model", Wanted(), partial(db.writing, tmp_path / "catalog.db"))
