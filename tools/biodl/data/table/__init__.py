"""Tables: a row a sample, a column a feature."""

from ..files.sorts import TABLES
from ..kind import Kind, register
from . import dataset, inspect

KIND = register(
    Kind(
        name="table",
        forms=("table",),
        sorts=TABLES,
        called="row",
        steps=False,
        in_order=False,
        options=dataset.TrainTableOptions,
        read_training=dataset.read_training,
        read_for=dataset.read_for,
        read_pieces=dataset.read_pieces,
        read_to_split=dataset.read_to_split,
        read_to_inspect=dataset.read_to_inspect,
        encoding_from=dataset.encoding_from,
        columns_to_copy=dataset.columns_to_copy,
        write_parts=dataset.write_parts,
        look=inspect.look,
        rank=0,
    )
)
