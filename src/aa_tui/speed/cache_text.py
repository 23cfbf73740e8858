"""The long text of a study of cache types, with facts hidden in it, and what is asked after it.

All of it is made of the words here and of a number, so that every type of cache, machine and day reads the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

VERSION = "cache-text/1"

WINDOW_TOKENS = 32
"""Positions of each window whose distributions are compared."""

NEEDLES_AT_MOST = 8
TOKENS_A_NEEDLE = 64
"""A stretch of text has one fact for so many tokens, up to eight."""

_WHO = ("ferryman", "baker", "clockmaker", "schoolmaster", "widow", "apprentice", "surveyor", "organist", "porter")
_DID = (
    "leaned a ladder against",
    "counted the windows of",
    "waited for the rain to pass under",
    "drew a careful picture of",
    "argued with a neighbour outside",
    "carried a basket of pears to",
    "looked for a lost glove near",
    "whistled an old tune on the steps of",
)
_WHERE = ("the tannery", "the toll house", "the north gate", "the reading room", "the dry dock", "the glass works")
_WHEN = ("before sunrise", "on the day of the fair", "while the bells rang", "late in the evening", "after the thaw")
_THEN = (
    "and told nobody about it",
    "and was home in time for supper",
    "and wrote a long letter the same night",
    "and thought no more of it",
    "and came away smiling",
    "and left the door open",
)
_COLOURS = ("red", "blue", "green", "yellow", "white", "black", "brown", "grey", "orange", "purple")
_THINGS = ("cabinet", "chest", "locker", "drawer", "safe", "trunk", "cupboard", "crate")

WINDOWS = (
    "\n\nThe harbour lay still under a thin layer of mist. Two boats had come in during the night, and their crews "
    "were asleep on the coiled ropes. A dog walked the length of the pier, sniffed at a broken crate and turned back.",
    "\n\ndef moving_average(values, width):\n    total = 0.0\n    result = []\n    for index, value in enumerate("
    "values):\n        total += value\n        if index >= width:\n            total -= values[index - width]\n",
    "\n\nLet n be an even number, so n = 2k for some whole number k. Then n squared is 4k squared, which is divisible "
    "by 4. So the square of every even number is divisible by 4, and the square of an odd number leaves 1.",
    '\n\n{"order": 1184, "customer": "Lindqvist", "items": [{"name": "lamp", "count": 2, "price": 18.5}, {"name": '
    '"shade", "count": 2, "price": 7.25}], "paid": true, "shipped": null, "note": "leave at the door"}',
    "\n\n“Have you ever been to the coast in winter?” she asked. “Once,” he said, “and I would not go again without "
    "a better coat.” She laughed and poured the tea. “That is what everybody says before they go again.”",
    "\n\nDer Zug hielt auf freier Strecke, und niemand wusste, warum. Nach einer Weile ging der Schaffner durch die "
    "Wagen und sagte, es liege Schnee auf den Weichen. Die Reisenden packten ihre Brote aus und warteten.",
    "\n\n1. Soak the beans overnight in plenty of cold water.\n2. Drain them and put them into a heavy pot.\n3. Add "
    "an onion, two carrots and a bay leaf, and cover with water.\n4. Simmer for an hour, and salt at the end.\n",
    "\n\nThe kidneys filter the blood and keep the balance of water and salts in the body. Each of them has about a "
    "million small units, in which fluid is pressed out of the vessels and most of it is taken back.",
)
"""Written for this: a story, code, a proof, data, talk, German, a recipe, a textbook."""

FACTS = (
    ("The capital of France is", " Paris"),
    ("The opposite of hot is", " cold"),
    ("One, two, three, four,", " five"),
    ("The sun rises in the east and sets in the", " west"),
    ("Monday, Tuesday, Wednesday,", " Thursday"),
    ("The largest planet of the solar system is", " Jupiter"),
    ("Water is made of hydrogen and", " oxygen"),
    ("A triangle has three sides and a square has", " four"),
    ("The capital of Italy is", " Rome"),
    ("Bread and", " butter"),
    ("January, February,", " March"),
    ("Romeo and", " Juliet"),
)
"""The beginnings of sentences and how they go on."""

Tokenize = Callable[[str], list[int]]


@dataclass(frozen=True, slots=True)
class Question:
    """Tokens to put, and the tokens of the one answer that counts."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Needle:
    """A fact in the text: it is complete after `end` of the text's tokens."""

    end: int
    question: Question


