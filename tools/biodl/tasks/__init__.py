"""Tasks: what is predicted. A task is found from the target, and owns all that follows from it: head, loss, metrics, tables, plots."""

from .classes import Binary, Multiclass
from .conformal import GROUPS, ORDER, ORIGIN, Sets, refuse_few, too_few
from .forecast import Forecast
from .labels import Labels
from .number import Number
from .task import DISAGREEMENT, TASKS, Head, Task, find_task, task_from_json
from .threshold import GOALS, HALF, Wish

OFFERED = tuple(sorted(name for name, task in TASKS.items() if task.offered))
"""Tasks to choose from in forms; the others follow from the data."""

__all__ = [
    "DISAGREEMENT",
    "GOALS",
    "GROUPS",
    "HALF",
    "OFFERED",
    "ORDER",
    "ORIGIN",
    "TASKS",
    "Binary",
    "Forecast",
    "Head",
    "Labels",
    "Multiclass",
    "Number",
    "Sets",
    "Task",
    "Wish",
    "find_task",
    "refuse_few",
    "task_from_json",
    "too_few",
]
