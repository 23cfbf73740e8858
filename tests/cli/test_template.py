"""`aa-tui template` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.program import Answer, Program
from tests.support.templates import QWEN

from aa_tui.gguf.bundled import bundled_model


def test_a_template_is_shown_with_what_is_wrong(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "template.jinja"
    path.write_text(QWEN)
    done = program("template", str(path))
    assert done.returncode == 0, done.stderr
    assert "template.jinja: a template of" in done.stdout
    assert '</tool_call>\\<|im_end|>\n\\<|im_start|>user\n<tool_response>\n{"celsius": 21}' in done.stdout
    assert "▲ It fails where a call has no content" in done.stdout
    assert done.stdout.rstrip().endswith("0 errors, 1 warning, 2 notes")
    coloured = program("template", str(path), "--color", "always").stdout
    assert "\x1b[35m<|im_start|>\x1b[0m" in coloured
    assert "\\<|im_start|>" not in coloured


def test_errors_of_a_template_are_no_error_of_the_command(answer: Answer) -> None:
    found = answer("template", str(bundled_model()), "--tokens")
    assert found["shows_tools"] is False
    assert "tools_unseen" in {one["key"] for one in found["lints"] if one["level"] == "error"}
    assert found["n_tokens"] == len(found["pieces"])
    assert "".join(one["text"] for one in found["pieces"]) == found["prompt"]
    assert answer("template", "aa-nano", "--no-tools")["tools"] == 0


def test_a_conversation_of_ones_own_is_shown_and_a_bad_one_refused(program: Program, tmp_path: Path) -> None:
    path, talk = tmp_path / "template.jinja", tmp_path / "talk.json"
    path.write_text(QWEN)
    talk.write_text(json.dumps({"messages": [{"role": "user", "content": "Only this."}], "tools": [{"name": "mine"}]}))
    done = program("template", str(path), "--conversation", str(talk))
    assert "Only this." in done.stdout
    assert '"name": "mine"' in done.stdout
    talk.write_text("{}")
    done = program("template", str(path), "--conversation", str(talk))
    assert (done.returncode, done.stdout) == (2, "")
    assert "talk.json has no conversation" in done.stderr
    path.write_text("{{ raise_exception('never') }}")
    done = program("template", str(path))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "never" in done.stderr
