"""Measure the installed Keras again, and compare it with what is recorded."""

import json
import os
import subprocess
import sys
from importlib.metadata import version

from keras_compat.changes import is_close
from keras_compat.data_files import PACKAGE, MeasuredKeras, parse_data, read_measured
from keras_compat.environments import VERSIONS, Environment
from keras_compat.labels import format_title

INSTALLED = Environment("installed", "the installed Keras", "", ())


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


def measure_installed() -> MeasuredKeras:
    """Measure the Keras that is installed, in a separate process.

    Raises:
        ValueError: If there is none, or it cannot be imported.
    """
    try:
        result = subprocess.run(
            [sys.executable, PACKAGE / "probe.py", "keras"],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"},
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or "there was no message").splitlines()[-1]
        raise ValueError(f"The installed Keras could not be measured: {last}") from error
    return parse_data(INSTALLED, json.loads(result.stdout.splitlines()[-1]))


def compare(recorded: MeasuredKeras, measured: MeasuredKeras) -> str:
    """Compare what was recorded with what was measured now.

    Raises:
        AssertionError: If a behavior differs; the message names it.
    """
    before, now = recorded.behaviors, measured.behaviors
    differences = [
        f"- {format_title(name)}: recorded is {before.get(name)!r}, measured is {now.get(name)!r}"
        for name in sorted({*before, *now})
        if not is_close(before.get(name), now.get(name))
    ]
    assert not differences, (
        f"Keras {recorded.keras} differs from what is recorded about it; measure it again with "
        "`make compat`, and review the difference:\n" + "\n".join(differences)
    )
    return f"Keras {recorded.keras}: {len(now)} behaviors measured again, all as recorded."
