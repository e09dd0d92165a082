"""A real Galaxy on this machine with the suite in it; standard library only."""

import json
import os
import shutil
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path

from environments import HOME, ROOT, SetupError, python_of, requirements_of_tools
from running import Running, environment_of
from welcome import SAMPLES, page

WORK = {
    "Look at data": ("inspect",),
    "Split": ("split",),
    "Train": ("train_feedforward", "train_recurrent", "train_convolutional", "learning_curve", "tune"),
    "Judge": ("evaluate", "compare", "explain"),
    "Use": ("predict",),
}
"""Tools in the order of work, under what they are for."""
EMAIL, PASSWORD = "admin@example.org", "biodl-demo"
_SQLITE = "isolation_level=IMMEDIATE&timeout=60"  # Galaxy's default, but patient: two processes write


class Galaxy(Running):
    """A Galaxy without tools but the upload; what tools it has, and shows as HTML, is for those who build on it.

    It is two processes, as anywhere: the web server, which also runs jobs, and a Celery worker. The worker has Galaxy's modules
    loaded and so takes an upload, or sets the metadata of a job's outputs, in half a second; without it both start a new Python each
    time, which imports for seconds before it does anything.
    """

    name = "Galaxy"

    def __init__(
        self,
        port: int,
        folder: Path = HOME / "run",
        fresh: bool = False,
        jobs: int = 2,
        slots: int = 2,
        environment: Mapping[str, str] | None = None,
    ):
        """``jobs``: how many run at a time; ``slots``: cores of each, if there are so many; ``environment``: what they get in addition."""
        super().__init__(port, folder, fresh)
        self._jobs = jobs
        self._slots = min(slots, os.cpu_count() or 1)
        self._environment = dict(environment or {})

    @property
    def log(self) -> Path:
        return self.folder / "galaxy.log"

    def panel(self) -> str:
        """The tool panel below the upload, as XML."""
        return ""

    def allowed(self) -> list[str]:
        """Beginnings of the ids of tools whose HTML is shown as such."""
        return []

    def settings(self) -> dict[str, object]:
        """Further settings of Galaxy, or others in place of those it would have."""
        return {}

    def variables(self) -> dict[str, str]:
        """Further environment variables of the server."""
        return {}

    def _configure(self) -> None:
        folder = self.folder
        data = folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        for name in ("control.sqlite", "results.sqlite"):
            (data / name).unlink(missing_ok=True)  # tasks that an earlier run did not get to
        _write_dependencies(folder / "deps", self._environment)
        upload = '<section id="getext" name="Get Data"><tool file="data_source/upload.xml"/></section>'
        (folder / "tool_conf.xml").write_text(f'<toolbox monitor="false">\n{upload}\n{self.panel()}</toolbox>\n')
        for place in data.glob("**/integrated_tool_panel.xml"):
            place.unlink()  # it would keep the order of an earlier start
        (folder / "welcome.html").write_text(page(), encoding="utf-8")
        (folder / "tool_data_tables.xml").write_text("<tables/>\n")  # the default fetches lists from the network
        (folder / "allowlist.txt").write_text("".join(f"{entry}\n" for entry in self.allowed()))
        settings = {
            "data_dir": str(data),
            "database_connection": f"sqlite:///{data / 'universe.sqlite'}?{_SQLITE}",
            "amqp_internal_connection": f"sqlalchemy+sqlite:///{data / 'control.sqlite'}?{_SQLITE}",
            "celery_conf": {"result_backend": f"db+sqlite:///{data / 'results.sqlite'}?{_SQLITE}"},
            "enable_celery_tasks": True,
            "metadata_strategy": "directory_celery",
            "calculate_dataset_hash": "never",
            "tool_config_file": str(folder / "tool_conf.xml"),
            "sanitize_allowlist_file": str(folder / "allowlist.txt"),
            "tool_dependency_dir": str(folder / "deps"),
            "dependency_resolvers": [{"type": "galaxy_packages"}],
            "admin_users": EMAIL,
            "bootstrap_admin_api_key": self.admin_key,
            "brand": "BioDL",
            "static_welcome_html": str(folder / "welcome.html"),
            "conda_auto_init": False,
            "conda_auto_install": False,
            "enable_mulled_containers": False,
            "tool_data_table_config_path": str(folder / "tool_data_tables.xml"),
            "cleanup_job": "onsuccess",
            "job_config": {
                "runners": {"local": {"load": "galaxy.jobs.runners.local:LocalJobRunner", "workers": self._jobs}},
                "execution": {
                    "default": "local",
                    "environments": {"local": {"runner": "local", "local_slots": self._slots}},
                },
                "tools": [],
            },
            **self.settings(),
        }
        (folder / "galaxy.yml").write_text(json.dumps({"galaxy": settings}, indent=1))  # JSON is YAML

    def _start(self) -> None:
        python = python_of("galaxy")
        factory = "galaxy.webapps.galaxy.fast_factory:factory"
        web: list[str | Path] = [python, "-m", "uvicorn", "--factory", factory, "--host", "127.0.0.1", "--port", str(self.port)]
        queues = ["--queues", "celery,galaxy.internal,galaxy.external"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]  # there is no other worker to talk to
        threads = ["--pool", "threads", "--concurrency", "1"]
        worker: list[str | Path] = [python, "-m", "celery", "--app", "galaxy.celery", "worker", *threads, *queues, *quiet]
        environment = environment_of("galaxy", GALAXY_CONFIG_FILE=str(self.folder / "galaxy.yml"), **self.variables())
        self.launch({self.log.name: web, "celery.log": worker}, environment)

    def _settle(self) -> None:
        """Have a user, who is made on the first start, and her key."""
        users = self.call("/api/users", self.admin_key)
        user = next((item for item in users if item["email"] == EMAIL), None)
        if user is None:
            user = self.call("/api/users", self.admin_key, {"username": "admin", "email": EMAIL, "password": PASSWORD})
        self.key = self.call(f"/api/users/{user['id']}/api_key", self.admin_key, {})


