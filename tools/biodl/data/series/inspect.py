"""What Inspect finds in series, and in windows of a series."""

from __future__ import annotations

from ...errors import counted, listing, span
from ...reporting import plots
from ...reporting.findings import NOTE, WARNING, Finding, Inspection
from ...tasks import Task
from .. import checks
from ..kind import Files
from .dataset import SeriesDataset
from .forecast import ForecastDataset


def look(data: SeriesDataset | ForecastDataset, files: Files, task: Task | None) -> Inspection:
    """Lengths, channels, copies."""
    import numpy as np

    values, names = data.values, data.columns["channels"]
    findings = [checks.volume(data), *checks.copies(data, None), checks.lengths(data.lengths(), "time points")]
    constant = [name for position, name in enumerate(names) if np.nanstd(values[:, :, position]) == 0]
    if constant:
        findings.append(Finding(WARNING, "channels", f"{listing(constant)} never varies.", "Leave it out: it tells nothing."))
    still = int((np.nanmax(values, axis=(1,)) == np.nanmin(values, axis=(1,))).all(axis=1).sum())
    if still:
        findings.append(Finding(NOTE, "still series", f"{still} series never change.", "Check whether they were measured."))
    parts = checks.number_rows(names, [values[:, :, position].ravel() for position in range(len(names))])
    steps = range(1, values.shape[1] + 1)
    with np.errstate(all="ignore"):
        mean = {name: np.nanmean(values[:, :, position], axis=0) for position, name in enumerate(names[:6])}
    examples = {f"sample {row + 1}": values[row, :, 0] for row in range(min(4, len(values)))}
    panels = [
        plots.lines(steps, mean, "Mean of all samples", "time point", "value"),
        plots.lines(steps, examples, f"First samples, {names[0]}", "time point", names[0]),
    ]
    facts = [
        f"{counted(len(data), 'sample')} in {data.where}.",
        f"{counted(len(names), 'channel')} ({listing(names)}), {span(data.lengths().min(), data.lengths().max())} time points.",
    ]
    return Inspection(findings, parts, panels, facts)
