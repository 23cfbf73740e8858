"""Every error that a user is told of has one root, which says what it means to the shell."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from inspect import getmembers, isclass

import pytest

import aa_tui
from aa_tui.cli import main
from aa_tui.errors import AATuiError

SIGNALS = frozenset(
    {
        "AnswerError",  # parts of sentences, which whoever catches them completes
        "BadJSONError",
        "BadLineError",
        "BrokenCallError",
        "ChildError",
        "InstructionError",
        "NotThatError",
        "TooLongError",
        "TooMuchError",
        "TooSlowError",
        "TypedError",
        "BrokenOffError",  # words of one function to another in the same room
        "NoValueError",
        "StoppedError",
        "UnreadableError",
        "OutputError",  # no command may take this one for a fault of its own
        "ConfinementError",  # inside a confined process, which knows nothing else of the package
        "LinkBrokenError",
        "SolutionError",
        "BrokenError",  # a document that a model wrote
        "RefusedError",  # a call that a simulated world refuses
    }
)


def errors() -> set[type[BaseException]]:
    """Every error with a public name in the package."""
    found: set[type[BaseException]] = set()
    for module in pkgutil.walk_packages(aa_tui.__path__, "aa_tui."):
        if not module.name.endswith("__main__"):
            found |= {
                one
                for name, one in getmembers(import_module(module.name), isclass)
                if issubclass(one, BaseException) and one.__module__.startswith("aa_tui.") and not name.startswith("_")
            }
    return found


def test_whatever_can_reach_the_user_derives_from_one_root() -> None:
    others = {one.__name__ for one in errors() if not issubclass(one, AATuiError)}
    assert others == SIGNALS


def test_each_error_is_one_sentence_and_its_own_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = [one for one in errors() if issubclass(one, AATuiError)]
    codes = {one.__name__: one.exit_code for one in ours}
    assert codes["UnknownModelError"] == codes["UnknownPackError"] == codes["SpeedError"] == 2
    assert codes["CatalogGoneError"] == codes["NotANumberError"] == codes["PackError"] == 1
    assert codes["CancelledError"] == 130
    for one in ours:
        error = one.__new__(one)
        error.args = ("It cannot be.",)

        def refuse(_options: object, error: AATuiError = error) -> int:
            raise error

        monkeypatch.setattr(main, "_dispatch", refuse)
        assert main.run(["models"]) == one.exit_code
        assert capsys.readouterr().err == "aa-tui: It cannot be.\n"
