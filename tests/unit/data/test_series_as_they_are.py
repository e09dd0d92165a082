"""Series and forecasts as files really hold them: identifiers beside them, numbers in another dress, order, gaps and forms of time."""

import datetime

import numpy as np
import pytest
from samples import forecast_rows, long_rows, wide_rows

from biodl.data.kind import Files
from biodl.data.series import clock, dataset, forecast
from biodl.errors import InputError
from conftest import write_rows

WIDE = dataset.TrainSeriesOptions(target=("y",))
LONG = dataset.TrainSeriesOptions(target=("y",), kind="series_long", sample_column=("s",), time_column=("t",))
AHEAD = forecast.TrainForecastOptions(target=("v",), time_column=("t",), window=6, horizon=2)


def sentence(call, *arguments) -> str:
    with pytest.raises(InputError) as refused:
        call(*arguments)
    return str(refused.value)


def written(path, rows, name="t.tsv") -> Files:
    return Files(str(write_rows(path / name, rows)))


def wide(names=tuple(f"h{n}" for n in range(8)), count=30, **beside):
    """Rows of series of a few points, columns beside them in front, and a class; header first."""
    draw = np.random.default_rng(1)
    values = draw.normal(size=(count, len(names))).cumsum(axis=1)
    return [
        [*beside, *names, "y"],
        *([*(column[n] for column in beside.values()), *(f"{value:.3f}" for value in values[n]), "ab"[n % 2]] for n in range(count)),
    ]


def choice(data, what):
    (found,) = [one for one in data.choices if one.what == what]
    return found


def test_patients_and_ages_are_no_time_points(tmp_path):
    draw = np.random.default_rng(2)
    patients, ages = draw.permutation(90000)[:30] + 10000, draw.integers(20, 90, 30)
    data = dataset.read_training(written(tmp_path, wide(patient=patients, age=ages)), WIDE)
    assert data.columns["points"] == tuple(f"h{n}" for n in range(8))
    assert choice(data, "time points").chosen == "8: 'h0' to 'h7'"
    left = choice(data, "columns left out")
    assert left.chosen == "'patient', 'age'"
    assert left.why == (
        "'patient': its name and another scale by far and a whole number of its own in each row, "
        "'age': its name and another scale by far and whole numbers beside others"
    )
    assert left.close == ""
    plain = dataset.read_training(written(tmp_path, wide(), "plain.tsv"), WIDE)
    np.testing.assert_array_equal(data.values, plain.values)


def test_identifiers_without_a_telling_name_are_left_out_and_said(tmp_path):
    patients = np.random.default_rng(2).permutation(90000)[:30] + 10000
    rows = wide(names=[f"V{n}" for n in range(2, 10)], V1=patients)
    data = dataset.read_training(written(tmp_path, rows), WIDE)
    assert data.columns["points"] == tuple(f"V{n}" for n in range(2, 10))
    assert choice(data, "columns left out").close == (
        "Column 'V1' was left out of the time points ('V1': another scale by far and a whole number of its own in each row). "
        "Choose the columns of the time points if that is wrong"
    )


def test_a_doubtful_time_point_is_kept_and_said(tmp_path):
    rows = wide(names=["start", "half", "full", "late"], doses=[n % 4 for n in range(30)])
    data = dataset.read_training(written(tmp_path, rows), WIDE)
    assert data.columns["points"] == ("doses", "start", "half", "full", "late")
    assert choice(data, "time points").close == (
        "Column 'doses' (whole numbers beside others) was taken for a time point. Choose the columns of the time points if it is none"
    )
    assert choice(dataset.read_training(written(tmp_path, wide(names=["start", "half", "full", "late"])), WIDE), "time points").close == ""


