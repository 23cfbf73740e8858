"""Where the program is in an answer: its blocks of code, and the ways to read them as one solution.

Nothing is parsed here, only cut apart by lines: which reading compiles and defines what was asked for is found out in
the jail (`jail.reading`).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_ANSWER = 1_000_000
"""Characters. Nothing longer is a program that anybody asked for."""
MOST_BLOCKS = 40

_PYTHON = re.compile(r"\{?\.?(?:python|py|ipython|pycon|cpython|python-repl|tool_code|code)[\d.]*\}?(?![\w+#-])")
_DOCUMENT = re.compile(r"markdown|md\b")
_FENCE = re.compile(r"`{3,}|~{3,}")
_QUOTES = re.compile(r"\\.|\"\"\"|'''|[\"'#]")
_CODE_LINE = re.compile(r"^(?:import |from \w[\w.]* import |def |async def |class |@\w)", re.MULTILINE)
_INDENTED_CODE = re.compile(
    r"^[ \t]+(?:import |from \w[\w.]* import |(?:async )?def \w+ *\(|class \w|for \w+ in |print *\(|\w[\w, ]* [+-]?= )"
)
_RETURNS = re.compile(r"(?:return|yield)\b|[^#\"']*[=:(] *yield\b|[^#\"']*: *return\b")
_INPUT = re.compile(r"\binput *\(|\bstdin\b|\bopen *\( *0\b|\bfileinput\b")
_PRINTS = re.compile(r"\bprint *\(|\bstdout\b")
_QUOTED = re.compile(r"^> ?", re.MULTILINE)
_QUOTED_FENCE = re.compile(r"^> ?(?:`{3}|~{3})", re.MULTILINE)
_TAGS = re.compile(r"</?(?:code|pre|python|answer|solution)>|\[/?(?:PYTHON|ANSWER)\]")
_PROGRAM_LINE = re.compile(
    r"^(?:print *\(|\w[\w, ]* *= *(?:int|float|str|list|map|input|sys\.stdin\w*|open|\[|\(|\d)|for \w+ in range *\()",
    re.MULTILINE,
)
_HEADING = re.compile(r"[A-Z][\w ]*: *$")
_STATEMENT = re.compile(
    r"[@#)\]}\"']|(?:import|from|def|async|class|if|for|while|try|with|return|else|elif|except)\b|\w+ *[:=(\[.]"
)


@dataclass(frozen=True, slots=True)
class Readings:
    """`sources` are the ways to read an answer as a solution, best first; none where there is no code at all. `support`
    are all its blocks, of which a solution may need the imports and helpers. `looks_like_code`: it was meant as code,
    so that one that does not compile is wrong and not merely no answer."""

    sources: tuple[str, ...]
    support: tuple[str, ...]
    looks_like_code: bool


def readings_of(answer: str, entry_point: str, code_prompt: str) -> Readings:
    """The ways to read an answer as a definition of `entry_point`, or as a whole program where that is empty.

    `code_prompt` is the task's prompt where it is Python that ends in the head of the entry point: then a mere body is
    a solution too.
    """
    answer = answer.replace("\r\n", "\n").replace("\r", "\n")
    if not answer.strip():
        return Readings((), (), looks_like_code=False)
    if _QUOTED_FENCE.search(answer):
        answer = _QUOTED.sub("", answer)
    defines = _definition(entry_point)
    careful = fenced_blocks(answer)
    naive = fenced_blocks(answer, heeds_strings=False)
    blocks = careful or naive or _tagged_blocks(answer)
    fitting = [block for block in blocks if defines.search(block)]
    found: list[str] = []
    if not entry_point:
        found += _programs(blocks)
    elif fitting:
        found += reversed(fitting)
    if naive != careful:  # a text with an odd number of triple quotes
        found += [block for block in reversed(naive) if defines.search(block)]
    unfenced: list[str] = []
    if entry_point or not blocks:
        unfenced += _unfenced(answer, defines) if entry_point else _indented(answer, defines)
    if unfenced and ("'''" in answer or '"""' in answer or not found):
        found = [*unfenced[:1], *found, *unfenced[1:]]  # a whole answer that compiles is the program: with its fences
    if not found:
        found += _inline(answer, defines if entry_point else _PRINTS)
    looks_like_code = bool(found or blocks)
    if code_prompt and not (fitting or found):
        bodies, is_body = _bodies(blocks, answer, code_prompt)
        found, looks_like_code = [*found, *bodies], looks_like_code or is_body
    elif not entry_point and not blocks:
        start = _CODE_LINE.search(answer) or _PROGRAM_LINE.search(answer)
        found += [answer, *([answer[start.start() :], _until_prose(answer[start.start() :])] if start else [])]
        looks_like_code = looks_like_code or start is not None
    sources = dict.fromkeys([*found, *reversed(blocks)]) or {answer: None}
    return Readings(tuple(sources), tuple(blocks), looks_like_code)


