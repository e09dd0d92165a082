"""Pictures as PNG, drawn without a screen, at the size in which they are seen; each comes with its content in words."""

from .charts import bars, by_class, by_range, histogram, intervals, learning_curves, lines
from .drawing import Block, diagram
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
    "bars",
    "by_class",
    "by_fold",
    "by_range",
    "confusion",
    "contact",
    "curves_of_folds",
    "diagram",
    "differences",
    "figure",
    "gallery",
    "histogram",
    "intervals",
    "learning_by_size",
    "learning_curves",
    "lines",
    "observed_predicted",
    "precision_recall",
    "reliability",
    "residuals",
    "result",
    "roc",
    "setting",
    "trials",
]
