"""Look at samples of any kind before training: volume, balance, copies, groups, and what is particular to the kind."""

from __future__ import annotations

from ..errors import InputError, UnlikeError, counted, role, shorten
from ..reporting.findings import NO_TARGET, NOTE, OK, STOP, WARNING, Finding, Inspection
from ..tasks import Task, find_task
from . import reading
from .checks import BETWEEN, between_parts
from .files.sorts import other_sort
from .groups import known_among, suspected_groups
from .kind import AnyKind, Dataset, Files
from .targets import TargetOptions

_THEN = {
    OK: "train a network on these samples, and judge it by the held-out ones with 'Evaluate a network'.",
    WARNING: "put all samples into one file, divide them anew with 'Split data', and train a network on its training part.",
    NOTE: "",
}
"""What to do next, by how severe it is that held-out samples are like those that were inspected."""


def inspect(kind: AnyKind, files: Files, options: TargetOptions, held_out: Files | None = None) -> Inspection:
    """Run every check on samples.

    Args:
        kind: of the samples.
        files: where they are.
        options: of the command.
        held_out: samples of another part, whose targets do not matter; those that are near the samples are counted.

    Raises:
        InputError: when samples cannot be read at all; lesser faults of those that are not held out become findings.
    """
    if held_out and kind.in_order:
        raise InputError(
            "Held-out samples to compare with were chosen, but windows of a forecast share time points with their neighbours, and its "
            "parts follow each other in time: choose none."
        )
    data, faults = kind.read_to_inspect(files, options)
    task, found = _task(data, options, faults)
    particular = kind.look(data, files, task)
    findings = [
        *reading.close_ones(data.choices),
        *faults,
        *found,
        *[Finding(NOTE, choice.what, f"{choice.beside}.") for choice in data.choices if choice.beside],
        *[Finding(NOTE, "reading", f"{note}.") for note in data.notes],
        *particular.findings,
        *[Finding(WARNING, "groups", *_advice(sentence)) for sentence in suspected_groups(data, task.target if task else ())],
    ]
    panels = list(particular.panels)
    facts, then = [*particular.facts], ""
    if held_out:
        between, about = _between(kind, data, held_out)
        findings += between
        facts += about
        then = _THEN[between[0].severity]
    if task and data.target is not None:
        panels = [*task.target_panels(task.encode(data.target, data.where)), *panels]
        facts.append(f"Target {shorten(task.title)}: {task.described()}.")
    return Inspection(findings, particular.parts, panels, facts, reading.table_of(data), reading.told(data)[0], then)


def _between(kind: AnyKind, data: Dataset, files: Files) -> tuple[list[Finding], list[str]]:
    """What held-out samples have in common with the data, and which they are; they are read as for a network trained on the data.

    Raises:
        InputError: when they cannot be read so.
    """
    try:
        encoding = data.fit_encoding(kind.options())
    except InputError as error:
        finding = f"Held-out samples were not compared, since a network cannot read the data: {error}"
        return [Finding(NOTE, BETWEEN, finding, "Mend the data, and inspect again.")], []
    with role("Held-out samples, read as by a network that was trained on the data"):
        try:
            other = other_sort(files, *kind.sorts)
            if other:
                raise UnlikeError(other, other)
            held = kind.read_for(files, encoding, None)
            encoding.raw(held)  # refuses cells that a network could not take
        except UnlikeError as error:
            raise InputError(f"The data are {encoding.described()}, but {error.reason}: give another part of the same data.") from None
    notes = [Finding(NOTE, "held-out samples", f"{note}.") for note in held.notes]
    return [between_parts(known_among(held, data)), *notes], [f"Compared with {counted(len(held), 'held-out sample')} in {held.where}."]


def _task(data: Dataset, options: TargetOptions, faults: list[Finding]) -> tuple[Task | None, list[Finding]]:
    """The task, and what its targets show; why there is no target stands among the faults where a kind has its own words for it."""
    given = data.task()
    if given:
        return given, []
    if data.target is None:
        told = any(fault.check == "target" for fault in faults)
        return None, [] if told else [NO_TARGET]
    try:
        task = find_task(data.target, data.where, options.task, options.positive_class, options.label_separator)
    except InputError as error:
        return None, [Finding(STOP, "target", str(error))]
    return task, task.balance(task.encode(data.target, data.where))


def _advice(sentence: str) -> tuple[str, str]:
    """What was found, and what to do."""
    finding, _, advice = sentence.partition(". ")
    return f"{finding}.", f"{advice}."
