"""Runs of the kind "ask": somebody tries prompts on a file, a turn after the other."""
