from aa_tui.api import AATuiError as AATuiError
from aa_tui.api import Bench as Bench
from aa_tui.api import Catalog as Catalog
from aa_tui.api import Chart as Chart
from aa_tui.api import Conversation as Conversation
from aa_tui.api import Evaluation as Evaluation
from aa_tui.api import Figure as Figure
from aa_tui.api import Model as Model
from aa_tui.api import Page as Page
from aa_tui.api import Run as Run
from aa_tui.api import Sample as Sample
from aa_tui.api import SampleTurn as SampleTurn
from aa_tui.api import Score as Score
from aa_tui.api import Scores as Scores
from aa_tui.api import Speed as Speed
from aa_tui.api import Standing as Standing
from aa_tui.api import Status as Status
from aa_tui.api import Study as Study
from aa_tui.api import Turn as Turn
from aa_tui.api import open_catalog as open_catalog

__version__: str
__all__: list[str]
