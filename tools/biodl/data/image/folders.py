"""Classes of images from the folders that they lie in."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath

from ...cells import word
from ...errors import InputError, listing, shorten
from ..reading import Choice

_PARTS = frozenset(("train", "training", "val", "valid", "validation", "test", "testing", "eval", "evaluation", "holdout"))
_NUMBERED = re.compile(r".*\d")

Path = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Classes:
    """What folders say of images.

    Attributes:
        names: class of each image; nothing when the images lie in no folders.
        inside: the folder of each image beside its class (a patient), where there are folders in folders; else empty.
        choices: how the folders were taken.
        warnings: what to beware of, in sentences.
    """

    names: list[str]
    inside: list[str]
    choices: list[Choice]
    warnings: list[str]


def classes_of(images: Sequence[str], where: str, known: Sequence[str] = ()) -> Classes:
    """Read classes from folders.

    Folders that all images share say nothing, nor do folders called train, validation and test. Of folders in folders the upper ones are
    the classes, if each lower one lies in one of them alone (class/patient/image), or the lower ones, if they recur in the upper ones
    (patient/class/image).

    Args:
        images: names of images with their folders.
        where: the images in words.
        known: classes that a trained network knows; the folders that bear these names are taken.

    Raises:
        InputError: when some images lie in folders and others do not, or it cannot be told which folders are the classes.
    """
    known = [word(name) for name in known]
    paths = _below_shared([PurePosixPath(image).parts[:-1] for image in images], known)
    if not any(paths):
        return Classes([], [], [], [])
    loose = [image for image, path in zip(images, paths, strict=True) if not path]
    if loose:
        raise InputError(f"The image {shorten(loose[0])} of {where} lies in no folder that names its class: move it into one.")
    paths, warnings = _without_parts(paths, where, known)
    if all(len(path) == 1 for path in paths):
        names = [path[0] for path in paths]
        return Classes(names, [], [Choice("classes", listing(sorted(set(names)), 10), "the names of the folders")], warnings)
    which, why = _known_level(paths, known) or _level(paths) or _unclear(paths, where)
    names = [path[which] for path in paths]
    inside = ["/".join(path[:which] + path[which + 1 :]) for path in paths]
    level, other = ("upper", "lower") if which == 0 else ("lower", "upper")
    others = sorted(set(inside) - {""})
    close = (
        f"Folders lie in folders in {where}: the {level} ones were taken for the classes ({listing(sorted(set(names)), 5)}). "
        f"If the {len(others)} {other} ones (first {shorten(others[0])}) are patients or batches, name 'subfolder' as the group "
        "that stays together; if they are the classes, give a table of labels."
    )
    chosen = f"{listing(sorted(set(names)), 10)}, the {level} of folders in folders"
    return Classes(names, inside, [Choice("classes", chosen, why, close)], warnings)


def _below_shared(paths: list[Path], known: Sequence[str]) -> list[Path]:
    """Folders without those that all images share, of which the last is kept if there is no other, or if it is a class."""
    while (
        paths
        and all(paths)
        and len({path[0] for path in paths}) == 1
        and word(paths[0][0]) not in known
        and any(len(path) > 1 for path in paths)
    ):
        paths = [path[1:] for path in paths]
    return paths


def _without_parts(paths: list[Path], where: str, known: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Folders without the names of parts of a split, and a warning where there are several of these."""
    for level in range(min(len(path) for path in paths)):
        names = {path[level].casefold() for path in paths}
        if len(names) > 1 and names <= _PARTS and not names & {name.casefold() for name in known} and all(len(path) > 1 for path in paths):
            listed = listing(sorted({path[level] for path in paths}), 5)
            warning = (
                f"Folders {listed} of {where} look like the parts of a split, and all are taken together here: "
                "to keep them apart give each in an archive of its own"
            )
            return [path[:level] + path[level + 1 :] for path in paths], [warning]
    return paths, []


def _known_level(paths: list[Path], known: Sequence[str]) -> tuple[int, str] | None:
    """The level at which most folders bear names of ``known`` classes, and why; nothing where it cannot be told."""
    hits = [sum(word(path[level]) in known for path in paths) for level in range(min(map(len, paths)))]
    best = max(hits)
    return (hits.index(best), "the network knows these names") if best and hits.count(best) == 1 else None


def _level(paths: list[Path]) -> tuple[int, str] | None:
    """Whether the upper (0) or the lower (1) folders are the classes, and why; nothing where it cannot be told."""
    nested = [path for path in paths if len(path) > 1]
    upper, lower = {path[0] for path in paths}, {path[1] for path in nested}
    lies_in = defaultdict(set)
    for path in nested:
        lies_in[path[1]].add(path[0])
    recurring = sum(len(above) > 1 for above in lies_in.values())
    numbered = [all(_NUMBERED.match(name) for name in names) for names in (upper, lower)]
    if len(nested) < len(paths):
        return 0, "some images lie in these alone"
    if numbered[1] and not numbered[0]:
        return 0, "the names of the lower ones are numbered, as those of patients, plates or batches are"
    if recurring == 0 and len(lower) >= len(upper) > 1 and not numbered[0]:
        return 0, "each lower folder lies in one of them alone"
    two = all(len(path) == 2 for path in paths)
    if two and len(lower) < len(upper) and ((numbered[0] and not numbered[1]) or recurring == len(lower)):
        return 1, "each of them lies in several upper folders"
    return None


def _unclear(paths: list[Path], where: str) -> tuple[int, str]:
    first = "/".join(next(path for path in paths if len(path) > 1))
    raise InputError(
        f"Folders lie in folders in {where} (as {shorten(first)}), and it cannot be told whether the upper or the lower ones name the "
        "classes: give a table of labels, or pack a folder a class."
    )
