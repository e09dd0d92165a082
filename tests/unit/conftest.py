"""Shared by the unit tests: the command line in this process, sample data, and networks trained once."""

import dataclasses
import random
from pathlib import Path

import pytest
from hidden import watched_imports
from offline import refused_network

import packages
from biodl.program import cli

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "test-data"


@dataclasses.dataclass
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def biodl(capsys, monkeypatch):
    """Run a command; a ``dict`` of options after the command's name becomes flags, a list one a value.

    It may import what its tool's XML asks for alone, and has no network.
    """
    monkeypatch.setenv("GALAXY_SLOTS", "1")

    def run(command: str, **flags) -> Result:
        arguments = [command]
        for name, value in flags.items():
            flag = "--" + name.replace("_", "-")
            arguments += [word for item in (value if isinstance(value, list) else [value]) for word in (flag, str(item))]
        capsys.readouterr()
        with watched_imports() as imported, refused_network() as asked:
            code = cli.main(arguments)
        strangers = {name: by for name, by in imported.items() if name not in packages.importable(command.replace("-", "_"))}
        assert not strangers, f"{command} imports what its tool does not ask for: {strangers}"
        assert not asked, f"{command} asks for the network: {asked}"
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run


def write_rows(path: Path, rows, delimiter: str = "\t") -> Path:
    """Write rows of cells as a table."""
    path.write_text("".join(delimiter.join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
    return path


def mixed_rows(count: int = 120, seed: int = 5):
    """Rows with numbers, gaps, text, an identifier and a target that follows from them; header first."""
    draw = random.Random(seed)
    rows = [["sample", "length", "weight", "tissue", 'odd "name" µ', "outcome"]]
    for number in range(count):
        tissue = draw.choice(["liver", "lung", "brain"])
        length, weight = draw.gauss(10, 2), draw.gauss(1e-8, 2e-9)
        sick = length + 2 * (tissue == "lung") + draw.gauss(0, 0.3) > 10.7
        gap = "" if number % 11 == 0 else f"{weight:.4e}"
        rows.append(
            [f"S{number}", f"{length:.4f}", gap, "" if number % 17 == 0 else tissue, draw.randint(0, 50), "sick" if sick else "well"]
        )
    return rows


@pytest.fixture(scope="session")
def mixed(tmp_path_factory) -> Path:
    """The mixed table as a file."""
    return write_rows(tmp_path_factory.mktemp("mixed") / "mixed.tsv", mixed_rows())


@pytest.fixture(scope="session")
def mixed_model(mixed, tmp_path_factory) -> Path:
    """A network trained on the mixed table."""
    path = tmp_path_factory.mktemp("model") / "mixed.keras"
    assert cli.main(["train-feedforward", "--data", str(mixed), "--target", "outcome", "--model", str(path), "--epochs", "100"]) == 0
    return path


def pytest_addoption(parser):
    parser.addoption("--full-product", action="store_true", help="every combination of choices in test_pairs.py, not just all pairs")


@pytest.fixture
def operation_by_operation():
    """Nothing is traced, which takes longer than one epoch does."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
