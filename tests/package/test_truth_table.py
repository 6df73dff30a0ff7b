"""The return value table that readers and programs download is the one on the page."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import keras
import pytest

from rnn_returns import FLAG_COMBINATIONS, truth_table
from rnn_returns.messages import MIME, translatable
from rnn_returns.truth_table import (
    FORMS,
    SCHEMA,
    FilteredTable,
    TruthTableRow,
    as_csv,
    as_json,
    as_table,
    build_truth_table,
)

# A layer with several tensors, and one with an error.
SOME = {
    form: shape
    for form, shape in FORMS.items()
    if form.startswith(("LSTM(", "TimeDistributed(GRU("))
}


@pytest.fixture(scope="module")
def some_rows() -> tuple[TruthTableRow, ...]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(truth_table, "FORMS", SOME)
        return build_truth_table()


def test_the_json_is_what_its_schema_says(published: Path) -> None:
    """A program can rely on the schema beside the file, and on every row being there."""
    table = json.loads((published / "docs/truth-table.json").read_text(encoding="utf-8"))
    schema = json.loads((published / "docs/truth-table.schema.json").read_text(encoding="utf-8"))

    jsonschema.validate(table, schema)
    assert table["keras"] == keras.__version__
    assert len(table["rows"]) == len(FORMS) * len(FLAG_COMBINATIONS)
    lstm = next(row for row in table["rows"] if row["layer"] == "LSTM(4, return_state=True)")
    assert [tensor["name"] for tensor in lstm["tensors"]] == ["output", "state_h", "state_c"]
    assert lstm["equalities"] == ["state_h == output"]


def test_the_arguments_are_separate_keys(some_rows: tuple[TruthTableRow, ...]) -> None:
    """Each row has both arguments as booleans, which the schema requires."""
    table = json.loads(as_json(some_rows))
    jsonschema.validate(table, SCHEMA)

    for row in table["rows"]:
        for name in ("return_sequences", "return_state"):
            assert row[name] is (f"{name}=True" in row["layer"])
            others = {key: value for key, value in row.items() if key != name}
            with pytest.raises(jsonschema.ValidationError, match=f"{name!r} is a required"):
                jsonschema.validate({**table, "rows": [others]}, SCHEMA)


def test_the_csv_has_every_call(some_rows: tuple[TruthTableRow, ...]) -> None:
    """A line is one tensor of a call; the new columns are the last, and an error has a line."""
    lines = list(csv.reader(io.StringIO(as_csv(some_rows))))

    assert lines[0] == [
        *("layer", "flags", "container", "tensor", "axes", "shape"),
        *("return_sequences", "return_state"),
    ]
    assert {line[0] for line in lines[1:]} == {row.layer for row in some_rows}
    both = "TimeDistributed(GRU(4, return_sequences=True, return_state=True))"
    assert lines[-1] == [both, "both", "error", "", "", "", "True", "True"]


def test_the_table_has_the_arguments_in_columns(some_rows: tuple[TruthTableRow, ...]) -> None:
    """The layer is shown without them, and an error has the name of the exception."""
    rows = as_table(some_rows).rows

    assert [row[:3] for row in rows[:4]] == [
        ("LSTM(4)", "no", "no"),
        ("LSTM(4)", "yes", "no"),
        ("LSTM(4)", "no", "yes"),
        ("LSTM(4)", "yes", "yes"),
    ]
    name = "InvalidArgumentError" if keras.backend.backend() == "tensorflow" else r"\w+Error"
    assert re.fullmatch(f"error: the call raises {name}", rows[-1][3])


def test_the_menus_have_what_the_rows_have(some_rows: tuple[TruthTableRow, ...]) -> None:
    """A menu for each of the first columns has an entry for every row; all texts are messages."""
    table = as_table(some_rows)
    assert isinstance(table, FilteredTable)
    for column, menu in enumerate(table.menus):
        for row in table.rows:
            assert sum(row[column].startswith(entry) for entry in menu) == 1
    html = table._repr_html_()
    assert html.count("<select") == len(table.menus) == 3
    assert html.count("<tr>") == 1 + len(table.rows)
    assert " hidden" not in re.search("<tbody>.*</tbody>", html)[0]  # type: ignore[index]
    templates = {template for template, _ in translatable(table.html)[MIME]["messages"]}
    assert {"any", "yes", "no", "Show all {count} rows", "equal values"} <= templates


def test_the_csv_and_the_page_say_the_same_as_the_json(published: Path) -> None:
    """Whichever form a reader takes, it holds every tensor of every row."""
    rows = json.loads((published / "docs/truth-table.json").read_text(encoding="utf-8"))["rows"]
    lines = list(csv.DictReader((published / "docs/truth-table.csv").open(encoding="utf-8")))
    page = (published / "docs/truth-table.html").read_text(encoding="utf-8")

    assert [(line["layer"], line["tensor"], line["shape"]) for line in lines] == [
        (row["layer"], tensor["name"], " ".join(map(str, tensor["shape"])))
        for row in rows
        for tensor in row["tensors"] or [{"name": "", "shape": []}]
    ]
    assert page.count('<th scope="row">') == len(rows)
    for form in ("json", "schema.json", "csv"):
        assert f'href="truth-table.{form}"' in page


def test_an_unexpected_error_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only an error that Keras raises on unsupported arguments is a row of the table."""
    monkeypatch.setattr(truth_table, "FORMS", {"TimeDistributed(GRU(4, ARGUMENTS))": (2, 6, 3, 5)})
    containers = [row.as_dict()["container"] for row in truth_table.build_truth_table()]
    assert containers == ["tensor", "tensor", "tensor", "error"]

    def fail(layer: Any, *arguments: Any, **options: Any) -> Any:
        if layer.return_sequences and layer.return_state:
            raise KeyError("a mistake in Keras")
        return call(layer, *arguments, **options)

    call = keras.layers.GRU.call
    monkeypatch.setattr(keras.layers.GRU, "call", fail)
    with pytest.raises(KeyError, match="a mistake in Keras"):
        truth_table.build_truth_table()
