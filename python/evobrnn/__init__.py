# SPDX-License-Identifier: Apache-2.0
"""Evolution of any objective, and of the hyperparameters of biologically plausible recurrent networks.

`evolve` searches the best arguments of a Python function. `run`, `resume`, `train`, `compare` and `examine` search, train and judge
networks through the program `evobrnn`, which comes with this package; what they leave is read as pandas data frames and NumPy arrays.
"""

from evobrnn._search import SettingsError, StorageError, UsageError, __version__
from evobrnn.champion import Champion
from evobrnn.comparisons import Comparison, compare
from evobrnn.examinations import Examination, examine
from evobrnn.frames import read_trials
from evobrnn.objective import Trial
from evobrnn.program import ProgramError
from evobrnn.runs import Run, Training, resume, run, train
from evobrnn.search import AllTrialsFailed, Search, evolve, settings, strategies
from evobrnn.space import Categorical, Integer, Real
from evobrnn.workers import WorkerError

__all__ = [
    "AllTrialsFailed",
    "Categorical",
    "Champion",
    "Comparison",
    "Examination",
    "Integer",
    "ProgramError",
    "Real",
    "Run",
    "Search",
    "SettingsError",
    "StorageError",
    "Training",
    "Trial",
    "UsageError",
    "WorkerError",
    "__version__",
    "compare",
    "evolve",
    "examine",
    "read_trials",
    "resume",
    "run",
    "settings",
    "strategies",
    "train",
]
