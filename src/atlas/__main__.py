"""Measure every environment of the atlas that is not measured yet: ``python -m atlas``.

Each gets what it needs in a folder under ``_build/atlas``, runs the probe there, and leaves a file
in ``docs/atlas``. A run that was cut short goes on where it stopped.
"""

import argparse
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from rich.progress import Progress

from atlas.environments import ENVIRONMENTS, Environment
from atlas.phrases import Phrase
from atlas.rows import DATA, HERE, as_text, file_of, fingerprint, read

CACHE = HERE.parents[1] / "_build" / "atlas"


class UnavailableError(Exception):
    """An environment cannot be had here; the message says why."""


def interpreter(version: str) -> Path | None:
    """Find a Python of *version*: this one, one on the path, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    name = f"python{version}"
    candidates = [Path(sys.executable), *(Path(p, name) for p in os.get_exec_path())]
    for candidate in [*candidates, *sorted(pyenv.glob(f"{version}.*/bin/{name}"))]:
        if candidate.is_file() and _is_python(candidate, version):
            return candidate
    return None


def _is_python(candidate: Path, version: str) -> bool:
    # A pyenv shim is there for every version, and runs only for the chosen ones.
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    found = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False)
    return found.returncode == 0 and found.stdout.strip() == version


def installed(environment: Environment, fresh: bool = False) -> tuple[Path, dict[str, str]]:
    """Install what *environment* needs; give its Python and the variables to run it with.

    Args:
        environment: What to install.
        fresh: Whether the Keras that is put beside is to be fetched again.

    Raises:
        UnavailableError: If something cannot be installed.
    """
    wanted = " ".join((environment.python, environment.installer, *environment.requirements))
    folder = CACHE / sha256(wanted.encode()).hexdigest()[:12]
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        _make(folder, environment.python)
        _install(environment, python, *environment.requirements)
        (folder / "complete").write_text(wanted + "\n", encoding="utf-8")
    variables = {
        "KERAS_BACKEND": environment.backend,
        "KERAS_HOME": str(CACHE / "home"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
    }
    if not environment.gpu:
        variables |= {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    if environment.beside:
        beside = folder / "beside" / environment.beside
        if fresh or not (beside / "complete").exists():
            shutil.rmtree(beside, ignore_errors=True)
            _install(environment, python, "--pre", "--no-deps", "--target", beside,
                     environment.beside)  # fmt: skip
            (beside / "complete").write_text(environment.beside + "\n", encoding="utf-8")
        variables["PYTHONPATH"] = str(beside)
    return python, variables


def _make(folder: Path, version: str) -> None:
    """Make an empty environment with a Python of *version*; uv fetches one where none is found."""
    found = interpreter(version)
    try:
        _call([sys.executable, "-m", "uv", "venv", "--seed", folder], "--python", found or version)
    except UnavailableError as error:
        if found:
            raise
        raise UnavailableError(
            f"no Python {version} was found on the path or among pyenv's, and one from uv {error}"
        ) from error


def _install(environment: Environment, python: Path, *arguments: str | Path) -> None:
    if environment.installer == "pip":
        _call([python, "-m", "pip", "install", "--disable-pip-version-check"], *arguments)
    else:
        _call([sys.executable, "-m", "uv", "pip", "install", "--python", python], *arguments)


def _call(command: list[str | Path], *arguments: str | Path) -> None:
    result = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    if result.returncode:
        raise UnavailableError(f"could not be installed: {_reason(result.stderr)}")


def _reason(said: str) -> str:
    """Give the last words of a program that failed, without the paths of this machine."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("hint:")] or ["it said nothing"]
    return re.sub(r"(?:/[\w.+-]+){2,}", "/...", lines[-1])[:240]


def measure(environment: Environment, fresh: bool = False) -> dict[str, Any]:
    """Run the probe in *environment*, and give what it found.

    Raises:
        UnavailableError: If the environment cannot be had, or the probe does not come to its end.
    """
    if environment.gpu and not shutil.which("nvidia-smi"):
        raise UnavailableError(Phrase.NO_GPU)
    python, variables = installed(environment, fresh)
    result = subprocess.run(
        [python, HERE / environment.probe, environment.module],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | variables,
    )
    if result.returncode:
        raise UnavailableError(f"the probe failed: {_reason(result.stderr)}")
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    if environment.gpu and found["device"] != "GPU":
        raise UnavailableError(Phrase.GPU_NOT_USED)
    return found


def is_done(environment: Environment, data: Path = DATA) -> bool:
    """Say whether *environment* was measured by the probe as it is now."""
    row = read(environment, data)
    return row is not None and bool(row.behaviours) and row.probe == fingerprint(environment)


def record(environment: Environment, fresh: bool = False, data: Path = DATA) -> str:
    """Measure *environment* and write its file; say in a few words what came of it."""
    row: dict[str, Any] = {
        "environment": environment.name,
        "backend": environment.backend,
        "date": datetime.date.today().isoformat(),
        "probe": fingerprint(environment),
    }
    try:
        row |= measure(environment, fresh)
        said = f"{len(row['behaviours'])} behaviours of Keras {row['keras']}"
    except UnavailableError as error:
        before = read(environment, data)
        if before is not None and before.behaviours:
            return f"{error}; what was measured on {before.date} is kept"
        row["not_run"] = said = str(error)
    data.mkdir(parents=True, exist_ok=True)
    file_of(environment, data).write_text(as_text(row), encoding="utf-8")
    return said


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m atlas", description=__doc__)
    names = [environment.name for environment in ENVIRONMENTS]
    parser.add_argument("name", nargs="*", help="such as keras-2.2; without a name, all")
    parser.add_argument("--again", action="store_true", help="measure also what is measured")
    arguments = parser.parse_args()
    if unknown := set(arguments.name) - set(names):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(names)}")

    chosen = [one for one in ENVIRONMENTS if not arguments.name or one.name in arguments.name]
    with Progress() as progress:
        task = progress.add_task("", total=len(chosen))
        for environment in chosen:
            progress.update(task, description=f"Measuring {environment.name}")
            if arguments.again or not is_done(environment):
                said = record(environment, fresh=arguments.again)
                progress.console.print(f"{environment.name}: {said}", highlight=False, markup=False)
            progress.advance(task)
    done = sum(map(is_done, chosen))
    print(f"{done} of {len(chosen)} environments are measured; the data is in {DATA}.")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Stopped. What is measured is kept; run it again to go on.")
