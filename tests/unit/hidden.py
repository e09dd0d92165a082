"""Which packages commands of the suite import; as a program, it runs some in a process that cannot import others. Imports none itself.

Takes the path of a JSON file: ``hidden``, names of modules; ``commands``, lists of words. Writes their exit codes to the file's ``.done``.
"""

import builtins
import contextlib
import importlib.abc
import json
import sys
from pathlib import Path


class Hidden(importlib.abc.MetaPathFinder):
    """Says that modules are missing, as Python does where they are not installed."""

    def __init__(self, names):
        self._names = frozenset(names)

    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] in self._names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


@contextlib.contextmanager
def watched_imports():
    """Inside, every import of a module of others by one of the suite is entered, by its name and with who imported it."""
    imported: dict[str, set[str]] = {}
    import_ = builtins.__import__

    def watched(name, globals=None, locals=None, fromlist=(), level=0):
        by = (globals or {}).get("__name__", "")
        top = name.partition(".")[0]
        if level == 0 and by.startswith("biodl.") and top != "biodl" and top not in sys.stdlib_module_names:
            imported.setdefault(top, set()).add(by)
        return import_(name, globals, locals, fromlist, level)

    builtins.__import__ = watched
    try:
        yield imported
    finally:
        builtins.__import__ = import_


def main():
    path = Path(sys.argv[1])
    asked = json.loads(path.read_text())
    for name in list(sys.modules):  # setuptools has Python load a part of it at each start
        if name.partition(".")[0] in asked["hidden"]:
            del sys.modules[name]
    sys.meta_path.insert(0, Hidden(asked["hidden"]))
    from biodl.program import cli

    path.with_suffix(".done").write_text(json.dumps([cli.main(words) for words in asked["commands"]]))


if __name__ == "__main__":
    main()
