"""The measurements of all versions on TensorFlow as CSV and JSON."""

import csv
import io
import json
from collections.abc import Iterable, Sequence

from keras_compat.changes import find_stretches
from keras_compat.data_files import MeasuredKeras, Value
from keras_compat.labels import format_label, format_title, sort_behaviors


def format_changed(versions: Sequence[MeasuredKeras]) -> str:
    """Format the behaviors that changed as CSV: a row for each, a column for each version."""
    rows = [
        (name, format_title(name), *(_to_text(version.behaviors[name]) for version in versions))
        for name in _list_names(versions)
        if len(find_stretches(name, versions)) > 1
    ]
    return _format_csv(("behavior", "description", *map(format_label, versions)), rows)


def format_messages(versions: Sequence[MeasuredKeras]) -> str:
    """Format the error messages as CSV: a row for each wording."""
    rows = [
        (name, format_title(name), *stretch)
        for name in _list_names(versions, errors=True)
        for stretch in _list_values(name, versions)
    ]
    return _format_csv(("mistake", "description", "first version", "last version", "message"), rows)


def format_unchanged(versions: Sequence[MeasuredKeras]) -> str:
    """Format the behaviors that are the same in all versions as CSV."""
    rows = [
        (name, format_title(name), _to_text(versions[-1].behaviors[name]))
        for name in _list_names(versions)
        if len(find_stretches(name, versions)) == 1
    ]
    return _format_csv(("behavior", "description", "value"), rows)


def format_json(versions: Sequence[MeasuredKeras]) -> str:
    """Format all behaviors and error messages, and what was measured with which packages."""
    environments = [
        {"name": format_label(version), "keras": version.keras, "measured_on": version.date}
        | {"packages": dict(sorted(version.versions.items()))}
        for version in versions
    ]
    behaviors = [
        {
            "name": name,
            "description": format_title(name),
            "values": [
                {"first_version": first, "last_version": last, "value": value}
                for first, last, value in _list_values(name, versions)
            ],
        }
        for name in sort_behaviors(versions[0].behaviors)
    ]
    return json.dumps({"versions": environments, "behaviors": behaviors}, indent=1)


def _list_names(versions: Sequence[MeasuredKeras], errors: bool = False) -> list[str]:
    names = sort_behaviors(versions[0].behaviors)
    return [name for name in names if name.startswith("error.") == errors]


def _list_values(name: str, versions: Sequence[MeasuredKeras]) -> list[tuple[str, str, str]]:
    """Return the first and the last version that have each value, and the value."""
    return [
        (
            format_label(versions[positions[0]]),
            format_label(versions[positions[-1]]),
            _to_text(versions[positions[0]].behaviors[name]),
        )
        for positions in find_stretches(name, versions, exact=True)
    ]


def _to_text(value: Value) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _format_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([columns, *rows])
    return file.getvalue()
