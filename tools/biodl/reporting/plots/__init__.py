"""Pictures as PNG, drawn without a screen, at the size in which they are seen; each comes with its content in words."""

from .charts import bars, by_class, by_range, histogram, intervals, learning_curves, lines
from .drawing import Block, diagram
from .explained import along, costs, dependence, map_of_numbers, map_of_samples, push, pushes, taken_out
from .judged import Chosen, Curve, confusion, observed_predicted, precision_recall, reliability, residuals, roc
from .pairs import differences
from .pictures import contact, gallery
from .repeated import by_fold, curves_of_folds, learning_by_size
from .results import result
from .sheet import Panel, figure
from .tuning import setting, trials

__all__ = [
    "Block",
    "Chosen",
    "Curve",
    "Panel",
    "along",
    "bars",
    "by_class",
    "by_fold",
    "by_range",
    "confusion",
    "contact",
    "costs",
    "curves_of_folds",
    "dependence",
    "diagram",
    "differences",
    "figure",
    "gallery",
    "histogram",
    "intervals",
    "learning_by_size",
    "learning_curves",
    "lines",
    "map_of_numbers",
    "map_of_samples",
    "observed_predicted",
    "precision_recall",
    "push",
    "pushes",
    "reliability",
    "residuals",
    "result",
    "roc",
    "setting",
    "taken_out",
    "trials",
]
