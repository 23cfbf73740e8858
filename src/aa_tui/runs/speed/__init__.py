"""Speed runs: planned, fitted to the machine, measured."""
