"""The recorded measurements: one file for each environment, written by ``make compat`` only."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_compat.environments import Environment
from keras_compat.fingerprints import read_fingerprints

PACKAGE = Path(__file__).parent
DATA = PACKAGE.parents[1] / "docs" / "compat"

Value = str | list[float]

_TEXT = {"type": "string", "minLength": 1}
_MEASURED = ("keras", "device", "versions", "behaviors", "fingerprints")
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "What the recurrent layers of one Keras did on one backend",
    "type": "object",
    "properties": {
        "environment": {**_TEXT, "description": "the name of the file"},
        "backend": {"enum": ["tensorflow", "jax", "torch", "numpy", "openvino"]},
        "date": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
        "fingerprints": {
            "type": "string",
            "pattern": "^[0-9a-f]{8}( [0-9a-f]{8})*$",
            "description": "of the measurements that are recorded, see fingerprints.py",
        },
        "keras": _TEXT,
        "device": {"enum": ["CPU", "GPU"]},
        "versions": {"type": "object", "additionalProperties": _TEXT},
        "behaviors": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "oneOf": [
                    {"type": "string", "maxLength": 300},
                    {"type": "array", "items": {"type": "number"}, "maxItems": 8},
                ]
            },
        },
        "not_run": {**_TEXT, "description": "why nothing was measured"},
    },
    "required": ["environment", "backend", "date"],
    "additionalProperties": False,
    "oneOf": [{"required": list(_MEASURED)}, {"required": ["not_run"]}],
}


@dataclass(frozen=True)
class MeasuredKeras:
    """What was measured in one environment.

    Args:
        environment: The environment.
        keras: The version of Keras, or an empty text if nothing was run.
        versions: The versions of Python, NumPy and the backend.
        behaviors: The value of each behavior, by name.
        date: The day of the last measurement.
        not_run: Why nothing was run, or an empty text.
    """

    environment: Environment
    keras: str
    versions: Mapping[str, str]
    behaviors: Mapping[str, Value]
    date: str = ""
    not_run: str = ""


def data_file(environment: Environment, data: Path = DATA) -> Path:
    """Return the path of the data file of *environment*."""
    return data / f"{environment.name}.json"


def is_current(environment: Environment, recorded: Mapping[str, Any]) -> bool:
    """Return whether a data file has what the probe measures now, and nothing else."""
    fingerprints = read_fingerprints(PACKAGE / environment.probe).values()
    return set(recorded.get("fingerprints", "").split()) == set(fingerprints)


def format_data(content: Mapping[str, Any]) -> str:
    """Format the content of a data file: sorted, so that a difference is easy to review.

    >>> from keras_compat.data_files import format_data
    >>> print(format_data({"keras": "2.2.4", "backend": "tensorflow"}), end="")
    {
     "backend": "tensorflow",
     "keras": "2.2.4"
    }
    """
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_data(environment: Environment, data: Path = DATA) -> dict[str, Any]:
    """Read the data file of *environment*; an empty dictionary if there is none."""
    file = data_file(environment, data)
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return content


def read_keras(environment: Environment, data: Path = DATA) -> MeasuredKeras:
    """Read what was measured in *environment*, which is nothing if it has no data file."""
    return parse_data(environment, read_data(environment, data))


def parse_data(environment: Environment, content: Mapping[str, Any]) -> MeasuredKeras:
    """Convert the content of a data file."""
    return MeasuredKeras(
        environment,
        content.get("keras", ""),
        content.get("versions", {}),
        content.get("behaviors", {}),
        content.get("date", ""),
        content.get("not_run", ""),
    )


def read_measured(environments: Sequence[Environment]) -> list[MeasuredKeras]:
    """Read what was measured in *environments*, without those where nothing was run."""
    return [keras for keras in map(read_keras, environments) if keras.behaviors]
