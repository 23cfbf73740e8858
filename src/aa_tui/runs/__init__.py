"""A run's life: plan it, start its worker, watch it, stop it.

Importing this costs next to nothing; what plans and starts is imported when it is asked for.
"""

from aa_tui.runs.errors import RunError
from aa_tui.runs.launch import resume, settle_orphans, start, start_waiting
from aa_tui.runs.speed.options import SpeedOptions
from aa_tui.runs.speed.plan import prepare

__all__ = [
    "RunError",
    "SpeedOptions",
    "prepare",
    "resume",
    "settle_orphans",
    "start",
    "start_waiting",
]
