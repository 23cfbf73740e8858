"""The 25 instruction families of IFEval (Zhou et al. 2023, arXiv 2311.07911), written anew from what their prompts ask
and what the public checkers are known to accept."""

from __future__ import annotations

import json
import re

from aa_tui.evals.instructions.check import Arguments, Check, compared, number
from aa_tui.evals.instructions.language import is_english, is_in
from aa_tui.evals.instructions.reading import count_words, paragraphs, sentences, tokens

_DIVIDER = re.compile(r"\s?\*\*\*\s?")
_STAR_BULLET = re.compile(r"(?m)^[ \t\r\f\v]*\*[^*\n]")
_DASH_BULLET = re.compile(r"(?m)^[ \t\r\f\v]*-")
_FENCE = re.compile(r"^```(?:json)?", re.IGNORECASE)
_SIMPLE_ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")


def _keywords(text: str, arguments: Arguments) -> bool:
    return all(_occurrences(word, text) for word in arguments["keywords"])


def _keyword_frequency(text: str, arguments: Arguments) -> bool:
    count = _occurrences(arguments["keyword"].strip(), text)
    return compared(count, arguments["relation"], number(arguments, "frequency"))


def _forbidden_words(text: str, arguments: Arguments) -> bool:
    return not any(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for word in arguments["forbidden_words"])


def _letter_frequency(text: str, arguments: Arguments) -> bool:
    count = text.lower().count(arguments["letter"].lower())
    return compared(count, arguments["let_relation"], number(arguments, "let_frequency"))


def _response_language(text: str, arguments: Arguments) -> bool | None:
    return is_in(text, arguments["language"])


def _number_sentences(text: str, arguments: Arguments) -> bool:
    return compared(len(sentences(text)), arguments["relation"], number(arguments, "num_sentences"))


def _number_paragraphs(text: str, arguments: Arguments) -> bool:
    """Paragraphs between `***`; only the first and the last piece may be empty."""
    count = _filled_count(_DIVIDER.split(text))
    return count is not None and count == number(arguments, "num_paragraphs")


def _number_words(text: str, arguments: Arguments) -> bool:
    return compared(count_words(text), arguments["relation"], number(arguments, "num_words"))


def _paragraph_first_word(text: str, arguments: Arguments) -> bool:
    """The number of paragraphs between blank lines, and the first word of one of them."""
    pieces = paragraphs(text)
    nth = int(number(arguments, "nth_paragraph"))
    filled = sum(1 for piece in pieces if piece.strip())
    if not 1 <= nth <= len(pieces) or nth > filled or not pieces[nth - 1].strip():
        return False
    word = pieces[nth - 1].split()[0].lstrip("'").lstrip('"')
    first = re.split(r"[.,?!'\"]", word)[0].lower()
    return filled == number(arguments, "num_paragraphs") and first == arguments["first_word"].lower()


def _placeholders(text: str, arguments: Arguments) -> bool:
    return sum(map(_bracketed_count, text.split("\n"))) >= number(arguments, "num_placeholders")


def _postscript(text: str, arguments: Arguments) -> bool:
    marker = arguments["postscript_marker"].strip()
    known = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    return re.search(known.get(marker, re.escape(marker.lower())), text.lower()) is not None


def _bullets(text: str, arguments: Arguments) -> bool:
    count = len(_STAR_BULLET.findall(text)) + len(_DASH_BULLET.findall(text))
    return count == number(arguments, "num_bullets")


def _simple_answer(text: str, arguments: Arguments) -> bool:
    return any(answer in text for answer in _SIMPLE_ANSWERS)


def _highlights(text: str, arguments: Arguments) -> bool:
    """`*so*` and `**so**`, each with something in it."""
    single = [piece for piece in re.findall(r"\*[^\n*]*\*", text) if piece.strip("*").strip()]
    double = [piece for piece in re.findall(r"\*\*[^\n*]*\*\*", text) if piece[2:-2].strip()]
    return len(single) + len(double) >= number(arguments, "num_highlights")


