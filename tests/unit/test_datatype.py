"""The Galaxy datatype of networks, in Galaxy's own environment: what is one, and what is said of it."""

import io
import json
import subprocess
import zipfile

from made_environments import program_of

from conftest import DATA, ROOT

SCRIPT = """
import json, sys
import biodl_datatypes
print(json.dumps([[biodl_datatypes.Keras().sniff(path), biodl_datatypes.described(path)] for path in sys.argv[1:]]))
"""
PARTS = {"config.json": "{}", "metadata.json": "{}", "model.weights.h5": "x"}


def archive(**members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, text in members.items():
            file.writestr(name, text)
    return content.getvalue()


def miscounted(content):
    """The same ZIP, which says that it has three members: who opens it reads them all."""
    return content[:-14] + (3).to_bytes(2, "little") * 2 + content[-10:]


def seen(paths):
    """Whether each is a network, and what is said of it."""
    words = [program_of("galaxy"), "-W", "ignore", "-c", SCRIPT, *map(str, paths)]
    done = subprocess.run(words, env={"PYTHONPATH": str(ROOT / "datatypes")}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_networks_are_known_and_nothing_else_is(tmp_path):
    bad = {"biodl.json": json.dumps({"kind": 5, "task": {"kind": "x" * 10**6, "classes": 7}}), **PARTS}
    long = {**{f"{number}.png": "" for number in range(1500)}, **PARTS}
    files = {
        "plain": archive(**PARTS),
        "lying": archive(**bad),
        "absurd": archive(**{"biodl.json": "[" * 10**6, **PARTS}),
        "long": archive(**long),
        "miscounted": miscounted(archive(**{f"{number}.png": "" for number in range(12_000)}, **PARTS)),
        "cut": archive(**PARTS)[:-30],
        "text": b"PK is a name",
        "empty": b"",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    splice, table, pictures, *made = seen(
        [DATA / "splice.keras", DATA / "breast_cancer.keras", DATA / "nuclei.zip", *(tmp_path / name for name in files)]
    )
    assert splice == [
        True,
        {
            "kind": "sequence",
            "task": "multiclass",
            "target": "class",
            "classes": "3 (ei, ie, n)",
            "family": "convolutional",
            "validation": "loss 0.187, accuracy 0.953",
        },
    ]
    assert table[1]["classes"] == "2 (benign, malignant)"
    assert pictures == [False, {}]
    assert dict(zip(files, made, strict=True)) == {
        "plain": [True, {}],
        "lying": [True, {}],
        "absurd": [True, {}],
        "long": [False, {}],
        "miscounted": [False, {}],
        "cut": [False, {}],
        "text": [False, {}],
        "empty": [False, {}],
    }
