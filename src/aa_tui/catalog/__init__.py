"""The catalog: one SQLite file, the program's only memory and the only channel between its processes."""
