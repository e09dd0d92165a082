"""Python looks for no garbage among libraries, and for all that is made later."""

import json
import os
import subprocess
import sys

from conftest import ROOT

SCRIPT = """
import gc, json, weakref
from biodl.program import runtime

class Ring:
    def __init__(self):
        self.itself = self

old = weakref.ref(Ring())
runtime.start(1)
frozen = gc.get_freeze_count()
told = {"frozen": frozen, "old": old() is None, "enabled": gc.isenabled()}
new = weakref.ref(Ring())
gc.collect()
runtime.start(2)
print(json.dumps({**told, "new": new() is None, "again": gc.get_freeze_count() > frozen}))
"""


def test_libraries_are_set_aside_once_and_garbage_is_found_before_and_after():
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told.pop("frozen") > 200_000, "what libraries made is gone through again and again"
    assert told == {"old": True, "new": True, "enabled": True, "again": False}