def test_a_name_unlike_the_others_is_doubtful_or_worse(tmp_path):
    draw = np.random.default_rng(5)
    base = dataset.read_training(written(tmp_path, wide(baseline=[f"{value:.3f}" for value in draw.normal(size=30)])), WIDE)
    assert base.columns["points"][0] == "baseline"
    assert "Column 'baseline' (a name unlike the others) was taken for a time point." in choice(base, "time points").close
    alder = dataset.read_training(written(tmp_path, wide(alder=draw.integers(0, 9, 30))), WIDE)
    assert choice(alder, "columns left out").why == "'alder': a name unlike the others and whole numbers beside others"
    assert "Column 'alder' was left out of the time points" in choice(alder, "columns left out").close


def test_columns_that_are_chosen_are_taken(tmp_path):
    rows = wide(patient=range(100, 130))
    options = dataset.TrainSeriesOptions(target=("y",), points=("patient", "h0", "h1"))
    data = dataset.read_training(written(tmp_path, rows), options)
    assert data.columns["points"] == ("patient", "h0", "h1")
    assert choice(data, "time points").why == "chosen in the form"


DRESSES = {
    "percent": ("12 %", "percentages (first '12 %' in line 2): write them without the sign"),
    "limit": ("<0.5", "limits, not numbers (first '<0.5' in line 2): decide what such a cell counts as"),
    "unit": ("0.5 mg", "numbers with a unit (first '0.5 mg' in line 2): move the unit to the column's name"),
}


@pytest.mark.parametrize("dress", DRESSES)
def test_time_points_in_another_dress_are_not_dropped(dress, tmp_path):
    """Where three cells of a time point are not plain, and where none is."""
    cell, words = DRESSES[dress]
    for rows in (3, 30):
        table = wide(names=[f"t{n}" for n in range(6)])
        for row in table[1 : 1 + rows]:
            row[0] = cell
        said = sentence(dataset.read_training, written(tmp_path, table), WIDE)
        assert said == f"Column 't0' of table 't.tsv' holds {words}, or choose the columns to read."


def test_decimal_commas_are_read_and_mean_the_same_in_new_data(tmp_path):
    rows = wide(names=[f"t{n}" for n in range(6)])
    for n, row in enumerate(rows[1:]):
        row[3] = str(n % 7)  # whole numbers have no sign of their own
    commas = [rows[0], *([cell.replace(".", ",") for cell in row] for row in rows[1:])]
    data = dataset.read_training(written(tmp_path, commas), WIDE)
    plain = dataset.read_training(written(tmp_path, rows, "p.tsv"), WIDE)
    np.testing.assert_array_equal(data.values, plain.values)
    encoding = dataset.encoding_from(data.fit_encoding(WIDE).to_json())
    assert encoding.dresses == {f"t{n}": "decimal commas" for n in range(6) if n != 3}
    alone = [commas[0], ["1,234", "2,345", "3,456", "4,567", "5,678", "6,789", "a"]]  # which could be thousands
    np.testing.assert_array_equal(
        dataset.read_for(written(tmp_path, alone, "n.tsv"), encoding, None).values.ravel(),
        np.array([1.234, 2.345, 3.456, 4.567, 5.678, 6.789], "float32"),
    )
    past = [[row[0], row[1][:-1] if n else row[1]] for n, row in enumerate(forecast_rows(40))]
    dressed = [past[0], *([str(cell).replace(".", ",") for cell in row] for row in past[1:])]
    options = forecast.TrainForecastOptions(target=("level",), time_column=("day",), window=6, horizon=2)
    ahead = forecast.read_training(written(tmp_path, dressed), options)
    assert ahead.fit_encoding(options).dresses == {"level": "decimal commas"}
    np.testing.assert_array_equal(ahead.values, forecast.read_training(written(tmp_path, past, "q.tsv"), options).values)


