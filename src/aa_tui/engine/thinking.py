"""Telling thinking from answer while tokens arrive, at constant cost a token.

Models mark their thinking in the ways that `aa_tui.gguf.reasoning` lists. A tag is a token of its own or spelled out
in several; a template may end with the open one, so that only the closing one appears in the output; and a model that
runs out of tokens never closes it. What follows the end of the thinking is the answer, whatever it contains.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from aa_tui.gguf.reasoning import TAG, Format, formats

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_WORDS = 200
"""Characters that a model may say, or white space, before it opens its thinking with a tag that is spelled out; later
it quotes one."""

_TOKENS = re.compile("[\ud800-\udfff]")
"""Tokens that are tags, within the text: no bytes decode to these characters, so no text can be taken for one."""


class _State(Enum):
    START = auto()  # white space at most
    WORDS = auto()  # an answer, unless a mark tells that it was thinking
    THINKING = auto()
    HEAD = auto()  # the name of a channel
    ASIDE = auto()  # after the thinking, where the answer has an opening of its own: no text of anybody's
    FRESH = auto()  # after the thinking, white space at most
    ANSWER = auto()
    INSIDE = auto()  # an answer that has an end of its own
    AFTER = auto()  # after that end


_UNDECIDED = (_State.START, _State.HEAD)
_BEGINNINGS = {_State.START: _State.WORDS, _State.FRESH: _State.ANSWER}
_SPELLED = (_State.HEAD, _State.ASIDE)
_THINKING = (_State.THINKING, _State.HEAD, _State.ASIDE)


class _Where(Enum):
    """Where a mark counts. Amidst words those that are spelled out may be quoted: they need a place of their own."""

    ANYWHERE = auto()
    ON_A_LINE_OF_ITS_OWN = auto()
    BEFORE_AN_EMPTY_LINE = auto()


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a mark leads to. `opening` is the one that began the thinking."""

    to: _State
    opening: str | None = None
    where: _Where = _Where.ANYWHERE


class _Table:
    """The marks that count in a state: the first in the text, the longest of those that begin there."""

    __slots__ = ("_begins", "_firsts", "_longest", "_pattern", "prefixes", "turns")

    def __init__(self, turns: Mapping[str, _Turn]) -> None:
        self.turns = turns
        by_length = sorted(turns, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, by_length)) or r"(?!)")
        self._longest = max(map(len, turns), default=1)
        self.prefixes = frozenset(mark[:length] for mark in turns for length in range(1, len(mark)))
        self._firsts = frozenset(mark[0] for mark in turns)
        self._begins = re.compile(f"[{re.escape(''.join(sorted(self._firsts)))}]" if turns else r"(?!)")

    def at(self, text: str, start: int) -> str | None:
        """The mark at a place in the text."""
        found = self._pattern.match(text, start)
        return found.group() if found else None

    def may_begin(self, text: str) -> bool:
        """Whether there is anything in the text that a mark begins with."""
        return self._begins.search(text) is not None

    def first(self, text: str) -> tuple[int, str] | None:
        """The first mark and where it begins."""
        found = self._pattern.search(text)
        return (found.start(), found.group()) if found else None

    def tail(self, text: str) -> int:
        """Where the end of the text begins that may become a mark; the length of the text if none may."""
        for start in range(max(len(text) - self._longest + 1, 0), len(text)):
            if text[start] in self._firsts and text[start:] in self.prefixes:
                return start
        return len(text)


