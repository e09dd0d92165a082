"""Inspect data before training."""

from __future__ import annotations

import dataclasses

from ..data.columns import assign_roles
from ..data.dataset import kind_of_form
from ..data.forecast import ForecastOptions
from ..data.samples import ALL, COLLECTION, DATA, LABELS, SampleColumns, files_of
from ..data.table import read_header
from ..data.tabular import TableOptions
from ..findings import OUTPUTS, write_all
from ..program.files import Outputs
from ..program.options import option

__all__ = ["DESCRIPTION", "INPUTS", "OPTIONS", "OUTPUTS", "run"]

DESCRIPTION = "Inspect training data: volume, types, missing values, copies, balance, outliers, leaks; with advice."
INPUTS = (DATA, LABELS, COLLECTION)


@dataclasses.dataclass(frozen=True)
class Options(ForecastOptions, SampleColumns, TableOptions):
    """Everything the form offers."""

    kind: str = option("table", "what the samples are", kind="choice", choices=ALL)


OPTIONS = Options


def run(options: Options, inputs: dict[str, str | None], outputs: Outputs) -> None:
    """Read, check, write."""
    files = files_of(inputs, options)
    if options.kind == "table":
        header = read_header(files.main)
        roles = assign_roles(header, options.target, options.features, options.exclude, options.categorical)
        from ..data.table_quality import inspect

        found = inspect(header, roles, options)
    else:
        from ..data.sample_quality import inspect as inspect_samples

        found = inspect_samples(kind_of_form(options.kind), dataclasses.replace(files, broken="skip"), options)
    write_all("Inspection of training data", found, outputs)
