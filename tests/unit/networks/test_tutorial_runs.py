"""Numbers that tutorials give of runs are what the tools give, followed box by box by the command line."""

import pytest
from tutorial_runs import follow
from tutorial_text import NAMES, looked_up, read


@pytest.mark.parametrize("name", [name for name in NAMES if any(box.run for box in read(name).boxes())])
def test_numbers_of_runs(name, tmp_path, monkeypatch):
    monkeypatch.setenv("GALAXY_SLOTS", "1")
    tutorial = read(name)
    folders = follow(tutorial, tmp_path)
    wrong = []
    for number in tutorial.numbers():
        if number.source.kind == "run":
            run, output, *places = number.source.places
            value = looked_up((folders[run] / output).read_text(encoding="utf-8"), tuple(places))
            if not number.agrees(value):
                wrong.append(f"line {number.line}: {number.digits} is {value:g} by {run} | {output} | {' | '.join(places)}")
    assert wrong == []
