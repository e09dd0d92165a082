"""What a Train tool writes: the model file, history, plots and report."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from .. import __version__
from ..data.fingerprints import fingerprint
from ..data.kind import AnyKind
from ..networks import modelfile
from ..networks.blocks import blocks
from ..networks.describe import layer_table
from ..program.files import File, Outputs
from ..program.options import ColumnNumber
from ..reporting import plots, verdict
from ..reporting.page import Chapter, Page
from ..reporting.tables import between, write_readable
from ..tasks.measures import called
from .diagnose import in_lines
from .fit import resolved
from .judgement import Judgement
from .prepare import Parts, TrainOptions
from .temperature import told
from .train import BY_SAMPLES, Trained

OUTPUTS = (
    verdict.OUTPUT,
    File("curves", "learning curves (PNG)"),
    File("diagram", "drawing of the network (PNG)"),
    File("report", "report (HTML)"),
    File("history", "loss and metric of each epoch (tabular)"),
    File("layers", "layers with shapes and parameter counts (tabular)"),
    File("model", "the trained network (.keras)", required=True),
)
_BY_NUMBER = "chosen by the number of samples"
_LEFT = (0, (), (0,))
"""Defaults that leave the choice to the samples."""
_SEEN = "These numbers come from data that training has seen or was steered by. "
_PACKAGES = ("tensorflow", "tensorflow-cpu", "keras", "numpy", "pandas")


def outputs_with(more: Sequence[File]) -> tuple[File, ...]:
    """Outputs of a command that trains and does more; the network last, so that the next form preselects it."""
    *before, model = OUTPUTS
    return (*before, *more, model)


def write_all(
    trained: Trained,
    parts: Parts,
    kind: AnyKind,
    options: TrainOptions,
    paths: Mapping[str, str],
    outputs: Outputs,
    judgement: Judgement,
    chapters: Sequence[Chapter] = (),
) -> None:
    """Write every output that was asked for.

    Args:
        trained: the network.
        parts: what it was trained on.
        kind: of the data.
        options: dataclass of all that was chosen.
        paths: files that were read, by their part.
        outputs: where to write.
        judgement: what was chosen on the validation part.
        chapters: what else was found out about this way to train.
    """
    import pandas as pd

    metadata = {
        "kind": kind.name,
        "family": trained.family.name,
        "task": judgement.task.to_json(),
        "features": trained.encoding.to_json(),
        "inputs": trained.encoding.inputs,
        "members": options.members,
        "training": _provenance(trained, parts, options, paths),
        "judgement": judgement.stored,
    }
    network, history = trained.network, trained.history
    first, *rest = in_lines(history, trained.kept, trained.verdicts, parts.cautions)
    if trained.tried:  # in the first line, which is never left out
        first = dataclasses.replace(first, text=f"{first.text.rstrip('.')}; {next(iter(trained.tried))}.")
    lines = verdict.verdict([first, *(chapter.line for chapter in chapters), *rest[:-1]], rest[-1])
    if len(lines) < verdict.MOST_LINES:
        lines.insert(-1, _made_with(trained, parts, options))
    for sentence in (*(sentence for _, sentence in trained.verdicts), *judgement.sentences):
        print(sentence)
    modelfile.save(network.model, metadata, outputs["model"])
    layers = layer_table(network.model)
    if "history" in outputs:
        write_readable(pd.DataFrame(history.rows), outputs["history"])
    if "layers" in outputs:
        write_readable(pd.DataFrame(layers), outputs["layers"])
    if "curves" in outputs or "report" in outputs:
        epochs = history.best_epoch, history.best_epochs if history.members else ()
        curves = plots.figure(plots.learning_curves(history.rows, trained.task.head().metric, *epochs), outputs["curves"])
    if "diagram" in outputs or "report" in outputs:
        drawing = plots.diagram(blocks(network.model), outputs["diagram"])
    if "report" in outputs:
        _page((curves, drawing), trained, parts, options, layers, lines, chapters, outputs, judgement).save(outputs["report"])
    verdict.publish(lines, outputs)


def _provenance(trained: Trained, parts: Parts, options: TrainOptions, paths: Mapping[str, str]) -> dict[str, Any]:
    """The fingerprint of a training: what it takes to repeat it, and how it ended."""
    return {
        "data_sha256": {name: fingerprint(path) for name, path in paths.items()},
        "samples": {"training": len(parts.training), "validation": len(parts.validation)},
        "weights": trained.network.model.count_params(),
        "seed": options.seed,
        "parameters": {
            name: [getattr(item, "number", item) for item in value] if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(options).items()
        },
        "versions": _versions(),
        "epochs": len(trained.history.rows),
        "best_epoch": trained.history.best_epoch,
        "best": trained.history.best,
        "best_epochs": trained.history.best_epochs,
        "temperatures": trained.temperatures,
    }


def _versions() -> dict[str, str]:
    versions = {"biodl": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _page(
    said: tuple[str, str],
    trained: Trained,
    parts: Parts,
    options: TrainOptions,
    layers: list[dict[str, Any]],
    lines: Sequence[verdict.Line],
    chapters: Sequence[Chapter],
    outputs: Outputs,
    judgement: Judgement,
) -> Page:
    task, history, kept = trained.task, trained.history, trained.kept
    curves, drawing = said  # what the pictures show, in words
    page = Page(f"Training of a network for {task.title}", "train")
    page.verdict(lines)
    versions = _versions()
    page.text(f"Learned from the {parts.training.where}. {parts.summary}.")
    page.text(
        f"Seed {options.seed}, BioDL {__version__}, Keras {versions.get('keras', 'unknown')}. The same seed gives the same network again."
    )
    chosen = _settings(trained, parts, options)
    changed = [row for row in chosen if row["value"] != row["default"]]
    page.heading("Settings that were changed")
    page.text("" if changed else "None: all are the defaults.")
    page.table(changed, "Settings that were changed, with their defaults")
    page.folded("All settings", chosen)
    page.folded("Versions", [{"software": name, "version": version} for name, version in versions.items()])
    page.heading("How training went")
    for keyword, sentence in trained.verdicts:
        page.finding(keyword, sentence)
    for caution in parts.cautions:
        page.finding("warning", f"{caution.rstrip('.')}.")
    page.image(outputs["curves"], curves)
    page.text(task.on_loss())
    name = called(kept.metric)
    page.table(
        [
            {"with the kept weights": f"{name} on the validation part", "value": kept.value, "95 % interval": between(kept.low, kept.high)},
            {"with the kept weights": "Loss on the validation part", "value": kept.val_loss, "95 % interval": ""},
            {"with the kept weights": "Loss on the training part", "value": kept.loss, "95 % interval": ""},
            {"with the kept weights": "Loss of guessing on the validation part", "value": kept.val_guess, "95 % interval": ""},
        ],
        "The network as it was saved",
    )
    page.text(
        ("Training has seen the training part; the validation part steered no member. " if history.members else _SEEN)
        + "For an honest judgement, give the model and a test part that it never saw to 'Evaluate a network'."
    )
    page.text(told(trained.temperatures))
    page.text(f"{trained.decided}." if trained.decided else "")
    if history.members:
        page.heading("Members of the ensemble")
        which = "other" if parts.training.order() is None else "the latest"
        page.text(
            f"The network predicts the mean of {len(history.members)} networks (of their probabilities, where it predicts classes). Each "
            f"learned from most of the training part, set {which} samples of it aside to choose its best epoch by, and started from "
            "weights of its own. The curves are means over the members. The validation part steered none of them."
        )
        page.table(_members(trained), "One row a member")
    for chapter in chapters:
        chapter.write(page)
    if judgement.sentences:
        page.heading("How sure")
        for sentence in judgement.sentences:
            page.text(sentence)
    page.heading("Task and data")
    page.table(task.counts_table(), "Training samples of each class")
    page.text(task.on_training())
    if task.offered:
        found = options.task == "auto"
        page.text("The task was found from the target; it can be set in the form." if found else "The task was chosen in the form.")
    page.heading("How your file was read")
    page.table(parts.read, "What was chosen while the file was read")
    if parts.notes:
        page.heading("What was done to columns and rows")
        page.table([{"column": note.column, "note": note.text} for note in parts.notes], "One row a note")
    page.heading("Network")
    page.image(outputs["diagram"], drawing)
    page.table(layers, "One row a layer")
    page.heading("Epochs")
    page.table(
        [{"measure": name, "kept_epoch": history.best[name], "last_epoch": history.rows[-1][name]} for name in history.best],
        "Measures at the epoch that was kept and at the last" + (", means over the members" if history.members else ""),
    )
    return page


def _members(trained: Trained) -> list[dict[str, Any]]:
    """How the training of each member went, on its own samples."""
    metric = trained.task.head().metric
    rows = []
    for number, member in enumerate(trained.history.members, start=1):
        best = {name: member.best[name] for name in ("loss", metric, "val_loss", f"val_{metric}")}
        own = {"temperature": trained.temperatures[number - 1]} if trained.temperatures else {}
        rows.append({"member": number, "kept_epoch": member.best_epoch, "epochs": len(member.rows), **best, **own})
    return rows


def _settings(trained: Trained, parts: Parts, options: TrainOptions) -> list[dict[str, str]]:
    """What the form asks for: what was chosen, and what it would be if nobody chose; a 0 that chooses with the number that it became."""
    by_number = {"epochs": trained.history.planned, "batch_size": resolved(options, len(parts.training)).batch_size}
    family, network = trained.family, trained.network.model
    became = {**{name: value for name, value in by_number.items() if not getattr(options, name)}, **family.chosen(network, options)}
    chosen = {**dict.fromkeys(by_number, _BY_NUMBER), **dict.fromkeys(family.chosen(network, family.options()), BY_SAMPLES)}
    rows = []
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        default = chosen[field.name] if field.name in chosen and field.default in _LEFT else _shown(field.default)
        rows.append({"setting": field.name.replace("_", " "), "value": _shown(value), "default": default})
        if field.name == "target" and any(isinstance(item, ColumnNumber) for item in value):
            rows[-1]["value"] += f" ({parts.task.title})"  # a form gives the number of a column
        if field.name in became:
            rows[-1] |= dict.fromkeys(("value", "default"), f"{chosen[field.name]}: {_shown(became[field.name])}")
    return rows


def _made_with(trained: Trained, parts: Parts, options: TrainOptions) -> verdict.Line:
    """Settings that were changed, seed and versions, for whoever reads a workflow's report."""
    rows = [
        row
        for row in _settings(trained, parts, options)
        if row["value"] != row["default"] and row["setting"] not in ("seed", "target name")
    ]
    changed = ", ".join(f"{row['setting']} {row['value']}" for row in rows)
    made = f"seed {options.seed}; BioDL {__version__}, Keras {_versions()['keras']}"  # first, since a long line is cut at its end
    return verdict.Line("Settings", f"{made}; {changed or 'all are the defaults'}.")


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(getattr(item, "number", item)) for item in value)
    return str(value)
