"""The Python face: catalog, models, pages, charts, runs and their results. `import aa_tui` gives all of it, lazily.

What `__all__` names changes only with a major version. Values are frozen; `data()` is what `--json` prints, with the
same promise. A catalog and all that comes of it belong to the thread that opened it.
"""

from aa_tui.api.catalog import Catalog, open_catalog
from aa_tui.api.chart import Chart
from aa_tui.api.model import Model, Page, Standing
from aa_tui.api.run import (
    Bench,
    Conversation,
    Evaluation,
    Figure,
    Run,
    Sample,
    Score,
    Scores,
    Speed,
    Status,
    Study,
    Turn,
)
from aa_tui.api.turns import SampleTurn
from aa_tui.errors import AATuiError

__all__ = [
    "AATuiError",
    "Bench",
    "Catalog",
    "Chart",
    "Conversation",
    "Evaluation",
    "Figure",
    "Model",
    "Page",
    "Run",
    "Sample",
    "SampleTurn",
    "Score",
    "Scores",
    "Speed",
    "Standing",
    "Status",
    "Study",
    "Turn",
    "open_catalog",
]
