"""Look at sequences, series, text and images as training data: volume, balance, copies, and what is particular to each kind."""

from __future__ import annotations

from collections import Counter
from types import ModuleType
from typing import Any

from .. import plots
from ..errors import InputError, listing, shorten
from ..findings import NOTE, OK, STOP, WARNING, Finding, Inspection
from ..task import Task, find_task
from .archive import open_images
from .dataset import Dataset, Files, identical
from .images import decoded
from .pixels import facts_of
from .quality import FEW_SAMPLES, balance, class_panel, contradictions
from .sequences import LETTERS, guess_alphabet
from .text import words

_WIDE = 10
"""Longest against shortest sample beyond which padding wastes most of the work."""
_FEW_KNOWN = 0.95
_SHOWN = 24
"""Images of a contact sheet."""


def inspect(kind: ModuleType, files: Files, options: Any) -> Inspection:
    """Run every check on samples.

    Raises:
        InputError: when they cannot be read at all; lesser faults become findings.
    """
    data = kind.read_samples(files, options)
    task, found = _task(data, options)
    particular, parts, panels, facts = _PARTICULAR[kind.NAME](data, files)
    findings = [
        _volume(data),
        *found,
        *[Finding(NOTE, "reading", f"{note}.") for note in data.notes],
        *_copies(kind, data, task),
        *particular,
    ]
    if task and task.kind != "forecasting":
        panels = [class_panel(task, data.target), *panels]
    facts = [f"{len(data)} samples in {data.where}.", *facts]
    if task:
        what = f", classes: {listing(task.classes, 10)}" if task.classes else ""
        facts.append(f"Target {shorten(task.title)}: {task.kind} task{what}.")
    return Inspection(findings, parts, panels, facts)


def _task(data: Dataset, options: Any) -> tuple[Task | None, list[Finding]]:
    if hasattr(data, "forecast_task"):
        return data.forecast_task(), []
    if data.target is None:
        return None, [Finding(NOTE, "target", "No target was chosen.", "Choose one to check balance.")]
    try:
        task = find_task(data.target, data.where, options.task, options.positive_class, options.label_separator)
    except InputError as error:
        return None, [Finding(STOP, "target", str(error))]
    return task, balance(task, data.target, data.where)


def _volume(data: Dataset) -> Finding:
    if len(data) < FEW_SAMPLES:
        advice = "Prefer a traditional model, start from a trained network, or get more data."
        return Finding(WARNING, "volume", f"{len(data)} samples are few for a network.", advice)
    return Finding(OK, "volume", f"{len(data)} samples.")


def _copies(kind: ModuleType, data: Dataset, task: Task | None) -> list[Finding]:
    codes = identical(data)
    copies = len(data) - len(set(codes.tolist()))
    found = [Finding(OK, "duplicates", "No sample repeats another.")]
    if copies:
        severity = WARNING if copies > len(data) / 100 else NOTE
        advice = "A random split would put copies on both sides: 'Split data' keeps them together."
        found = [Finding(severity, "duplicates", f"{copies} of {len(data)} samples repeat another.", advice)]
        if task and task.is_classification:
            found += contradictions(codes, data.target, "samples")
    alike = kind.alike(data)
    if alike is not None:
        near = len(data) - len(set(alike.tolist())) - copies
        if near > 0:
            advice = "If they come from one source, name it in a column and split by group."
            found.append(Finding(NOTE, "near duplicates", f"{near} more samples differ little from another.", advice))
    return found


def _lengths(lengths, called: str) -> Finding:
    shortest, longest = int(lengths.min()), int(lengths.max())
    if shortest == longest:
        return Finding(OK, "lengths", f"All samples have {longest} {called}.")
    finding = f"Samples have {shortest} to {longest} {called}."
    if longest > _WIDE * shortest:
        return Finding(WARNING, "lengths", finding, "Most of the work goes into padding: remove the longest, or set a length to cut at.")
    return Finding(NOTE, "lengths", finding, "Shorter ones are padded, and the padding is ignored.")


def _number_rows(names, columns) -> list[dict[str, Any]]:
    """One row a part of the data: its name and the spread of its numbers."""
    import numpy as np

    rows = []
    for name, values in zip(names, columns, strict=True):
        known = values[~np.isnan(values)]
        rows.append(
            {
                "part": name,
                "values": len(known),
                "missing": int(len(values) - len(known)),
                "minimum": known.min() if len(known) else float("nan"),
                "mean": known.mean() if len(known) else float("nan"),
                "maximum": known.max() if len(known) else float("nan"),
                "standard_deviation": known.std() if len(known) else float("nan"),
            }
        )
    return rows


