"""The truth table that readers and programs take away is the one on the page."""

import csv
import json
from pathlib import Path
from typing import Any

import jsonschema
import keras
import pytest

from rnn_returns import FLAG_COMBINATIONS, truth_table
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


def test_an_unexpected_error_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only an error that Keras raises on unsupported arguments is a refusal."""
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
