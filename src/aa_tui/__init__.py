"""aa-tui: a terminal explorer of language models that measures GGUF files on your own machine.

`import aa_tui` costs next to nothing: what `__all__` names is imported from `aa_tui.api` when it is first used.
`__init__.pyi` says the same to type checkers.
"""

__version__ = "0.1.0"

__all__ = [
    "AATuiError",
    "Bench",
    "Catalog",
    "Chart",
    "Conversation",
    "Evaluation",
    "Figure",
    "Model",
    "Page",
    "Run",
    "Sample",
    "SampleTurn",
    "Score",
    "Scores",
    "Speed",
    "Standing",
    "Status",
    "Study",
    "Turn",
    "open_catalog",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module("aa_tui.api"), name)
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
