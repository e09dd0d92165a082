"""Hands-on boxes of a tutorial, followed by the command line: what the reader is told to choose becomes its flags."""

import re
from pathlib import Path

from form_fields import start_of
from test_forms import command_of, expanded
from tutorial_check import found
from tutorial_text import DATA, Box, Setting, Step, Tutorial

from biodl.program import cli

_NOT_READ = ("png", "html", "json", "npz")
"""Formats of outputs that no number is read from."""
_OF_FOLDS = ("fold_metrics", "metrics_over_folds", "out_of_fold")
"""Outputs that are refused where there are no folds."""


def follow(tutorial: Tutorial, folder: Path) -> dict[str, Path]:
    """Run the boxes that are to be run, in their order; the folder of each one's outputs by its name.

    Raises:
        AssertionError: a step failed.
    """
    datasets: dict[str, Path] = {path.name: path for path in DATA.iterdir()}
    folders = {}
    for box in tutorial.boxes():
        if box.run:
            folders[box.run] = folder / box.run
            folders[box.run].mkdir()
            for step in box.steps:
                _run(box, step, folders[box.run], datasets)
    return folders


def _run(box: Box, step: Step, folder: Path, datasets: dict[str, Path]) -> None:
    command = command_of(step.tool)
    items = expanded(step.tool).find("outputs").iter("data")  # in the command's order, as test_forms holds them
    folds = any(setting.label == "Folds" for setting in step.settings)
    asked = {
        output.name: (folder / _file_name(step, output.name), item.get("label"))
        for output, item in zip(command.OUTPUTS, items, strict=True)
        if item.get("format") not in _NOT_READ and (folds or output.name not in _OF_FOLDS)
    }
    flags = [word for setting in step.settings for word in _flags(step, setting, datasets)]
    flags += [word for name, (path, _) in asked.items() for word in (_flag(name), str(path))]
    assert cli.main([step.tool.replace("_", "-"), *flags]) == 0, f"{box.run}: {step.tool} {' '.join(flags)}"
    datasets |= {start_of(label): path for path, label in asked.values()}


def _file_name(step: Step, output: str) -> str:
    """Parts keep the ending of what they were made from, by which some kinds of samples are read."""
    source = next(name for setting in step.settings for name in setting.datasets)
    return output + {"model": ".keras"}.get(output, Path(source).suffix if step.tool == "split" and output != "summary" else "")


def _flags(step: Step, setting: Setting, datasets: dict[str, Path]) -> list[str]:
    field = found(step, setting.label)[0]
    if field.name.endswith("_selector"):
        return []
    if setting.datasets:
        return [_flag(field.name), str(_dataset(setting.datasets[0], datasets))]
    values = [field.values[field.options.index(value)] if field.type == "select" else value for value in setting.values]
    if field.type == "boolean":
        values = ["true" if value == "Yes" else "false" for value in values]
    return [_flag(field.name), ",".join(values)]


def _dataset(name: str, datasets: dict[str, Path]) -> Path:
    """The file itself, or the newest output that is called so."""
    if name in datasets:
        return datasets[name]
    starts = [start for start in datasets if re.match(re.escape(start) + r" (of|on|for)\b", name)]
    return datasets[max(starts, key=len)]


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
