"""Following instructions that a program can check: tasks written here, with one to four instructions by level.

Ids and arguments are those of IFEval (Zhou et al. 2023, arXiv 2311.07911), but for shapes that are asked for exactly
(`strict:`); texts and combinations are our own. Sets that
cannot be fulfilled together are never made: an example answer is composed for each item, which tests grade.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from generators.problem import Entry, Problem
from generators.tasks import TASKS, Task

PER_LEVEL = 16
INSTRUCTION_LEVELS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction in words, and its id with arguments for the checker."""

    id: str
    arguments: Mapping[str, Any]
    text: str


def _words(task: Task, source: Random) -> Instruction:
    relation, count = source.choice((("at least", 60), ("at least", 90), ("less than", 70), ("less than", 100)))
    said = f"Use at least {count} words." if relation == "at least" else f"Use fewer than {count} words."
    return Instruction("length_constraints:number_words", {"relation": relation, "num_words": count}, said)


def _sentences(task: Task, source: Random) -> Instruction:
    relation, count = source.choice((("at least", 4), ("at least", 6), ("less than", 4), ("less than", 6)))
    said = f"Write at least {count} sentences." if relation == "at least" else f"Write fewer than {count} sentences."
    return Instruction("length_constraints:number_sentences", {"relation": relation, "num_sentences": count}, said)


def _paragraphs(task: Task, source: Random) -> Instruction:
    count = source.randint(2, 4)
    text = f"Write exactly {count} paragraphs and put a line with only *** between them, and nowhere else."
    return Instruction("strict:paragraphs", {"num_paragraphs": count}, text)


def _first_word(task: Task, source: Random) -> Instruction:
    count = source.randint(2, 4)
    nth, word = source.randint(1, count), source.choice(("Tomorrow", "Perhaps", "Still", "Above", "Nobody"))
    text = (
        f"Write exactly {count} paragraphs with one blank line between them. Paragraph {nth} must begin with the word "
        f"{word}."
    )
    arguments = {"num_paragraphs": count, "nth_paragraph": nth, "first_word": word.lower()}
    return Instruction("length_constraints:nth_paragraph_first_word", arguments, text)


def _keywords(task: Task, source: Random) -> Instruction:
    words = source.sample(task.words, 2)
    text = source.choice(("Use the words {} and {}.", "The words {} and {} must both be in the text."))
    return Instruction("keywords:existence", {"keywords": words}, text.format(*words))


def _frequency(task: Task, source: Random) -> Instruction:
    word, count = source.choice(task.words), source.randint(2, 4)
    arguments = {"relation": "at least", "keyword": word, "frequency": count}
    return Instruction("keywords:frequency", arguments, f"Use the word {word} at least {count} times.")


def _forbidden(task: Task, source: Random) -> Instruction:
    words = list(task.forbidden)
    text = f"Do not use the words {words[0]} and {words[1]} anywhere."
    return Instruction("keywords:forbidden_words", {"forbidden_words": words}, text)


def _letter(task: Task, source: Random) -> Instruction:
    letter, count = source.choice("kvwg"), source.randint(4, 8)
    arguments = {"let_relation": "at least", "letter": letter, "let_frequency": count}
    return Instruction(
        "keywords:letter_frequency", arguments, f"The letter {letter} must occur at least {count} times."
    )


def _bullets(task: Task, source: Random) -> Instruction:
    count = source.randint(3, 6)
    text = f'Include a list of exactly {count} bullet points, each a line that begins with "- ", and no other list.'
    return Instruction("strict:bullets", {"num_bullets": count}, text)


def _highlights(task: Task, source: Random) -> Instruction:
    count = source.randint(2, 4)
    text = f"Highlight at least {count} phrases by putting each between single asterisks, *like this*."
    return Instruction("detectable_format:number_highlighted_sections", {"num_highlights": count}, text)


def _title(task: Task, source: Random) -> Instruction:
    text = "Give it a title in double angle brackets, such as <<my title>>."
    return Instruction("detectable_format:title", {}, text)


def _json(task: Task, source: Random) -> Instruction:
    text = "The whole answer must be one valid JSON object and nothing else; a JSON code block around it is allowed."
    return Instruction("strict:json_object", {}, text)


def _no_comma(task: Task, source: Random) -> Instruction:
    return Instruction("punctuation:no_comma", {}, source.choice(("Do not use any commas.", "Write without commas.")))


def _lower(task: Task, source: Random) -> Instruction:
    return Instruction("change_case:english_lowercase", {}, "Write in English and in lower-case letters only.")


