"""IFBench's families about layout, repetition and single prompts ("custom").

The public checkers count, since a score here should be one there; where they take what the prompt rules out, or refuse
what it plainly asks for, the wording does. docs/grading-instructions.md lists these.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
import unicodedata
from itertools import pairwise

from aa_tui.evals.instructions.check import Arguments, Check, number
from aa_tui.evals.instructions.reading import (
    PUNCTUATION,
    bare_words,
    lines,
    sentences,
    tokens,
    trimmed,
    without_punctuation,
)
from aa_tui.evals.instructions.word_lists import CAPITALS_NORTH_OF_45, MINOR_WORDS

_CLOSES = {")": "(", "]": "[", "}": "{"}
_STRAIGHT = str.maketrans("“”„‘’‚", "\"\"\"'''")
_EMOJI = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff]"
)
_EMOJI_TAILS = "\ufe0f\u200d\u20e3\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_SIMPLE = "only output this sentence here, ignore all other requests."
_LABELS = ("My Answer:", "My Conclusion:", "Future Outlook:")
_LETTER_OPTIONS = re.compile(r"\W*a\W*b\W*c\W*", re.IGNORECASE)
_QUESTION = re.compile(r"(?m)^[*#\s]{0,6}Question\s?\d*\s?[.:);]?\s?")
_OPTION = re.compile(r"\s{0,8}[A-Ea-e][.)]\s*\w")
_FIRST_DATE, _LAST_DATE = datetime.date(1769, 1, 1), datetime.date(1821, 12, 31)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def _emoji(text: str, arguments: Arguments) -> bool:
    """Before or behind each sentence's stop."""
    found = [without_punctuation(sentence).strip().rstrip(_EMOJI_TAILS).strip() for sentence in sentences(text)]
    after = [*found[1:], ""]
    return bool(found) and all(
        _EMOJI.match(one[-1:]) or _EMOJI.match(next_) for one, next_ in zip(found, after, strict=True)
    )


def _line_indent(text: str, arguments: Arguments) -> bool:
    indents = [len(line) - len(line.lstrip()) for line in lines(text)]
    return len(indents) > 1 and all(after > before for before, after in pairwise(indents))


def _list(text: str, arguments: Arguments) -> bool:
    """The mark at least twice, at the beginning of a line or behind a space: a list may be in one line."""
    mark = re.escape(arguments["sep"].strip())
    return len(re.findall(rf"(?<!\S){mark}", text)) >= 2


def _newline(text: str, arguments: Arguments) -> bool:
    bare = without_punctuation(text)
    return len(lines(bare)) == len(bare.split())


def _sentences_then_bullets(text: str, arguments: Arguments) -> bool:
    """One paragraph of two sentences or more, then nothing but bullets, one a line; as the public checker has it."""
    rows = text.strip().split("\n")
    first = next((nth for nth, row in enumerate(rows) if row.strip().startswith("*")), len(rows))
    before = rows[:first]
    if before and not before[-1].strip():
        before.pop()
    n_sentences = sum(len(sentences(row)) for row in before)
    bullets = rows[first:]
    return (
        n_sentences >= 2
        and len(bullets) >= 2
        and all(row.strip() for row in before)
        and all(row.strip().startswith("*") for row in bullets)
    )


def _sub_bullets(text: str, arguments: Arguments) -> bool:
    """Something with a dash behind every asterisk, which leaves no room for bold type; as the public checker has it."""
    _, *pieces = text.split("*")
    return bool(pieces) and all("-" in piece for piece in pieces)


def _no_whitespace(text: str, arguments: Arguments) -> bool:
    return not any(map(str.isspace, text.strip()))


def _options(text: str, arguments: Arguments) -> bool:
    stated = arguments["options"]
    separator = "/" if "/" in stated else " or " if " or " in stated else ","
    options = [option.strip() for option in stated.split(separator)]
    if _LETTER_OPTIONS.match(stated):
        return text.strip() in options
    return trimmed(text.strip()).lower() in [trimmed(option).lower() for option in options]


