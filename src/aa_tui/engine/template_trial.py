"""What a chat template does with conversations that are made to find it out: each rendered once, as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aa_tui.engine.errors import EngineError
from aa_tui.engine.renderer import Renderer

SYSTEM, USER, AGAIN, SAID, THOUGHT = "zqsystem", "zquser", "zqagain", "zqsaid", "zqthought"
FUNCTION, DESCRIPTION, PARAMETER, VALUE = "zqfunction", "zqdescription", "zqparameter", "zqvalue"
RESULT, OTHER_VALUE, NESTED = "zqresult", "zqother", "zqnested"
"""Words that no template writes of its own accord, and that no text makes of another."""

MOST_CHARS = 200_000

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": FUNCTION,
            "description": DESCRIPTION,
            "parameters": {
                "type": "object",
                "properties": {PARAMETER: {"type": "string", "description": "what to look for"}},
                "required": [PARAMETER],
            },
        },
    }
]


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of one conversation: its text, or what went wrong."""

    text: str = ""
    fails: str = ""

    @property
    def is_rendered(self) -> bool:
        """Whether there is a text."""
        return not self.fails

    def count(self, word: str) -> int:
        """How often it says a word."""
        return self.text.count(word)


def probes(source: str, bos: str, eos: str) -> dict[str, Probe]:
    """What came of each conversation, by its name. Raises EngineError where the template takes too much, or is none."""
    renderer = Renderer(source, {"bos_token": bos, "eos_token": eos})
    try:
        return {name: _probe(renderer, *asked) for name, asked in _asked().items()}
    finally:
        renderer.close()


def _probe(
    renderer: Renderer, turns: Sequence[Mapping[str, Any]], tools: list[dict[str, Any]] | None, generates: bool = True
) -> Probe:
    asked = {"turns": list(turns), "tools": tools, "most_chars": MOST_CHARS, "unescaped": "", "as_is": True}
    answer = renderer.ask({**asked, "generation": generates})
    if "invalid" in answer:
        raise EngineError(f"The chat template is not valid ({answer['invalid'][:200]}).")
    return Probe(str(answer.get("text", "")), str(answer.get("fails", "")))


def _asked() -> dict[str, tuple[Any, ...]]:
    system, user, again = _turn("system", SYSTEM), _turn("user", USER), _turn("user", AGAIN)
    said = _turn("assistant", SAID)
    thinking = _turn("assistant", f"<think>\n{THOUGHT}\n</think>\n\n{SAID}")
    apart = {**said, "reasoning_content": THOUGHT}
    result = {"role": "tool", "name": FUNCTION, "tool_call_id": "call00000", "content": RESULT}
    second = {**result, "tool_call_id": "call00001", "content": SAID}
    one, written, both = _calls({PARAMETER: VALUE}), _calls(f'{{"{PARAMETER}": "{VALUE}"}}'), _both()
    return {
        "user": ([user], None),
        "system": ([system, user], None),
        "open": ([user], None, False),
        "history": ([system, user, said, again], None),
        "thinking": ([user, thinking, again], None),
        "thinking apart": ([user, apart, again], None),
        "two users": ([user, again], None),
        "empty": ([_turn("user", ""), _turn("assistant", ""), again], None),
        "tools": ([system, user], TOOLS),
        "objects": ([system, user, one], TOOLS),
        "texts": ([system, user, written], TOOLS),
        "object results": ([system, user, one, result], TOOLS),
        "text results": ([system, user, written, result], TOOLS),
        "no content": ([system, user, {**one, "content": None}, result], TOOLS),
        "no text content": ([system, user, {**written, "content": None}, result], TOOLS),
        "beside": ([system, user, {**one, "content": SAID}, result], TOOLS),
        "two calls": ([system, user, both, result, second], TOOLS),
        "nested": ([system, user, _calls({PARAMETER: [NESTED]}), result], TOOLS),
        "thinking results": ([user, {**one, "reasoning_content": THOUGHT}, result], TOOLS),
    }


def _turn(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "content": content}


def _calls(arguments: Any, number: int = 0) -> dict[str, Any]:
    call = {"id": f"call{number:05}", "type": "function", "function": {"name": FUNCTION, "arguments": arguments}}
    return {"role": "assistant", "content": "", "tool_calls": [call]}


def _both() -> dict[str, Any]:
    first, second = _calls({PARAMETER: VALUE}), _calls({PARAMETER: OTHER_VALUE}, 1)
    return {**first, "tool_calls": [*first["tool_calls"], *second["tool_calls"]]}
