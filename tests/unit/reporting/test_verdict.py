"""The verdict's lines, numbers for people, and names of tools and places in sentences."""

import ast
import re
import xml.etree.ElementTree as ET

import pandas as pd
import pytest

from biodl.program.files import Outputs
from biodl.reporting.findings import NO_TARGET, NOTE, OK, STOP, WARNING, Finding, in_lines
from biodl.reporting.tables import between, four_digits, write_readable
from biodl.reporting.verdict import MOST_ROWS, WIDTH, Line, laid_out, publish, verdict
from biodl.training.diagnose import EPOCHS
from conftest import ROOT

TOOLS = sorted((ROOT / "tools").glob("*.xml"))


def test_a_line_is_short_and_breaks_between_words():
    assert str(Line("Data", "569  rows\nin table 'x'.")) == "Data: 569 rows in table 'x'."
    long = str(Line("Data", "word, " * 100))
    assert 230 < len(long) < 240
    assert long.endswith("word…")


def test_the_verdict_keeps_what_to_do_next():
    lines = verdict([Line("A", "1."), None, *(Line("B", str(number)) for number in range(9))], Line("Next", "go."))
    assert [str(line) for line in lines] == ["A: 1.", "B: 0", "B: 1", "B: 2", "Next: go."]


def test_it_is_printed_and_written(tmp_path, capsys):
    lines = [Line("Result", "µ is \ud800."), Line("Next", "go.")]
    with Outputs({"verdict": str(tmp_path / "v")}) as outputs:
        publish(lines, outputs)
    assert (tmp_path / "v").read_text(encoding="utf-8") == "Result: µ is \\ud800.\nNext: go.\n"
    with Outputs({"other": str(tmp_path / "o")}) as outputs:
        publish(lines[1:], outputs)
    assert capsys.readouterr().out.endswith("Next: go.\n")


def test_rows_fit_into_the_box_of_a_workflow_report():
    """The less important lines give way, aloud; the first and the last stay."""
    long = "word " * 60
    rows = laid_out([Line("Result", long), *(Line(f"Other {number}", long) for number in range(3)), Line("Next", long)])
    assert len(rows) <= MOST_ROWS
    assert max(map(len, rows)) <= WIDTH
    assert [row.partition(":")[0] for row in rows if not row.startswith("  ")] == ["Result", "More", "Next"]
    assert laid_out([Line("Result", "good."), Line("Simpler model", "as good."), Line("Next", "go.")]) == [
        "Result: good.",
        "Simpler model: as good.",
        "Next: go.",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.982300885, "0.9823"), (1.0, "1"), (-0.0, "0"), (0.00123456, "0.001235"), (1e-12, "1e-12"), (123.456, "123.5"), (9999.4, "9999"),
        (9999.7, "10000"), (123456.7, "123457"), (-2345678.9, "-2345679"), (1e16, "1e+16"), (float("nan"), ""), (float("inf"), "inf"),
    ],
)  # fmt: skip
def test_numbers_for_people(value, shown):
    assert four_digits(value) == shown


def test_intervals_for_people():
    assert between(0.91234, 1.0) == "0.9123 to 1"
    assert between(float("nan"), 1.0) == ""


def test_tables_that_people_read(tmp_path):
    frame = pd.DataFrame({"n": [1, 20000], "x": [0.123456789, float("nan")], "name": ["a\tb", None], "on": [True, False]})
    write_readable(frame, tmp_path / "t")
    assert (tmp_path / "t").read_text() == "n\tx\tname\ton\n1\t0.1235\ta b\tTrue\n20000\t\t\tFalse\n"
    assert frame["x"][0] == 0.123456789


GOOD = Finding(OK, "volume", "100 samples.")
NOTED = Finding(NOTE, "letters", "3 sequences have lower-case letters.", "Case is ignored.")
BAD = Finding(WARNING, "leak", "'id' alone tells the target.", "Leave it out.")
WORSE = Finding(STOP, "target", "The target column has no values.", "Choose another.")


@pytest.mark.parametrize(
    ("findings", "lines"),
    [
        (
            [GOOD, GOOD],
            [
                "Quality: no warning in 2 checks.",
                "Next: put a test part aside with 'Split data', then train a network on the rest.",
            ],
        ),
        (
            [NO_TARGET, NOTED, GOOD],
            [
                "Quality: no warning in 3 checks (2 notes in the table of findings).",
                "Next: choose the target column and inspect again: without it neither balance nor leaks can be checked.",
            ],
        ),
        (
            [BAD, GOOD],
            [
                "Quality: 1 finding may mislead.",
                "Warning: 'id' alone tells the target. Leave it out.",
                "Next: put a test part aside with 'Split data', then train a network on the rest.",
            ],
        ),
        (
            [WORSE, BAD, BAD, GOOD],
            [
                "Quality: 1 finding would stop training or make it worthless and 2 findings may mislead.",
                "Stop: The target column has no values. Choose another.",
                "Warning: 'id' alone tells the target. Leave it out.",
                "Next: mend what would stop training, and inspect again.",
            ],
        ),
    ],
    ids=["good", "no target", "a warning", "a stop"],
)
def test_the_verdict_on_data(findings, lines):
    assert [str(line) for line in in_lines(["100 rows in table 't'.", "Target 'y': binary task."], findings)] == [
        "Data: 100 rows in table 't'. Target 'y': binary task.",
        *lines,
    ]


def test_the_place_of_epochs_is_in_the_form():
    root = ET.parse(ROOT / "tools" / "macros" / "training.xml").getroot()
    settings, choice, section, label = EPOCHS.split(" > ")
    field = root.find(f".//param[@label='{label}']")
    assert field.get("name") == "epochs"
    inside = root.find(f".//section[@title='{section}']")
    assert field in list(inside)
    level = root.find(f".//conditional/param[@label='{settings}']")
    assert root.find(".//option[@value='all']").text == choice
    assert level.find("option[@value='all']") is not None


def test_tools_that_sentences_name_are_there():
    names = {ET.parse(path).getroot().get("name") for path in TOOLS if ET.parse(path).getroot().tag == "tool"}
    told = set()
    for path in (ROOT / "tools" / "biodl").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                told |= set(re.findall(r"'((?:Split|Evaluate|Predict|Inspect|Train) [a-z -]+)'", node.value))
    assert {"Split data", "Evaluate a network", "Predict with a network", "Inspect training data"} <= told <= names
