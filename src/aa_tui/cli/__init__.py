"""The command line: one module for each group of commands, the same functions as the app."""
