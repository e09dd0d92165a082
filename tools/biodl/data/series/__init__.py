"""Series: numbers in time order, to classify (a row a sample, or a row a time point) or to forecast."""

from ..files.sorts import TABLES
from ..kind import Kind, register, whole
from ..table.dataset import write_parts
from . import dataset, forecast, inspect

KIND = register(
    Kind(
        name="series",
        forms=("series", "series_long"),
        sorts=TABLES,
        called="sample",
        steps=True,
        in_order=False,
        options=dataset.TrainSeriesOptions,
        read_training=dataset.read_training,
        read_for=dataset.read_for,
        read_pieces=whole(dataset.read_for),
        read_to_split=dataset.read_to_split,
        read_to_inspect=dataset.read_to_inspect,
        encoding_from=dataset.encoding_from,
        columns_to_copy=dataset.columns_to_copy,
        write_parts=dataset.write_parts,
        look=inspect.look,
        rank=2,
    )
)
FORECAST = register(
    Kind(
        name="forecast",
        forms=("forecast",),
        sorts=TABLES,
        called="row",
        steps=True,
        in_order=True,
        options=forecast.TrainForecastOptions,
        read_training=forecast.read_training,
        read_for=forecast.read_for,
        read_pieces=whole(forecast.read_for),
        read_to_split=forecast.read_to_split,
        read_to_inspect=forecast.read_to_inspect,
        encoding_from=forecast.encoding_from,
        columns_to_copy=forecast.columns_to_copy,
        write_parts=write_parts,
        look=inspect.look,
        rank=3,
    )
)
