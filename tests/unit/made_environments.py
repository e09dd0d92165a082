"""The environments that scripts/test.py makes beside the one that unit tests run in; what needs one is skipped where it was not made."""

from pathlib import Path

import pytest

import environments


def program_of(environment: str, name: str = "python") -> Path:
    """A program of an environment, or skip: ``environment``: ``galaxy`` or ``planemo``."""
    path = environments.python_of(environment).with_name(name)
    if not path.is_file():
        reason = f"needs {name} of the environment '{environment}': 'python3 scripts/test.py' makes it, or brings it up to date"
        pytest.skip(reason)
    return path
