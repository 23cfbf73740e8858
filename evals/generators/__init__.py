"""How the bundled packs are made: every item from a seed or written here, every key found in two ways."""