def fenced_blocks(answer: str, *, heeds_strings: bool = True) -> list[str]:
    """The contents of the fenced blocks that are Python or say nothing else, dedented, prompts of a session taken off.

    A block that is never closed goes to the end. A fence inside a block of more backticks is text, and so is one inside
    a string of triple quotes, unless `heeds_strings` is off. A block that is a document is read for its blocks where
    there are no others.
    """
    blocks, documents = _scanned(answer, heeds_strings=heeds_strings)
    for document in [] if blocks else documents:
        blocks += _scanned(document, heeds_strings=heeds_strings)[0]
    return [block for block in blocks if block.strip()][-MOST_BLOCKS:]


def _scanned(answer: str, *, heeds_strings: bool) -> tuple[list[str], list[str]]:
    blocks: list[str] = []
    documents: list[str] = []
    lines: list[str] = []
    fence, into, quote = "", None, ""
    for line in answer.split("\n"):
        bare = line.strip()
        mark = _FENCE.match(bare)
        if not fence and mark:
            tag = bare[mark.end() :].strip().lower()
            if mark.group()[:1] in tag:
                continue  # code between backticks on one line
            fence, lines, quote = mark.group(), [], ""
            into = blocks if not tag or _PYTHON.match(tag) else documents if _DOCUMENT.match(tag) else None
        elif fence and mark and bare != mark.group() and not "".join(lines).strip():
            fence, lines = mark.group(), []  # a fence directly in a fence: the inner one says what it holds
            into = blocks if _PYTHON.match(bare[mark.end() :].strip().lower()) else into
        elif fence and mark and not quote and bare == mark.group() and bare.startswith(fence):
            if into is not None:
                into.append(_block(lines))
            fence = ""
        elif fence:
            lines.append(line)
            quote = _open_quote(line, quote) if heeds_strings and into is blocks else ""
    if fence and into is not None:
        into.append(_block(lines))
    return blocks, documents


def _open_quote(line: str, quote: str) -> str:
    """The triple quotes that are open at the end of a line, if some were at its beginning."""
    single = ""
    for match in _QUOTES.finditer(line):
        mark = match.group()
        if quote:
            quote = "" if mark == quote else quote
        elif single:
            single = "" if mark[0] == single else single
        elif mark == "#":
            break
        elif len(mark) == 3:
            quote = mark
        elif mark in "\"'":
            single = mark
    return quote


def _block(lines: list[str]) -> str:
    """A block's text; of a session with Python's prompts what was typed."""
    text = textwrap.dedent("\n".join(lines))
    rows = text.split("\n")
    first = next((row for row in rows if row.strip()), "")
    if first.startswith(">>>"):
        typed = [row[4:] for row in rows if row.startswith((">>>", "..."))]
        return "\n".join(typed)
    return text


def _tagged_blocks(answer: str) -> list[str]:
    """What lies between tags that some models write instead of fences."""
    pieces = _TAGS.split(answer)
    marks = [mark for mark in _TAGS.findall(answer) if mark]
    opened = [piece for mark, piece in zip(marks, pieces[1:], strict=False) if "/" not in mark]
    return [textwrap.dedent(piece.strip("\n")) for piece in opened if piece.strip()][-MOST_BLOCKS:]


