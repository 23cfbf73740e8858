"""Textual's driver for terminals, made to last: what it must do where Textual's own ends, hangs or forgets.

It draws on standard output, which is known to be a terminal here (Textual draws on standard error). Signals that stop
and continue are taken in by the event loop, between two of its steps, since a handler that runs in the middle of one
can wait for a lock that the step holds.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, cast

from textual import events
from textual.app import ScreenError
from textual.drivers.linux_driver import LinuxDriver

from aa_tui.tui.terminal import guard
from aa_tui.tui.terminal.typed import Typed

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.message import Message


INTERRUPT_AFTER_S = 0.5
"""So long may what was typed before Ctrl-C take."""

PATIENCE_S = 3.0
"""So long the app may take to end; then the process ends without it."""

MOST_WAITING = 1000
"""Keys that wait for their turn. What is typed beyond them is dropped."""

FOCUS_S = 0.05
"""The window comes to the front and goes: each time all styles are read, so only where it stays is told."""

MOST_COLUMNS, MOST_ROWS = 1000, 500
"""No window is larger; what says so would have us draw until memory ends."""

_READ_BYTES = 4096
_TICK_S = 0.1
_END_OF_MODES = "\x1b[?1016l\x1b[?2026l\x1b]22;default\x1b\\\x1b[0m"
"""What Textual switches on and leaves so: the mouse in pixels, the pointer's shape."""


class Guarded(Protocol):
    """What the driver asks of the app that it draws for."""

    guard: guard.Guard | None

    def action_interrupt(self) -> None: ...
    def action_hang_up(self) -> None: ...


