"""Measure the environments that are not measured yet: ``python -m keras_compat``.

uv installs each one and runs the probe in it; the results are in ``docs/compat``. A run that was
interrupted continues where it stopped, and only what is missing or changed is measured.
"""

import argparse
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from rich.progress import Progress

from keras_compat.data_files import (
    DATA,
    PACKAGE,
    data_file,
    format_data,
    is_current,
    read_data,
)
from keras_compat.environments import ENVIRONMENTS, NIGHTLY, Environment
from keras_compat.fingerprints import ALL, read_fingerprints
from keras_compat.labels import TableText

BUILD = PACKAGE.parents[1] / "_build" / "compat"


class UnavailableError(Exception):
    """An environment cannot be measured here; the message says why."""


def format_script(environment: Environment) -> str:
    """Return the probe of *environment* as a script that names its requirements for uv."""
    return f"""# /// script
# dependencies = {json.dumps(environment.requirements)}
# [tool.uv]
# override-dependencies = {json.dumps(environment.overrides)}
# ///
{(PACKAGE / environment.probe).read_text(encoding="utf-8")}"""


def measure(environment: Environment, only: Collection[str] = (), fresh: bool = False) -> Any:
    """Run the probe in *environment*, and return its results.

    Args:
        environment: What to measure.
        only: The behaviors to measure; without them, all.
        fresh: Whether to look for a newer nightly build.

    Raises:
        UnavailableError: If the environment cannot be installed, or the probe fails.
    """
    if environment.gpu and not shutil.which("nvidia-smi"):
        raise UnavailableError(TableText.NO_GPU)
    script = BUILD / environment.name / environment.probe
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(format_script(environment), encoding="utf-8")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    pythons = sorted(pyenv.glob("versions/3*/bin"))
    variables = {
        "KERAS_BACKEND": environment.backend,
        "KERAS_HOME": str(BUILD / "home"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        # The shims of pyenv run only for the versions that are active.
        "PATH": os.pathsep.join([*map(str, pythons), os.environ.get("PATH", "")]),
    }
    if not environment.gpu:
        variables |= {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    result = subprocess.run(
        [sys.executable, "-m", "uv", "run", "--quiet", "--python", environment.python]
        + (["--refresh-package", NIGHTLY, "--upgrade-package", NIGHTLY] if fresh else [])
        + ["--script", str(script), environment.module]
        + (["--only", *only] if only else []),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | variables,
    )
    if result.returncode:
        raise UnavailableError(f"could not be measured: {_find_reason(result.stderr)}")
    results = json.loads(result.stdout.splitlines()[-1])
    if environment.gpu and results["device"] != "GPU":
        raise UnavailableError(TableText.GPU_NOT_USED)
    return results


def _find_reason(log: str) -> str:
    """Return the error of uv or the last line of a log, without the paths of this machine."""
    lines = [line.strip() for line in log.splitlines() if line.strip()] or ["there was no message"]
    reason = next((line for line in lines if line.startswith("error: ")), lines[-1])
    return re.sub(r"(?:/[\w.+-]+){2,}", "/...", reason)[:240]


def record(environment: Environment, again: bool = False, data: Path = DATA) -> str:
    """Measure what is missing in the file of *environment*, and return a summary.

    Args:
        environment: What to measure.
        again: Whether to measure also what is recorded.
        data: The folder of the data files.
    """
    recorded = read_data(environment, data)
    fingerprints = read_fingerprints(PACKAGE / environment.probe)
    valid = set(recorded.get("fingerprints", "").split()) & set(fingerprints.values())
    outdated = [name for name, fingerprint in fingerprints.items() if fingerprint not in valid]
    partly = bool(valid) and not again and ALL not in fingerprints
    content = {
        "environment": environment.name,
        "backend": environment.backend,
        "date": datetime.date.today().isoformat(),
    }
    try:
        results = dict(recorded)
        if outdated or not partly:
            results = measure(environment, outdated if partly else (), again)
        if partly and all(results[key] == recorded[key] for key in ("keras", "versions")):
            results["behaviors"] = {
                name: value
                for name, value in {**recorded["behaviors"], **results["behaviors"]}.items()
                if name in fingerprints
            }
        elif partly:  # Other versions than before: what is recorded is not valid any more.
            results = measure(environment)
        content |= results | {"fingerprints": " ".join(sorted(fingerprints.values()))}
        summary = f"{len(results['behaviors'])} behaviors of Keras {results['keras']}"
    except UnavailableError as error:
        if "behaviors" in recorded:
            return f"{error}; what was measured on {recorded['date']} is kept"
        content["not_run"] = summary = str(error)
    data.mkdir(parents=True, exist_ok=True)
    data_file(environment, data).write_text(format_data(content), encoding="utf-8")
    return summary


def main() -> None:
    """Measure the environments that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m keras_compat", description=__doc__)
    names = [environment.name for environment in ENVIRONMENTS]
    parser.add_argument("name", nargs="*", help="such as keras-2.2; without a name, all")
    parser.add_argument("--again", action="store_true", help="measure also what is recorded")
    options = parser.parse_args()
    if unknown := set(options.name) - set(names):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(names)}")

    chosen = [item for item in ENVIRONMENTS if not options.name or item.name in options.name]
    with Progress() as progress:
        task = progress.add_task("", total=len(chosen))
        for environment in chosen:
            progress.update(task, description=f"Measuring {environment.name}")
            if options.again or not is_current(environment, read_data(environment)):
                summary = f"{environment.name}: {record(environment, options.again)}"
                progress.console.print(summary, highlight=False, markup=False)
            progress.advance(task)
    done = sum(is_current(item, read_data(item)) for item in chosen)
    print(f"{done} of {len(chosen)} environments are measured; the data is in {DATA}.")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Stopped. What was measured is kept; run it again to continue.")
