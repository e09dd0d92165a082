"""Inspect data before training."""

from __future__ import annotations

from ..cli import File, Outputs
from ..data.columns import assign_roles
from ..data.table import read_header
from ..data.tabular import TableOptions
from ..findings import OUTPUTS, write_all

__all__ = ["DESCRIPTION", "INPUTS", "OPTIONS", "OUTPUTS", "run"]

DESCRIPTION = "Inspect training data: volume, types, missing values, copies, balance, outliers, leaks; with advice."
INPUTS = (File("data", "the table to inspect", required=True),)
OPTIONS = TableOptions


def run(options: TableOptions, inputs: dict[str, str | None], outputs: Outputs) -> None:
    """Read, check, write."""
    header = read_header(inputs["data"])
    roles = assign_roles(header, options.target, options.features, options.exclude, options.categorical)
    from ..data.table_quality import inspect

    write_all("Inspection of training data", inspect(header, roles, options), outputs)