def _definition(entry_point: str) -> re.Pattern[str]:
    """How a solution defines the entry point; a whole program has none."""
    if not entry_point:
        return re.compile("")
    name = re.escape(entry_point)
    return re.compile(rf"^(?:(?:async )?def|class) +{name}\b|^{name} *(?::[^=\n]*)?=(?!=)", re.MULTILINE)


def _programs(blocks: list[str]) -> list[str]:
    """Those that read their input first, then those that print; others may show what is printed. The last of each."""
    ranked = [block for pattern in (_INPUT, _PRINTS) for block in reversed(blocks) if pattern.search(block)]
    return [*ranked, *reversed(blocks)]


def _unfenced(answer: str, defines: re.Pattern[str]) -> Iterator[str]:
    """A definition that stands in the text itself, at the margin or indented as a block."""
    if defines.search(answer):
        first = _CODE_LINE.search(answer)
        start = first.start() if first else 0
        yield answer
        yield answer[start:]
        yield _until_prose(answer[start:])
    else:
        yield from _indented(answer, defines)


def _indented(answer: str, defines: re.Pattern[str]) -> Iterator[str]:
    """The parts of a text that are code because they are indented."""
    run: list[str] = []
    for line in [*answer.split("\n"), "end"]:
        if not line.strip() or (line[0].isspace() and (run or _INDENTED_CODE.match(line))):
            run.append(line)
            continue
        text = textwrap.dedent("\n".join(run))
        if text.strip() and defines.search(text):
            yield text
        run = []


def _inline(answer: str, defines: re.Pattern[str]) -> list[str]:
    """Code between backticks in a line, the last first."""
    spans = [span.strip() for span in re.findall(r"`+([^`\n]+)`+", answer)]
    bare = [re.sub(r"^(?:python|py)\s+", "", span) for span in spans]
    return [span for span in reversed(bare) if defines.search(span)][:MOST_BLOCKS]


def _bodies(blocks: list[str], answer: str, prompt: str) -> tuple[list[str], bool]:
    """The prompt continued by a body, in a block or as the whole answer; and whether it looks like one."""
    if blocks:
        bodies = [block for block in reversed(blocks) if _returns(block)]
        bodies = bodies or [block for block in reversed(blocks) if not _CODE_LINE.search(block)][:1]
        return [joined for block in bodies for joined in _continued(prompt, block)], True
    body = answer if answer[:1].isspace() else "    " + answer
    readings = [_joined(prompt, body), _joined(prompt, answer), _joined(prompt, _indented_part(body))]
    return readings, re.search(r"^\s*return\b", answer, re.MULTILINE) is not None


def _returns(block: str) -> bool:
    """Whether a block returns something outside its own functions and classes, as only a body does."""
    inside = False
    for line in block.split("\n"):
        bare = line.lstrip()
        if bare and bare == line:
            inside = line.startswith(("def ", "async def ", "class ", "@"))
        if not inside and _RETURNS.match(bare):
            return True
    return False


def _continued(prompt: str, block: str) -> tuple[str, ...]:
    """With the indentation that the block has, and as if only its first line had lost it."""
    return _joined(prompt, block), _joined(prompt, "    " + block.lstrip(" \n"))


def _joined(prompt: str, body: str) -> str:
    """The prompt with a body for its last function; a block that lost its indentation gets it back."""
    first = next((line for line in body.split("\n") if line.strip()), " ")
    if not first[0].isspace():
        body = textwrap.indent(body, "    ")
    return f"{prompt.rstrip(' ')}{'' if prompt.endswith(chr(10)) else chr(10)}{body}\n"


def _indented_part(text: str) -> str:
    """Up to the first line at the margin."""
    lines = text.split("\n")
    end = next((i for i, line in enumerate(lines) if line.strip() and not line[0].isspace()), len(lines))
    return "\n".join(lines[:end])


def _until_prose(text: str) -> str:
    """Code up to the first line at the margin that starts like no statement of a module."""
    lines = text.split("\n")
    end = next((i for i, line in enumerate(lines) if line[:1].strip() and _is_prose(line)), len(lines))
    return "\n".join(lines[:end])


def _is_prose(line: str) -> bool:
    """Whether a line at the margin starts like no statement, or is a heading such as "Explanation:"."""
    return _STATEMENT.match(line) is None or _HEADING.match(line) is not None