def _upper(task: Task, source: Random) -> Instruction:
    return Instruction("change_case:english_capital", {}, "Write in English and in CAPITAL LETTERS only.")


def _shouted(task: Task, source: Random) -> Instruction:
    count = source.randint(2, 5)
    arguments = {"capital_relation": "at least", "capital_frequency": count}
    text = f"Write at least {count} words entirely in capital letters."
    return Instruction("change_case:capital_word_frequency", arguments, text)


def _quoted(task: Task, source: Random) -> Instruction:
    return Instruction("startend:quotation", {}, "Put the whole answer between one pair of double quotation marks.")


def _ending(task: Task, source: Random) -> Instruction:
    phrase = source.choice(("That is all for now.", "More about this next week.", "Please let me know what you think."))
    text = f'End with exactly this sentence and write nothing after it: "{phrase}"'
    return Instruction("startend:end_checker", {"end_phrase": phrase}, text)


def _postscript(task: Task, source: Random) -> Instruction:
    text = "At the end add a postscript that begins with P.S."
    return Instruction("detectable_content:postscript", {"postscript_marker": "P.S."}, text)


def _placeholders(task: Task, source: Random) -> Instruction:
    count = source.randint(2, 4)
    text = f"Include at least {count} placeholders in square brackets, such as [name]."
    return Instruction("detectable_content:number_placeholders", {"num_placeholders": count}, text)


def _sections(task: Task, source: Random) -> Instruction:
    count = source.randint(2, 4)
    text = f"Divide it into {count} sections and begin each with a line SECTION and its number, such as SECTION 1."
    return Instruction("strict:sections", {"section_spliter": "SECTION", "num_sections": count}, text)


def _twice(task: Task, source: Random) -> Instruction:
    text = "Give two different versions, with a line of six asterisks (******) between them and nowhere else."
    return Instruction("strict:two_versions", {}, text)


_KINDS: dict[str, Callable[[Task, Random], Instruction]] = {
    "words": _words, "sentences": _sentences, "paragraphs": _paragraphs, "first_word": _first_word,
    "keywords": _keywords, "frequency": _frequency, "forbidden": _forbidden, "letter": _letter, "bullets": _bullets,
    "highlights": _highlights, "title": _title, "json": _json, "no_comma": _no_comma, "lower": _lower, "upper": _upper,
    "shouted": _shouted, "quoted": _quoted, "ending": _ending, "postscript": _postscript,
    "placeholders": _placeholders, "sections": _sections, "twice": _twice,
}  # fmt: skip

_SHAPES = {"paragraphs", "first_word", "bullets", "sections", "json", "twice"}
_ENDS = {"ending", "postscript", "quoted", "json", "twice"}
_CASES = {"lower", "upper", "shouted", "ending", "postscript", "sections"}
_APART = [
    _SHAPES, _ENDS, _CASES, {"first_word", "lower"}, {"first_word", "upper"}, {"first_word", "title"},
    {"paragraphs", "title"}, {"twice", "title"}, {"sentences", "bullets"}, {"sentences", "sections"},
    {"sentences", "title"}, {"sentences", "json"}, {"sentences", "words"}, {"sentences", "paragraphs"},
    {"sentences", "first_word"}, {"sentences", "twice"}, {"sentences", "postscript"}, {"sentences", "placeholders"},
    {"highlights", "bullets"}, {"highlights", "paragraphs"}, {"highlights", "twice"}, {"highlights", "json"},
    {"json", "title"}, {"json", "no_comma"}, {"json", "upper"}, {"json", "placeholders"}, {"frequency", "keywords"},
    {"bullets", "words"}, {"quoted", "title"}, {"quoted", "first_word"}, {"quoted", "sections"}, {"quoted", "bullets"},
{"paragraphs", "postscript"}, {"first_word", "postscript"},     {"lower", "placeholders"}, {"upper", "placeholders"},
    # Two versions: whether each or both together must hold to a number would be unclear.
    *({"twice", kind} for kind in ("words", "frequency", "letter", "shouted", "placeholders", "highlights")),
]  # fmt: skip
"""Kinds of which no two from one set go together: they contradict, or one would make the other unclear."""


