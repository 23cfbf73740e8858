"""GGUF files: headers read without trust, quantizations, identity, and the files that ship along."""
