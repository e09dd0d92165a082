"""What networks see of sequences, series, text and images, and that padding and size change nothing else."""

import io
import types

import numpy as np
import pytest
from samples import fasta, image_zip, picture, png, sequence_rows

from biodl.data.files.fasta import read_fasta
from biodl.data.files.pixels import Store, decode
from biodl.data.image.near import near_images
from biodl.data.kind import Files
from biodl.data.sequence.alphabet import DNA, guess_alphabet, reverse_complement
from biodl.data.sequence.dataset import read_training
from biodl.data.sequence.near import near_sequences
from biodl.networks.assemble import assemble
from biodl.networks.families import convolutional, recurrent
from biodl.networks.opened import open_network
from biodl.networks.running import run_model
from biodl.tasks import Binary
from conftest import write_rows

TASK = Binary(("class",), classes=("none", "motif"))


def sequence_options(**changed):
    columns = {"kind": "sequence", "target": ("class",), "group": (), "sequence_column": (), "id_column": ()}
    numbers = {"kmer_size": 3, "max_length": 0, "embedding_dim": 4, "missing": "", "near_together": True}
    defaults = {**columns, **numbers, "alphabet": "auto", "sequence_encoding": "one_hot", "reverse_complement": False}
    return types.SimpleNamespace(**{**defaults, **changed})


def encoded(texts, **options):
    """An encoding fitted to sequences, and what its layers make of them."""
    import keras

    from biodl.data.sequence.dataset import SequenceDataset

    frame = __import__("pandas").DataFrame({"sequence": texts}, index=range(2, len(texts) + 2))
    data = SequenceDataset("table", "", frame, None, [], None, "sequence")
    encoding = data.fit_encoding(sequence_options(**options))
    return encoding, run_model(keras.Model(*encoding.layers()), encoding.raw(data))


def test_letters_count_in_part_for_each_they_stand_for():
    encoding, values = encoded(["ACGTRN-", "acgtrn"], alphabet="dna")
    assert encoding.alphabet == "dna"
    assert encoding.shape == (7, 4)
    expected = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0.5, 0, 0.5, 0], [0.25] * 4, [0] * 4]
    np.testing.assert_allclose(values[0], expected)
    np.testing.assert_allclose(values[1], expected)  # case is ignored, and padding is nothing
    assert encoding.variable


def test_rna_and_protein():
    assert guess_alphabet(["ACGUUA", "GGC"]) == "rna"
    assert guess_alphabet(["MKVLAAGG", "ACDEF"]) == "protein"
    assert guess_alphabet(["ACGTNNACGT"]) == "dna"
    encoding, values = encoded(["MKVLEFXB"])
    assert encoding.shape == (8, 20)
    np.testing.assert_allclose(values[0].sum(axis=1), 1, rtol=1e-6)
    assert values[0, 6].max() == pytest.approx(1 / 20)


def test_kmers_and_cutting():
    encoding, tokens = encoded(["ACGTA", "ACGNA"], sequence_encoding="kmer", alphabet="dna")
    assert encoding.shape == (3,)
    assert len(encoding.vocabulary) == 64
    words = ["", "?", *encoding.vocabulary]
    assert [words[token] for token in tokens[0]] == ["a c g", "c g t", "g t a"]
    assert tokens[1].tolist()[1:] == [1, 1]  # k-mers with N are unknown
    assert encoding.as_rows(tokens).shape == (2, 65)
    encoding, values = encoded(["ACGTACGT"], max_length=5)
    assert values.shape == (1, 5, 4)


def test_reverse_complement(tmp_path):
    assert reverse_complement("AACGTRn-") == "-nYACGTT"
    assert reverse_complement("AACU", "rna") == "AGUU"
    table = write_rows(tmp_path / "t.tsv", sequence_rows(20))
    data = read_training(Files(str(table)), sequence_options())
    double = data.augmented(sequence_options(reverse_complement=True))
    assert len(double) == 40
    assert double.texts[20] == reverse_complement(data.texts[0])
    assert double.target.iloc[20].tolist() == data.target.iloc[0].tolist()


def test_fasta_and_table_read_the_same(tmp_path):
    rows = sequence_rows(20)
    path, table = fasta(tmp_path / "x.fasta", rows), write_rows(tmp_path / "t.tsv", rows)
    assert [record.sequence for record in read_fasta(str(path))] == [row[1] for row in rows[1:]]
    by_fasta = read_training(Files(str(path), str(table)), sequence_options(kind="fasta"))
    by_table = read_training(Files(str(table)), sequence_options())
    assert by_fasta.row_hashes().tolist() == by_table.row_hashes().tolist()
    assert by_fasta.target["class"].tolist() == by_table.target["class"].tolist()


