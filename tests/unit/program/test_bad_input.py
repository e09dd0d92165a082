"""What no tool may accept: one clear sentence, no traceback, no output, whichever tool it is given to."""

import pytest

from conftest import DATA

OUTPUTS = {
    "inspect": ("findings", "columns", "plots", "report"),
    "split": ("train", "validation", "test", "summary"),
    "train-feedforward": ("model", "history", "curves", "layers", "report"),
    "evaluate": ("metrics", "comparison", "predictions", "plots", "report"),
    "predict": ("predictions",),
}
TARGETED = ("inspect", "split", "train-feedforward")
MODELLED = ("evaluate", "predict")
TABLES = {
    "empty file": ("", "is empty: give a table with a header line and rows of data."),
    "header only": ("length\tweight\toutcome\n", "has a header line but no rows of data: add rows."),
    "no header": ("1.5\t2.5\twell\n1.6\t2.6\twell\n1.7\t2.4\tsick\n", "looks like data, not column names"),
    "duplicate names": ("length\tlength\toutcome\n1\t2\twell\n", "has more than one column named 'length'"),
    "tab in a name": ('"a\tb"\tlength\toutcome\n1\t2\twell\n', "holds a tab or line break: rename it."),
    "nameless column": ("length\t\toutcome\n1\t2\twell\n", "Column 2 of table 't.tsv' has no name in the header line"),
    "more cells than names": ("length\toutcome\n1\twell\t3\n", "names 2 columns, but the row that starts with '1', 'well', '3' has 3"),
    "only gaps": ("length\toutcome\nNA\t\n\tNA\n", "has no values below its header line: add rows."),
    "an image": ((b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), "is a picture, which is not read: give a table."),
    "a folder": (None, "cannot be read: Is a directory."),
}
MODELS = {
    "empty": b"",
    "text": b"hello\n",
    "half": (DATA / "breast_cancer.keras").read_bytes()[:20_000],
    "a table": (DATA / "faulty.tsv").read_bytes(),
    "hostile": (DATA / "hostile.keras").read_bytes(),
}


def assert_refused(result, sentence, paths):
    assert result.code == 1
    assert result.err.startswith("Error: ")
    assert sentence in result.err
    assert len(result.err.splitlines()) == 1
    assert not any(path.exists() for path in paths.values())


@pytest.fixture
def outputs(tmp_path):
    return lambda command: {name: tmp_path / f"{name}.out" for name in OUTPUTS[command]}


@pytest.mark.parametrize("command", OUTPUTS)
@pytest.mark.parametrize("fault", TABLES)
def test_tables(command, fault, biodl, outputs, mixed_model, tmp_path):
    content, sentence = TABLES[fault]
    table = tmp_path / "t.tsv"
    if content is None:
        table.mkdir()
    else:
        table.write_bytes(content if isinstance(content, bytes) else content.encode())
    names = content.split("\n")[0].split("\t") if isinstance(content, str) else []
    options = {"target": "outcome" if "outcome" in names else "length"} if command in TARGETED else {"model": mixed_model}
    if fault == "only gaps" and command in MODELLED:
        sentence = "lacks"
    if fault == "a folder" and command in MODELLED:
        sentence = "but 't.tsv' is a folder: give samples of that kind, or another network."
    paths = outputs(command)
    result = biodl(command, data=table, **paths, **options)
    assert_refused(result, sentence, paths)


@pytest.mark.parametrize("command", MODELLED)
@pytest.mark.parametrize("fault", MODELS)
def test_models(command, fault, biodl, outputs, mixed, tmp_path):
    model = tmp_path / "m.keras"
    model.write_bytes(MODELS[fault])
    paths = outputs(command)
    assert_refused(biodl(command, model=model, data=mixed, **paths), "The model file 'm.keras' was not opened, because", paths)


@pytest.mark.parametrize("command", MODELLED)
def test_model_of_other_data(command, biodl, outputs, mixed):
    paths = outputs(command)
    result = biodl(command, model=DATA / "breast_cancer.keras", data=mixed, **paths)
    assert_refused(result, "but table 'mixed.tsv' has none of them (its first column is 'sample'): give samples", paths)


@pytest.mark.parametrize("command", TARGETED)
def test_missing_target(command, biodl, outputs, mixed):
    paths = outputs(command)
    result = biodl(command, data=mixed, target="result", **paths)
    assert_refused(result, "Column 'result', chosen as target, is not in table 'mixed.tsv', which has 'sample', 'length'", paths)