@dataclass(frozen=True, slots=True)
class DepthText:
    """The text's tokens, with what marks a beginning first, and the facts in it by place."""

    tokens: tuple[int, ...]
    needles: tuple[Needle, ...]

    def asked_at(self, depth: int) -> tuple[Needle, ...]:
        """Of the facts before a depth at most eight, spread from the first to the last."""
        before = [needle for needle in self.needles if needle.end <= depth]
        count = min(len(before), NEEDLES_AT_MOST)
        if count < 2:
            return tuple(before[:count])
        return tuple(before[round(number * (len(before) - 1) / (count - 1))] for number in range(count))


def depth_text(tokenize: Tokenize, start: Sequence[int], depths: Sequence[int], n_tokens: int, seed: int) -> DepthText:
    """A text of `n_tokens` tokens. Each stretch from one depth to the next has facts of its own, none across its end.

    `tokenize` adds nothing to a text; `start` are the tokens that the model wants first.
    """
    source = Random(seed)
    names = [f"{colour} {thing}" for colour in _COLOURS for thing in _THINGS]
    source.shuffle(names)
    tokens, needles = list(start), list[Needle]()
    stretches = list(pairwise(sorted({0, *depths})))
    most = min(NEEDLES_AT_MOST, len(names) // max(len(stretches), 1))
    for begin, end in stretches:
        count = min(most, (end - begin) // TOKENS_A_NEEDLE)
        for number in range(count):
            name, code = names.pop(), str(source.randrange(10_000, 100_000))
            fact = tokenize(f" The code of the {name} is {code}.")
            place = begin + (end - begin) * (number + source.random() / 2) / max(count, 1)
            place = min(place, end - 2 * len(fact))
            while len(tokens) < place:
                tokens += tokenize(_sentence(source))
            tokens += fact
            if len(tokens) <= end:
                needles.append(Needle(len(tokens), _about(tokenize, name, code)))
    while len(tokens) < n_tokens:
        tokens += tokenize(_sentence(source))
    return DepthText(tuple(tokens[:n_tokens]), tuple(needles))


def windows(tokenize: Tokenize) -> list[list[int]]:
    """The texts whose next tokens are compared after each depth."""
    return [tokenize(text)[:WINDOW_TOKENS] for text in WINDOWS]


def facts(tokenize: Tokenize) -> list[Question]:
    """What everybody knows, to be gone on with."""
    return [_question(tokenize, f"\n\n{before}", after) for before, after in FACTS]


def _sentence(source: Random) -> str:
    return " The " + " ".join(source.choice(words) for words in (_WHO, _DID, _WHERE, _WHEN, _THEN)) + "."


def _about(tokenize: Tokenize, name: str, code: str) -> Question:
    asked = f"\n\nQuestion: What is the code of the {name}?\nAnswer: The code of the {name} is"
    return _question(tokenize, asked, f" {code}")


def _question(tokenize: Tokenize, before: str, after: str) -> Question:
    """Both are turned into tokens together: where a word begins may depend on what is before it."""
    whole, alone = tokenize(before + after), tokenize(before)
    same = next((at for at, (one, other) in enumerate(zip(whole, alone, strict=False)) if one != other), len(alone))
    same = min(same, len(whole) - 1)
    return Question(tuple(whole[:same]), tuple(whole[same:]))
