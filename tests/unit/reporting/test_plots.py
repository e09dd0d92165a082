"""Pictures at their final size: text of ten points that is whole and apart, contrast, nothing empty, the content in words."""

import inspect
import itertools
import re

import numpy as np
import pytest
from drawn import check, texts_of
from PIL import Image

from biodl.explanation import logos
from biodl.explanation.attribution import GRADCAM, INTEGRATED
from biodl.explanation.kinds import pictures as of_pictures
from biodl.explanation.kinds import series as of_series
from biodl.explanation.kinds import words
from biodl.explanation.motifs import Motif
from biodl.reporting import plots
from biodl.reporting.page import _STYLE
from biodl.reporting.plots import drawing, pictures, results, sheet, style
from biodl.reporting.plots.style import contrast
from conftest import DATA

HOSTILE = [
    "the_forty_letters_of_a_very_long_name_01",
    "costs $5 and $6 per sample",
    "CD4+/CD45RA+/CD25- Naive T of the second donor, day 21",
    "x",
    "ÄÖÜ µ½ <b>&amp;</b>",
    "a\tb\nc",
    "W" * 60,
    r"\frac{1}{2} $\alpha$",
    "%d %s",
    "_",
]


def names(count):
    """So many names, none of them kind."""
    return [HOSTILE[place % len(HOSTILE)] + (f" {place}" if place >= len(HOSTILE) else "") for place in range(count)]


def checked(panels):
    with style.styled():
        check(sheet.drawn(panels))


RANDOM = np.random.default_rng(1)


def curve(name):
    x = np.linspace(0, 1, 20)
    return name, x, x**0.3, float(RANDOM.uniform(0.5, 1))


def panels_of(count):
    """Every panel with so many names."""
    some = names(count)
    counts = {part: {name: int(RANDOM.integers(0, 5000)) for name in some} for part in ("train", "validation", "test")}
    triples = [(name, 0.5, 0.1, 0.9) for name in some]
    odd = [
        ("Root mean squared error (unit of the target)", 12345.678, 11000.123, 23456.789),
        ("log loss", float("nan"), float("nan"), float("nan")),
    ]
    picture = np.zeros((8, 8, 1))
    rows = [{"epoch": epoch, "loss": 1 / epoch, "val_loss": 2 / epoch, "accuracy": 0.5, "val_accuracy": 0.5} for epoch in (1, 2, 3)]
    return {
        "bars": plots.bars(some, RANDOM.uniform(0, 1, count).tolist(), "Bars", "share"),
        "bars of counts": plots.bars(some, [10**place for place in range(count)], "Bars", "samples", limit=15),
        "bars of nothing": plots.bars(some, [0.0] * count, "Bars", "samples"),
        "histogram": plots.histogram(RANDOM.normal(size=100) * 1e6, "Histogram", some[0]),
        "lines": plots.lines(range(1, 13), {name: RANDOM.normal(size=12) for name in some[:8]}, "Lines", "step", some[0]),
        "intervals": plots.intervals(triples, "Intervals", "share", alone=odd, among=True),
        "by class": plots.by_class(counts, dict.fromkeys(counts, 12345), f"Samples of each class of {some[0]}"),
        "by range": plots.by_range({part: RANDOM.normal(size=9) * 1e5 for part in counts}, f"Range of {some[0]}", some[0]),
        "confusion": plots.confusion(RANDOM.integers(0, 300, (count, count)), some),
        "differences": plots.differences(
            some, {pair: (RANDOM.uniform(0, 1), sum(map(len, pair)) % 2 == 0) for pair in itertools.combinations(some, 2)}, "Pairs"
        ),
        "roc": plots.roc([curve(name) for name in some]),
        "precision": plots.precision_recall([curve(name) for name in some]),
        "observed": plots.observed_predicted(RANDOM.normal(size=30), RANDOM.normal(size=30), some[0]),
        "residuals": plots.residuals(RANDOM.normal(size=30) * 1e6, RANDOM.normal(size=30) * 1e6, some[0]),
        "contact": plots.contact({name: [picture] * 3 for name in some}, dict.fromkeys(some, 3)),
        "loss": plots.learning_curves(rows, "accuracy", 2)[0],
        "metric": plots.learning_curves(rows, "accuracy", 2)[1],
        **judged_and_tuned(some),
        **explained(some),
    }


