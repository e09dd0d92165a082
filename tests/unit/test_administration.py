"""Files for administrators say what is so: of the tools, of Galaxy, of what was measured."""

import dataclasses
import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
import yaml
from made_environments import program_of

from biodl import __version__
from conftest import ROOT

FOLDER = ROOT / "administration"
PAGE = (ROOT / "docs" / "administration.md").read_text()
TOOLS = sorted(path.stem for path in (ROOT / "tools").glob("biodl_*.xml"))
SHED = "toolshed.g2.bx.psu.edu/repos/biodl"
GB, MB = 2**30, 2**20
BESIDE_THE_TOOL = 1.25
"""Memory that a rule gives, at the least, by what was measured."""
COMMANDS = {
    "inspect": "biodl_inspect", "split": "biodl_split", "train-feedforward": "biodl_train_feedforward",
    "train-recurrent": "biodl_train_recurrent", "train-convolutional": "biodl_train_convolutional",
    "learning-curve": "biodl_learning_curve", "tune": "biodl_tune",
    "evaluate": "biodl_evaluate", "compare": "biodl_compare",
    "explain": "biodl_explain", "predict": "biodl_predict",
}  # fmt: skip


def full(tool: str) -> str:
    """The id of a tool that was installed from the Tool Shed."""
    return f"{SHED}/{tool}/{tool}/{__version__}+galaxy0"