class Marks:
    """A format for one vocabulary. `token_of` tells the single token that a tag is, None where it is spelled out."""

    def __init__(self, format_: Format | None = None, token_of: Callable[[str], int | None] = lambda _: None) -> None:
        self.format = form = format_ or formats().all[-1]
        found = {tag: token for tag in sorted(form.tags()) if (token := token_of(tag)) is not None}
        self.chars = {token: chr(0xD800 + number) for number, token in enumerate(found.values())}
        self._char_of = {tag: self.chars[token] for tag, token in found.items()}
        self._tag_of = {char: tag for tag, char in self._char_of.items()}
        has_heads = form.channels is not None
        openings = {} if has_heads else {first: _Turn(_State.THINKING, first) for first, _ in form.pairs}
        heads = {form.channels.opening: _Turn(_State.HEAD)} if form.channels else {}
        inside = _Turn(_State.INSIDE)
        answers = dict.fromkeys(form.answer_opening, inside)
        # a closing mark without an opening one ends thinking that nobody told of, unless any message ends with it
        is_own = not has_heads and not form.only_inside
        implied = {**dict.fromkeys(form.closings(), _Turn(_State.FRESH if is_own else _State.WORDS)), **answers}
        start = self._table(openings, heads, implied if is_own else answers).turns
        more_than_tags = {
            mark: turn for mark, turn in {**openings, **heads}.items() if has_heads or not TAG.fullmatch(mark)
        }
        again = self._tokens_of(openings) if form.again else {}
        self.tables = {
            _State.START: _Table({**more_than_tags, **start}),
            _State.WORDS: self._table(*map(self._in_words, (openings, heads, implied)), self._dropped(_State.WORDS)),
            _State.HEAD: _Table({form.channels.closing: _Turn(_State.INSIDE)} if form.channels else {}),
            _State.ASIDE: _Table({**openings, **heads, **answers}),
            _State.FRESH: self._table(answers, self._tokens_of(openings)),
            _State.ANSWER: self._table(again, self._dropped(_State.ANSWER)),
            _State.INSIDE: self._table(
                dict.fromkeys(form.answer_closing, _Turn(_State.AFTER)), again, self._dropped(_State.INSIDE)
            ),
            _State.AFTER: _Table({}),
        }
        end = _Turn(_State.FRESH if is_own else _State.ASIDE)
        self.thinking = {
            opening: self._table(
                {closing: answers.get(closing, end) for closing in form.closings(opening)},
                heads,
                self._tokens_of(answers),
            )
            for opening in (None, *dict(form.pairs))
        }

    def spelled(self, text: str) -> str:
        """The text with its tags written out."""
        return text if text.isascii() else _TOKENS.sub(lambda found: self._tag_of[found.group()], text)

    def _encoded(self, mark: str) -> str:
        return TAG.sub(lambda found: self._char_of.get(found.group(), found.group()), mark)

    def _table(self, *turns: Mapping[str, _Turn]) -> _Table:
        return _Table({self._encoded(mark): turn for some in turns for mark, turn in some.items()})

    def _tokens_of(self, turns: Mapping[str, _Turn]) -> dict[str, _Turn]:
        """Those that begin with a token, which nobody quotes."""
        return {mark: turn for mark, turn in turns.items() if _TOKENS.match(self._encoded(mark))}

    def _dropped(self, state: _State) -> dict[str, _Turn]:
        """Tokens that are left out where they stand."""
        return self._tokens_of(dict.fromkeys(self.format.dropped, _Turn(state)))

    def _in_words(self, turns: Mapping[str, _Turn]) -> dict[str, _Turn]:
        """Those that count amidst text: tokens anywhere, spelled ones on a line of their own or before an empty one."""
        found = self._tokens_of(turns)
        for mark, turn in turns.items():
            if mark not in found:
                found[f"{mark.strip()}\n"] = _Turn(turn.to, turn.opening, _Where.ON_A_LINE_OF_ITS_OWN)
                if turn.to is _State.FRESH:
                    found[f"{mark}\n\n"] = _Turn(turn.to, turn.opening, _Where.BEFORE_AN_EMPTY_LINE)
        return found


