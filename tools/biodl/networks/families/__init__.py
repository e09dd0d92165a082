"""Network families: each turns one encoded tensor into hidden features."""

from . import convolutional, feedforward, recurrent
from .family import FAMILIES, Family

__all__ = ["FAMILIES", "Family", "convolutional", "feedforward", "recurrent"]
