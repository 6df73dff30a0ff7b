"""Measure the installed Keras again, and compare it with what is recorded."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from keras_compat.changes import is_close
from keras_compat.data_files import PACKAGE, MeasuredKeras, Value, read_measured
from keras_compat.environments import VERSIONS
from keras_compat.labels import format_title


def read_installed() -> MeasuredKeras:
    """Read what is recorded about the Keras that is installed.

    Raises:
        LookupError: If nothing is.
    """
    installed = version("keras")
    for keras in read_measured(VERSIONS):
        if keras.keras == installed and keras.environment.module == "keras":
            return keras
    raise LookupError(
        f"Nothing is recorded about Keras {installed}, which is installed. "
        "Add it to src/keras_compat/environments.py, and run make compat."
    )


def run_probe() -> dict[str, Any]:
    """Run the probe on the installed Keras, in a process of its own."""
    result = subprocess.run(
        [sys.executable, PACKAGE / "probe.py", "keras"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"},
    )
    results: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return results


def measure_installed() -> dict[str, Value]:
    """Measure the behaviors of the Keras that is installed."""
    behaviors: dict[str, Value] = run_probe()["behaviors"]
    return behaviors


def compare(recorded: MeasuredKeras, actual: Mapping[str, Value]) -> str:
    """Compare what was recorded with what was measured now.

    Raises:
        AssertionError: If a behavior differs; the message names it.
    """
    names = sorted({*recorded.behaviors, *actual})
    pairs = [(name, recorded.behaviors.get(name), actual.get(name)) for name in names]
    differences = [
        f"- {format_title(name)}: recorded is {old!r}, measured is {new!r}"
        for name, old, new in pairs
        if not is_close(old, new)
    ]
    assert not differences, (
        f"Keras {recorded.keras} differs from what is recorded about it; measure it again with "
        "`make compat`, and review the difference:\n" + "\n".join(differences)
    )
    return f"Keras {recorded.keras}: {len(actual)} behaviours measured again, all as recorded."