class TextStream:
    """Bytes of tokens to text: a character that spans several tokens comes with its last one."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, data: bytes) -> str:
        """The text that these bytes complete."""
        return self._decoder.decode(data)

    def end(self) -> str:
        """What is left of a character that was cut off, as a replacement character."""
        return self._decoder.decode(b"", final=True)


class Splitter:
    """The two texts of one output and their token counts.

    Where tags are tokens of their own they alone count, so that a quoted tag in the text changes nothing; else the
    text is searched, with as much held back as may become a mark. Tokens of marks count as thinking where there is
    some. `restarted` tells that what looked like the answer turned out to be thinking.
    """

    def __init__(self, marks: Marks, *, opens_thinking: bool = False) -> None:
        self._marks = marks
        self._stream = TextStream()
        self._held = ""
        self._head: list[str] = []
        self._thinking: list[str] = []
        self._answer: list[str] = []
        self._new = ""
        self._state = _State.THINKING if opens_thinking else _State.START
        self._table = marks.thinking[None] if opens_thinking else marks.tables[_State.START]
        self._has_thought = opens_thinking
        self._had_mark = False
        self._n_undecided = 0
        self.restarted = False
        self.n_thinking = 0
        self.n_answer = 0

    @property
    def in_thinking(self) -> bool:
        """Whether what comes now is thinking, as far as one knows."""
        return self._state in _THINKING

    @property
    def has_thought(self) -> bool:
        """Whether there was any thinking."""
        return self._has_thought

    @property
    def is_before_answer(self) -> bool:
        """Whether there has been white space at most where the answer may begin."""
        return self._state in _BEGINNINGS

    def is_mark(self, token: int) -> bool:
        """Whether this token is one that a mark begins with which counts now."""
        char = self._marks.chars.get(token)
        return char is not None and any(mark.startswith(char) for mark in self._table.turns)

    @property
    def thinking(self) -> str:
        """All of the thinking so far, marks left out."""
        return "".join(self._thinking)

    @property
    def answer(self) -> str:
        """All of the answer so far, marks left out."""
        return "".join(self._answer)

    def is_end_of_thinking(self, token: int) -> bool:
        """Whether this token only ends the thinking now, where a format goes on with a message of its own."""
        char = self._marks.chars.get(token)
        turn = None if char is None or self._state is not _State.THINKING else self._table.turns.get(char)
        return turn is not None and turn.to is _State.ASIDE

    def feed(self, token: int, data: bytes) -> str:
        """Take one token; the new text, which belongs to what `in_thinking` now says."""
        char = self._marks.chars.get(token)
        self._held += self._stream.feed(data) if char is None else self._stream.end() + char
        self._new = ""
        self._work(is_end=False)
        self._n_undecided += 1
        if not self._held and self._state not in _UNDECIDED:
            self._count()
        return self._new

    def end(self) -> str:
        """No more tokens: what was held back."""
        self._held += self._stream.end()
        self._new = ""
        self._work(is_end=True)
        self._count()
        return self._new

    def _count(self) -> None:
        """Count the tokens of which one knows by now what they are."""
        if self.in_thinking or (self._had_mark and self._has_thought):
            self.n_thinking += self._n_undecided
        else:
            self.n_answer += self._n_undecided
        self._n_undecided, self._had_mark = 0, False

    def _work(self, *, is_end: bool) -> None:
        while self._held and self._step(is_end):
            pass

    def _step(self, is_end: bool) -> bool:
        """Take what is held as far as one knows what it is; whether there is more to take."""
        if self._state in _SPELLED:  # nothing is quoted there
            self._held = self._marks.spelled(self._held)
        held, table = self._held, self._table
        if self._state in _BEGINNINGS:
            begun = held.lstrip()
            start = len(held) - len(begun)
            is_near = start <= MOST_WORDS
            if not is_end and is_near and (not begun or begun in table.prefixes):
                return False
            mark = table.at(held, start) if is_near else None
            if mark is None:
                self._enter(_BEGINNINGS[self._state])
            else:
                self._held = held[start + len(mark) :]
                self._turn(mark, table.turns[mark])
            return True
        if not table.may_begin(held):
            self._put(held)
            self._held = ""
            return False
        found = table.first(held)
        tail = len(held) if is_end else table.tail(held)
        if found is None or tail <= found[0]:
            self._put(held[:tail])
            self._held = held[tail:]
            return False
        start, mark = found
        self._put(held[:start])
        self._held = held[start + len(mark) :]
        self._turn(mark, table.turns[mark])
        return True

    def _turn(self, mark: str, turn: _Turn) -> None:
        """Go where a mark leads to."""
        was_thinking = self.in_thinking
        to = turn.to
        if turn.where is not _Where.ANYWHERE and self._is_quoted(turn):
            self._put(mark)
            return
        if self._state is _State.HEAD:
            channels = self._marks.format.channels
            to = _State.INSIDE if channels and channels.is_answer("".join(self._head)) else _State.THINKING
            self._head.clear()
        if self._state is _State.WORDS and to is not _State.WORDS:
            self._all_was_thinking()
        self._has_thought = self._has_thought or to in (_State.THINKING, _State.FRESH)
        self._had_mark = self._had_mark or to is not _State.AFTER
        self._enter(to, turn.opening)
        if was_thinking != self.in_thinking:
            self._new = ""

    def _is_quoted(self, turn: _Turn) -> bool:
        """Whether a mark amidst words is only spoken of: far into them, after its opening, or within a line."""
        words = "".join(self._answer)
        if turn.where is _Where.ON_A_LINE_OF_ITS_OWN and not words.endswith("\n"):
            return True
        if turn.to is _State.THINKING:
            return len(words) > MOST_WORDS
        return turn.to is _State.FRESH and any(opening.strip() in words for opening, _ in self._marks.format.pairs)

    def _enter(self, state: _State, opening: str | None = None) -> None:
        self._state = state
        self._table = self._marks.thinking[opening] if state is _State.THINKING else self._marks.tables[state]

    def _all_was_thinking(self) -> None:
        self._thinking, self._answer = self._answer, []
        self.n_thinking, self.n_answer = self.n_answer, 0
        self._has_thought = self.restarted = True

    def _put(self, text: str) -> None:
        if not text or self._state in (_State.ASIDE, _State.AFTER):
            return
        text = self._marks.spelled(text)
        if self._state is _State.HEAD:
            self._head.append(text)
            return
        (self._thinking if self._state is _State.THINKING else self._answer).append(text)
        self._new += text