def _sequences(data, files: Files):
    lengths = data.frame[data.column].str.len().to_numpy()
    counts = Counter()
    for text in data.texts:
        counts.update(text.upper())
    alphabet = guess_alphabet(data.texts)
    total = sum(counts.values())
    letters = LETTERS[alphabet]
    unclear = sum(count for letter, count in counts.items() if len(letters.get(letter, letter)) > 1)
    strange = sorted(letter for letter in counts if letter not in letters and letter not in "-.*")
    findings = [_lengths(lengths, "letters")]
    if strange:
        advice = "Correct them, or remove those sequences."
        findings.append(Finding(STOP, "letters", f"{listing(strange)} is no letter of {alphabet}.", advice))
    if unclear:
        finding = f"{unclear} of {total} letters are ambiguous ({unclear / total:.1%})."
        findings.append(Finding(NOTE, "letters", finding, "Each counts as the mean of what it may stand for."))
    lower = sum(1 for text in data.texts if text != text.upper())
    if lower:
        findings.append(Finding(NOTE, "letters", f"{lower} sequences have lower-case letters.", "Case is ignored."))
    if not (strange or unclear):
        findings.append(Finding(OK, "letters", f"Every letter is one of {alphabet}."))
    parts = [{"part": letter, "count": count, "share": count / total} for letter, count in sorted(counts.items())]
    panels = [
        plots.histogram(lengths, "Lengths", "letters"),
        plots.bars([row["part"] for row in parts], [row["share"] for row in parts], "Letters", "share"),
    ]
    return findings, parts, panels, [f"The sequences look like {alphabet}, {lengths.min()} to {lengths.max()} letters long."]


def _series(data, files: Files):
    import numpy as np

    values, names = data.values, data.columns["channels"]
    findings = [_lengths(data.lengths, "time points")]
    constant = [name for position, name in enumerate(names) if np.nanstd(values[:, :, position]) == 0]
    if constant:
        findings.append(Finding(WARNING, "channels", f"{listing(constant)} never varies.", "Leave it out: it tells nothing."))
    still = int((np.nanmax(values, axis=(1,)) == np.nanmin(values, axis=(1,))).all(axis=1).sum())
    if still:
        findings.append(Finding(NOTE, "still series", f"{still} series never change.", "Check whether they were measured."))
    parts = _number_rows(names, [values[:, :, position].ravel() for position in range(len(names))])
    steps = range(1, values.shape[1] + 1)
    with np.errstate(all="ignore"):
        mean = {name: np.nanmean(values[:, :, position], axis=0) for position, name in enumerate(names[:6])}
    examples = {f"sample {row + 1}": values[row, :, 0] for row in range(min(4, len(values)))}
    panels = [
        plots.lines(steps, mean, "Mean of all samples", "time point", "value"),
        plots.lines(steps, examples, f"First samples, {names[0]}", "time point", names[0]),
    ]
    facts = [f"{len(names)} channels ({listing(names)}), {data.lengths.min()} to {data.lengths.max()} time points."]
    return findings, parts, panels, facts


def _text(data, files: Files):
    lengths = data.lengths()
    counts = Counter(word for text in data.texts for word in words(text))
    once = sum(count == 1 for count in counts.values())
    findings = [_lengths(lengths, "words")]
    if once > len(counts) / 2:
        finding = f"{once} of {len(counts)} words occur once."
        findings.append(Finding(NOTE, "vocabulary", finding, "They teach nothing: limit the vocabulary to commoner ones."))
    else:
        findings.append(Finding(OK, "vocabulary", f"{len(counts)} words, {once} of which occur once."))
    parts = [{"part": word, "count": count} for word, count in counts.most_common(1000)]
    common = counts.most_common(20)
    panels = [
        plots.histogram(lengths, "Lengths", "words"),
        plots.bars([word for word, _ in common], [count for _, count in common], "Commonest words", "count"),
    ]
    return findings, parts, panels, [f"{len(counts)} different words; {lengths.min()} to {lengths.max()} words a text."]


def _images(data, files: Files):
    images = open_images(files)
    facts, broken, samples = [], [], []
    keep = set(range(0, len(images.names), max(1, len(images.names) // _SHOWN)))
    for position, pixels in decoded(images, list(range(len(images.names)))):
        if isinstance(pixels, str):
            broken.append((images.names[position], pixels))
            continue
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
        if position in keep and len(samples) < _SHOWN:
            samples.append((images.names[position].rpartition("/")[2], pixels.astype("float32")))
    findings = []
    if broken:
        name, reason = broken[0]
        finding = f"{len(broken)} images cannot be read (first {shorten(name)}: {reason})."
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
        findings.append(Finding(WARNING, "blank images", f"{len(blank)} images show nothing ({listing(blank, 2)}).", "Remove them."))
    panels = [
        plots.images([pixels for _, pixels in samples], [name for name, _ in samples], "Contact sheet"),
        plots.bars([f"{height} x {width}" for (height, width) in sizes], list(sizes.values()), "Sizes", "images"),
        plots.histogram([fact["mean"] for fact in facts], "Mean brightness", "mean of an image"),
    ]
    return findings, facts, panels, [f"{len(facts)} images of {len(sizes)} sizes."]


_PARTICULAR = {"sequence": _sequences, "series": _series, "forecast": _series, "text": _text, "image": _images}
