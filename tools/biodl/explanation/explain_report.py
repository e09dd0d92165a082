"""What Explain writes: the verdict, tables, pictures and report."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import counted
from ..program.files import File, Outputs
from ..reporting import plots, verdict
from ..reporting.page import Page
from ..reporting.plots import Panel
from ..reporting.tables import between, write_readable
from ..reporting.verdict import Line
from ..tasks.measures import called
from . import tables
from .attribution import GRADCAM, INTEGRATED, MUTAGENESIS, OCCLUSION, PERMUTATION
from .budget import Budget
from .checks import LEAST_SAMPLES, MEMBERS
from .explain import CHECKED, NETWORKS, Explanation
from .likewise import LEAST_PARTS
from .motif_file import motif_text
from .pictures_of import check_panels, learned_panels, not_drawn, overall_panels, sample_panels
from .said import in_lines

if TYPE_CHECKING:
    import pandas as pd

OUTPUTS = (
    verdict.OUTPUT,
    File("overall", "what matters overall: importance, partial dependence, averages by class (PNG)"),
    File("single", "why the network says what it says of single samples (PNG)"),
    File("learned", "what the network has learned: a map of samples (PNG)"),
    File("checks", "whether the explanations can be believed (PNG)"),
    File("maps", "attributions of images: an array a method (NumPy .npz)"),
    File("motifs", "motifs of sequences, as the MEME Suite reads them (text)"),
    File("report", "report (HTML)"),
    File("importance", "how far the metric falls when columns are shuffled (tabular)"),
    File("averages", "mean attribution of each part, for each class (tabular)"),
    File("attributions", "attributions of single samples (tabular)"),
    File("dependence", "what the network says along single columns (tabular)"),
    File("neighbours", "the nearest training samples (tabular)"),
    File("controls", "checks of the explanations (tabular)"),
)
_TALLEST = 120.0
"""Inches of the picture of single samples: 24,000 pixels."""
_SHOWN = 15
"""Parts of each class, and groups of columns, in the report."""


def write_all(found: Explanation, budget: Budget, outputs: Outputs) -> None:
    """Print what was found and write every output that was asked for."""
    makers = {"overall": overall_panels, "single": sample_panels, "learned": learned_panels, "checks": check_panels}
    panels = {name: make(found) for name, make in makers.items() if name in outputs or "report" in outputs}
    if "single" in panels:
        panels["single"] = that_fit(panels["single"], budget)
    if "overall" in panels:
        budget.left_out.extend(not_drawn(found))
    lines = in_lines(found, budget)
    verdict.publish(lines, outputs)
    for sentence in (*sentences(found), *(f"Left out: {item}" for item in budget.left_out)):
        print(sentence)
    _write_tables(found, outputs)
    if "maps" in outputs:
        _write_maps(found, outputs)
    if "motifs" in outputs:
        outputs["motifs"].write_text(motif_text(found), encoding="utf-8")
    said = {name: plots.figure(own or [_nothing(name)], outputs[name]) for name, own in panels.items()}
    if "report" in outputs:
        _page(found, lines, budget, said, outputs).save(outputs["report"])


def that_fit(panels: list[Panel], budget: Budget) -> list[Panel]:
    """The first panels, no more than a picture holds that any browser and a small machine can open."""
    import numpy as np

    fit = max(1, int((np.cumsum([panel.height for panel in panels]) <= _TALLEST).sum()))
    if fit < len(panels):
        budget.leave_out(
            f"{counted(len(panels) - fit, 'sample')} of {len(panels)} would make the picture too tall: other outputs have them."
        )
    return panels[:fit]


def _nothing(name: str) -> Panel:
    """What stands in the place of a picture for which there was neither time nor data."""

    def draw(axes: Any) -> None:
        axes.set_axis_off()
        axes.text(0, 0.5, "There is nothing to show here: no time was left, or samples have nothing in common.", transform=axes.transAxes)

    return Panel(
        {"overall": "What matters", "single": "Single samples", "learned": "What was learned"}.get(name, "Checks"), "not made", draw, 1.0
    )


def sentences(found: Explanation) -> list[str]:
    """What must be known to read the explanations, for the log and the report."""
    held = found.held
    said = [sentence for sentence in (held.without_targets, held.task.on_explained(), on_places(found)) if sentence]
    said += [check.sentence for check in found.checks]
    broken = sum(int((~made.complete).sum()) for made in found.single.values())
    if broken:
        said.append(f"The parts of {counted(broken, 'explanation')} do not add up to what the network says: read these with care.")
    return said


def on_places(found: Explanation) -> str:
    """Whether a position means the same in all sequences, as it was taken; nothing of other data."""
    if found.stand is None:
        return ""
    if found.aligned:
        return (
            "All sequences have one length, so that they were taken for aligned: averages are by position. Where they are not aligned, go "
            "by the motifs alone."
        )
    return "Sequences differ in length, so that a position means another thing in each: there are motifs, but no averages by position."


def _write_tables(found: Explanation, outputs: Outputs) -> None:
    made: dict[str, Callable[[Explanation], pd.DataFrame]] = {
        "importance": tables.importance,
        "averages": tables.averages,
        "attributions": tables.attributions,
        "dependence": tables.dependences,
        "neighbours": tables.neighbours,
        "controls": tables.checks,
    }
    for name, make in made.items():
        if name in outputs:
            write_readable(make(found), outputs[name])


def _write_maps(found: Explanation, outputs: Outputs) -> None:
    """Arrays by method, and the names, lines and targets of their samples."""
    import numpy as np

    held, rows = found.held, found.chosen
    about = {
        "samples": np.array([held.names[row] for row in rows]),
        "lines": held.data.frame.index[rows].to_numpy(),
        "explained": np.array([held.task.explainable()[code] for code in held.task.to_explain(held.scores[rows])]),
    }
    with open(outputs["maps"], "wb") as file:
        np.savez_compressed(file, **about, **{method: made.values for method, made in found.single.items()})


def _page(found: Explanation, lines: list[Line], budget: Budget, said: dict[str, str], outputs: Outputs) -> Page:
    held, task = found.held, found.held.task
    page = Page(f"Explanation of a network for {task.title}", "explain")
    page.verdict(lines)
    for check in found.checks:
        if check.passed is False:
            page.finding("warning", check.sentence)
    of = f" of {held.given}" if held.unseen else ""
    page.text(
        f"A {held.subject.opened.family_called} network; {len(held.data)}{of} held-out samples of the {held.data.where}; task: {task.name}."
    )
    page.text(held.without_targets)
    page.text(task.on_explained())
    _matters(page, found, outputs, said)
    page.heading("Single samples")
    page.text(found.choice if found.single else "")
    page.text(on_attributions(found))
    page.image(outputs["single"], said["single"])
    if found.stand is not None:
        page.text(
            "No motif was tested for significance. The MEME Suite reads the file of motifs: Tomtom compares them with known ones, FIMO "
            "looks for them in other sequences. Galaxy's FIMO lists data of the type memexml alone: set the type of the file to that (its "
            "pencil, Datatypes)."
            if found.motifs
            else "No motif was found: no window of letters stands out often enough."
        )
    _learned(page, found, outputs, said)
    _believed(page, found, outputs, said)
    if budget.left_out:
        page.heading("What was left out")
        for sentence in budget.left_out:
            page.text(sentence)
    return page


def _matters(page: Page, found: Explanation, outputs: Outputs, said: dict[str, str]) -> None:
    page.heading("What matters overall")
    page.image(outputs["overall"], said["overall"])
    page.text(on_places(found))
    if found.averages is not None and found.held.task.explained_as != "prediction":
        page.text("Averages by class are over the samples that the network takes for the class, whatever they are.")
    if found.importances:
        metric = called(found.held.task.primary)
        page.text(
            f"Permutation importance: how far {metric} on held-out samples falls when a column is shuffled between samples. Columns that "
            "say nearly the same (mean rank correlation 0.8 and more; of categories Cramér's V, or the correlation ratio with a number) "
            "are shuffled together: one by one they would hide each other. The "
            f"95 % intervals come from {len(found.importances[0].drops)} shuffles; they do not tell what other samples would say."
        )
        rows = [
            {
                "columns": ", ".join(column.name for column in item.columns[:6]) + (" …" if len(item.columns) > 6 else ""),
                f"{metric} falls by": item.mean,
                "95 % interval": between(*item.interval),
            }
            for item in found.importances[:_SHOWN]
        ]
        page.table(rows, "Columns by their importance")
    if found.dependences:
        page.text(
            f"Partial dependence: the blue line is what the network says on average when the column is set to each value for all of "
            f"{counted(len(found.dependences[0].curves), 'sample')}; grey lines are single samples. "
            "Grey lines that cross show that the column works differently beside other values. These lines are the network's own answers; "
            "they were compared with those of no other network."
        )
    averages = tables.averages(found)
    if len(averages):
        page.folded(
            "Mean attribution of each part, for each class",
            [
                {str(name).replace("mean_for_", "for "): value for name, value in row.items()}
                for row in averages.head(50).to_dict("records")
            ],
        )


def on_attributions(found: Explanation) -> str:
    """What the numbers are."""
    task = found.held.task
    if not found.single:
        return "No sample was explained: the minutes were spent."
    made = next(iter(found.single.values()))
    adds = f"what a {found.explainer.called} adds to the {task.explained_as} that is explained; below 0 it speaks against it"
    compared = (
        f" An attribution by integrated gradients is {adds}. They add up to the difference between what the network says of the sample"
    )
    holds = "to within a thousandth of it, or, where attributions cancel, a thousandth of 5 % of the sum of their sizes"
    told = {
        INTEGRATED: f"{compared} and of a baseline ({made.baseline}): {holds}.",
        MUTAGENESIS: f" Mutagenesis is how the {task.explained_as} changes once another letter stands at a position.",
        GRADCAM: " Grad-CAM is where the last maps of the network speak for what is explained; it has no sign and no unit.",
        OCCLUSION: f" Occlusion is how far the {task.explained_as} falls once a pixel is covered: the mean over the squares that cover it.",
    }
    return "".join((*(told[method] for method in found.single), _on_channels(found))).strip()


def _on_channels(found: Explanation) -> str:
    """What was covered of images of several channels, after a blank; nothing where nothing was, or there is one channel alone."""
    covered = found.single.get(OCCLUSION)
    if covered is None:
        return ""
    apart = len(covered.axes.get("channels", ()))
    if apart:
        return f" Each of the {apart} channels was covered by itself while the others stayed; their sum stands beside them."
    channels = found.held.subject.encoding.shape[-1]
    return " All three channels were covered together, as the colours of one picture." if channels > 1 else ""


def _learned(page: Page, found: Explanation, outputs: Outputs, said: dict[str, str]) -> None:
    page.heading("What the network has learned")
    page.image(outputs["learned"], said["learned"])
    if found.map is not None:
        page.text(
            "Each point is a held-out sample, by the values of the network's last hidden layer along their two widest directions "
            f"(principal components). {_coloured(found)}"
        )
    rows = tables.neighbours(found).to_dict("records")
    if rows:
        page.folded(
            "It looks like these: the nearest training samples", [{str(name): value for name, value in row.items()} for row in rows]
        )


def _coloured(found: Explanation) -> str:
    """What the colours of the map are."""
    if found.held.task.explained_as == "prediction":
        return (
            "Colours are what is predicted." if found.held.y is None else "Colours are what was observed; the worst predicted are ringed."
        )
    if found.held.y is None:
        what = "labels (of several the commonest)" if found.held.task.many_columns else "classes"
        return f"Colours are the predicted {what}, since the true ones are not known."
    if found.held.y.ndim == 2:
        return "The colour of a sample is that of its commonest label; where the network is wrong about any of its labels, it is ringed."
    return "Classes that lie apart are told apart; a ringed sample lies where the network takes it for another class."


def _believed(page: Page, found: Explanation, outputs: Outputs, said: dict[str, str]) -> None:
    page.heading("Can it be believed?")
    page.image(outputs["checks"], said["checks"])
    for check in found.checks:
        page.finding("ok" if check.passed else "note" if check.passed is None else "warning", check.sentence)
    if found.checks:
        page.text(
            f"Checked on {counted(min(CHECKED, len(found.many or ())), 'sample')} drawn at random. An explanation that stays the same when "
            f"the network's weights are put in random order (mean of {NETWORKS} such networks, or as many as there was time for), or "
            "when it learned shuffled targets, does not tell of what was learned (Adebayo et al. 2018): a mean rank correlation of 0.5 and "
            "more fails. Signs count, since all that is shown here has signs; the same without signs stands beside it. The 95 % interval "
            "is the wider one of two: over the samples, and over the networks. Where it reaches 0.5, or fewer than "
            f"{LEAST_SAMPLES} samples can be compared, nothing is decided. Samples of fewer than {LEAST_PARTS} parts are not compared."
        )
        page.text(
            "Deletion: the parts that are said to speak most for the prediction are taken out first, those against it last, so that the "
            "curve may rise above 1. It fails where the 95 % interval of the area between the curves reaches 0. Fewer than "
            f"{LEAST_SAMPLES} samples decide nothing."
        )
        if any(check.method == PERMUTATION for check in found.checks):
            page.text(
                "Permutation importance: the same groups of columns were shuffled in the same ways (the first three) for networks with "
                "weights at random. The rank correlation is over the groups, its 95 % interval over the networks: a mean of 0.5 and more "
                "fails. The other checks are of attributions."
            )
        if any(check.control == MEMBERS for check in found.checks):
            page.text(
                "Members of an ensemble explain alike where their mean rank correlation and its 95 % interval over the samples are 0.5 and "
                "more; they differ where the mean is below."
            )
        images = any("structural_similarity" in check.also for check in found.checks)
        rows = [
            {
                "method": check.method.replace("_", " "),
                "control": check.control,
                "verdict": check.verdict,
                "value": check.value,
                "95 % interval": between(check.low, check.high),
                "without signs": check.also.get("rank_correlation_of_sizes", float("nan")),
                **({"structural similarity": check.also.get("structural_similarity", float("nan"))} if images else {}),
            }
            for check in found.checks
        ]
        page.table(rows, "Checks")
