"""Text: a column of a table."""

from ..files.sorts import TABLES
from ..kind import Kind, register, whole
from . import dataset, inspect

KIND = register(
    Kind(
        name="text",
        forms=("text",),
        sorts=TABLES,
        called="sample",
        steps=True,
        in_order=False,
        options=dataset.TrainTextOptions,
        read_training=dataset.read_training,
        read_for=dataset.read_for,
        read_pieces=whole(dataset.read_for),
        read_to_split=dataset.read_to_split,
        read_to_inspect=dataset.read_to_inspect,
        encoding_from=dataset.encoding_from,
        columns_to_copy=dataset.columns_to_copy,
        write_parts=dataset.write_parts,
        look=inspect.look,
        rank=4,
    )
)
