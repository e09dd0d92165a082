"""What matters to a network on real data is what biology knows."""

import pandas as pd

from biodl.program import cli
from conftest import DATA

MARKERS = {
    "CD4+/CD25 T Reg": {"CD3D", "CD3E", "IL32", "LTB", "CD27", "LCK", "CD7"},
    "CD19+ B": {"CD79A", "CD79B", "CD74", "HLA-DRA", "HLA-DQA1", "HLA-DQB1", "HLA-DPB1", "HLA-DPA1", "CD37"},
    "CD14+ Monocyte": {
        *("LYZ", "S100A9", "S100A6", "FCN1", "CST3", "TYROBP", "FCER1G", "AIF1", "LST1", "CTSS", "LGALS2", "FTL", "PSAP", "TIMP1"),
    },
}
"""Markers of cell types among the 200 genes, as the literature has them."""
AMONG = 10


def test_top_genes_of_cell_types_are_their_markers(tmp_path):
    frame = pd.read_csv(DATA / "pbmc_200_genes.tsv", sep="\t")
    frame.iloc[::3].to_csv(tmp_path / "test.tsv", sep="\t", index=False)
    frame.drop(index=frame.index[::3]).to_csv(tmp_path / "train.tsv", sep="\t", index=False)
    model, averages = tmp_path / "m.keras", tmp_path / "averages"
    given = ["--data", str(tmp_path / "train.tsv"), "--target", "cell_type", "--epochs", "20", "--model", str(model)]
    assert cli.main(["train-feedforward", *given]) == 0
    asked = ["--model", str(model), "--data", str(tmp_path / "test.tsv"), "--count", "1", "--averages", str(averages)]
    assert cli.main(["explain", *asked]) == 0
    found = pd.read_csv(averages, sep="\t").set_index("part")
    for name, markers in MARKERS.items():
        top = found[f"mean_for_{name}"].nlargest(AMONG).index
        assert len(markers & set(top)) >= 2, (name, list(top))  # by chance 0.4 to 0.6 would be
