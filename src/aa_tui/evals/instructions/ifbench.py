"""The 58 instruction families of IFBench (Pyatkin et al. 2025, arXiv 2507.02833), written anew from their prompts'
wording: those about single words and about sentences. `ifbench_form` has the others.

Two are only partly decided here, since the public checkers ask trained models of English: `words:start_verb` (words
that are verbs and nouns) and `words:odd_even_syllables` (words whose syllables spelling does not tell).
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby, pairwise

from aa_tui.evals.instructions.check import Arguments, Check, number
from aa_tui.evals.instructions.english import starts_with_verb, syllables
from aa_tui.evals.instructions.reading import (
    PUNCTUATION,
    bare_words,
    count_words,
    lines,
    sentences,
    trimmed,
    without_punctuation,
)
from aa_tui.evals.instructions.word_lists import CONJUNCTIONS, NAMES, PRONOUNS, STOP_WORDS

_CLUSTER = re.compile("[bcdfghjklmnpqrstvwxyz]{2}")
_JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LETTERS = re.compile(r"[^\W\d_]+")
_MARKS = (".", ",", "!", "?", ";", ":")
_INTERROBANGS = ("?!", "!?", "‽")
_KEYWORD_COUNTS = (1, 2, 3, 5, 7)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def _words(text: str) -> list[str]:
    """Words between white space without the punctuation around them; what is only punctuation is none."""
    return [word for word in map(trimmed, text.split()) if word]


def _word_count_range(text: str, arguments: Arguments) -> bool:
    return number(arguments, "min_words") <= count_words(text) <= number(arguments, "max_words")


def _unique_words(text: str, arguments: Arguments) -> bool:
    return len(set(_words(text.lower()))) >= number(arguments, "N")


def _stop_words(text: str, arguments: Arguments) -> bool:
    n_words = count_words(text)
    n_stop_words = sum(1 for word in _LETTERS.findall(text.lower()) if word in STOP_WORDS)
    return n_words > 0 and 100 * n_stop_words / n_words <= number(arguments, "percentage")


def _conjunctions(text: str, arguments: Arguments) -> bool:
    return len({word for word in _words(text.lower()) if word in CONJUNCTIONS}) >= number(arguments, "small_n")


def _person_names(text: str, arguments: Arguments) -> bool:
    words = set(_LETTERS.findall(text))
    return sum(1 for name in NAMES if name in words) >= number(arguments, "N")


def _pronouns(text: str, arguments: Arguments) -> bool:
    return sum(1 for word in _LETTERS.findall(text.lower()) if word in PRONOUNS) >= number(arguments, "N")


def _numbers(text: str, arguments: Arguments) -> bool:
    return len(_NUMBER.findall(text)) == number(arguments, "N")


def _punctuation(text: str, arguments: Arguments) -> bool:
    """Each mark, and the interrobang beside them, not as two of them."""
    mark = next((mark for mark in _INTERROBANGS if mark in text), None)
    return mark is not None and all(single in text.replace(mark, "", 1) for single in _MARKS)


def _keywords_multiple(text: str, arguments: Arguments) -> bool:
    for nth, wanted in enumerate(_KEYWORD_COUNTS, start=1):
        word = re.escape(arguments[f"keyword{nth}"].strip())
        if len(re.findall(rf"\b{word}\b", text, re.IGNORECASE)) != wanted:
            return False
    return True


def _words_japanese(text: str, arguments: Arguments) -> bool:
    step = int(number(arguments, "N"))
    every_nth = [trimmed(word) for word in text.split()[step - 1 :: step]]
    return all(_JAPANESE.search(word) for word in every_nth if word and not word.isdigit())


def _trigram_overlap(text: str, arguments: Arguments) -> bool:
    """The share of the answer's different trigrams of characters that the reference has too, within 2 points."""
    said, reference = _trigrams(text), _trigrams(arguments["reference_text"])
    if not said:
        return False
    return abs(100 * len(said & reference) / len(said) - number(arguments, "percentage")) <= 2


def _trigrams(text: str) -> set[str]:
    return {text[at : at + 3] for at in range(len(text) - 2)}


def _stops(text: str) -> Counter[str]:
    """How many sentences end with each stop."""
    return Counter(sentence.rstrip("\"'”’»)]*_")[-1:] for sentence in sentences(text))


def _sentence_type(text: str, arguments: Arguments) -> bool:
    stops = _stops(text)
    return stops["."] == 2 * stops["?"] > 0


def _sentence_balance(text: str, arguments: Arguments) -> bool:
    stops = _stops(text)
    return stops["."] == stops["?"] == stops["!"] > 0


def _sentence_words(text: str, arguments: Arguments) -> bool:
    """Three sentences of as many characters, no word twice."""
    found = sentences(text)
    words = bare_words(text)
    return len(found) == 3 and len({len(sentence) for sentence in found}) == 1 and len(words) == len(set(words))


def _sentence_increment(text: str, arguments: Arguments) -> bool:
    counts = [len(bare_words(sentence)) for sentence in sentences(text)]
    return bool(counts) and all(after - before == number(arguments, "small_n") for before, after in pairwise(counts))


