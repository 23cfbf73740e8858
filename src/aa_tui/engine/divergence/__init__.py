"""How far what a model expects next is from what another expects, at each token of a text, without keeping all logits.

`Reference.of` keeps what one engine expects of each block of tokens, `compare` tells how far another is from it. Both
files need not fit into memory at once, and neither needs a run: whoever has an engine and some blocks can ask.
"""