def outputs_of(family, options, lengths, steps):
    """What a network gives for the same samples padded to two lengths."""
    import keras

    keras.utils.set_random_seed(1)
    values = np.random.default_rng(0).normal(size=(4, max(steps), 3)).astype("float32")
    for row, length in enumerate(lengths):
        values[row, length:] = 0
    found = []
    for count in steps:
        keras.utils.set_random_seed(1)
        start = keras.Input((count, 3), name="series")

        def body(tensor):
            ops = keras.ops
            valid = ops.cast(ops.greater(ops.max(ops.absolute(tensor), axis=-1, keepdims=True), 0), "float32")
            return family.hidden(tensor, valid, options)

        network = assemble({"series": start}, start, body, TASK)
        found.append(run_model(network.model, {"series": values[:, :count]}))
    return found


@pytest.mark.parametrize("pooling", ["average", "max", "attention", "last"])
@pytest.mark.parametrize("cell", ["gru", "lstm", "transformer"])
def test_padding_does_not_count_in_recurrent_networks(cell, pooling):
    if cell == "transformer" and pooling == "last":
        pytest.skip("a transformer has no last state")
    options = recurrent.RecurrentOptions(cell=cell, units=(8,), time_pooling=pooling, front_filters=(0,), heads=2)
    short, long = outputs_of(recurrent, options, lengths=(12, 9, 5, 16), steps=(16, 24))
    np.testing.assert_allclose(short, long, atol=2e-5)


@pytest.mark.parametrize("pooling", ["average", "max"])
@pytest.mark.parametrize("architecture", ["plain", "residual", "separable"])
def test_padding_does_not_count_in_convolutional_networks(architecture, pooling):
    options = convolutional.ConvolutionalOptions(architecture=architecture, filters=(8, 8), global_pooling=pooling, kernel_size=3)
    short, long = outputs_of(convolutional, options, lengths=(12, 8, 4, 16), steps=(16, 24))
    np.testing.assert_allclose(short, long, atol=2e-5)


def test_long_samples_are_shortened_before_recurrent_layers():
    import keras

    start = keras.Input((427, 1))
    network = keras.Model(start, recurrent.hidden(start, None, recurrent.RecurrentOptions()))
    assert [layer.name for layer in network.layers if layer.name.startswith("front_pooling")] == [f"front_pooling_{n}" for n in (1, 2, 3)]
    assert network.get_layer("bidirectional_gru_1").output.shape == (None, 53, 64)


def test_near_duplicates_of_sequences():
    draw = np.random.default_rng(0)
    texts = ["".join(draw.choice(list("ACGT"), 60)) for _ in range(50)]
    texts.append(texts[3][:10] + "A" + texts[3][11:40] + "C" + texts[3][41:])
    texts.append(texts[4].lower())
    texts.append(texts[5][:30])
    codes = near_sequences(texts, DNA)
    assert codes[50] == codes[3]
    assert codes[51] == codes[4]
    assert len(set(codes.tolist())) == 51  # half a sequence is none


def test_near_duplicates_of_images():
    store = Store((16, 16, 1), "uint8")
    first = picture((16, 16, 1), 1)
    for pixels in (first, np.minimum(first.astype(int) + 1, 255).astype("uint8"), picture((16, 16, 1), 2)):
        store.append(pixels)
    codes = near_images([store.close()])
    assert codes[0] == codes[1] != codes[2]


def test_store_gives_what_was_put_in():
    store = Store((4, 5, 3), "uint8")
    images = [picture((4, 5, 3), seed) for seed in range(7)]
    for image in images:
        store.append(image)
    store.close()
    assert store.shape == (7, 4, 5, 3)
    np.testing.assert_array_equal(store[2:4], np.stack(images[2:4]))
    some = store.take(np.array([6, 0, 3]))
    np.testing.assert_array_equal(some[np.array([2, 0])], np.stack([images[3], images[6]]))


def as_tiff(pixels, **options):
    import tifffile

    content = io.BytesIO()
    tifffile.imwrite(content, pixels, **options)
    return content.getvalue()