def _sentence_keyword(text: str, arguments: Arguments) -> bool:
    found, nth = sentences(text), int(number(arguments, "N"))
    word = re.escape(arguments["word"])
    return 1 <= nth <= len(found) and re.search(rf"\b{word}\b", found[nth - 1], re.IGNORECASE) is not None


def _alliteration_increment(text: str, arguments: Arguments) -> bool:
    longest = [_alliteration(sentence) for sentence in sentences(text)]
    return bool(longest) and all(after > before for before, after in pairwise(longest))


def _alliteration(sentence: str) -> int:
    """Words of the longest run that share their first letter; 0 where no two do."""
    runs = [len(list(run)) for _, run in groupby(word[0] for word in _words(sentence.lower()))]
    longest = max(runs, default=0)
    return longest if longest > 1 else 0


def _alphabet(text: str, arguments: Arguments) -> bool:
    letters = [word[0] for word in bare_words(text)]
    if not letters or any(letter not in _ALPHABET for letter in letters):
        return False
    return all((ord(after) - ord(before)) % 26 == 1 for before, after in pairwise(letters))


def _consonants(text: str, arguments: Arguments) -> bool:
    words = [word for word in text.lower().split() if any(map(str.isalpha, word))]
    return bool(words) and all(_CLUSTER.search(word) for word in words)


def _keyword_position(text: str, arguments: Arguments) -> bool:
    found, nth, mth = sentences(text), int(number(arguments, "n")), int(number(arguments, "m"))
    words = _words(found[nth - 1]) if 1 <= nth <= len(found) else []
    return 1 <= mth <= len(words) and words[mth - 1].lower() == arguments["keyword"].strip().lower()


def _last_first(text: str, arguments: Arguments) -> bool:
    found = [_words(sentence.lower()) for sentence in sentences(text)]
    return all(found) and all(before[-1] == after[0] for before, after in pairwise(found))


def _no_consecutive(text: str, arguments: Arguments) -> bool:
    return all(before[0] != after[0] for before, after in pairwise(bare_words(text)))


def _odd_even_syllables(text: str, arguments: Arguments) -> bool | None:
    """Decided where two neighbours have the same parity, or where the spelling of every word tells its syllables."""
    counts = [syllables(word) for word in bare_words(text)]
    if any(one is not None and two is not None and (one - two) % 2 == 0 for one, two in pairwise(counts)):
        return False
    return None if None in counts and len(counts) > 1 else True


def _palindromes(text: str, arguments: Arguments) -> bool:
    return sum(1 for word in bare_words(text) if len(word) >= 5 and word == word[::-1]) >= 10


def _paragraph_last_first(text: str, arguments: Arguments) -> bool:
    found = [_words(line.lower()) for line in lines(text)]
    return all(words[0] == words[-1] for words in found if words)


def _prime_lengths(text: str, arguments: Arguments) -> bool:
    return all(_is_prime(len(word)) for word in without_punctuation(text).split())


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


def _repeats(text: str, arguments: Arguments) -> bool:
    return max(Counter(bare_words(text)).values(), default=0) <= number(arguments, "small_n")


def _vowels(text: str, arguments: Arguments) -> bool:
    """One paragraph with at most three of the vowels a, e, i, o, u."""
    return "\n" not in text.strip() and len(set(text.lower()) & set("aeiou")) <= 3


def _words_position(text: str, arguments: Arguments) -> bool:
    words = _words(text.lower())
    keyword = arguments["keyword"].strip(PUNCTUATION + " ").lower()
    return len(words) > 1 and words[1] == words[-2] == keyword


IFBENCH_WORDS: dict[str, Check] = {
    "count:word_count_range": _word_count_range,
    "count:unique_word_count": _unique_words,
    "count:conjunctions": _conjunctions,
    "count:person_names": _person_names,
    "count:pronouns": _pronouns,
    "count:numbers": _numbers,
    "count:punctuation": _punctuation,
    "count:keywords_multiple": _keywords_multiple,
    "count:words_japanese": _words_japanese,
    "ratio:stop_words": _stop_words,
    "ratio:overlap": _trigram_overlap,
    "ratio:sentence_type": _sentence_type,
    "ratio:sentence_balance": _sentence_balance,
    "ratio:sentence_words": _sentence_words,
    "sentence:increment": _sentence_increment,
    "sentence:keyword": _sentence_keyword,
    "sentence:alliteration_increment": _alliteration_increment,
    "words:alphabet": _alphabet,
    "words:consonants": _consonants,
    "words:keywords_specific_position": _keyword_position,
    "words:last_first": _last_first,
    "words:no_consecutive": _no_consecutive,
    "words:odd_even_syllables": _odd_even_syllables,
    "words:palindrome": _palindromes,
    "words:paragraph_last_first": _paragraph_last_first,
    "words:prime_lengths": _prime_lengths,
    "words:repeats": _repeats,
    "words:start_verb": lambda text, _: starts_with_verb(text),
    "words:vowel": _vowels,
    "words:words_position": _words_position,
}
