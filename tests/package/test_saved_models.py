"""The report on a saved model is the same from every format, and says what its Keras returned."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.model_files import VERSIONS, SavedFile, list_files, read_expected

from rnn_returns import Report, explain
from rnn_returns.models.report import RecurrentLayer

KERAS_3 = [version for version in VERSIONS if version.startswith("keras-") and "2." not in version]

# What no file contains: the code of custom cells and of subclasses.
CUSTOM = {("m09c", "own_cell"), ("m09c", "own_lstm")}
# HDF5 has no shapes behind a custom layer, a Lambda, or a layer with code of its own.
NO_SHAPES_IN_HDF5 = {"m09", "m09b", "m09c", "m15b"}
# Which masks propagate depends on the version, which the JSON of Keras 3 does not name: then it is
# not known. A recurrent layer is read as that of a release if nothing in the JSON tells.
NIGHTLY = ["keras-nightly"]
NO_VERSION_IN_JSON = {"m15": KERAS_3, "m02": NIGHTLY, "m09b": NIGHTLY}


def reports(folder: Path, version: str) -> dict[str, list[tuple[SavedFile, Report]]]:
    """Return the reports on all files of a version, by the model."""
    found: dict[str, list[tuple[SavedFile, Report]]] = {}
    for file in list_files(folder / version):
        if file.format != "weights":
            found.setdefault(file.model, []).append((file, explain(file.path)))
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_every_format_gives_the_same_report(model_files: Path, version: str) -> None:
    """HDF5, zip and JSON of a model lead to one report, but for what a format does not contain."""
    for model, versions in reports(model_files, version).items():
        (_, first), *others = versions
        for file, other in others:
            if version in NO_VERSION_IN_JSON.get(model, ()):
                continue
            if model in NO_SHAPES_IN_HDF5 and "hdf5" in (file.format, versions[0][0].format):
                continue
            assert replace(other, keras_version="") == replace(first, keras_version=""), file.path


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_layer_returns(model_files: Path, version: str) -> None:
    """Each call has the container, the number of tensors and the users that the live model had."""
    records = read_expected(model_files / version)["models"]
    for model, versions in reports(model_files, version).items():
        for file, report in versions:
            for record in records[model]["calls"]:
                layer = find_layer(report, record)
                if (model, record["layer"]) in CUSTOM:
                    assert layer.container is None
                    is_subclass = record["layer"] == "own_lstm"
                    assert any("returns what LSTM does" in fact for fact in layer.facts) == (
                        is_subclass
                    )
                    continue
                # Where a model was not run, what its symbolic call returned.
                seen = (record.get("when_run") or [record["when_built"]])[0]
                assert layer.container == seen["container"], file.path
                assert len(layer.tensors) == len(record["outputs"]), file.path
                for name in layer.flags.keys() & record["flags"].keys():
                    assert layer.flags[name] == record["flags"][name], file.path


def find_layer(report: Report, record: Any) -> RecurrentLayer:
    """Return the call that a record is of; of a layer in a model that is called twice, the last."""
    calls = [each for each in report.layers if each.name.split(" (call ")[0] == record["layer"]]
    number: int = record["call"]
    return calls[min(number, len(calls) - 1)]


@pytest.mark.parametrize(
    ("version", "model", "change"),
    [
        ("tf-2.15", "m01", "Keras 3 returns a tuple, where this version returned a list."),
        ("tf-2.15", "m03", "Keras 3 fills in no mask where a call has an initial state"),
        ("tf-2.15", "m12", "Keras 3 has no CuDNNLSTM; use LSTM"),
        ("tf-2.15", "m12b", "Keras 3 has no time_major"),
        ("keras-2.2.4", "m01", "hard_sigmoid of Keras 3 is relu6(x + 3) / 6"),
        ("keras-3.10.0", "m15", "Keras 3.11 to 3.15 also propagate the mask"),
    ],
)
def test_what_the_newest_keras_does_differently(
    model_files: Path, version: str, model: str, change: str
) -> None:
    """The report on a file of an older version names what changes, and that of the newest none."""
    files = [file for file in list_files(model_files / version) if file.model == model]
    every = {file.format: explain(file.path) for file in files if file.format != "weights"}
    named = [report for report in every.values() if report.keras_version]
    assert named
    for report in named:
        assert any(change in each for layer in report.layers for each in layer.changes)
        assert change in " ".join(repr(report).split())
    for file in list_files(model_files / "keras-3.15.1"):
        if file.model == model and file.format != "weights":
            assert not any(layer.changes for layer in explain(file.path).layers)


def test_no_code_runs(model_files: Path) -> None:
    """A Lambda or a custom class in a file is named, and neither Keras nor NumPy is imported."""
    code = """
import sys
from rnn_returns.models.explanation import explain
print(explain(sys.argv[1]))
assert not {"keras", "tensorflow", "h5py", "numpy"} & sys.modules.keys()
"""
    for model, reason in (("m09b", "double"), ("m09c", "the custom cell MeanCell")):
        path = model_files / "keras-3.15.1" / f"{model}.keras"
        text = subprocess.check_output([sys.executable, "-c", code, str(path)], text=True)
        assert reason in text
