"""Look at samples of any kind before training: volume, balance, copies, groups, and what is particular to the kind."""

from __future__ import annotations

from ..errors import InputError, shorten
from ..reporting.findings import NO_TARGET, NOTE, STOP, WARNING, Finding, Inspection
from ..tasks import Task, find_task
from . import reading
from .groups import suspected_groups
from .kind import AnyKind, Dataset, Files
from .targets import TargetOptions


def inspect(kind: AnyKind, files: Files, options: TargetOptions) -> Inspection:
    """Run every check on samples.

    Raises:
        InputError: when they cannot be read at all; lesser faults become findings.
    """
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
    facts = [*particular.facts]
    if task and data.target is not None:
        panels = [*task.target_panels(task.encode(data.target, data.where)), *panels]
        facts.append(f"Target {shorten(task.title)}: {task.described()}.")
    return Inspection(findings, particular.parts, panels, facts, reading.table_of(data), reading.told(data)[0])


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
