"""Evaluations: packs of items, prompts, answer extraction, graders, the jail for model-written code."""