NONE = float("nan")


def judged_and_tuned(some):
    """Panels of probabilities, of trainings that were repeated, and of a search for settings."""
    bins = [(0.05, 0.1, 0.02, 0.2), (0.5, 0.45, 0.3, 0.6), (0.97, 0.93, 0.8, 1.0)]
    sure = [(0.6, 0.62, 0.55, 0.7), (0.99, 1.0, 0.9, 1.0)]
    values = {name: RANDOM.uniform(0, 1, 5).tolist() for name in some}
    means = {name: (0.512, 0.4, 0.6) if place % 3 else (-12345.678, NONE, NONE) for place, name in enumerate(some)}
    folds = [[{"epoch": epoch, "val_loss": 1e5 / (epoch + fold)} for epoch in range(1, 9 + fold)] for fold in range(4)]
    sizes, six = [12, 25, 50, 100, 200], {name: [(0.5 + 0.05 * place, 0.4, 0.9) for place in range(5)] for name in some[:6]}
    beyond = ([(200.0, 0.75), (400.0, 0.8)], (400.0, 0.7, 0.9))
    trials = [0.5, NONE, 0.75, 0.25, 0.875]
    return {
        "reliability": plots.reliability(bins, f"probability of {some[0]}", f"share that is {some[-1]}"),
        "reliability of the sure": plots.reliability(sure, "probability of the predicted class", "share that is right"),
        "by fold": plots.by_fold(values, means, f"Folds of {some[0]}", "balanced accuracy"),
        "curves of folds": plots.curves_of_folds(folds, [3, 4, 5, 6], members=True),
        "by size": plots.learning_by_size(sizes, six, beyond, (some[0], 0.5), "Root mean squared error (unit of the target)"),
        "by size alone": plots.learning_by_size(sizes[:2], {some[0]: [(0.5, NONE, NONE)] * 2}, None, ("mean", NONE), "R2"),
        "trials": plots.trials(trials, [False, False, False, True, False], True, f"Trials of {some[0]}", f"balanced accuracy of {some[0]}"),
        "setting in words": plots.setting((some * 3)[:3], [0.5, 0.75, 0.25], list(dict.fromkeys((some * 3)[:3])), False, some[0], "R2"),
        "setting by powers": plots.setting([1e-3, 1e-5, 2e-2], [0.5, 0.75, 0.25], [], True, "learning rate", some[0]),
        "setting": plots.setting([64, 128, 1024], [12345.678, 1.5, -2.0], [], False, "units", some[0]),
    }


LETTERS, PROTEIN = "ACGT", "ACDEFGHIKLMNPQRSTVWY"


def letters_of(alphabet, positions, changes):
    """The logo of made sequences."""
    stand = np.eye(len(alphabet))[RANDOM.integers(0, len(alphabet), positions)]
    map_ = RANDOM.normal(size=stand.shape) * 1e-3 if changes else None
    return logos.letters_panel(f"{HOSTILE[2]}: {positions} letters", stand * RANDOM.normal(size=(positions, 1)), alphabet, stand, map_)


