"""Splits: shares, groups, copies, order."""

import random

import numpy as np
import pandas as pd
import pytest

from biodl.data.partition import merge_groups, partition, partition_in_order, smallest_aside
from conftest import DATA, write_rows

FRACTIONS = (0.65, 0.15, 0.2)


def test_every_class_is_shared_out():
    strata = np.repeat([0, 1, 2], [200, 40, 8])
    parts = partition(FRACTIONS, strata, np.arange(len(strata)), seed=3)
    table = np.array([np.bincount(strata[parts == part], minlength=3) for part in range(3)])
    assert table.tolist() == [[130, 26, 5], [30, 6, 1], [40, 8, 2]]


def test_rare_class_reaches_every_part():
    strata = np.repeat([0, 1], [50, 3])
    parts = partition(FRACTIONS, strata, np.arange(53), seed=1)
    assert [int((strata[parts == part] == 1).sum()) for part in range(3)] == [1, 1, 1]


def test_groups_stay_together_and_shares_hold():
    random = np.random.default_rng(0)
    groups = random.integers(0, 60, 600)
    strata = random.integers(0, 2, 600)
    parts = partition(FRACTIONS, strata, groups, seed=1)
    assert all(len(set(parts[groups == group])) == 1 for group in range(60))
    np.testing.assert_allclose(np.bincount(parts) / 600, FRACTIONS, atol=0.04)


def test_the_smallest_groups_that_can_be_spared_are_set_aside():
    groups = np.repeat([0, 1, 2, 3, 7], [20, 10, 4, 3, 5])
    y = np.isin(groups, [0, 3])  # a class of two groups

    def aside(share, asked=y, seed=1):
        found = smallest_aside(share, groups, seed, lambda rest: len(set(asked[rest].tolist())) == 2)
        return None if found is None else sorted(set(groups[found == 1].tolist()))

    assert aside(0.0) == [3]
    assert aside(0.17) == [2, 3]
    assert aside(0.5) == [2, 3, 7]  # with 1 as well they would be 22 of 42 samples
    assert aside(0.0, asked=groups == 3) == [2]  # the smallest alone is of a class
    assert aside(0.0, asked=groups > 9) is None
    equal = np.repeat([0, 1, 2, 3], 5)
    chosen = [int(equal[smallest_aside(0.1, equal, seed, lambda rest: True) == 1][0]) for seed in range(20)]
    assert set(chosen) == {0, 1, 2, 3}
    assert chosen[0] == int(equal[smallest_aside(0.1, equal, 0, lambda rest: True) == 1][0])
    assert smallest_aside(0.5, np.zeros(9, dtype=int), 1, lambda rest: True) is None


