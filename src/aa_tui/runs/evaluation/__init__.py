"""Evaluation runs: planned, worked on, journalled, graded again."""
