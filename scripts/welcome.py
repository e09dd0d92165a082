"""The start page of the suite's own Galaxy: what to run first, on which history, and where results stand; standard library only."""

import re
from html import escape

from environments import ROOT

HISTORIES = {
    "feedforward-tabular": ("Sample data: breast cancer, a table", "Breast cancer: feed-forward network"),
    "small-data-tabular": ("Sample data: breast cancer, a table", "Breast cancer: small data, honestly"),
    "sequence-classification": ("Sample data: splice junctions, sequences", "Splice junctions: recurrent and convolutional networks"),
    "image-classification": ("Sample data: nuclei, images", "Nuclei: convolutional network"),
}
"""The histories of each workflow's sample data and of its results on them, by the workflow's folder."""
SAMPLES = (
    "breast_cancer.tsv",
    "new_samples.tsv",
    "splice.fasta",
    "splice.tsv",
    "new_sequences.fasta",
    "nuclei.zip",
    "nuclei.tsv",
    "new_images.zip",
    "breast_cancer_shuffled.tsv",
    "diabetes.tsv",
    "pbmc_200_genes.tsv",
    "osuleaf_train.tsv",
    "osuleaf_test.tsv",
    "lynx.tsv",
    "go_terms.tsv",
)
"""Files of ``test-data`` to learn with; the others are broken or cut on purpose, for tests."""
TOURS = (
    ("biodl_feedforward", "A table, step by step", "look at it, split it, train a feed-forward network, test it"),
    ("biodl_report", "A workflow and its report", "all steps at once, and what to read first"),
    ("biodl_recurrent", "Sequences", "a recurrent network, and near copies that would make a test too easy"),
    ("biodl_convolutional", "Images", "a convolutional network, and images that belong together"),
)
"""Guided tours in an order to learn by: id, name, and what they show."""
TOOLS = (
    ("Inspect training data", "biodl_inspect", "is the data good enough, and does a column give the answer away?"),
    ("Split data", "biodl_split", "a test part that training never sees"),
    ("Train a feed-forward network", "biodl_train_feedforward", "tables"),
    ("Train a recurrent network", "biodl_train_recurrent", "sequences, series, text, forecasts"),
    ("Train a convolutional network", "biodl_train_convolutional", "images, and all of these"),
    ("Draw a learning curve", "biodl_learning_curve", "would more samples help?"),
    ("Tune a network", "biodl_tune", "better settings for your samples, and whether they are worth it"),
    ("Evaluate a network", "biodl_evaluate", "how good it is, and whether something simpler does as well"),
    ("Compare networks", "biodl_compare", "which is better, and whether chance could explain it"),
    ("Explain a network", "biodl_explain", "why it says so, and whether that can be believed"),
    ("Predict with a network", "biodl_predict", "new samples"),
)
"""Name, id and use of the tools, in the order of work."""
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1f2933; background: #fff; max-width: 46rem; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; margin: 1.6rem 0 .4rem; }
a { color: #1d4f80; } table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .35rem .6rem .35rem 0; }
th, td { border-bottom: 1px solid #c4ccd4; vertical-align: top; } li { margin: .25rem 0; }
.start { display: inline-block; background: #25537b; color: #fff; padding: .5rem .9rem; border-radius: .3rem; text-decoration: none; }
"""


def title_of(name: str) -> str:
    """The name in Galaxy of the workflow in folder ``name``."""
    text = (ROOT / "workflows" / name / f"{name}.gxwf.yml").read_text(encoding="utf-8")
    found = re.search(r"^label: *(.+)$", text, re.MULTILINE)
    return found[1].strip().strip("'\"") if found else name


def page() -> str:
    """HTML; links leave the frame that Galaxy shows it in."""
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in (title_of(name), *places)) + "</tr>\n" for name, places in HISTORIES.items()
    )
    tools = "".join(f'<li><a target="_top" href="/?tool_id={id_}">{escape(name)}</a>: {escape(use)}</li>\n' for name, id_, use in TOOLS)
    tours = "".join(f'<li><a target="_top" href="/tours/{id_}">{escape(name)}</a>: {escape(use)}</li>\n' for id_, name, use in TOURS)
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>BioDL: deep learning on biological data</title><style>{_STYLE}</style></head>
<body>
<main>
<h1>Deep learning on biological data, without code</h1>
<p>Look at data, split it, train a network, judge it on samples that it never saw, and use it on new ones.</p>
<p><a class="start" target="_top" href="/tours/{TOURS[0][0]}">Start a guided tour</a>
<a class="start" target="_top" href="/workflows/list">Run a workflow</a></p>
<h2>New here: guided tours</h2>
<p>About five minutes each. A box beside the forms says what to do, and why; the sample data come by themselves.</p>
<ul>
{tours}</ul>
<p>To read beside it, with exercises: the tutorials, in the folder <em>tutorials</em> of what this Galaxy was started from;
begin with the introduction.</p>
<h2>Only looking: results that are there already</h2>
<p>Switch to the history <em>{escape(HISTORIES["feedforward-tabular"][1])}</em>, which the start script made
(<a target="_top" href="/histories/list">all histories</a>). Its head says what each result is, and tags say in which order to look:
look-1 is the result in words.</p>
<h2>A workflow on sample data</h2>
<ol>
<li>Switch to the history with its sample data (<a target="_top" href="/histories/list">all histories</a>; the table below names it).</li>
<li><a target="_top" href="/workflows/list">Workflows</a>: press run. The data are chosen already; name the column to predict.</li>
<li>The results stand in that history, and as one page under
<a target="_top" href="/workflows/invocations">Workflow Invocations</a>, Report.
What the start script ran stands in the history named last.</li>
</ol>
<table>
<caption style="text-align:left">Workflows, and the histories where their data and results lie</caption>
<thead><tr><th scope="col">Workflow</th><th scope="col">Sample data</th><th scope="col">Results of the start script</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
<h2>Your own data, step by step</h2>
<p>Upload a table (from Excel: save the sheet as text or CSV), FASTA, or a ZIP of images. Then, in this order:</p>
<ol>
{tools}</ol>
<p>Forms preselect the newest data that fit; the held-out samples are yours to choose: the test part.
Read first what each tool says in words.</p>
</main>
</body>
</html>
"""