def explained(some):
    """Panels of what networks say and why."""
    places, codes, wrong = RANDOM.normal(size=(40, 2)), np.arange(40) % len(some), np.arange(40) % 7 == 0
    curves = RANDOM.uniform(0, 1, (12, len(some)))
    values = (RANDOM.normal(size=len(some)) * 1e4).tolist()
    shares = np.array([0, 0.1, 0.3, 0.5, 1])
    series = RANDOM.normal(size=(30, len(some))) * 1e5
    texts = [HOSTILE[place % len(HOSTILE)] for place in range(25)]
    motif = Motif(some[0], np.full((8, 4), 5.0) + 20 * np.eye(4)[[0, 1, 2, 3] * 2], 25, 0.5)
    maps = {INTEGRATED: RANDOM.normal(size=(8, 8, 2)), GRADCAM: np.abs(RANDOM.normal(size=(8, 8, 1)))}
    return {
        "dependence": plots.dependence(np.linspace(-1e5, 1e5, 12), RANDOM.uniform(0, 1, (9, 12)), some[0], f"probability of {some[-1]}"),
        "dependence in words": plots.dependence(np.array(some, dtype=object), curves, some[0], some[-1]),
        "costs": plots.costs([(name, 0.1, -0.02, 0.3) for name in some], "Costs", "balanced accuracy falls by (95 % interval of the mean)"),
        "pushes": plots.pushes(some, values, f"{some[0]}: mean of 12 samples", "adds to the log-odds"),
        "pushes to one side": plots.pushes(some, np.abs(values).tolist(), "One side", "moves the prediction, up or down"),
        "along": plots.along(
            range(1, 31), {n: RANDOM.normal(size=30) for n in some[:8]}, "Along", "time point", "mean absolute attribution"
        ),
        "map": plots.map_of_samples(places, (0.512, 0.25), codes, some, wrong, f"Map of {some[0]}"),
        "map of nobody wrong": plots.map_of_samples(places, (1.0, 0.0), codes, some, None, "Map"),
        "map of a number": plots.map_of_numbers(places, (0.5, 0.25), RANDOM.normal(size=40) * 1e6, wrong, some[0], "Map of a number"),
        "taken out": plots.taken_out(shares, {"integrated gradients": shares**0.5, "Grad-CAM": shares**0.7}, shares, "time points"),
        "logo": letters_of(LETTERS, 60, changes=True),
        "logo in lines": letters_of(LETTERS, 150, changes=False),
        "logo of a protein": letters_of(PROTEIN, 30, changes=True),
        "motif": logos.motif_panels([motif], LETTERS, np.full(4, 0.25))[0],
        "words": words._panel(HOSTILE[2], texts, RANDOM.normal(size=25) * 1e-3, {"x"}),
        "series": of_series._panel(HOSTILE[2], some, series, RANDOM.normal(size=series.shape)),
        "maps of an image": of_pictures._panel(HOSTILE[2], RANDOM.normal(size=(8, 8, 2)), maps, True),
    }