def test_commas_that_could_be_either_are_refused(tmp_path):
    rows = wide(names=[f"t{n}" for n in range(6)])
    commas = [rows[0], *([f"{n + 1},{n + 100}", *row[1:]] for n, row in enumerate(rows[1:]))]
    could_be = (
        "holds numbers whose commas could be decimal signs or stand between thousands (first '1,100' in line 2): write them with points"
    )
    assert f"Column 't0' of table 't.tsv' {could_be}" in sentence(dataset.read_training, written(tmp_path, commas), WIDE)
    ahead = [["t", "v"], *([n, row[0]] for n, row in enumerate(commas[1:]))]
    assert f"Column 'v' of table 't.tsv' {could_be}" in sentence(forecast.read_training, written(tmp_path, ahead), AHEAD)


def test_words_for_missing_values_are_kept(tmp_path):
    rows = wide(names=[f"t{n}" for n in range(6)])
    for row in rows[1:25]:
        row[2] = "n.d."
    assert sentence(dataset.read_training, written(tmp_path, rows), WIDE) == (
        "Column 't2' of table 't.tsv' holds text among numbers (first 'n.d.' in line 2): correct it, or choose the columns to read."
    )
    options = dataset.TrainSeriesOptions(target=("y",), missing="n.d.")
    data = dataset.read_training(written(tmp_path, rows), options)
    assert np.isnan(data.values[:24, 2]).all()
    encoding = dataset.encoding_from(data.fit_encoding(options).to_json())
    assert encoding.missing == ("", "n.d.")
    new = dataset.read_for(written(tmp_path, rows[:9], "n.tsv"), encoding, None)
    np.testing.assert_array_equal(new.values, data.values[:8])


def test_a_code_beside_time_points_is_left_out(tmp_path):
    ids = wide(code=[f"{n}{'A' if n % 2 else ''}" for n in range(30)])
    left = choice(dataset.read_training(written(tmp_path, ids), WIDE), "columns left out")
    assert (left.chosen, left.why) == ("'code'", "'code': a name unlike the others, and numbers beside words")
    assert left.close.startswith("Column 'code' was left out of the time points")
    words = choice(dataset.read_training(written(tmp_path, wide(tissue=["lung", "liver", "lung"] * 10)), WIDE), "columns left out")
    assert (words.why, words.close) == ("'tissue': no numbers", "")


def test_few_time_points_beside_many_columns(tmp_path):
    draw = np.random.default_rng(8)
    beside = {name: [f"{value:.2f}" for value in draw.normal(50, 9, 30)] for name in ("age", "bmi", "glucose")}
    data = dataset.read_training(written(tmp_path, wide(names=["t1", "t2", "t3"], **beside)), WIDE)
    assert data.columns["points"] == ("t1", "t2", "t3")
    assert choice(data, "columns left out").chosen == "'age', 'bmi', 'glucose'"


def test_counts_that_rise_from_row_to_row_are_time_points(tmp_path):
    rows = [["t1", "t2", "t3", "y"], *([10 * n + n % 3, 10 * n + 5, 400 - n, "ab"[n % 2]] for n in range(30))]
    assert dataset.read_training(written(tmp_path, rows), WIDE).columns["points"] == ("t1", "t2", "t3")
    named = [["key", "one", "two", "six", "y"], *([7 * n + n % 3, n % 9, n % 7, n % 5, "ab"[n % 2]] for n in range(30))]
    data = dataset.read_training(written(tmp_path, named), WIDE)
    assert data.columns["points"] == ("one", "two", "six")
    assert "Column 'key' was left out of the time points" in choice(data, "columns left out").close


