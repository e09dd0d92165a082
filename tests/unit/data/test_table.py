"""Reading tables: what is accepted, and one clear sentence for what is not."""

import pytest

from biodl.data.files.table import read_header, read_table
from biodl.errors import InputError
from biodl.program.options import ColumnNumber


def table(tmp_path, content, name="table.tsv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "The table 'table.tsv' is empty: give a table with a header line and rows of data."),
        ("\n\n", "The table 'table.tsv' is empty: give a table with a header line and rows of data."),
        ("a\tb\n", "The table 'table.tsv' has a header line but no rows of data: add rows."),
        (
            "1.5\tx\n2.5\tx\n3.5\ty\n",
            "The first line of table 'table.tsv' looks like data, not column names (it starts with '1.5', 'x'): add a header line.",
        ),
        (
            "1\t2\n3\t4\n",
            "The first line of table 'table.tsv' looks like data, not column names (it starts with '1', '2'): add a header line.",
        ),
        ("a\ta\n1\t2\n", "The table 'table.tsv' has more than one column named 'a': rename or remove the copies."),
        ("a\t\n1\t2\n", "Column 2 of table 'table.tsv' has no name in the header line: give it one."),
        ('a\t"b\tc"\n1\t2\n', "The name of column 2 of table 'table.tsv' holds a tab or line break: rename it."),
        (
            "a\tb\n1\t2\t3\n",
            "The header line of table 'table.tsv' names 2 columns, but the row that starts with '1', '2', '3' has 3 cells: "
            "name every column.",
        ),
        (b"a\tb\n\x00\x01\t2\n", "The table 'table.tsv' is not text: give a plain text file."),
        (b"a\tb\n\x81\xff\t2\n", "The table 'table.tsv' is not UTF-8 text: save it as UTF-8."),
        (
            b"PK\x03\x04\x00\x00",
            "The table 'table.tsv' is a ZIP archive or an Excel workbook (.xlsx), which is not read: save its sheet as tab-separated text "
            "or as CSV (UTF-8).",
        ),
    ],
)
def test_faulty_headers(tmp_path, content, sentence):
    with pytest.raises(InputError) as caught:
        read_header(table(tmp_path, content))
    assert str(caught.value) == sentence


def test_missing_file():
    with pytest.raises(InputError, match="cannot be read: No such file or directory"):
        read_header("/nowhere/table.tsv")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a\tb\n" + "1\t2\n" * 300 + "1\t2\t3\n", "line 302 has 3 cells where 2 are expected, so remove or quote the extra ones"),
        (
            'a,b\n"1,5",2\n1,"2\n3,4\n',
            "a quotation mark that opens a cell is never closed (the row begins in line 3), so close or remove it",
        ),
    ],
)
def test_faulty_rows(tmp_path, content, sentence):
    with pytest.raises(InputError) as caught:
        read_header(table(tmp_path, content))
    assert sentence in str(caught.value)


def test_odd_names_and_blank_lines(tmp_path):
    header = read_header(table(tmp_path, '\ufeff#a "q"\tµ é\tx/y$\n\n1\t2\tu\n\n3\t\tNA\n'))
    assert header.names == ('a "q"', "µ é", "x/y$")
    frame = read_table(header)
    assert list(frame.index) == [3, 5]  # lines of the file, so that messages can name them
    assert frame["µ é"].isna().tolist() == [False, True]
    assert frame["x/y$"].isna().tolist() == [False, True]


def test_numbers_as_names_are_names_when_the_target_is_a_word(tmp_path):
    header = read_header(table(tmp_path, "500\t510\tclass\n0.1\t0.2\tu\n0.3\t0.4\tv\n"))
    assert header.names == ("500", "510", "class")


def test_comma_separated(tmp_path):
    header = read_header(table(tmp_path, 'a,"b, c"\n1,x\n2,"y, z"\n', "table.csv"))
    assert header.delimiter == ","
    assert read_table(header)["b, c"].tolist() == ["x", "y, z"]


def test_text_columns_stay_text(tmp_path):
    frame = read_table(read_header(table(tmp_path, "code\tx\n01\t1\n02\t2\n")), text_columns=["code"])
    assert frame["code"].tolist() == ["01", "02"]


def test_columns_by_number_and_name(tmp_path):
    header = read_header(table(tmp_path, "a\tb\n1\t2\n"))
    assert header.resolve(["b", ColumnNumber(1)], "feature") == ("b", "a")
    with pytest.raises(InputError, match=r"Column 3 was chosen as target, but table 'table.tsv' has 2 columns: choose one of 1 to 2"):
        header.resolve([ColumnNumber(3)], "target")
    with pytest.raises(InputError, match=r"Column 'c', chosen as target, is not in table 'table.tsv', which has 'a', 'b'"):
        header.resolve(["c"], "target")
    with pytest.raises(InputError, match="Column 'a' is chosen twice as feature"):
        header.resolve(["a", ColumnNumber(1)], "feature")
