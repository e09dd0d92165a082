"""What Inspect finds in images."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ...errors import counted, listing, shorten
from ...reporting import plots
from ...reporting.findings import NOTE, OK, STOP, WARNING, Finding, Inspection
from ...tasks import Task
from .. import checks
from ..files.image_archive import open_images
from ..files.pixels import facts_of
from ..kind import Files
from .dataset import ImageDataset
from .encoding import AUTO
from .read import decoded, settled

if TYPE_CHECKING:
    import numpy as np

_SHOWN, _SHOWN_OF_CLASS = 24, 6
"""Images of a contact sheet, and of a class where there are many classes."""
_THUMBNAIL = 256
"""Pixels of the longer side of one of them."""


def look(data: ImageDataset, files: Files, task: Task | None) -> Inspection:
    """Sizes, channels, types, broken and blank images, copies; images are read once more, as they are in their files."""
    images = open_images(files).by_name()
    facts: list[dict[str, Any]] = []
    broken: list[tuple[str, str]] = []
    classes = _classes(data, task, len(images.names))
    sheet: dict[str, list[np.ndarray]] = {name: [] for name in classes}
    keep = _to_show(classes)
    for position, found in decoded(images, list(range(len(images.names)))):
        if isinstance(found, str):
            broken.append((images.names[position], found))
            continue
        pixels, _ = settled(found, AUTO, 0)
        fact = facts_of(pixels)
        facts.append(
            {
                "part": images.names[position],
                "height": fact.height,
                "width": fact.width,
                "channels": fact.channels,
                "type": fact.dtype,
                "minimum": float(pixels.min()),
                "mean": float(pixels.mean()),
                "maximum": float(pixels.max()),
            }
        )
        if position in keep:
            sheet[keep[position]].append(_thumbnail(pixels))
    findings = [checks.volume(data), *checks.copies(data, data.near_copies())]
    if broken:
        name, reason = broken[0]
        finding = f"{counted(len(broken), 'image')} cannot be read (first {shorten(name)}: {reason})."
        findings.append(Finding(STOP, "broken images", finding, "Mend or remove them, or let Train skip broken images."))
    else:
        findings.append(Finding(OK, "broken images", "Every image can be read."))
    sizes = Counter((fact["height"], fact["width"]) for fact in facts)
    if len(sizes) > 1:
        (height, width), count = sizes.most_common(1)[0]
        finding = f"Images have {len(sizes)} sizes; {count} are {height} x {width} pixels."
        findings.append(Finding(NOTE, "sizes", finding, "Train brings all to one size: choose the rule (stretch, pad or crop)."))
    else:
        findings.append(Finding(OK, "sizes", f"All images have {facts[0]['height']} x {facts[0]['width']} pixels."))
    for what, advice in (
        ("channels", "Choose grey or RGB for all in Train."),
        ("type", "Images of different bit depth differ in brightness: convert them."),
    ):
        kinds = Counter(fact[what] for fact in facts)
        if len(kinds) > 1:
            listed = ", ".join(f"{count} of {value}" for value, count in kinds.most_common())
            findings.append(Finding(STOP if what == "channels" else WARNING, what, f"Images differ in {what}: {listed}.", advice))
        else:
            findings.append(Finding(OK, what, f"All images have the same {what} ({next(iter(kinds))})."))
    blank = [fact["part"] for fact in facts if fact["minimum"] == fact["maximum"]]
    if blank:
        finding = f"{counted(len(blank), 'image', 'shows', 'show')} nothing ({listing(blank, 2)})."
        findings.append(Finding(WARNING, "blank images", finding, "Remove them."))
    panels = [
        plots.contact(sheet, {name: len(positions) for name, positions in classes.items()}),
        plots.bars([f"{height} x {width}" for (height, width) in sizes], list(sizes.values()), "Sizes", "images"),
        plots.histogram([fact["mean"] for fact in facts], "Mean brightness", "mean of an image"),
    ]
    told = [f"{counted(len(data), 'sample')} in {data.where}.", f"{counted(len(facts), 'image')} of {counted(len(sizes), 'size')}."]
    return Inspection(findings, facts, panels, told)


def _classes(data: ImageDataset, task: Task | None, count: int) -> dict[str, list[int]]:
    """Positions of the images of each class; of all under an empty name where samples have no single class each."""
    names = task.known_names() if task else ()
    if data.target is None or len(data.target.columns) != 1 or not set(data.target.iloc[:, 0]) <= set(names):
        return {"": list(range(count))}
    column = data.target.iloc[:, 0]
    return {name: (column.index[column == name] - 1).tolist() for name in names}


def _to_show(classes: dict[str, list[int]]) -> dict[int, str]:
    """Class by position of the images of the contact sheet, taken evenly from each class."""
    most = max(_SHOWN // len(classes), _SHOWN_OF_CLASS)
    most -= most % _SHOWN_OF_CLASS  # whole rows
    return {
        positions[len(positions) * place // min(most, len(positions))]: name
        for name, positions in classes.items()
        for place in range(min(most, len(positions)))
    }


def _thumbnail(pixels: np.ndarray) -> np.ndarray:
    """float32 [height, width, channels]: a small copy that does not hold on to the image; every n-th pixel is enough to look at."""
    step = -(-max(pixels.shape[:2]) // _THUMBNAIL)
    return pixels[::step, ::step].astype("float32")
