"""The data of the atlas: one file an environment, written by the runner and by nobody's hand."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from atlas.environments import Environment

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "docs" / "atlas"

Value = str | list[float]

_TEXT = {"type": "string", "minLength": 1}
_MEASURED = ("keras", "device", "versions", "behaviours")
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "What the recurrent layers of one Keras did on one backend",
    "type": "object",
    "properties": {
        "environment": {**_TEXT, "description": "the name of the file"},
        "backend": {"enum": ["tensorflow", "jax", "torch", "numpy"]},
        "date": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
        "probe": {"type": "string", "pattern": "^[0-9a-f]{12}$", "description": "its fingerprint"},
        "keras": _TEXT,
        "device": {"enum": ["CPU", "GPU"]},
        "versions": {"type": "object", "additionalProperties": _TEXT},
        "behaviours": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "oneOf": [
                    {"type": "string", "maxLength": 300},
                    {"type": "array", "items": {"type": "number"}, "maxItems": 8},
                ]
            },
        },
        "not_run": {**_TEXT, "description": "why there is nothing to say"},
    },
    "required": ["environment", "backend", "date", "probe"],
    "additionalProperties": False,
    "oneOf": [{"required": list(_MEASURED)}, {"required": ["not_run"]}],
}


@dataclass(frozen=True)
class Row:
    """What was measured in one environment.

    Args:
        environment: The environment.
        keras: The version of Keras, or an empty text if nothing was run.
        versions: The versions of Python, NumPy and the backend.
        behaviours: The value of each behaviour, by name.
        date: The day of the measurement.
        probe: The fingerprint of the probe that measured.
        not_run: Why nothing was run, or an empty text.
    """

    environment: Environment
    keras: str
    versions: dict[str, str]
    behaviours: dict[str, Value]
    date: str
    probe: str
    not_run: str


def file_of(environment: Environment, data: Path = DATA) -> Path:
    """Name the data file of *environment*."""
    return data / f"{environment.name}.json"


def fingerprint(environment: Environment) -> str:
    """Name the state of the probe that *environment* is measured by."""
    return sha256((HERE / environment.probe).read_bytes()).hexdigest()[:12]


def as_text(row: dict[str, Any]) -> str:
    """Write a row as it stands in its file: sorted, so that a difference is easy to review.

    >>> from atlas.rows import as_text
    >>> print(as_text({"keras": "2.2.4", "backend": "tensorflow"}), end="")
    {
     "backend": "tensorflow",
     "keras": "2.2.4"
    }
    """
    return json.dumps(row, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read(environment: Environment, data: Path = DATA) -> Row | None:
    """Read the row of *environment*; None if there is no file yet."""
    file = file_of(environment, data)
    if not file.exists():
        return None
    return row_of(environment, json.loads(file.read_text(encoding="utf-8")))


def row_of(environment: Environment, row: dict[str, Any]) -> Row:
    """Make a row of what its file says."""
    return Row(
        environment,
        row.get("keras", ""),
        row.get("versions", {}),
        row.get("behaviours", {}),
        row["date"],
        row["probe"],
        row.get("not_run", ""),
    )


def measured(environments: tuple[Environment, ...], data: Path = DATA) -> list[Row]:
    """Read the rows of *environments* that were run, in their order."""
    rows = [read(environment, data) for environment in environments]
    return [row for row in rows if row is not None and row.behaviours]
