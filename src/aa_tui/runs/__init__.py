"""A run's life: plan it, start its worker, watch it, stop it.

Importing this costs next to nothing; what plans and starts is imported when it is asked for.
"""

from aa_tui.runs.asking import request_finish, request_pause, request_stop
from aa_tui.runs.errors import RunError
from aa_tui.runs.launch import resume, settle_orphans, start, start_waiting
from aa_tui.runs.plan import SpeedOptions, prepare

__all__ = [
    "RunError",
    "SpeedOptions",
    "prepare",
    "request_finish",
    "request_pause",
    "request_stop",
    "resume",
    "settle_orphans",
    "start",
    "start_waiting",
]
