"""Public benchmarks: reading the files in which they are spread, and making items of their records."""