def rows_after(words: str) -> list[list[str]]:
    """Cells of the page's first table after some words, without its head."""
    table = re.search(r"(?m)(?:^\|.+\n)+", PAGE.split(words)[1])[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def measured() -> list[tuple[str, bool, float, float]]:
    """Tool, whether on images, MB given and MB of memory of every row of the page's table."""
    rows = rows_after("prints this table for your machine.")
    return [(COMMANDS[row[2]], row[0].startswith("images"), float(row[1]), float(row[5])) for row in rows]


@dataclasses.dataclass(frozen=True)
class Rule:
    """A row of the page's table of rules; sizes in GB. ``cores`` are pairs: above so many GB, so many."""

    cores: tuple[tuple[float, int], ...]
    base: float
    each: float
    images: float
    most: float
    gpu_above: float

    def gives(self, size: float, pictures: bool, gpus: int = 0) -> tuple[int, float, int]:
        """Cores, GB and GPUs of a job on an input of ``size`` GB."""
        memory = self.base + (self.images if pictures else self.each) * size
        return [cores for above, cores in self.cores if size >= above][-1], min(memory, self.most), gpus if size > self.gpu_above else 0


def told_rules() -> dict[str, Rule]:
    """The page's rules by tool."""
    found = {}
    for names, cores, base, each, images, most, gpu in rows_after("So the rules give"):
        first, *large = re.findall(r"(?:above ([\d.]+): )?(\d+)", cores)
        steps = ((0.0, int(first[1])), *((float(above), int(number)) for above, number in large))
        numbers = [float(cell) for cell in (base, each, images, most)]
        above = float(gpu.removeprefix("above ")) if gpu != "never" else float("inf")
        for name in names.split(", "):
            found["biodl_" + name.lower().replace(" ", "_").replace("-", "")] = Rule(steps, *numbers, above)
    return found


RULES = told_rules()
SIZES = (MB // 2, 50 * MB, 20 * GB)
JOBS = [
    *([name, size, 0, kind] for tool in TOOLS for name in (tool, full(tool)) for size in SIZES for kind in ("tabular", "zip")),
    *([full(tool), size, 1, "fasta"] for tool in TOOLS for size in (MB // 2, 5 * MB, 50 * MB, GB // 2)),
    *([full(tool), 2 * GB, 0, kind] for tool in TOOLS for kind in ("csv", "zip", "tiff")),
    ["biodl_inspector", MB, 0, "tabular"],
    [f"{SHED}/other/biodl/1.0", MB, 0, "tabular"],
]
"""Tool, bytes, GPUs, datatype."""


@pytest.fixture(scope="module")
def answer():
    """What Galaxy and Total Perspective Vortex make of the files; one process, which imports for seconds."""
    python = program_of("galaxy", "tpv").with_name("python")
    asked = json.dumps({"jobs": JOBS, "ids": [name for tool in TOOLS for name in (tool, full(tool))]})
    script = ROOT / "tests" / "unit" / "asked_of_galaxy.py"
    done = subprocess.run([python, "-W", "ignore", script], input=asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


ON_A_NODE = {
    "tmp_dir": "$(mktemp -d /scratch/biodl-XXXXXXXX)",
    "singularity_enabled": "true",
    "singularity_volumes": "$defaults,/scratch:rw",
}


class TestRules:
    def test_linter_finds_nothing(self, answer):
        """The program itself, with all its checks; it prints nothing but what it finds."""
        assert answer["lint"] == {"status": 0, "said": []}

    def test_page_has_a_rule_for_every_tool(self):
        assert sorted(RULES) == TOOLS

    def test_every_tool_gets_what_the_page_says_under_both_ids(self, answer):
        checked = 0
        for (name, size, gpus, kind), found in zip(JOBS, answer["needs"], strict=True):
            tool = name.split("/")[-2] if "/" in name else name
            if tool in TOOLS:
                cores, memory, wanted = RULES[tool].gives(size / GB, kind in ("zip", "tiff"), gpus)
                given = found["params"]
                there = int(given["cores"]), float(given["mem"]), int(given["gpus"])
                assert there == (cores, pytest.approx(memory), wanted), (name, size, kind)
                checked += 1
        assert checked == len(JOBS) - 2

    def test_others_are_left_alone(self, answer):
        for found in answer["needs"][-2:]:
            assert found == {"refused": "NameError: name 'cores' is not defined"}  # a server says what they get
        for found in answer["places"][-2:]:
            assert found == {"destination": "biodl_local", "params": {"local_slots": "1"}, "env": {"GALAXY_MEMORY_MB": "3891"}}

    def test_what_was_measured_fits(self):
        rows = measured()
        assert len(rows) == len(re.findall(r"(?m)^\| (?:table|sequences|images), ", PAGE)) > 40
        assert {tool for tool, *_ in rows} == set(TOOLS)
        for tool, pictures, given, memory in rows:
            _, rule, _ = RULES[tool].gives(given * MB / GB, pictures)
            assert rule * 1024 >= BESIDE_THE_TOOL * memory, (tool, given, memory)

    def test_large_images_fit_on_a_small_machine(self, answer):
        for tool in TOOLS:
            for kind in ("zip", "tiff"):
                assert answer["small"][JOBS.index([full(tool), 2 * GB, 0, kind])]["destination"] == "biodl_local"

    def test_a_job_that_fits_nowhere_fails_with_a_sentence_and_can_be_cut_down(self, answer):
        """As the page says: what the user reads, and what an administrator does about it."""
        job = JOBS.index([full("biodl_evaluate"), 20 * GB, 0, "tabular"])
        refused = answer["small"][job]["refused"]
        assert refused.startswith("JobMappingException: No destinations are available to fulfill request")
        assert "*No destinations are available to fulfill request" in " ".join(PAGE.split())
        assert answer["cut"][job] == {"destination": "biodl_local", "params": {"local_slots": "2"}, "env": {"GALAXY_MEMORY_MB": "15360"}}

    @pytest.mark.parametrize(
        ("tool", "size", "gpus", "destination", "params"),
        [
            ("biodl_inspect", MB // 2, 0, "biodl_local", {"local_slots": "1"}),
            ("biodl_train_recurrent", 50 * MB, 0, "biodl_local", {"local_slots": "2"}),
            (
                "biodl_train_recurrent",
                GB // 2,
                1,
                "biodl_slurm_gpu",
                {
                    "native_specification": "--nodes=1 --ntasks=1 --cpus-per-task=2 --mem=6144 --gres=gpu:1",
                    "singularity_run_extra_arguments": "--nv",
                    **ON_A_NODE,
                },
            ),
            (
                "biodl_evaluate",
                20 * GB,
                0,
                "biodl_slurm",
                {"native_specification": "--nodes=1 --ntasks=1 --cpus-per-task=2 --mem=65536", **ON_A_NODE},
            ),
        ],
    )
    def test_destinations(self, answer, tool, size, gpus, destination, params):
        found = answer["places"][JOBS.index([full(tool), size, gpus, "fasta" if gpus else "tabular"])]
        assert (found["destination"], found["params"]) == (destination, params)

    def test_a_local_job_is_told_its_memory(self, answer):
        assert answer["places"][JOBS.index([full("biodl_split"), 50 * MB, 0, "tabular"])]["env"] == {"GALAXY_MEMORY_MB": "1424"}


class TestJobConfigurations:
    def test_plain(self, answer):
        found = answer["configurations"]["job_conf.yml"]
        assert found["runners"] == ["local"]
        assert found["environments"] == {
            "local": ["local", {}, []],
            "biodl_small": ["local", {"local_slots": 1}, [{"name": "GALAXY_MEMORY_MB", "value": "2048"}]],
            "biodl_large": ["local", {"local_slots": 2}, [{"name": "GALAXY_MEMORY_MB", "value": "4096"}]],
        }
        large = {
            "biodl_train_recurrent",
            "biodl_train_convolutional",
            "biodl_learning_curve",
            "biodl_tune",
            "biodl_evaluate",
            "biodl_explain",
        }
        wanted = {tool: "biodl_large" if tool in large else "biodl_small" for tool in TOOLS}
        assert found["tools"] == wanted | {full(tool): environment for tool, environment in wanted.items()}

    def test_with_a_cluster(self, answer):
        found = answer["configurations"]["job_conf_cluster.yml"]
        assert found["runners"] == ["local", "pulsar", "slurm"]
        with_gpu = {"biodl_train_recurrent", "biodl_train_convolutional"}
        for tool in TOOLS:
            environment = found["tools"][full(tool)]
            assert (environment == "biodl_slurm_gpu") == (tool in with_gpu)
            assert ("--nv" in json.dumps(found["environments"][environment])) == (tool in with_gpu)


def test_every_environment_that_a_tool_goes_to_is_there():
    for path in FOLDER.glob("job_conf*.yml"):
        found = yaml.safe_load(path.read_text())
        assert sorted(tool["id"] for tool in found["tools"]) == TOOLS
        assert {tool["environment"] for tool in found["tools"]} <= set(found["execution"]["environments"])
        assert {environment["runner"] for environment in found["execution"]["environments"].values()} <= set(found["runners"])


def test_list_of_tools_is_what_shed_yml_publishes():
    listed, shed = yaml.safe_load((FOLDER / "tools.yml").read_text()), yaml.safe_load((ROOT / ".shed.yml").read_text())
    assert sorted(shed["repositories"]) == TOOLS
    assert sorted(tool["name"] for tool in listed["tools"]) == TOOLS
    assert {tool["owner"] for tool in listed["tools"]} == {shed["owner"]}
    assert {tool["tool_shed_url"] for tool in listed["tools"]} == {SHED.split("/")[0]}
    assert {tool["tool_panel_section_label"] for tool in listed["tools"]} == {"Deep Learning"}


def test_list_of_tools_is_read_by_shed_tools():
    python = program_of("planemo")
    model = "from ephemeris._config_models import RepositoryInstallTargets as Targets"
    script = f"import sys, yaml; {model}; print(len(Targets(**yaml.safe_load(sys.stdin)).tools))"
    text = (FOLDER / "tools.yml").read_text()
    done = subprocess.run([python, "-W", "ignore", "-c", script], input=text, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == str(len(TOOLS)), done.stderr


def allowed(tool: str) -> bool:
    """Whether Galaxy shows a tool's HTML: its rule, galaxy.datatypes.data, and how it reads the file, galaxy.config."""
    lines = (FOLDER / "sanitize_allowlist.txt").read_text().splitlines()
    return tool.startswith(tuple(line.strip() for line in lines if line.strip() and not line.startswith("#")))


def writes_html(tool: str) -> bool:
    root = ElementTree.parse(ROOT / "tools" / f"{tool}.xml").getroot()
    outputs = ElementTree.tostring(root.find("outputs"), encoding="unicode")
    return 'format="html"' in outputs or "training_outputs" in outputs


@pytest.mark.parametrize("tool", TOOLS)
def test_allow_list_has_the_tools_that_write_html_under_both_ids(tool):
    assert allowed(tool) == allowed(full(tool)) == writes_html(tool)


def test_allow_list_has_nobody_else():
    assert not allowed(f"{SHED}2/biodl_inspect/biodl_inspect/1.0")
    assert not allowed("othershed.example.org/repos/biodl/biodl_inspect/biodl_inspect/1.0")
    assert not allowed("upload1")


def test_page_names_every_file_and_marks_every_step():
    for path in FOLDER.iterdir():
        assert f"administration/{path.name}" in PAGE, path.name
    steps = re.findall(r"(?m)^### (.+)\n\n(.+)$", PAGE)
    assert len(steps) >= 10
    for title, first in steps:
        marks = r"Tried on the embedded Galaxy, \d{4}-\d{2}-\d{2}|Tried in (part|each run of the tests)|Not tried"
        assert re.match(rf"\*({marks})[:.,; ]", first), title