def test_time_points_are_read_in_the_order_of_their_numbers(tmp_path):
    names = [f"t{n}" for n in range(1, 13)]
    rows = wide(names=names)
    places = sorted(range(12), key=lambda place: names[place])
    shuffled = [[row[place] for place in places] + row[12:] for row in rows]
    data = dataset.read_training(written(tmp_path, shuffled), WIDE)
    assert data.columns["points"] == tuple(names)
    assert choice(data, "order of time points").close == (
        "The columns of the time points stood in another order than their numbers ('t12' before 't2') and were put in order. "
        "Choose them if another order is meant"
    )
    np.testing.assert_array_equal(data.values, dataset.read_training(written(tmp_path, rows, "p.tsv"), WIDE).values)
    new = dataset.read_for(written(tmp_path, shuffled), data.fit_encoding(WIDE), None)
    np.testing.assert_array_equal(new.values, data.values)
    chosen = dataset.TrainSeriesOptions(target=("y",), points=tuple(sorted(names)))
    kept = dataset.read_training(written(tmp_path, shuffled), chosen)
    assert kept.columns["points"] == tuple(sorted(names))
    assert "do not stand in the order of their numbers ('t12' before 't2')" in choice(kept, "time points").close


def test_another_order_of_numbers_is_kept_and_said(tmp_path):
    names = ["GSM7", "GSM3", "GSM9", "GSM1"]
    data = dataset.read_training(written(tmp_path, wide(names=names)), WIDE)
    assert data.columns["points"] == tuple(names)
    assert choice(data, "order of time points").close == (
        "The columns of the time points do not stand in the order of their numbers ('GSM7' before 'GSM3'). They are read in the order "
        "given: if another is meant, put the columns of the table in order"
    )


def days(numbers, start=datetime.date(2024, 1, 1)):
    """A value a day; header first."""
    draw = np.random.default_rng(3)
    return [["t", "v"], *([start + datetime.timedelta(int(number)), f"{draw.normal():.3f}"] for number in numbers)]


def test_windows_do_not_run_across_gaps(tmp_path):
    whole = forecast.read_training(written(tmp_path, days(range(60))), AHEAD)
    assert len(whole) == 60 - 7
    assert str(choice(whole, "step from row to row")) == "step from row to row 1 day (that of most rows)"
    torn = [*range(30), *range(40, 70)]
    data = forecast.read_training(written(tmp_path, days(torn)), AHEAD)
    assert len(data) == 2 * (30 - 7)
    assert [str(note) for note in data.notes] == [
        "t: 7 of 53 windows were left out, since they run across a gap in time (first after line 31, from 2024-01-30 to 2024-02-10; "
        "the usual step is 1 day)"
    ]
    first = data.frame["t"].map(datetime.date.fromisoformat)
    assert all((day - datetime.date(2024, 1, 1)).days not in range(28, 45) for day in first)


