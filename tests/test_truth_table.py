"""The truth table that readers and programs take away is the one on the page."""

import csv
import json
from pathlib import Path

import jsonschema
import keras

from rnn_returns import FLAG_COMBINATIONS
from rnn_returns.truth_table import FORMS


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


def test_the_csv_and_the_page_say_the_same_as_the_json(published: Path) -> None:
    """Whichever form a reader takes, it holds every tensor of every row."""
    rows = json.loads((published / "docs/truth-table.json").read_text(encoding="utf-8"))["rows"]
    lines = list(csv.DictReader((published / "docs/truth-table.csv").open(encoding="utf-8")))
    page = (published / "docs/truth-table.html").read_text(encoding="utf-8")

    assert [(line["layer"], line["tensor"], line["shape"]) for line in lines] == [
        (row["layer"], tensor["name"], " ".join(map(str, tensor["shape"])))
        for row in rows
        for tensor in row["tensors"]
    ]
    assert page.count('<th scope="row">') == len(rows)
    for form in ("json", "schema.json", "csv"):
        assert f'href="truth-table.{form}"' in page