def each_checked(count, wanted=None):
    """Draw and check every panel with so many names, or those that are wanted."""
    wrong = []
    for name, panel in panels_of(count).items():
        if wanted and name not in wanted:
            continue
        try:
            checked([panel])
        except AssertionError as error:
            wrong.append(f"{name} of {count}: {error}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("count", [1, 4])
def test_texts_are_large_whole_and_apart(count):
    each_checked(count)


@pytest.mark.parametrize("count", [2, 11, 30, 120])
def test_texts_of_many_names_are_large_whole_and_apart(count):
    each_checked(count, ("confusion", "roc", "by class", "differences"))


def test_texts_of_several_names_on_newer_panels_are_large_whole_and_apart():
    each_checked(11, ("by fold", "costs", "dependence in words", "map", "pushes", "series", "setting in words"))


def test_every_panel_there_is_is_drawn_here():
    """A panel of its own module, or of the shared ones; a new one has its place here before it has one in a report."""
    drawn = inspect.getsource(panels_of) + inspect.getsource(judged_and_tuned) + inspect.getsource(explained)
    shared = {name for name in plots.__all__ if name in dir(plots) and not isinstance(getattr(plots, name), type) and name[0].islower()}
    elsewhere = {"diagram", "figure", "gallery", "push", "result"}  # whole pictures, and the bars of ``pushes``
    assert {name for name in shared if not re.search(rf"plots\.{name}\(", drawn)} == elsewhere


def test_panels_beside_each_other_leave_each_other_room():
    every = panels_of(2)
    checked([every["roc"], every["precision"], every["observed"], every["confusion"], every["residuals"]])


def test_rows_are_full():
    narrow, wide = plots.histogram([1, 2], "Narrow", "x"), plots.bars(["a"], [1], "Wide", "x")
    assert [len(row) for row in sheet.in_rows([narrow, narrow, narrow])] == [2, 1]
    assert [len(row) for row in sheet.in_rows([narrow, wide, narrow, narrow])] == [1, 1, 2]
    with style.styled():
        figure = sheet.drawn([narrow, narrow, narrow])
        figure.canvas.draw()
        widths = [axes.get_window_extent().width / figure.dpi for axes in figure.findobj(lambda item: hasattr(item, "get_xlim"))]
    assert widths[0] == pytest.approx(widths[1], abs=0.3)
    assert widths[2] > 5.5  # the last spans its row


def test_a_picture_is_1400_pixels_wide_and_its_words_are_the_alternative_text(tmp_path):
    matrix = np.array([[70, 1], [1, 41]])
    said = plots.figure([plots.confusion(matrix, ["benign", "malignant"])], tmp_path / "p.png")
    assert said == "Confusion matrix: 70 of 71 benign and 41 of 42 malignant right."
    assert Image.open(tmp_path / "p.png").size[0] == 1400


def test_there_is_no_panel_without_words_or_title_and_no_picture_without_a_panel(tmp_path):
    for title, says in (("", "words"), ("title", ""), ("title", "  ")):
        with pytest.raises(ValueError, match="in words"):
            plots.Panel(title, says, lambda axes: None)
    with pytest.raises(ValueError, match="no panel"):
        plots.figure([], tmp_path / "p.png")


def test_panels_say_their_content():
    rows = [
        {"epoch": 1, "loss": 0.69, "val_loss": 0.6, "accuracy": 0.5, "val_accuracy": 0.6},
        {"epoch": 2, "loss": 0.2, "val_loss": 0.1, "accuracy": 0.9, "val_accuracy": 0.95},
        {"epoch": 3, "loss": 0.08, "val_loss": 0.3, "accuracy": 1.0, "val_accuracy": 0.9},
    ]
    loss, accuracy = plots.learning_curves(rows, "accuracy", 2)
    assert (loss.title, loss.says) == (
        "Loss by epoch",
        "training 0.690 to 0.0800, validation 0.600 to 0.300, 0.100 at epoch 2, which was kept",
    )
    assert accuracy.says == "training 0.500 to 1, validation 0.600 to 0.900, 0.950 at epoch 2, which was kept"
    assert plots.bars(["a", "b"], [3, 0.25], "t", "x").says == "a 3, b 0.250"
    assert plots.bars([str(place) for place in range(9)], range(9), "t", "x").says == "0 0, 1 1, 2 2, 3 3, 4 4, 5 5 and 3 more"
    assert plots.histogram([0, 1, 2, 3, 4, np.nan], "t", "x").says == "5 values from 0 to 4, half of them from 1 to 3"
    assert plots.histogram([np.nan], "t", "x").says == "no values"
    assert plots.roc([("a", [0, 1], [0, 1], 0.5)]).says == "area below a 0.500"
    assert plots.observed_predicted(np.array([1.0, 3]), np.array([2.0, 2]), "y").says == (
        "observed 1 to 3, predicted 2 to 2, apart by 1 on average"
    )
    counts = {"train": {"a": 3, "b": 1}, "test": {"a": 1, "b": 1}}
    assert plots.by_class(counts, {"train": 4, "test": 2}, "t").says == "train 4 samples (a 3, b 1); test 2 samples (a 1, b 1)"
    assert plots.by_range({"train": np.array([1.0, 2, 6])}, "t", "y").says == "train 3 samples, 1 to 6, mean 3"


HEADLINE = [
    {"metric": "balanced_accuracy", "value": 0.9812, "ci95_low": 0.95, "ci95_high": 0.999},
    {"metric": "log_loss", "value": 0.1, "ci95_low": 0.05, "ci95_high": 0.2},
    {"metric": "Root mean squared error (unit of the target)", "value": 54.123456, "ci95_low": 50.0, "ci95_high": 60.0},
]
COMPARISON = [
    {"model": "network", "value": 0.9812, "ci95_low": 0.95, "ci95_high": 0.999},
    {"model": "most frequent class", "value": 0.5, "ci95_low": None, "ci95_high": None},
]


def test_differences_say_which_is_better_beyond_chance():
    pairs = {("a", "b"): (0.25, True), ("a", "c"): (0.3, True), ("b", "c"): (0.0504, False)}
    says = plots.differences(["a", "b", "c"], pairs, "Differences").says
    assert says == "a is better than b by 0.250, a is better than c by 0.300, b is not clearly better than c by 0.050"


def test_the_result_shows_values_with_intervals_and_errors_off_the_scale_of_shares(tmp_path):
    said = plots.result(HEADLINE, COMPARISON, "balanced_accuracy", tmp_path / "r.png")
    assert said == (
        "Metrics of the network, with 95 % intervals: balanced accuracy 0.981 (0.950 to 0.999); log loss 0.100 (0.050 to 0.200); "
        "Root mean squared error (unit of the target) 54.12 (50 to 60). "
        "Models compared: balanced accuracy, with 95 % intervals: network 0.981 (0.950 to 0.999); most frequent class 0.500."
    )
    assert Image.open(tmp_path / "r.png").size[0] == 1400
    with style.styled():
        figure = sheet.drawn(results.result_panels(HEADLINE, COMPARISON, "balanced_accuracy"))
        check(figure)
        axes = figure.findobj(lambda item: hasattr(item, "get_xlim"))[0]
        marks = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]
        assert axes.get_xlim() == (0.49, 1.01)
        assert marks == [0.9812]  # errors are printed, not drawn beside shares
        written = {text.get_text() for text in axes.texts}
        assert written == {"0.981 (0.950 to 0.999)", "0.100 (0.050 to 0.200)", "54.12 (50 to 60)"}