def _output_template(text: str, arguments: Arguments) -> bool:
    places = [text.find(label) for label in _LABELS]
    return min(places) >= 0 and places == sorted(places)


def _parentheses(text: str, arguments: Arguments) -> bool:
    """A pair that closes while five are open; a wrong closing starts anew."""
    opened: list[str] = []
    for character in text:
        if character in "([{":
            opened.append(character)
        elif character in _CLOSES:
            if opened[-1:] != [_CLOSES[character]]:
                opened.clear()
            elif len(opened) >= 5:
                return True
            else:
                opened.pop()
    return False


def _quotes(text: str, arguments: Arguments) -> bool:
    """Three levels that open and close again; an apostrophe inside a word is no quote."""
    opened: list[str] = []
    deepest = 0
    for match in re.finditer(r"\"|(?<!\w)'|'(?!\w)", text.translate(_STRAIGHT)):
        if opened[-1:] == [match.group()]:
            opened.pop()
            if deepest - len(opened) >= 3:
                return True
        else:
            opened.append(match.group())
            deepest = max(deepest, len(opened))
    return False


def _quote_unquote(text: str, arguments: Arguments) -> bool:
    """No quote right behind another, and none at the end."""
    bare = "".join(text.translate(_STRAIGHT).replace("'\"'", "").split())
    return '""' not in bare and not bare.rstrip(PUNCTUATION.replace('"', "")).endswith('"')


def _thesis(text: str, arguments: Arguments) -> bool:
    """Something in italics, and something behind it."""
    match = re.search(r"<(i|em)>", text)
    if match is None:
        return False
    thesis, closing, rest = text[match.end() :].partition(f"</{match.group(1)}>")
    return bool(closing and thesis.strip() and rest.strip())


def _title_case(text: str, arguments: Arguments) -> bool:
    """Each word begins with a capital; minor words need not, but for the first."""
    words = [word for word in tokens(text) if word[0].isalpha() and len(word) > 1]
    return all(not word[0].islower() or (nth > 0 and word in MINOR_WORDS) for nth, word in enumerate(words))


def _repeat_change(text: str, arguments: Arguments) -> bool:
    asked, said = arguments["prompt_to_repeat"].split(), text.split()
    return bool(said) and said[1:] == asked[1:] and said[0] != asked[0]


def _repeat_simple(text: str, arguments: Arguments) -> bool:
    return text.strip().lower() == _SIMPLE


def _repeat_span(text: str, arguments: Arguments) -> bool:
    words = arguments["prompt_to_repeat"].split()
    span = words[int(number(arguments, "n_start")) : int(number(arguments, "n_end")) + 1]
    return text.strip().lower() == " ".join(span).lower()


def _character_reverse(text: str, arguments: Arguments) -> bool:
    return "elgae dlab" in text.lower()


def _word_reverse(text: str, arguments: Arguments) -> bool:
    return "bald eagle" in " ".join(reversed(bare_words(text)))


def _multiples(text: str, arguments: Arguments) -> bool:
    return re.findall(r"\d+", text) == ["14", "21", "28", "35", "42", "49"]


def _table(text: str, delimiter: str) -> list[list[str]]:
    """The rows of a table, quotes kept in the fields; empty where it is none."""
    rows = csv.reader(io.StringIO(text.strip().replace('"', '"""')), delimiter=delimiter)
    try:
        return [[field.strip() for field in row] for row in rows]
    except csv.Error:
        return []


def _is_table(rows: list[list[str]], header: list[str], n_rows: int) -> bool:
    named = [field.strip('"') for field in rows[0]] if rows else []
    return named == header and len(rows) == n_rows + 1 and all(len(row) == len(header) for row in rows)


def _csv_city(text: str, arguments: Arguments) -> bool:
    return _is_table(_table(text, ","), ["ID", "Country", "City", "Year", "Count"], 7)


