"""What may be set of a run, for those who start one and need not know how runs work."""

from aa_tui.runs.ask.options import AS_CARD, AskOptions
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.speed.options import SpeedOptions

__all__ = ["AS_CARD", "AskOptions", "EvalOptions", "SpeedOptions"]