@pytest.mark.parametrize(
    ("rows", "limits"),
    [
        ([(0.5, 0.4, 0.6)], (-0.02, 1.02)),
        ([(0.98, 0.96, 1.0), (0.5, 0.5, 0.5)], (0.49, 1.01)),
        ([(-0.05, -0.31, 0.2)], (-0.428, 1.028)),
        ([(-2.0, -5.0, 0.5)], (-5.275, 0.775)),
        ([(120.0, 100.0, 140.0)], (98, 142)),
    ],
)
def test_scales_of_values_with_intervals(rows, limits):
    with style.styled():
        figure = sheet.drawn([plots.intervals([("a", *row) for row in rows], "Title", "x")])
        axes = figure.findobj(lambda item: hasattr(item, "get_xlim"))[0]
        assert axes.get_xlim() == pytest.approx(limits)


def test_the_gallery_has_four_a_row_with_names_and_what_was_seen(tmp_path):
    titles = [f"a_long_folder/the_image_number_{place:05}.tif\nobserved: {HOSTILE[0]}\npredicted: $x$ (0.99)" for place in range(6)]
    with style.styled():
        figure = pictures.hung(np.zeros((6, 5, 9, 3)), titles, "Most confident of 44 mistakes")
        check(figure)
        places = [axes.get_position() for axes in figure.axes]
    assert len({round(place.y0, 4) for place in places}) == 2
    assert len({round(place.x0, 4) for place in places}) == 4
    said = plots.gallery(np.zeros((1, 5, 9, 3)), titles[:1], "Most confident of 44 mistakes", tmp_path / "g.png")
    assert said == (
        "Most confident of 44 mistakes: a_long_folder/the_image_number_00000.tif, "
        "observed: the_forty_letters_of_a_very_long_name_01, predicted: $x$ (0.99)."
    )


