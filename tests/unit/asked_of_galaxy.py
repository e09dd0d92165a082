"""Run by Galaxy's own Python: what Galaxy and Total Perspective Vortex make of the files of ``administration/``.

Reads {"jobs": [[tool id, bytes, gpus, datatype], ...], "ids": [tool id, ...]} from standard input, prints one JSON object.
"""

import contextlib
import importlib
import io
import json
import logging
import runpy
import sys
import tempfile
from pathlib import Path

logging.disable(logging.CRITICAL)

from tpv.commands.test import mock_galaxy  # noqa: E402
from tpv.core.loader import TPVConfigLoader  # noqa: E402
from tpv.core.mapper import EntityToDestinationMapper  # noqa: E402
from tpv.core.util import load_yaml_from_url_or_path  # noqa: E402

FOLDER = Path(__file__).resolve().parents[2] / "administration"
RULES, DESTINATIONS = str(FOLDER / "tpv_rules.yml"), str(FOLDER / "tpv_destinations.yml")
ANYWHERE = {
    "global": {"default_inherits": "default"},
    "tools": {"default": {"abstract": True, "gpus": 0}},
    "destinations": {"anywhere": {"runner": "local", "params": {"cores": "{cores}", "mem": "{mem}", "gpus": "{gpus}"}}},
}


_MYPY = "[mypy]\nfollow_imports = skip\nignore_missing_imports = True\n"
"""The linter runs mypy on the rules' code. Without this mypy reads Galaxy's code too, for a minute, and says that tpv has no types."""


def lint() -> dict[str, object]:
    """What the program ``tpv lint`` prints of the two files, warnings included, and its status; run in this process, which has Galaxy."""
    said, status = io.StringIO(), None
    logging.disable(logging.NOTSET)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(said):
        Path("mypy.ini").write_text(_MYPY)
        sys.argv = ["tpv", "-v", "lint", RULES, DESTINATIONS]
        try:
            runpy.run_path(str(Path(sys.executable).with_name("tpv")), run_name="__main__")
        except SystemExit as end:
            status = end.code
    logging.disable(logging.CRITICAL)
    return {"status": status, "said": said.getvalue().splitlines()}


def local_alone(**more) -> dict:
    """The shown destinations without all but the local one, which has some more settings."""
    config = load_yaml_from_url_or_path(DESTINATIONS)
    config["destinations"] = {"biodl_local": {**config["destinations"]["biodl_local"], **more}}
    return config


def rules(*more, destinations) -> EntityToDestinationMapper:
    """The rules with what a server adds to them."""
    loader = TPVConfigLoader.from_url_or_path(RULES)
    for config in more:
        loader = TPVConfigLoader(config, parent=loader)
    last = TPVConfigLoader(destinations, parent=loader) if isinstance(destinations, dict) else None
    return EntityToDestinationMapper(last or TPVConfigLoader.from_url_or_path(destinations, parent=loader))


def mapped(mapper: EntityToDestinationMapper, tool: str, size: int, datatype: str):
    """Where a job on an input of so many bytes goes, or what was said against it."""
    job = mock_galaxy.Job()
    job.add_input_dataset(mock_galaxy.DatasetAssociation("data", mock_galaxy.Dataset("data", file_size=size), datatype))
    try:
        found = mapper.map_to_destination(None, mock_galaxy.Tool(tool), None, job)
    except Exception as error:
        return {"refused": f"{type(error).__name__}: {error}"}
    return {"destination": found.id, "params": found.params, "env": {entry["name"]: entry["value"] for entry in found.env}}


def configuration(name: str, ids: list[str]):
    """Environments by name, and the environment of each tool, as Galaxy reads a job configuration."""
    found = mock_galaxy.App(job_conf=str(FOLDER / name), create_model=True).job_config
    for plugin in found.runner_plugins:
        module, _, kind = plugin["load"].partition(":")
        assert importlib.util.find_spec(module), module
        if plugin["id"] == "local":
            assert getattr(importlib.import_module(module), kind)
    return {
        "runners": sorted(plugin["id"] for plugin in found.runner_plugins),
        "environments": {name: [place.runner, place.params, place.env] for name, (place,) in found.destinations.items()},
        "tools": {tool: found.get_job_tool_configurations(names_of(tool), [])[0].destination for tool in ids},
    }


def names_of(tool: str) -> list[str]:
    """The names under which Galaxy looks a tool up: in full, without version, and as its form has it."""
    return [tool, tool.rsplit("/", 1)[0], tool.split("/")[-2]] if "/" in tool else [tool]


def main() -> None:
    asked = json.load(sys.stdin)
    gpu = {"tools": {".*biodl_train_.*": {"context": {"biodl_gpus": 1}}}}
    plain, with_gpu = rules(destinations=ANYWHERE), rules(gpu, destinations=ANYWHERE)
    placed, placed_gpu = rules(destinations=DESTINATIONS), rules(gpu, destinations=DESTINATIONS)
    small = rules(destinations=local_alone())
    cut = rules(destinations=local_alone(max_accepted_mem=64, max_mem=15))

    def needs(which: EntityToDestinationMapper, which_with_gpu: EntityToDestinationMapper) -> list:
        return [mapped(which_with_gpu if gpus else which, tool, size, kind) for tool, size, gpus, kind in asked["jobs"]]

    answer = {
        "lint": lint(),
        "needs": needs(plain, with_gpu),
        "places": needs(placed, placed_gpu),
        "small": needs(small, small),
        "cut": needs(cut, cut),
        "configurations": {path.name: configuration(path.name, asked["ids"]) for path in sorted(FOLDER.glob("job_conf*.yml"))},
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
