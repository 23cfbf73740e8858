"""GGUF files: what is here, what can be pulled."""