class TerminalDriver(LinuxDriver):
    """Reads from and draws on the terminal."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        """As Textual's own; called by it."""
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._ours = cast("Guarded", app)
        stream = sys.__stdout__
        self._out = stream.fileno() if stream is not None else 1
        self._terminal = _Terminal(self._out, self._gone)
        self._file = cast("Any", self._terminal)
        self._size = size or self._get_terminal_size()
        self._n_sent = self._n_delivered = 0
        self._focus: list[events.AppFocus | events.AppBlur] = []
        self._ending = False
        for number, what in ((signal.SIGTSTP, self._to_the_shell), (signal.SIGCONT, self._continued)):
            self._loop.add_signal_handler(number, what)

    def _get_terminal_size(self) -> tuple[int, int]:
        """The window's size as it is now. COLUMNS and LINES are what it was once, for some other program."""
        for end in (self._out, self.fileno):
            with suppress(OSError):
                columns, rows = os.get_terminal_size(end)
                if columns > 0 and rows > 0:
                    return min(columns, MOST_COLUMNS), min(rows, MOST_ROWS)
        return 80, 24

    # -- taking the terminal and giving it back

    def start_application_mode(self) -> None:
        """Take the terminal, once."""
        if self._writer_thread is not None:
            return
        self._note(True)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is None:  # in the background, where it cannot be had
            self._note(False)

    def stop_application_mode(self) -> None:
        """Give the terminal back, once."""
        if self._writer_thread is not None:
            super().stop_application_mode()
            self.write(_END_OF_MODES)

    def close(self) -> None:
        """Wait until all is written."""
        if self._writer_thread is not None:
            super().close()
            self._writer_thread = None
            self._note(False)

    def write(self, data: str) -> None:
        """Draw, as long as the terminal is ours."""
        if self._writer_thread is not None:
            self._writer_thread.write(data)

    def _note(self, drawing: bool) -> None:
        if self._ours.guard is not None:
            self._ours.guard.note(drawing)

    # -- stops

    def _to_the_shell(self) -> None:
        if self._auto_restart and not self._ending:
            self.suspend_application_mode()
            os.kill(os.getpid(), signal.SIGSTOP)

    def _continued(self) -> None:
        """Go on after a stop, whoever stopped us and whatever was done to the terminal meanwhile."""
        if self._ours.guard is not None:
            self._ours.guard.wake()
        if self._ending or not self._auto_restart:
            return
        if self._in_background():  # `bg`: there is nothing to do without the terminal
            os.kill(os.getpid(), signal.SIGSTOP)
            return
        if self._writer_thread is not None:
            # The one that waits has given the terminal back already, unless it was stopped as well.
            self._terminal.is_ours = self._ours.guard is None or self._ours.guard.is_drawing
            self.suspend_application_mode()
            self._terminal.is_ours = True
        self._must_signal_resume = True
        self.start_application_mode()

    def _in_background(self) -> bool:
        try:
            return os.tcgetpgrp(self.fileno) != os.getpgrp()
        except OSError:  # gone, or not the terminal that controls us
            return False

    # -- what is typed

    def run_input_thread(self) -> None:
        """Read until the app ends. What is no key is dropped; a terminal that is gone ends the app."""
        typed = Typed(debug=self._debug)
        while not self.exit_event.is_set():
            if self._ours.guard is not None and self._ours.guard.is_gone:
                self._gone()
                return
            if select.select([self.fileno], [], [], _TICK_S)[0]:
                if self._in_background():  # only the one that waits for us was stopped: these keys are the shell's
                    if not self.exit_event.wait(_TICK_S) and self._in_background():  # the terminal may be on its way
                        os.kill(os.getpid(), signal.SIGSTOP)
                    continue
                try:
                    data = os.read(self.fileno, _READ_BYTES)
                except BlockingIOError:  # somebody else has read it
                    continue
                except OSError:
                    data = b""
                if not data:
                    self._gone()
                    return
                for message in typed.feed(data):
                    self.process_message(message)
            for message in typed.tick():
                self.process_message(message)

    def process_message(self, message: Message) -> None:
        """Believe no size that a window cannot have."""
        if isinstance(message, events.Resize):
            width, height = message.size
            size = min(max(width, 1), MOST_COLUMNS), min(max(height, 1), MOST_ROWS)
            message = events.Resize.from_dimensions(size, message.pixel_size)
        super().process_message(message)

    def send_message(self, message: Message) -> None:
        """Hand over to the app. Ctrl-C does not wait long for its turn."""
        if isinstance(message, events.Key) and message.key == "ctrl+c":
            self.expect_end(guard.INTERRUPTED)
            self._call(self._app.post_message, message)
            self._call(self._loop.call_later, INTERRUPT_AFTER_S, self._ours.action_interrupt)
        elif isinstance(message, (events.AppFocus, events.AppBlur)):
            self._focus.append(message)
            if len(self._focus) == 1:
                self._call(self._loop.call_later, FOCUS_S, self._tell_focus)
        elif self._n_sent - self._n_delivered < MOST_WAITING or isinstance(message, events.Resize):
            self._n_sent += 1
            self._call(self._deliver, message)

    def _deliver(self, message: Message) -> None:
        self._n_delivered += 1
        waiting = self._app.message_queue_size
        with suppress(ScreenError):
            waiting += (self._app.focused or self._app.screen).message_queue_size
        if waiting < MOST_WAITING or isinstance(message, events.Resize):
            self._app.post_message(message)

    def _tell_focus(self) -> None:
        told, self._focus = self._focus, []
        if isinstance(told[-1], events.AppFocus) is not self._app.app_focus:
            self._app.post_message(told[-1])

    # -- the end

    def _gone(self) -> None:
        """There is nobody to draw for. From any thread."""
        self.expect_end(guard.HUNG_UP)
        self._call(self._ours.action_hang_up)

    def expect_end(self, code: int) -> None:
        """The app has been asked to end: if it does not within `PATIENCE_S`, end with this status all the same."""
        if not self._ending:
            self._ending = True
            last = threading.Timer(PATIENCE_S, self._end_now, (code,))
            last.daemon = True
            last.start()

    def _end_now(self, code: int) -> NoReturn:
        """A thread that cannot be stopped, or a terminal that does not read, holds the app up."""
        if self._writer_thread is not None and self._ours.guard is None:
            guard.restore(self.attrs_before)
        os._exit(code)

    def _call(self, what: Callable[..., object], *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(what, *arguments)


class _Terminal:
    """The terminal as a file to write to, which never fails: what cannot be encoded is a question mark."""

    def __init__(self, end: int, gone: Callable[[], None]) -> None:
        self.is_ours = True
        self._end = end
        self._gone = gone

    def write(self, text: str) -> None:
        """Write all of it, or nothing where the terminal is gone."""
        data = memoryview(text.encode("utf-8", "replace") if self.is_ours else b"")
        while data:
            try:
                data = data[os.write(self._end, data) :]
            except BlockingIOError:  # another program has left it so
                select.select([], [self._end], [])
            except OSError:
                self._gone()
                return

    def flush(self) -> None:
        """Nothing is kept back."""

    def fileno(self) -> int:
        """The file's number."""
        return self._end