class Server(Galaxy):
    """A Galaxy with the tools of this checkout, shown in the order of work, and with a datatype for networks."""

    def panel(self) -> str:
        """Without a section to open first."""
        lines = []
        for label, names in WORK.items():
            lines.append(f'<label id="to_{label.split()[0].lower()}" text="{label}"/>')
            lines += [f'<tool file="{ROOT / "tools" / f"biodl_{name}.xml"}"/>' for name in names]
        return "\n".join([*lines, ""])

    def allowed(self) -> list[str]:
        """Reports of these tools are static pages without scripts."""
        return ["biodl_"]

    def settings(self) -> dict[str, object]:
        return {
            "datatypes_config_file": str(write_datatypes(self.folder / "datatypes_conf.xml")),
            "tour_config_dir": str(ROOT / "tours"),
            "file_sources_config_file": str(write_file_sources(self.folder)),
        }

    def variables(self) -> dict[str, str]:
        return {
            "PYTHONPATH": str(ROOT / "datatypes"),
            "GALAXY_TEST_FILE_DIR": str(ROOT / "test-data"),  # where tool tests find their files
        }

    def _settle(self) -> None:
        """Have tools found by words: where Galaxy's first heartbeat comes later than its tools it makes an index only on a reload."""
        super()._settle()
        for _ in range(10):
            if self.call("/api/tools?q=neural+network", self.admin_key):
                return
            self.call("/api/configuration/toolbox", self.admin_key, method="PUT")
            time.sleep(3)


def write_datatypes(target: Path) -> Path:
    """Galaxy's own datatypes and the suite's, whose sniffers stand before the others; returns ``target``."""
    name = "datatypes_conf.xml.sample"
    found = sorted((HOME / "galaxy").glob(f"lib/python*/site-packages/galaxy/config/sample/{name}"))
    if not found:
        raise SetupError(f"This Galaxy lacks {name}: remove {HOME / 'galaxy'} and run again.")
    all_types = ElementTree.parse(found[0])
    own = ElementTree.parse(ROOT / "datatypes" / "datatypes_conf.xml")
    for part in ("registration", "sniffers"):
        into, what = all_types.find(part), own.find(part)
        if into is None or what is None:
            raise SetupError(f"A file of datatypes lacks the part '{part}'.")
        into[:0] = list(what)
    all_types.write(target)
    return target


def write_file_sources(folder: Path) -> Path:
    """Offer the sample data as remote files, which guided tours take them from: ``gxfiles://biodl_samples/breast_cancer.tsv``.

    They are copies, without what tests have beside them: files that are broken on purpose.
    """
    samples = folder / "samples"
    samples.mkdir(exist_ok=True)
    for name in SAMPLES:
        shutil.copyfile(ROOT / "test-data" / name, samples / name)
    source = {"type": "posix", "id": "biodl_samples", "label": "Sample data", "root": str(samples.resolve()), "writable": False}
    target = folder / "file_sources_conf.yml"
    target.write_text(json.dumps([{**source, "doc": "Small biological data sets to learn with."}]), encoding="utf-8")
    return target


def _write_dependencies(folder: Path, environment: Mapping[str, str]) -> None:
    """Let each requirement of the tools resolve to the tools' environment, and give their jobs ``environment``."""
    further = "".join(f"export {name}='{value}'\n" for name, value in environment.items())
    for name, version in requirements_of_tools().items():
        place = folder / name / version
        place.mkdir(parents=True, exist_ok=True)
        (place / "env.sh").write_text(f'PATH="{HOME / "tools" / "bin"}:$PATH"; export PATH\n{further}')