def _sections(text: str, arguments: Arguments) -> bool:
    marks = re.findall(rf"{re.escape(arguments['section_spliter'].strip())}\s?\d+", text)
    return len(marks) >= number(arguments, "num_sections")


def _json_format(text: str, arguments: Arguments) -> bool:
    bare = _FENCE.sub("", text.strip()).removesuffix("```").strip()
    try:
        json.loads(bare)
    except (ValueError, RecursionError):
        return False
    return True


def _title(text: str, arguments: Arguments) -> bool:
    """`<<title>>` on one line, not empty."""
    for line in text.split("\n"):
        start = line.find("<<")
        end = line.rfind(">>")
        if 0 <= start < end and line[start:end].strip("<> "):
            return True
    return False


def _two_responses(text: str, arguments: Arguments) -> bool:
    pieces = text.split("******")
    if _filled_count(pieces) != 2:
        return False
    first, second = (piece.strip() for piece in pieces if piece.strip())
    return first != second


def _repeat_prompt(text: str, arguments: Arguments) -> bool:
    return text.strip().lower().startswith(arguments["prompt_to_repeat"].strip().lower())


def _end_phrase(text: str, arguments: Arguments) -> bool:
    return text.strip().strip('"').lower().endswith(arguments["end_phrase"].strip().lower())


def _quotation(text: str, arguments: Arguments) -> bool:
    text = text.strip()
    return len(text) > 1 and text.startswith('"') and text.endswith('"')


def _capital_words(text: str, arguments: Arguments) -> bool:
    count = sum(1 for word in tokens(text) if word.isupper())
    return compared(count, arguments["capital_relation"], number(arguments, "capital_frequency"))


def _english_capital(text: str, arguments: Arguments) -> bool | None:
    return text.isupper() and is_english(text)


def _english_lowercase(text: str, arguments: Arguments) -> bool | None:
    return text.islower() and is_english(text)


def _no_comma(text: str, arguments: Arguments) -> bool:
    return "," not in text


def _occurrences(word: str, text: str) -> int:
    """How often a text has a word in it, in any case, inside other words too."""
    return len(re.findall(re.escape(word), text, re.IGNORECASE))


def _filled_count(pieces: list[str]) -> int | None:
    """How many pieces hold something; None where an empty one lies between others."""
    if any(not piece.strip() for piece in pieces[1:-1]):
        return None
    return sum(1 for piece in pieces if piece.strip())


def _bracketed_count(line: str) -> int:
    count, start = 0, line.find("[")
    while start >= 0:
        end = line.find("]", start)
        if end < 0:
            break
        count, start = count + 1, line.find("[", end)
    return count


IFEVAL: dict[str, Check] = {
    "keywords:existence": _keywords,
    "keywords:frequency": _keyword_frequency,
    "keywords:forbidden_words": _forbidden_words,
    "keywords:letter_frequency": _letter_frequency,
    "language:response_language": _response_language,
    "length_constraints:number_sentences": _number_sentences,
    "length_constraints:number_paragraphs": _number_paragraphs,
    "length_constraints:number_words": _number_words,
    "length_constraints:nth_paragraph_first_word": _paragraph_first_word,
    "detectable_content:number_placeholders": _placeholders,
    "detectable_content:postscript": _postscript,
    "detectable_format:number_bullet_lists": _bullets,
    "detectable_format:constrained_response": _simple_answer,
    "detectable_format:number_highlighted_sections": _highlights,
    "detectable_format:multiple_sections": _sections,
    "detectable_format:json_format": _json_format,
    "detectable_format:title": _title,
    "combination:two_responses": _two_responses,
    "combination:repeat_prompt": _repeat_prompt,
    "startend:end_checker": _end_phrase,
    "startend:quotation": _quotation,
    "change_case:capital_word_frequency": _capital_words,
    "change_case:english_capital": _english_capital,
    "change_case:english_lowercase": _english_lowercase,
    "punctuation:no_comma": _no_comma,
}
