"""Pictures as PNG, drawn without a screen, at the size in which they are seen; each comes with its content in words."""

from .charts import bars, by_class, by_range, histogram, intervals, learning_curves, lines
from .drawing import Block, diagram
from .judged import Chosen, Curve, confusion, observed_predicted, precision_recall, reliability, residuals, roc
from .pictures import contact, gallery
from .results import result
from .sheet import Panel, figure

__all__ = [
    "Block",
    "Chosen",
    "Curve",
    "Panel",
    "bars",
    "by_class",
    "by_range",
    "confusion",
    "contact",
    "diagram",
    "figure",
    "gallery",
    "histogram",
    "intervals",
    "learning_curves",
    "lines",
    "observed_predicted",
    "precision_recall",
    "reliability",
    "residuals",
    "result",
    "roc",
]