def test_a_series_that_is_all_gaps_is_refused(tmp_path):
    rows = days([n + 20 * (n // 7) for n in range(70)])
    said = sentence(forecast.read_training, written(tmp_path, rows), AHEAD)
    assert said.startswith("Every window of table 't.tsv' runs across a gap in time (first after line 8, from 2024-01-07 to 2024-01-28;")
    assert said.endswith("add the missing rows (cells may stay empty), or lower the window and the horizon.")


def test_forecasts_are_not_made_from_a_torn_window(tmp_path):
    encoding = forecast.read_training(written(tmp_path, days(range(60))), AHEAD).fit_encoding(AHEAD)
    assert (encoding.step, encoding.unit) == (86400.0, "seconds")
    encoding = forecast.encoding_from(encoding.to_json())
    fine = forecast.read_for(written(tmp_path, days(range(6)), "f.tsv"), encoding, None)
    assert (len(fine), choice(fine, "step from row to row").why) == (1, "as in training")
    assert sentence(forecast.read_for, written(tmp_path, days([0, 1, 2, 9, 10, 11]), "n.tsv"), encoding, None) == (
        "The latest window of table 'n.tsv' runs across a gap in time (first after line 4, from 2024-01-03 to 2024-01-10; "
        "the usual step is 1 day): add the missing rows (cells may stay empty)."
    )
    weekly = sentence(forecast.read_for, written(tmp_path, days(range(0, 70, 7)), "w.tsv"), encoding, None)
    assert "The latest window of table 'w.tsv' runs across a gap in time" in weekly  # not guessed anew
    old = forecast.read_for(
        written(tmp_path, days([0, 1, 2, 9, 10, 11]), "n.tsv"),
        forecast.encoding_from({name: value for name, value in encoding.to_json().items() if name not in ("step", "unit")}),
        None,
    )
    assert "1 of 1 latest windows run across a gap in time" in str(old.notes[0])


def test_dates_written_as_numbers_are_counted_in_days(tmp_path):
    def numbers(*rows):
        return [rows[0], *([row[0].strftime("%Y%m%d"), row[1]] for row in rows[1:])]

    encoding = forecast.read_training(written(tmp_path, numbers(*days(range(20)))), AHEAD).fit_encoding(AHEAD)  # within one month
    assert (encoding.step, encoding.unit) == (1.0, "yyyymmdd")
    over_the_end = forecast.read_for(written(tmp_path, numbers(*days(range(28, 34))), "n.tsv"), encoding, None)
    assert (len(over_the_end), choice(over_the_end, "step from row to row").why) == (1, "as in training")
    otherwise = forecast.read_for(written(tmp_path, days(range(28, 34)), "o.tsv"), encoding, None)
    assert choice(otherwise, "step from row to row").why == "as in training"  # dates are dates
    counted = forecast.read_for(written(tmp_path, [["t", "v"], *([n, 1 + n % 3] for n in range(6))], "c.tsv"), encoding, None)
    assert choice(counted, "step from row to row").close == (
        "The times of table 'c.tsv' are written otherwise than in training. Check that its rows stand as far apart (1 day)"
    )


UNITS = {
    "numbers": ([0.5 * n for n in range(20)], "0.5"),
    "years": (range(1900, 1920), "1"),
    "days": ([datetime.date(2024, 1, 1) + datetime.timedelta(n) for n in range(20)], "1 day"),
    "weekdays": ([day for n in range(40) if (day := datetime.date(2024, 1, 1) + datetime.timedelta(n)).weekday() < 5], "1 weekday"),
    "months": ([datetime.date(2020 + n // 12, n % 12 + 1, 1) for n in range(20)], "1 month"),
    "numbers that are dates": (
        [(datetime.date(2024, 1, 20) + datetime.timedelta(n)).strftime("%Y%m%d") for n in range(20)],
        "1 day",
    ),
    "numbers that are months": ([f"{2020 + n // 12}{n % 12 + 1:02d}" for n in range(20)], "1 month"),
    "hours": ([f"2024-01-{1 + n // 24:02d}T{n % 24:02d}:00" for n in range(40)], "1 hour"),
    "quarters of an hour": ([f"2024-01-01 {n // 4:02d}:{n % 4 * 15:02d}" for n in range(40)], "15 minutes"),
    "jittered": ([10.0 * n + 0.3 * (n % 2) for n in range(20)], "9.7"),
}


@pytest.mark.parametrize("name", UNITS)
def test_usual_steps(name, tmp_path):
    times, words = UNITS[name]
    rows = [["t", "v"], *([time, n % 5] for n, time in enumerate(times))]
    data = forecast.read_training(written(tmp_path, rows), AHEAD)
    assert choice(data, "step from row to row").chosen in (words, "10.3")
    assert len(data) == len(times) - 7  # none runs across a gap


def test_times_without_a_usual_step_are_said(tmp_path):
    times = np.random.default_rng(4).uniform(0, 1000, 60).cumsum().round(2)
    data = forecast.read_training(written(tmp_path, [["t", "v"], *([time, n % 5] for n, time in enumerate(times))]), AHEAD)
    assert len(data) == 60 - 7
    assert choice(data, "step from row to row").close.startswith("The times of table 't.tsv' stand at no usual step. Rows are read as if")


@pytest.mark.parametrize("written_as", ["%d.%m.%Y", "%m/%d/%Y", "%d-%m-%y"])
def test_ambiguous_dates_are_refused(written_as, tmp_path):
    rows = days(range(20))
    rows[1:] = [[row[0].strftime(written_as), row[1]] for row in rows[1:]]
    assert sentence(forecast.read_training, written(tmp_path, rows), AHEAD) == (
        f"The time column 't' of table 't.tsv' holds '{rows[1][0]}' in line 2, which is neither a number nor a date like 2026-01-31: "
        "correct it."
    )


def test_times_with_changing_offsets(tmp_path, biodl):
    hours = [f"2025-10-26T{hour:02d}:00:00+{2 if hour < 3 else 1:02d}:00" for hour in (0, 1, 2)]
    hours += [f"2025-10-26T{hour:02d}:00:00+01:00" for hour in range(2, 20)]
    rows = [["t", "v"], *([time, n % 5] for n, time in enumerate(hours))]
    files = written(tmp_path, rows)
    data = forecast.read_training(files, AHEAD)
    assert (len(data), choice(data, "step from row to row").chosen) == (len(hours) - 7, "1 hour")  # no hour twice, none lacking
    result = biodl("inspect", kind="forecast", data=files.data, target="v", time_column="t", window=6, horizon=2, findings=tmp_path / "f")
    assert (result.code, result.err) == (0, "")
    rows[4][0] = rows[4][0][:19]
    assert sentence(forecast.read_training, written(tmp_path, rows), AHEAD) == (
        "The time column 't' of table 't.tsv' holds '2025-10-26T02:00:00' in line 5, which does not tell its distance from UTC as others "
        "do: write all times alike."
    )


def test_rows_out_of_order_are_sorted_and_said(tmp_path):
    rows = days(range(30))
    turned = [rows[0], *rows[:0:-1]]
    data = forecast.read_training(written(tmp_path, turned), AHEAD)
    assert str(choice(data, "order of rows")) == "order of rows by time (they stood otherwise)"
    np.testing.assert_array_equal(data.values, forecast.read_training(written(tmp_path, rows, "p.tsv"), AHEAD).values)


def long(times, count=4):
    """A row a time point of some samples; header first."""
    return [["s", "t", "v", "y"], *([f"s{n}", time, f"{np.sin(time + n):.3f}", "ab"[n % 2]] for n in range(count) for time in times)]


def test_long_series_say_their_steps_and_channels(tmp_path):
    data = dataset.read_training(written(tmp_path, long(range(10))), LONG)
    said = [str(one) for one in data.choices]
    assert said[-2:] == ["channels 'v' (columns of numbers)", "step from row to row 1 (that of most rows)"]
    rows = long(range(10))
    del rows[15]
    torn = dataset.read_training(written(tmp_path, rows), LONG)
    assert choice(torn, "step from row to row").close == (
        "In 1 samples of table 't.tsv' the next row does not follow at the usual step of 1 (first in sample 's1' after line 15). Rows are "
        "read as if steps were equal: add the missing rows (cells may stay empty), or leave such samples out"
    )
    mixed = [[*row[:2], row[2] if n % 3 or not n else "n.d.", row[3]] for n, row in enumerate(long(range(10)))]
    assert "holds text among numbers in 13 of 40 rows" in sentence(dataset.read_training, written(tmp_path, mixed), LONG)
    mostly = [[*row[:2], f"{n * 0.37:.2f}" if n % 3 == 0 else "n.d.", row[3], n] for n, row in enumerate(long(range(10), 8))]
    mostly[0] = ["s", "t", "v", "y", "w"]
    assert "Column 'v' of table 't.tsv' holds text among numbers in 54 of 80 rows (first 'n.d.' in line 2): correct it, name" in sentence(
        dataset.read_training, written(tmp_path, mostly), LONG
    )


def test_what_never_changes_within_a_sample_is_no_channel(tmp_path):
    rows = [[*row, "age" if not n else 30 + (n - 1) // 10] for n, row in enumerate(long(range(10)))]
    data = dataset.read_training(written(tmp_path, rows), LONG)
    assert data.columns["channels"] == ("v",)
    assert choice(data, "columns left out").close == (
        "Column 'age' was left out of the channels, since it never changes within a sample. Choose the channels if not"
    )
    chosen = dataset.TrainSeriesOptions(target=("y",), kind="series_long", sample_column=("s",), time_column=("t",), channels=("v", "age"))
    assert dataset.read_training(written(tmp_path, rows), chosen).columns["channels"] == ("v", "age")


def test_names_of_samples_are_trimmed(tmp_path):
    rows = long(range(10))
    rows[3][0], rows[12][0] = "s0 ", " s1"
    data = dataset.read_training(written(tmp_path, rows), LONG)
    assert data.frame["s"].tolist() == ["s0", "s1", "s2", "s3"]
    np.testing.assert_array_equal(data.values, dataset.read_training(written(tmp_path, long(range(10)), "p.tsv"), LONG).values)


def test_a_ts_file_is_named(tmp_path):
    (tmp_path / "x.ts").write_text("@problemName Toy\n@univariate true\n@classLabel true a b\n@data\n1,2,3:a\n")
    for read, options in ((dataset.read_training, WIDE), (forecast.read_training, AHEAD)):
        assert "is a .ts file (sktime, aeon), which is not read: write it as a table" in sentence(
            read, Files(str(tmp_path / "x.ts")), options
        )


def test_clocks_in_words():
    assert clock.Clock("seconds", 86400.0).words == "1 day"
    assert clock.Clock("seconds", 5400.0).words == "1.5 hours"
    assert clock.Clock("months", 3.0).words == "3 months"
    assert clock.Clock("count", 0.0).words == "no usual step"


@pytest.mark.parametrize("form", ["series", "series_long", "forecast"])
def test_one_value_has_one_meaning(form, tmp_path):
    kind, rows, options = {
        "series": (dataset, wide_rows(30), dataset.TrainSeriesOptions(target=("kind",))),
        "series_long": (
            dataset,
            long_rows(20),
            dataset.TrainSeriesOptions(target=("kind",), kind="series_long", sample_column=("animal",), time_column=("hour",)),
        ),
        "forecast": (
            forecast,
            forecast_rows(40),
            forecast.TrainForecastOptions(target=("level",), time_column=("day",), channels=("other",), window=6, horizon=2),
        ),
    }[form]
    files = written(tmp_path, rows)
    data = kind.read_training(files, options)
    encoding = data.fit_encoding(options)
    module = forecast if form == "forecast" else dataset
    again = kind.read_for(files, module.encoding_from(encoding.to_json()), data.task() if form == "forecast" else None)
    np.testing.assert_array_equal(encoding.raw(again)["series"], encoding.raw(data)["series"])


@pytest.mark.parametrize("added", [("predicted_y", "probability_a"), ("observed_y", "predicted_y")])
def test_series_that_a_tool_predicted_are_refused(added, biodl, tmp_path):
    rows = [["t1", "t2", "t3", "y", *added], *([n % 7, n % 5, n % 3, "ab"[n % 2], *[0.5 + n % 2 / 10] * 2] for n in range(30))]
    path = write_rows(tmp_path / "t.tsv", rows)
    for target in ("y", "predicted_y"):
        result = biodl("train-recurrent", kind="series", data=path, target=target, model=tmp_path / "m.keras")
        assert "was written by a tool that evaluates or predicts" in result.err
    result = biodl("train-recurrent", kind="series", data=path, target="predicted_y", points="t1,t2,t3", model=tmp_path / "m.keras")
    assert "Error: Column 'predicted_y' of table 't.tsv' was written by a tool that evaluates or predicts" in result.err
