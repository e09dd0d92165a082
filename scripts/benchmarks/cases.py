"""Data sets with the network to train on each, and how they are split, for the measurements of choices."""

import dataclasses
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "test-data"


@dataclasses.dataclass(frozen=True)
class Case:
    """A data set, the network to train on it, and the least that its metrics shall reach."""

    title: str
    family: str
    data: str
    options: dict[str, str]
    floors: dict[str, float]
    test: str = ""
    seeds: int = 5


TABLES = (
    Case("breast cancer", "feedforward", "breast_cancer.tsv", {"target": "diagnosis"}, {"accuracy": 0.970}, seeds=20),
    Case("PBMC, 200 genes", "feedforward", "pbmc_200_genes.tsv", {"target": "cell_type"}, {"accuracy": 0.79, "f1_macro": 0.62}, seeds=10),
    Case("diabetes", "feedforward", "diabetes.tsv", {"target": "progression"}, {"r2": 0.47}, seeds=20),
)
SPLICE = {"kind": "sequence", "target": "class"}
LEAF = {"kind": "series", "target": "species"}
TERMS = {"kind": "text", "target": "ontology"}
STEPS = (
    Case("splice junctions", "recurrent", "splice.tsv", SPLICE, {"accuracy": 0.950}),
    Case("splice junctions", "convolutional", "splice.tsv", SPLICE, {"accuracy": 0.965}),
    Case("nuclei patches", "convolutional", "nuclei.zip", {"kind": "image"}, {"accuracy": 0.95}),
    Case("OSULeaf outlines", "recurrent", "osuleaf_train.tsv", LEAF, {"accuracy": 0.80}, "osuleaf_test.tsv"),
    Case("OSULeaf outlines", "convolutional", "osuleaf_train.tsv", LEAF, {"accuracy": 0.90}, "osuleaf_test.tsv"),
    Case("GO definitions", "recurrent", "go_terms.tsv", TERMS, {"accuracy": 0.9}),
    Case("GO definitions", "convolutional", "go_terms.tsv", TERMS, {"accuracy": 0.935}),
)


def split(case: Case, seed: int, folder: Path) -> tuple[Path, Path]:
    """Scikit-learn's own split, so that the numbers can be compared with those of others."""
    import pandas as pd
    from sklearn.model_selection import train_test_split

    source = DATA / case.data
    paths = [folder / f"{part}{source.suffix}" for part in ("train", "test")]
    if source.suffix == ".zip":
        with zipfile.ZipFile(source) as archive:
            names = archive.namelist()
            parts = train_test_split(names, test_size=0.2, random_state=seed, stratify=[name.split("/")[0] for name in names])
            for part, path in zip(parts, paths, strict=True):
                with zipfile.ZipFile(path, "w") as copy:
                    for name in part:
                        copy.writestr(zipfile.ZipInfo(name), archive.read(name))
        return paths[0], paths[1]
    frame = pd.read_csv(source, sep="\t")
    if "sequence" in frame:
        frame = frame.drop_duplicates("sequence")
    target = frame[case.options["target"]]
    strata = target if target.nunique() <= 20 else pd.qcut(target, 10, labels=False)
    for part, path in zip(train_test_split(frame, test_size=0.2, random_state=seed, stratify=strata), paths, strict=True):
        part.to_csv(path, sep="\t", index=False)
    return paths[0], paths[1]
