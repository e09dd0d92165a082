"""Names of the containers that Galaxy looks for, by tool, as JSON; not a test, and runs where ``galaxy-tool-util`` is."""

import json
import sys
from pathlib import Path

from galaxy.tool_util.deps.mulled.mulled_build_tool import requirements_to_mulled_targets
from galaxy.tool_util.deps.mulled.util import v2_image_name
from galaxy.tool_util.parser import get_tool_source


def main():
    found = {}
    for path in map(Path, sys.argv[1:]):
        requirements, containers, resources, *_ = get_tool_source(str(path)).parse_requirements()
        found[path.stem.removeprefix("biodl_")] = {
            "container": v2_image_name(requirements_to_mulled_targets(requirements)),
            "named": len(containers),
            "resources": {item.resource_type: item.get_value() for item in resources},
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
