"""The bundled pack's own checks: exactly so much, where IFEval's are content with more."""

from __future__ import annotations

from typing import Any

import pytest

from aa_tui.evals.instructions.registry import holds
from aa_tui.evals.instructions.strict import STRICT

TWO: dict[str, Any] = {"section_spliter": "SECTION", "num_sections": 2}
CASES: list[tuple[str, dict[str, Any], str, bool]] = [
    ("strict:json_object", {}, '{"cups": 2}', True),
    ("strict:json_object", {}, '```json\n{"cups": [1, "```"]}\n```', True),
    ("strict:json_object", {}, "```\n{}\n```", True),
    ("strict:json_object", {}, "12", False),
    ("strict:json_object", {}, '"a cup"', False),
    ("strict:json_object", {}, "[1, 2]", False),
    ("strict:json_object", {}, "null", False),
    ("strict:json_object", {}, 'Here: {"cups": 2}', False),
    ("strict:json_object", {}, '{"cups": 2} {"cups": 3}', False),
    ("strict:json_object", {}, '{"a":' * 5_000, False),
    ("strict:sections", TWO, "SECTION 1\nWe meet.\nSECTION 2\nThat is all.", True),
    ("strict:sections", TWO, "<<Title>>\n**SECTION 1**\nWe meet.\n\n## SECTION 2: End\nBye.", True),
    ("strict:sections", TWO, "SECTION 1\na\nSECTION 2\nb\nSECTION 3\nc", False),
    ("strict:sections", TWO, "SECTION 1\na", False),
    ("strict:sections", TWO, "SECTION 1\na\nSECTION 1\nb", False),
    ("strict:sections", TWO, "SECTION 1\nSECTION 2\nb", False),
    ("strict:sections", TWO, "SECTION 1\nas in SECTION 2\nb", False),
    ("strict:bullets", {"num_bullets": 2}, "Things:\n- one\n- two\n\nThat is -5 degrees.", True),
    ("strict:bullets", {"num_bullets": 2}, "- one\n- two\n---\nEnd.", True),
    ("strict:bullets", {"num_bullets": 3}, "- one\n- two\n---\nEnd.", False),
    ("strict:bullets", {"num_bullets": 2}, "- one\n- two\n1. three\n2. four", False),
    ("strict:bullets", {"num_bullets": 2}, "- one\n- two\n* three", False),
    ("strict:bullets", {"num_bullets": 2}, "- one\n- two\na) three", False),
    ("strict:bullets", {"num_bullets": 2}, "* one\n* two", False),
    ("strict:bullets", {"num_bullets": 2}, "- one\n- two\n- three", False),
    ("strict:bullets", {"num_bullets": 2}, "- *one*\n- two\n\nP.S. *So* it is.", True),
    ("strict:two_versions", {}, "Thanks.\n******\nMany thanks.", True),
    ("strict:two_versions", {}, "Thanks.\n*******\nMany thanks.", False),
    ("strict:two_versions", {}, "Thanks.\n*****\nMany thanks.", False),
    ("strict:two_versions", {}, "Thanks. ****** Many thanks.", False),
    ("strict:two_versions", {}, "******\nThanks.\n******\nMany thanks.", False),
    ("strict:two_versions", {}, "Thanks.\n******\nThanks.", False),
    ("strict:two_versions", {}, "Thanks.\n******\n", False),
    ("strict:paragraphs", {"num_paragraphs": 3}, "One.\n***\nTwo.\n\nStill two.\n***\nThree.", True),
    ("strict:paragraphs", {"num_paragraphs": 3}, "One.\n***\nTwo.\n***\nThree.\n***", False),
    ("strict:paragraphs", {"num_paragraphs": 2}, "One.\n****\nTwo.", False),
    ("strict:paragraphs", {"num_paragraphs": 2}, "One ***bold***.\n***\nTwo.", False),
    ("strict:paragraphs", {"num_paragraphs": 2}, "One.\n\nTwo.", False),
]


@pytest.mark.parametrize(("name", "arguments", "answer", "expected"), CASES)
def test_exactly_what_is_asked_for(name: str, arguments: dict[str, Any], answer: str, expected: bool) -> None:
    """Neither more nor something like it."""
    assert holds(name, arguments, answer) is expected


def test_each_check_has_cases_of_both_kinds() -> None:
    """Of all that the pack can ask for."""
    assert set(STRICT) == {name for name, _, _, _ in CASES}
    for name in STRICT:
        assert {expected for one, _, _, expected in CASES if one == name} == {True, False}
