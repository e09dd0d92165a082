"""Run by Galaxy's own Python: what Galaxy and Total Perspective Vortex make of the files of ``administration/``.

Reads {"jobs": [[tool id, bytes, gpus], ...], "ids": [tool id, ...]} from standard input, prints one JSON object.
"""

import importlib
import json
import logging
import sys
from pathlib import Path

logging.disable(logging.CRITICAL)

from tpv.commands.linter import TPVConfigLinter  # noqa: E402
from tpv.commands.test import mock_galaxy  # noqa: E402
from tpv.core.loader import TPVConfigLoader  # noqa: E402
from tpv.core.mapper import EntityToDestinationMapper  # noqa: E402

FOLDER = Path(__file__).resolve().parents[2] / "administration"
RULES, DESTINATIONS = str(FOLDER / "tpv_rules.yml"), str(FOLDER / "tpv_destinations.yml")
ANYWHERE = {
    "global": {"default_inherits": "default"},
    "tools": {"default": {"abstract": True, "gpus": 0}},
    "destinations": {"anywhere": {"runner": "local", "params": {"cores": "{cores}", "mem": "{mem}", "gpus": "{gpus}"}}},
}


def rules(*more, destinations) -> EntityToDestinationMapper:
    """The rules with what a server adds to them."""
    loader = TPVConfigLoader.from_url_or_path(RULES)
    for config in more:
        loader = TPVConfigLoader(config, parent=loader)
    last = TPVConfigLoader(destinations, parent=loader) if isinstance(destinations, dict) else None
    return EntityToDestinationMapper(last or TPVConfigLoader.from_url_or_path(destinations, parent=loader))


def mapped(mapper: EntityToDestinationMapper, tool: str, size: int):
    """Where a job on an input of so many bytes goes, or what was said against it."""
    job = mock_galaxy.Job()
    job.add_input_dataset(mock_galaxy.DatasetAssociation("data", mock_galaxy.Dataset("data", file_size=size)))
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
    linter = TPVConfigLinter.from_url_or_path([RULES, DESTINATIONS])
    linter.load_config()
    for check in (linter.lint_extra_fields, linter.lint_tools, linter.lint_destinations):  # its fourth runs mypy for many seconds
        check(linter.loader)
    gpu = {"tools": {".*biodl_train_.*": {"context": {"biodl_gpus": 1}}}}
    plain, with_gpu = rules(destinations=ANYWHERE), rules(gpu, destinations=ANYWHERE)
    placed, placed_gpu = rules(destinations=DESTINATIONS), rules(gpu, destinations=DESTINATIONS)
    answer = {
        "lint": [*linter.warnings, *linter.errors],
        "needs": [mapped(with_gpu if gpus else plain, tool, size) for tool, size, gpus in asked["jobs"]],
        "places": [mapped(placed_gpu if gpus else placed, tool, size) for tool, size, gpus in asked["jobs"]],
        "configurations": {path.name: configuration(path.name, asked["ids"]) for path in sorted(FOLDER.glob("job_conf*.yml"))},
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
