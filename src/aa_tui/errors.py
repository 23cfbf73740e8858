"""The root of all errors that a user is told of, and what each means to the shell.

AATuiError
├── UsageError             exit code 2: other words are needed, not another try
│   ├── UnknownModelError, UnknownRunError, UnknownPlaceError, UnknownClassError, UnknownChartError,
│   │   UnknownServerError, UnknownSourceError
│   └── CompareError, NoEvaluationError, SpeedError, FormError, OptionsError (a RunError too)
├── CatalogError           CatalogGoneError
├── GGUFError              HubError, CancelledError (exit code 130)
├── EngineError            GivenUpError, NotLoadedError, NotANumberError
├── PackError              UnknownPackError (exit code 2)
└── RunError, SourceError, ExportError, CaseError, JailError, BandwidthError

What is caught a few functions further and is no whole sentence (a line that is no JSON, a child that said too much)
derives from Exception: where one of those reaches the shell it is a fault of ours, and shows its traceback.
"""

from __future__ import annotations

from typing import ClassVar

FAILURE, USAGE, INTERRUPTED = 1, 2, 130


class AATuiError(Exception):
    """What was asked for cannot be done. `str()` is one sentence for the user: what is wrong, and the next step."""

    exit_code: ClassVar[int] = FAILURE


class UsageError(AATuiError):
    """What was asked for cannot be meant."""

    exit_code: ClassVar[int] = USAGE