def test_the_contact_sheet_stands_by_class():
    picture = np.zeros((4, 4, 1))
    panel = plots.contact({"dark": [picture] * 7, "bright": [picture]}, {"dark": 40, "bright": 1})
    assert panel.says == "dark 40, bright 1"
    with style.styled():
        figure = sheet.drawn([panel])
        heads = [item.get_text() for item, _ in texts_of(figure)]
        rows = [round(axes.get_position().y0, 3) for axes in figure.findobj(lambda item: bool(getattr(item, "images", [])))]
    assert set(heads) == {"Contact sheet", "dark (40 images)", "bright (1 images)"}
    assert [rows.count(place) for place in dict.fromkeys(rows)] == [6, 1, 1]
    assert plots.contact({"": [picture]}, {"": 5}).says == "images 5"


def test_counts_and_epochs_have_whole_ticks():
    every = panels_of(2)
    for name, axis in (("loss", "x"), ("bars of counts", "x"), ("histogram", "y"), ("lines", "x")):
        with style.styled():
            figure = sheet.drawn([every[name]])
            figure.canvas.draw()
            axes = figure.findobj(lambda item: hasattr(item, "get_xlim"))[0]
            ticks = getattr(axes, f"get_{axis}ticks")()
        assert all(float(tick).is_integer() for tick in ticks), name
        assert len(ticks) <= 8


def test_lines_differ_in_more_than_colour():
    with style.styled():
        figure = sheet.drawn([plots.lines([1, 2], {str(place): [place, 0] for place in range(8)}, "t", "x", "y")])
        drawn = figure.findobj(lambda item: hasattr(item, "get_xlim"))[0].lines
    assert len({(line.get_linestyle(), line.get_marker()) for line in drawn}) == 8
    with style.styled():
        drawn = sheet.drawn([panels_of(1)["loss"]]).findobj(lambda item: hasattr(item, "get_xlim"))[0].lines
    assert [line.get_linestyle() for line in drawn] == ["-", "--", ":"]


def test_colours_stand_apart_from_what_lies_behind():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for colour in (*style.CYCLE, style.GREY, style.PLAIN):
        assert contrast(colour, style.WHITE) >= 3, colour
    assert contrast(style.GREY, style.WHITE) >= 4.5
    for fill in (*drawing._FILLS.values(), style.PALE):
        assert contrast(style.ink(fill), fill) >= 4.5, fill
    import matplotlib

    for share in np.linspace(0, 1, 101):
        shade = matplotlib.colormaps["Blues"](float(share))
        assert contrast(style.ink(shade), shade) >= 4.5


def test_fills_of_the_diagram_are_not_told_by_colour_alone():
    block = drawing.Block("Title", ("Dense 3",), "3", 12, 4)
    assert block.weights() == "12 weights, 4 fixed"
    assert drawing.Block("Title", ("Dense 3",), "3").weights() == "no weights"
    with style.styled():
        figure = drawing.stacked([block] * 3)
        check(figure)
    assert {"learns", "fixed weights", "no weights"} <= {item.get_text() for item, _ in texts_of(figure)}


def test_pages_have_text_of_enough_contrast():
    pairs = [
        (rule.group(2), dict(re.findall(r"(color|background):(#[0-9a-f]{3,6})", rule.group(2))))
        for rule in re.finditer(r"([^{}]+){([^{}]+)}", _STYLE)
    ]
    found = [(full(colours.get("color", "#222")), full(colours.get("background", "#fff"))) for _, colours in pairs if colours]
    assert len(found) >= 4
    for text, background in found:
        assert contrast(text, background) >= 4.5, (text, background)
    for line in re.findall(r"border-left:4px solid (#[0-9A-Fa-f]{6})", _STYLE):
        assert contrast(line, "#ffffff") >= 3, line