def instruction_entries() -> list[Entry]:
    """Sixteen items for each number of instructions from one to four."""
    result = []
    for level in INSTRUCTION_LEVELS:
        unused: list[str] = []
        for number in range(PER_LEVEL):
            item_id = f"instruct-{level}-{number + 1:02}"
            source = Random(item_id)
            task = TASKS[(level - 1) * PER_LEVEL + number]
            # The first kind goes round all of them, so that each occurs in every level.
            if not unused:
                unused = source.sample(list(_KINDS), len(_KINDS))
            kinds = [unused.pop()]
            while len(kinds) < level:
                kind = source.choice(list(_KINDS))
                if kind not in kinds and not any({kind, other} <= apart for other in kinds for apart in _APART):
                    kinds.append(kind)
            chosen = [_KINDS[kind](task, source) for kind in sorted(kinds, key=list(_KINDS).index)]
            prompt = " ".join([task.text, *(instruction.text for instruction in chosen)])
            extra = {
                "instruction_id_list": [instruction.id for instruction in chosen],
                "kwargs": [dict(instruction.arguments) for instruction in chosen],
            }
            problem = Problem(prompt, "", "", "instructions", form="", extra=extra)
            result.append(Entry(item_id, f"{level} at once", level, "instructions", problem))
    return result


# ---- an answer that fulfils an item's instructions, as proof that they go together


def example(entry: Entry) -> str:
    """A dull answer that follows all instructions of an item."""
    extra = entry.problem.extra
    asked = dict(zip(extra["instruction_id_list"], extra["kwargs"], strict=True))
    return _cased(asked, _framed(asked, _shaped(asked, _sentences_for(asked))))


def _sentences_for(asked: Mapping[str, Mapping[str, Any]]) -> list[str]:
    found = ["It was early in the morning", "Nothing had been decided"]
    found += [f"This is about {word}" for word in asked.get("keywords:existence", {}).get("keywords", [])]
    if frequency := asked.get("keywords:frequency"):
        found.append(" ".join(["and", *[frequency["keyword"]] * frequency["frequency"]]))
    if letter := asked.get("keywords:letter_frequency"):
        found.append(" ".join([letter["letter"] * 4] * letter["let_frequency"]))
    if highlights := asked.get("detectable_format:number_highlighted_sections"):
        found.append(" ".join("*so*" for _ in range(highlights["num_highlights"])))
    if placeholders := asked.get("detectable_content:number_placeholders"):
        found.append(" ".join("[name]" for _ in range(placeholders["num_placeholders"])))
    if shouted := asked.get("change_case:capital_word_frequency"):
        found.append(" ".join(["LOUD"] * shouted["capital_frequency"]))
    length = asked.get("length_constraints:number_words", {"relation": ""})
    if length["relation"] == "at least":
        found += ["The street was still wet and the light was grey"] * (length["num_words"] // 8)
    count = asked.get("length_constraints:number_sentences", {"relation": ""})
    if count["relation"] == "at least":
        found += ["The rain had ended"] * count["num_sentences"]
    if count["relation"] == "less than":
        found = [" and ".join(found)]
    return [f"{sentence}." for sentence in found]


def _shaped(asked: Mapping[str, Mapping[str, Any]], sentences: Sequence[str]) -> str:
    text = " ".join(sentences)
    if bullets := asked.get("strict:bullets"):
        return f"{text}\n" + "\n".join("- one thing" for _ in range(bullets["num_bullets"])) + "\n"
    if sections := asked.get("strict:sections"):
        return "\n".join(f"SECTION {i}\n{text if i == 1 else 'More.'}" for i in range(1, sections["num_sections"] + 1))
    if paragraphs := asked.get("strict:paragraphs"):
        return "\n***\n".join([text, *["More of it."] * (paragraphs["num_paragraphs"] - 1)])
    if first := asked.get("length_constraints:nth_paragraph_first_word"):
        parts = [text, *["More of it."] * (first["num_paragraphs"] - 1)]
        nth = first["nth_paragraph"] - 1
        parts[nth] = f"{first['first_word'].capitalize()} {parts[nth]}"
        return "\n\n".join(parts)
    return f"{text}\n******\n{text} Again." if "strict:two_versions" in asked else text


def _framed(asked: Mapping[str, Mapping[str, Any]], text: str) -> str:
    if "detectable_format:title" in asked:
        text = f"<<A title>>\n{text}"
    if "detectable_content:postscript" in asked:
        text = f"{text}\n\nP.S. There is more."
    if "strict:json_object" in asked:
        text = json.dumps({"text": text})
    if ending := asked.get("startend:end_checker"):
        text = f"{text} {ending['end_phrase']}"
    return f'"{text}"' if "startend:quotation" in asked else text


def _cased(asked: Mapping[str, Mapping[str, Any]], text: str) -> str:
    if "change_case:english_lowercase" in asked:
        return text.lower()
    return text.upper() if "change_case:english_capital" in asked else text
