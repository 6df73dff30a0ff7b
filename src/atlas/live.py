"""Measure the installed Keras again, and hold it against what the atlas says of it."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from typing import Any

from atlas.changes import differences
from atlas.environments import VERSIONS
from atlas.rows import HERE, Row, Value, measured
from atlas.words import title


def installed_row() -> Row:
    """Give the row of the Keras that is installed here.

    Raises:
        LookupError: If the atlas has none.
    """
    keras = version("keras")
    for row in measured(VERSIONS):
        if row.keras == keras and row.environment.module == "keras":
            return row
    raise LookupError(
        f"The atlas knows nothing of Keras {keras}, which is installed. "
        "Add it to src/atlas/environments.py, and run make atlas."
    )


def answers() -> dict[str, Any]:
    """Run the probe on the installed Keras, in a process of its own; give all that it says."""
    result = subprocess.run(
        [sys.executable, HERE / "probe.py", "keras"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"},
    )
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def probed() -> dict[str, Value]:
    """Give what the installed Keras does, measured just now."""
    behaviours: dict[str, Value] = answers()["behaviours"]
    return behaviours


def check(recorded: Row, live: dict[str, Value]) -> str:
    """Say that what was recorded is still so.

    Args:
        recorded: The row of the atlas.
        live: What the probe has found just now.

    Raises:
        AssertionError: If a behaviour is another; it is named in words.
    """
    different = [
        f"- {title(name)}: the atlas says {was!r}, and it is {now!r}"
        for name, was, now in differences(recorded.behaviours, live)
    ]
    assert not different, (
        f"Keras {recorded.keras} does not do what the atlas says of it; "
        f"measure it again with `make atlas`, and review the difference:\n" + "\n".join(different)
    )
    return f"Keras {recorded.keras}: {len(live)} behaviours measured again, all as recorded."
