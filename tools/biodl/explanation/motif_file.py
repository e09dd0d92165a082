"""Motifs of an explanation as a file of the MEME Suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .explain import Explanation

if TYPE_CHECKING:
    from .motifs import Motif

NONE = "# No motifs: these samples are not sequences.\n"


def motif_text(found: Explanation) -> str:
    """Motifs that speak for each class, found in what many samples were explained by; a remark where samples are no sequences."""
    from .meme import meme_text
    from .motifs import background_of

    if found.many is None or found.stand is None:
        return NONE
    letters = "".join(found.many.axes["letters"])
    return meme_text(motifs_of(found), letters, background_of(found.stand), both_strands=False)


def motifs_of(found: Explanation) -> list[Motif]:
    """Motifs by class, named after it."""
    import numpy as np

    from .motifs import gather

    if found.many is None or found.stand is None:
        return []
    motifs = []
    for code, name in enumerate(found.held.task.explainable()):
        own = np.flatnonzero(found.many.targets == code)
        if len(own):
            motifs += gather(found.many.values[own], found.stand[own], "_".join(name.split()), both_strands=False)
    return motifs
