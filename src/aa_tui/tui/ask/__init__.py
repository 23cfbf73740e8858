"""Try a prompt: what is asked of a file, and what it answers, as it is written."""
