"""How aa-nano is made: its tasks, vocabulary, network, training data and export.

`tasks`, `vocabulary`, `rows`, `shape` and `pack` need nothing but Python; `export` needs numpy and gguf, `network`
and `training` need torch.
"""
