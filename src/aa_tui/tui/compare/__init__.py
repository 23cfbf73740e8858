"""Models and runs side by side."""