def test_seed_repeats_and_varies():
    strata, groups = np.zeros(100, int), np.arange(100)
    one, again, other = (partition(FRACTIONS, strata, groups, seed) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()


def test_merged_groups():
    assert merge_groups(np.array([0, 0, 1, 2, 3]), np.array([5, 6, 6, 7, 8])).tolist() == [0, 0, 0, 1, 2]


def test_time_order_keeps_equal_times_together():
    order = np.array([5, 1, 1, 2, 3, 4, 4, 4, 6, 7])
    parts = partition_in_order((0.5, 0.2, 0.3), order)
    for early, late in ((0, 1), (1, 2)):
        assert order[parts == early].max() < order[parts == late].min()
    assert np.bincount(parts).tolist() == [4, 3, 3]


@pytest.fixture
def split(biodl, tmp_path):
    def run(data, **options):
        paths = {name: tmp_path / name for name in ("train", "validation", "test", "summary")}
        if options.get("validation_size") == 0:
            del paths["validation"]
        return biodl("split", data=data, **paths, **options), paths

    return run


def test_lines_are_copied_as_they_are(split, tmp_path):
    source = tmp_path / "odd.tsv"
    rows = [f'{n}.10\tNA\t5" nail\t"x"\t{"ab"[n % 2]}' for n in range(40)]
    source.write_text("value\tgap\tdesc\tq\tclass\n" + "\r\n".join(rows))
    result, paths = split(source, target="class")
    assert result.code == 0, result.err
    copied = [line for name in ("train", "validation", "test") for line in paths[name].read_text().splitlines()[1:]]
    assert sorted(copied) == sorted(rows)
    assert all(paths[name].read_text().startswith("value\tgap\tdesc\tq\tclass\n") for name in ("train", "validation", "test"))


QUOTED = [["id", "note", "class"], *([n, f'"first {n}\nsecond, ""quoted""\n{"third" if n % 3 else ""}"', "ab"[n % 2]] for n in range(60))]


@pytest.mark.parametrize("kind", ["table", "text", "sequence"])
def test_cells_with_line_breaks_are_copied_whole(kind, split, tmp_path):
    draw = random.Random(1)
    rows = [[*row[:2], "".join(draw.choices("ACGT", k=12 + 4 * (number % 20))), row[2]] for number, row in enumerate(QUOTED)]
    rows[0][2] = "sequence"
    table = write_rows(tmp_path / "d.csv", rows, ",")
    result, paths = split(table, kind=kind, target="class")
    assert result.code == 0, result.err
    whole = pd.read_csv(table)
    parts = [pd.read_csv(paths[name]) for name in ("train", "validation", "test")]
    assert all(len(part) > 5 for part in parts)
    pd.testing.assert_frame_equal(pd.concat(parts).sort_values("id", ignore_index=True), whole)


def test_long_series_with_line_breaks_are_copied_whole(split, tmp_path):
    rows = [["animal", "hour", "remark", "value", "kind"]]
    rows += [[f"a{n}", hour, f'"day\n{hour}"', n * 7 % 5 + hour % 3, "xy"[n % 2]] for n in range(30) for hour in range(4)]
    table = write_rows(tmp_path / "d.csv", rows, ",")
    result, paths = split(table, kind="series_long", target="kind", sample_column="animal", time_column="hour")
    assert result.code == 0, result.err
    parts = pd.concat(pd.read_csv(paths[name]) for name in ("train", "validation", "test"))
    keys = ["animal", "hour"]
    pd.testing.assert_frame_equal(parts.sort_values(keys, ignore_index=True), pd.read_csv(table).sort_values(keys, ignore_index=True))


def test_messages_name_the_line_even_below_cells_with_line_breaks(split, tmp_path):
    rows = [["day", "remark"], *([f"2026-01-{n + 1:02d}", f'"a\nb{n}"'] for n in range(30))]
    rows[20][0] = "soon"
    result, _ = split(write_rows(tmp_path / "d.csv", rows, ","), method="time", time="day")
    assert "holds 'soon' in line 40, which is neither" in result.err  # 1 + 19 rows of two lines + 1


def test_copies_of_rows_never_straddle(split, tmp_path):
    rows = [["id", "sequence", "class"], *([f"s{n}", "ACGT" * (1 + n % 23), "ab"[n % 23 % 2]] for n in range(120))]
    result, paths = split(write_rows(tmp_path / "d.tsv", rows), target="class")
    assert result.code == 0, result.err
    assert "97 of 120 rows repeat another" in result.out
    sets = [set(pd.read_csv(paths[name], sep="\t")["sequence"]) for name in ("train", "validation", "test")]
    assert not (sets[0] & sets[1])
    assert not (sets[0] & sets[2])
    assert not (sets[1] & sets[2])


def test_grouped_csv(split):
    result, paths = split(DATA / "grouped.csv", group="patient", validation_size=0, test_size=0.25)
    assert result.code == 0, result.err
    train, test = pd.read_csv(paths["train"]), pd.read_csv(paths["test"])
    assert (len(train), len(test)) == (30, 10)
    assert not set(train["patient"]) & set(test["patient"])


def test_time_split(split, tmp_path):
    rows = [["day", "x"], *([f"2026-01-{day:02d}", day * 7 % 5] for day in range(28, 0, -1))]
    result, paths = split(write_rows(tmp_path / "t.tsv", rows), method="time", time="day")
    assert result.code == 0, result.err
    train, test = (pd.read_csv(paths[name], sep="\t")["day"] for name in ("train", "test"))
    assert train.max() < test.min()
    rows[3][0] = "soon"
    result, _ = split(write_rows(tmp_path / "t.tsv", rows), method="time", time="day")
    assert result.err == (
        "Error: The time column 'day' of table 't.tsv' holds 'soon' in line 4, "
        "which is neither a number nor a date like 2026-01-31: correct it.\n"
    )


def test_summary_gives_shares(split):
    result, paths = split(DATA / "breast_cancer.tsv", target="diagnosis")
    assert result.code == 0, result.err
    summary = pd.read_csv(paths["summary"], sep="\t").set_index("part")
    assert summary["samples"].tolist() == [370, 86, 113]
    np.testing.assert_allclose(summary["share_malignant"], 0.3726, atol=0.002)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "This split would leave the validation part without class 'rare'"),
        ({"validation_size": 0.5, "test_size": 0.5}, "Validation (0.5) and test (0.5) leave nothing to train with: lower them."),
        ({"group": "age,outcome"}, "One column tells which samples belong together: choose one group column."),
        (
            {"method": "time", "time": "age", "group": "outcome"},
            "A split in time order keeps no groups together: choose a group column or the time order.",
        ),
        ({"method": "time"}, "The time split needs one time column: choose it."),
        ({"target": "none such"}, "Column 'none such', chosen as target, is not in table"),
        ({"method": "sideways"}, "Option --method is 'sideways', but must be one of 'stratified', 'time'."),
    ],
)
def test_refused(split, tmp_path, options, sentence):
    rows = [["x", "class"], *([n, "rare" if n in (7, 12) else "abc"[n % 3]] for n in range(24))]
    result, paths = split(write_rows(tmp_path / "d.tsv", rows), **{"target": "class", **options})
    assert result.code == 1
    assert sentence in result.err
    assert len(result.err.splitlines()) == 1
    assert not any(path.exists() for path in paths.values())