FORMATS = {
    "8 bit grey PNG": (picture((6, 7), 1), png, (6, 7, 1), "uint8"),
    "16 bit grey PNG": (picture((6, 7), 1, dtype="uint16"), png, (6, 7, 1), "uint16"),
    "RGB PNG": (picture((6, 7, 3), 1), png, (6, 7, 3), "uint8"),
    "16 bit TIFF": (picture((6, 7), 1, dtype="uint16"), as_tiff, (6, 7, 1), "uint16"),
    "RGB TIFF": (picture((6, 7, 3), 1), lambda pixels: as_tiff(pixels, photometric="rgb"), (6, 7, 3), "uint8"),
    "five channels": (
        np.moveaxis(picture((6, 7, 5), 1, dtype="uint16"), -1, 0),
        lambda pixels: as_tiff(pixels, metadata={"axes": "CYX"}, imagej=True),
        (6, 7, 5),
        "uint16",
    ),
    "packed TIFF": (picture((6, 7), 1), lambda pixels: as_tiff(pixels, compression="lzw"), (6, 7, 1), "uint8"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats_of_images(name):
    pixels, write, shape, dtype = FORMATS[name]
    read = decode(write(pixels))
    assert (read.shape, read.dtype.name) == (shape, dtype)
    np.testing.assert_array_equal(read.squeeze(), np.moveaxis(pixels, 0, -1) if name == "five channels" else pixels)


@pytest.mark.parametrize("rule", ["stretch", "pad", "crop"])
def test_images_of_several_sizes_become_one(rule, biodl, tmp_path):
    """Keras predicts from an image of any size what Predict does."""
    import keras

    members = {f"{'ab'[n % 2]}/{n}.png": png(picture((12 + n % 3, 14), n, n % 2)) for n in range(24)}
    archive = image_zip(tmp_path / "i.zip", members)
    model = tmp_path / "m.keras"
    result = biodl("train-convolutional", kind="image", data=archive, resize=rule, image_height=10, image_width=11, epochs=1, model=model)
    assert result.code == 0, result.err
    assert "24 of 24 images were" in result.out
    assert "from 10 x 11 x 1 values" in result.out
    biodl("predict", model=model, data=archive, predictions=tmp_path / "p.tsv")
    predicted = [float(line.split("\t")[3]) for line in (tmp_path / "p.tsv").read_text().splitlines()[1:]]
    network = keras.models.load_model(model)
    for content, value in zip(members.values(), predicted, strict=True):
        raw = decode(content).astype("float32")[None]
        assert np.asarray(network({"image": raw})).item() == pytest.approx(value, abs=1e-5)


def test_images_that_do_not_fit_into_memory_are_read_batch_by_batch(biodl, tmp_path, monkeypatch):
    from samples import two_classes

    from biodl.training import train

    archive = two_classes(tmp_path / "i.zip", 60)
    paths = {}
    for name, limit in (("whole", 2**30), ("lazy", 0)):
        monkeypatch.setattr(train, "_IN_MEMORY", limit)
        paths[name] = tmp_path / f"{name}.tsv"
        options = {"epochs": 12, "history": paths[name], "model": tmp_path / f"{name}.keras"}
        assert biodl("train-convolutional", kind="image", data=archive, **options).code == 0
    last = [path.read_text().splitlines()[-1].split("\t") for path in paths.values()]
    assert [row[0] for row in last] == ["12", "12"]
    assert float(last[1][4]) > 0.8  # validation accuracy


def test_fine_tuning_keeps_frozen_layers_and_takes_new_classes(biodl, tmp_path):
    from samples import two_classes

    first = two_classes(tmp_path / "1.zip", 40, shape=(16, 16))
    assert biodl("train-convolutional", kind="image", data=first, filters="4,4", epochs=3, model=tmp_path / "1.keras").code == 0
    second = image_zip(tmp_path / "2.zip", {f"{'xyz'[n % 3]}/{n}.png": png(picture((16, 16), n, n % 3 // 2)) for n in range(45)})
    options = {"start": tmp_path / "1.keras", "epochs": 2, "model": tmp_path / "2.keras"}
    result = biodl("train-convolutional", kind="image", data=second, **options)
    assert result.code == 0, result.err
    assert "4 of 4 layers with weights stay as they are, the head is new" in result.out
    old, new = (open_network(str(tmp_path / f"{n}.keras")).model() for n in (1, 2))
    for name in ("convolution_1", "convolution_2"):
        np.testing.assert_array_equal(old.get_layer(name).get_weights()[0], new.get_layer(name).get_weights()[0])
    assert new.get_layer("head").units == 3
    result = biodl("train-convolutional", kind="image", data=second, freeze="none", **options)
    assert "0 of 4 layers" in result.out
    new = open_network(str(tmp_path / "2.keras")).model()
    assert np.abs(old.get_layer("convolution_1").get_weights()[0] - new.get_layer("convolution_1").get_weights()[0]).max() > 0


def test_counts_of_classes_are_those_of_the_doubled_training_part(tmp_path):
    import importlib

    from biodl.data.kinds import kind_of_form
    from biodl.training.prepare import prepare

    table = write_rows(tmp_path / "t.tsv", sequence_rows(60))
    form = importlib.import_module("biodl.commands.train_recurrent").OPTIONS(kind="sequence", target=("class",), reverse_complement=True)
    parts = prepare(kind_of_form("sequence"), Files(str(table)), None, form, say=lambda note: None)
    assert sum(parts.task.counts) == len(parts.training)
    assert parts.task.guessing_loss(len(parts.training)) == pytest.approx(0.693, abs=0.001)