def full(colour):
    return colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("short", "short"),
        ("two\twords\n here", "two words here"),
        ("CD4+/CD45RA+/CD25- Naive T", "CD4+/CD45RA+/CD25-\nNaive T"),
        ("W" * 30, "W" * 13 + "\n…" + "W" * 12),
        ("gene_" + "x" * 50 + "_end_1", "gene_xxxxxxxxxxxxxxxxxx\nxxxxx"),
        ("$5", "$5"),
        ("nuclei/of_mice/patch_0241.png", "nuclei/of_mice/\npatch_0241.png"),
    ],
)
def test_labels(text, shown):
    found = style.label(text)
    if "gene" not in text:
        assert found == shown
    assert all(len(line) <= 24 for line in found.split("\n"))
    assert found.count("\n") <= 1
    if len(text) > 48:
        assert "…" in found
        assert found.endswith("_end_1")


@pytest.mark.parametrize(
    ("value", "printed"),
    [(0.98105, "0.981"), (1.0, "1.000"), (-0.0002, "0.000"), (54.1234, "54.12"), (12345.678, "12346"), (float("nan"), "undefined")],
)
def test_metrics_are_printed_to_be_compared(value, printed):
    assert style.score(value) == printed


@pytest.mark.parametrize(
    ("value", "printed"), [(12, "12"), (12.0, "12"), (0.41, "0.410"), (0.00703, "0.00703"), (1234.5, "1234"), (3.2e7 + 0.5, "3.20e+07")]
)
def test_values_beside_bars(value, printed):
    assert style.number(value) == printed


@pytest.fixture
def shown(monkeypatch):
    """Panels that commands draw."""
    found = []

    def figure(panels, path):
        found.append(panels)
        return sheet.figure(panels, path)

    monkeypatch.setattr(plots, "figure", figure)
    return found


def split_sizes(biodl, tmp_path, **flags):
    parts = {name: tmp_path / f"{name}.tsv" for name in ("train", "validation", "test", "sizes")}
    result = biodl("split", **flags, **parts)
    assert result.code == 0, result.err


def test_split_draws_classes_of_its_parts(biodl, tmp_path, shown):
    split_sizes(biodl, tmp_path, data=DATA / "breast_cancer.tsv", target="diagnosis")
    ((panel,),) = shown
    assert panel.title == "Samples of each class of diagnosis"
    assert panel.says == (
        "train 370 samples (benign 232, malignant 138); validation 86 samples (benign 54, malignant 32); "
        "test 113 samples (benign 71, malignant 42)"
    )


def test_split_draws_the_range_of_a_number_and_sizes_without_a_target(biodl, tmp_path, shown):
    split_sizes(biodl, tmp_path, data=DATA / "diabetes.tsv", target="progression")
    split_sizes(biodl, tmp_path, data=DATA / "diabetes.tsv")
    (ranges,), (sizes,) = shown
    assert ranges.title == "Range of progression in each part"
    assert ranges.says.startswith("train 286 samples, 25 to 346, mean 153; validation 66 samples, ")
    assert (sizes.title, sizes.says) == ("Samples of each part", "train 287, validation 66, test 89")


def test_inspect_shows_images_by_class_and_no_picture_of_zeros(biodl, tmp_path, shown):
    for data, flags in (("nuclei.zip", {"kind": "image"}), ("breast_cancer.tsv", {"target": "diagnosis"})):
        result = biodl("inspect", data=DATA / data, plots=tmp_path / "p.png", **flags)
        assert result.code == 0, result.err
    images, table = ({panel.title: panel.says for panel in panels} for panels in shown)
    assert images["Contact sheet"] == "background 222, nucleus 222"
    assert table["Samples of each class"] == "benign 357, malignant 212"
    assert not [title for title in table if title.startswith("Missing")]  # nothing is missing
