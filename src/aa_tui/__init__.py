"""aa-tui: a terminal explorer of language models that measures GGUF files on your own machine."""

__version__ = "0.1.0"
