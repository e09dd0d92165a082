"""Images: a ZIP or a collection, with labels from a table or from the names of folders."""

from ..files.sorts import PICTURES
from ..kind import Kind, register, whole
from . import dataset, inspect

KIND = register(
    Kind(
        name="image",
        forms=("image", "image_collection"),
        sorts=PICTURES,
        called="sample",
        steps=False,
        in_order=False,
        options=dataset.TrainImageOptions,
        read_training=dataset.read_training,
        read_for=dataset.read_for,
        read_pieces=whole(dataset.read_for),
        read_to_split=dataset.read_to_split,
        read_to_inspect=dataset.read_to_inspect,
        encoding_from=dataset.encoding_from,
        columns_to_copy=dataset.columns_to_copy,
        write_parts=dataset.write_parts,
        look=inspect.look,
        rank=5,
    )
)
