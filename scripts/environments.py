"""Virtual environments of the demo and the tests, under .env/; standard library only."""

import hashlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

from progress import Progress, packages_in, watched

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".env"
NAMES = ("galaxy", "planemo", "tools")
_PACKAGES = {"galaxy": 352, "planemo": 101, "tools": 83}
"""About so many packages come into each; pip itself knows only when all are fetched."""
_OLDEST = (3, 11)


class SetupError(Exception):
    """Something that the person at the keyboard has to mend; its text says how."""


def told(work: Callable[[], int]) -> int:
    """Exit status of a script's work; what somebody has to mend, or an interrupt, ends in one sentence."""
    try:
        return work()
    except SetupError as error:
        print(f"Error: {error}", file=sys.stderr)
    except OSError as error:  # a full disk, a folder that cannot be written
        print(f"Error: {error.filename or 'a file'} could not be used ({error.strerror or error}).", file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped; nothing is left running.")
        return 130
    return 1


def check_interpreter() -> None:
    """Raise SetupError unless this Python can make environments."""
    if sys.version_info < _OLDEST:
        raise SetupError(f"This is Python {sys.version.split()[0]}; run the script with Python 3.11 or newer.")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise SetupError("This Python has no venv or pip (on Debian: apt-get install python3-venv).") from None


def python_of(name: str) -> Path:
    """The interpreter of an environment."""
    return HOME / name / "bin" / "python"


def ensure(*names: str) -> None:
    """Make the environments that are missing, half-made, or made from other requirements."""
    check_interpreter()
    for name in names:
        requirements = Path(__file__).parent / "requirements" / f"{name}.txt"
        recipe = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
        stamp = HOME / name / "complete"
        if stamp.is_file() and stamp.read_text() == recipe and _runs(python_of(name)):
            continue
        print(f"Setting up the {name} environment (once, some minutes)", flush=True)
        shutil.rmtree(HOME / name, ignore_errors=True)
        HOME.mkdir(exist_ok=True)
        _run(f"make the {name} environment", sys.executable, "-m", "venv", str(HOME / name))
        pip = [str(python_of(name)), "-m", "pip", "install", "--disable-pip-version-check", "-r", str(requirements)]
        _install(name, requirements.name, pip)
        stamp.write_text(recipe)


def _runs(python: Path) -> bool:
    try:
        return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run(what: str, *command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise _failure(what, done.stderr or done.stdout)


def _failure(what: str, said: str) -> SetupError:
    tail = "\n".join(said.strip().splitlines()[-5:])
    return SetupError(f"Could not {what}:\n{tail}\nCheck the network and the disk, then run again: it goes on where it stopped.")


def _install(name: str, what: str, pip: list[str]) -> None:
    """Run pip, and say how far it is."""
    progress = Progress(_PACKAGES[name], lambda: packages_in(HOME / name))
    code, said = watched(pip, progress, lambda line: print(f"  {name}: {line}", flush=True))
    if code:
        raise _failure(f"install {what}", said)


def requirements_of_tools() -> dict[str, str]:
    """Package names and versions that the tools' XML asks for."""
    macros = ElementTree.parse(ROOT / "tools" / "macros" / "main.xml")
    return {item.text or "": item.get("version") or "" for item in macros.iter("requirement")}
