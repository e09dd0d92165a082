"""Motifs of an explanation as logos, and as a file of the MEME Suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .explain import Explanation
from .kinds.sequences import both_strands

if TYPE_CHECKING:
    from ..reporting.plots import Panel

DRAWN = 8
"""Motifs in a picture."""
NONE = "# No motifs: these samples are not sequences.\n"


def motif_text(found: Explanation) -> str:
    """Motifs that speak for each class, found in what many samples were explained by; a remark where samples are no sequences."""
    from .meme import meme_text
    from .motifs import background_of

    if found.explainer.called == "position" and found.many is None:
        return "# No motifs: the minutes were spent.\n"
    if found.many is None or found.stand is None:
        return NONE
    letters = "".join(found.many.axes["letters"])
    return meme_text(found.motifs, letters, background_of(found.stand), both_strands(found.held.subject))


def panels_of(found: Explanation) -> list[Panel]:
    """A logo of each motif; nothing where there are none."""
    from .logos import motif_panels
    from .motifs import background_of

    if found.many is None or found.stand is None or not found.motifs:
        return []
    return motif_panels(found.motifs[:DRAWN], "".join(found.many.axes["letters"]), background_of(found.stand))