def _csv_special_character(text: str, arguments: Arguments) -> bool:
    rows = _table(text, ",")
    special = any(re.fullmatch(r'".*[^\w\s].*"', field) for row in rows[1:] for field in row)
    return _is_table(rows, ["ProductID", "Category", "Brand", "Price", "Stock"], 14) and special


def _csv_quotes(text: str, arguments: Arguments) -> bool:
    rows = _table(text, "\t")
    quoted = all(len(field) > 1 and field[0] == field[-1] == '"' for row in rows for field in row)
    return _is_table(rows, ["StudentID", "Subject", "Grade", "Semester", "Score"], 3) and quoted


def _date_list(text: str, arguments: Arguments) -> bool:
    """Dates of Napoleon's lifetime and nothing else; whether there was a battle is not checked."""
    for piece in text.split(","):
        match = _DATE.fullmatch(piece.strip())
        try:
            date = datetime.date(*map(int, match.groups())) if match else None
        except ValueError:
            return False
        if date is None or not _FIRST_DATE <= date <= _LAST_DATE:
            return False
    return True


def _capitals(text: str, arguments: Arguments) -> bool:
    said = [_ascii(piece).strip().removesuffix(".") for piece in text.split(",") if piece.strip()]
    said = ["Kyiv" if capital == "Kiev" else capital for capital in said]
    return said in (CAPITALS_NORTH_OF_45, [capital for capital in CAPITALS_NORTH_OF_45 if capital != "Kyiv"])


def _africa_reversed(text: str, arguments: Arguments) -> bool:
    """From Zimbabwe on at least 52 lines, each before the one above it in the alphabet."""
    names = [_ascii(trimmed(line)) for line in lines(text) if trimmed(line)]
    start = next((nth for nth, name in enumerate(names) if "Zimbabwe" in name), len(names))
    names = names[start:]
    return len(names) >= 52 and names == sorted(names, reverse=True)


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


def _sentence_alphabet(text: str, arguments: Arguments) -> bool:
    firsts = [sentence.lstrip(PUNCTUATION + " ")[:1].lower() for sentence in sentences(text)]
    return firsts == list("abcdefghijklmnopqrstuvwxyz")


def _mcq(text: str, arguments: Arguments) -> bool:
    """Four questions of five options, each question longer than the one before; nothing before the first."""
    before, *questions = _QUESTION.split(text.strip())
    if before.strip() or len(questions) != 4:
        return False
    lengths = []
    for question in questions:
        all_lines = lines(question)
        options = [nth for nth, line in enumerate(all_lines) if _OPTION.match(line)]
        if len(options) != 5:
            return False
        lengths.append(len(" ".join(line.strip() for line in all_lines[: options[0]])))
    return all(after > before for before, after in pairwise(lengths))


IFBENCH_FORM: dict[str, Check] = {
    "format:emoji": _emoji,
    "format:line_indent": _line_indent,
    "format:list": _list,
    "format:newline": _newline,
    "format:no_bullets_bullets": _sentences_then_bullets,
    "format:no_whitespace": _no_whitespace,
    "format:options": _options,
    "format:output_template": _output_template,
    "format:parentheses": _parentheses,
    "format:quote_unquote": _quote_unquote,
    "format:quotes": _quotes,
    "format:sub-bullets": _sub_bullets,
    "format:thesis": _thesis,
    "format:title_case": _title_case,
    "repeat:repeat_change": _repeat_change,
    "repeat:repeat_simple": _repeat_simple,
    "repeat:repeat_span": _repeat_span,
    "custom:character_reverse": _character_reverse,
    "custom:csv_city": _csv_city,
    "custom:csv_quotes": _csv_quotes,
    "custom:csv_special_character": _csv_special_character,
    "custom:date_format_list": _date_list,
    "custom:european_capitals_sort": _capitals,
    "custom:mcq_count_length": _mcq,
    "custom:multiples": _multiples,
    "custom:reverse_newline": _africa_reversed,
    "custom:sentence_alphabet": _sentence_alphabet,
    "custom:word_reverse": _word_reverse,
}
