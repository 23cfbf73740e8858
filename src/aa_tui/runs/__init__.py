"""A run's life: plan it, start its worker, watch it, stop it.

Importing this costs next to nothing; what plans and starts is imported when it is asked for.
"""

from aa_tui.catalog.runs import request_stop
from aa_tui.runs.launch import settle_orphans, start
from aa_tui.runs.plan import RunError, SpeedOptions, prepare

__all__ = ["RunError", "SpeedOptions", "prepare", "request_stop", "settle_orphans", "start"]
