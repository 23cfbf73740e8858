"""The one question that is asked before work is lost: `y` is yes, `n` and Esc are no, and Enter is what is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from aa_tui.textsafe import clean_line
from aa_tui.tui.widgets.dialog import Dialog
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

YES, NO = "y", "n"
MOST_ROWS = 24
"""What there is to read is at most so high."""
FRAME_ROWS = 8
"""Rows of the dialog beside that and the answers."""


class Answer(NamedTuple):
    """A key and what it means."""

    key: str
    words: str


class AnswerLine(Line):
    """An answer; a click gives it."""

    def on_click(self) -> None:
        """It is given."""
        if isinstance(self.screen, Question) and self.id is not None:
            self.screen.action_answer(self.id.removeprefix("answer-"))


class Question(Dialog[str | None]):
    """Closes with the key of the answer, None for no.

    No is marked at first: a second Enter, or one that was meant for what lies below, loses nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", f"answer('{NO}')", "No"),
        Binding("enter", "take", "What is marked"),
        Binding("right,l,tab", "mark(1)", "Next answer", show=False),
        Binding("left,h,shift+tab", "mark(-1)", "Answer before", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown,space", "scroll(10)", "Page down", show=False),
        Binding("pageup", "scroll(-10)", "Page up", show=False),
    ]

    def __init__(
        self, question: str, yes: str, *, also: Sequence[Answer] = (), no: str = "no", lines: Sequence[str] = ()
    ) -> None:
        """A question with its answers.

        Args:
            question: one or two sentences: what would be lost, and what stays.
            yes: what `y` does.
            also: other ways to say yes.
            no: what `n` does.
            lines: what there is to read before one answers.
        """
        super().__init__()
        self._question = question
        self._answers = (Answer(YES, yes), *also, Answer(NO, no))
        self._marked = len(self._answers) - 1
        self._lines = [f"{' ' * (len(line) - len(line.lstrip()))}{clean_line(line)}" for line in lines]

    def compose(self) -> ComposeResult:
        """The question, what there is to read, the answers."""
        with Vertical(classes="dialog -words" if self._lines else "dialog"):
            yield Fitted(lambda width: wrapped(styled((self._question, "strong")), width))
            yield Line()
            if self._lines:
                with VerticalScroll(id="words", can_focus=False):
                    yield Fitted(self._words)
                yield Line()
            for answer in self._answers:
                yield AnswerLine(id=f"answer-{answer.key}")

    def on_mount(self) -> None:
        """No is marked."""
        self._show()

    def on_resize(self) -> None:
        """What there is to read leaves the answers their lines."""
        if self._lines:
            room = self.size.height * 9 // 10 - FRAME_ROWS - len(self._answers)
            self.query_one("#words").styles.max_height = max(1, min(MOST_ROWS, room))

    def _words(self, width: int) -> Content:
        return Content("\n").join(wrapped(Content(line), width) for line in self._lines)

    def _show(self) -> None:
        for place, answer in enumerate(self._answers):
            is_marked = place == self._marked
            line = styled(
                ("▸ " if is_marked else "  ", "accent"),
                (answer.key, "key"),
                (f"  {answer.words}", "strong" if is_marked else ""),
            )
            self.query_one(f"#answer-{answer.key}", Line).show(line)

    def on_key(self, event: events.Key) -> None:
        """The answers' own keys."""
        if event.key in {answer.key for answer in self._answers}:
            event.stop()
            self.action_answer(event.key)

    def action_answer(self, key: str) -> None:
        """Close with the answer."""
        self.dismiss(None if key == NO else key)

    def action_take(self) -> None:
        """Close with what is marked."""
        self.action_answer(self._answers[self._marked].key)

    def action_mark(self, step: int) -> None:
        """Mark another answer."""
        self._marked = (self._marked + step) % len(self._answers)
        self._show()

    def action_move(self, step: int) -> None:
        """Scroll what there is to read; without that, mark another answer."""
        if self._lines:
            self.action_scroll(step)
        else:
            self.action_mark(step)

    def action_scroll(self, lines: int) -> None:
        """Scroll by so many lines."""
        if self._lines:
            self.query_one("#words").scroll_relative(y=lines, animate=False)


def if_yes(then: Callable[[], object]) -> Callable[[str | None], None]:
    """What hears the answer: does this where it is yes."""

    def answered(answer: str | None) -> None:
        if answer == YES:
            then()

    return answered
