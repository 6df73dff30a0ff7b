"""The reader of configurations finds what the live models of every version of Keras returned."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support.model_files import read_expected

from rnn_returns.models.config.dialect import read_dialect
from rnn_returns.models.config.reader import read_config
from rnn_returns.models.graph import GraphCall, ModelGraph
from rnn_returns.models.inference.returned_values import nest_outputs
from rnn_returns.rules.layer_spec import Shape

OUT = "the model's output"
KERAS_1 = ("keras-2.1.6", "keras-2.2.4")
OLD = (*KERAS_1, "tf-2.3", "tf-2.6", "tf-2.10")
# From 2.13 on, each layer names the shape that it was built for.
WITH_BUILT_SHAPES = ("tf-2.13", "tf-2.15", "tf-keras-2.16", "tf-keras-2.21")
KERAS_3 = ("keras-3.0.5", "keras-3.5.0", "keras-3.9.2", "keras-3.15.1")
NIGHTLY = ("keras-nightly",)
VERSIONS = (*OLD, *WITH_BUILT_SHAPES, *KERAS_3, *NIGHTLY)
MODELS = (
    "m01 m02 m02b m02c m03 m04 m05 m06 m07 m08 m08b m08c m09 m09b m09c m10 m11 m11b m11c m12 m12b "
    "m12c m13 m13b m13c m14 m15 m15b m16"
)

# What the reader does not know: for each model, the versions and the facts. Of all other facts
# it finds what the live model returned. The reasons:
# m09, m15b: a custom layer can return any shape, and any mask.
# m09b: so can a Lambda layer without an output_shape.
# m09c: the sizes of a custom cell are in its code, and a subclass can return anything.
# m15: Keras 2.1 and 2.2 do not write the mask that the caller passes.
CUSTOM_CELL = ("own_lstm: count", "own_lstm: shapes", "own_lstm: propagates")
UNKNOWN: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "m09": [
        (OLD, ("after: shapes", "after: mask", "scale: edge")),
        ((*WITH_BUILT_SHAPES, *NIGHTLY), ("after: mask",)),
    ],
    "m09b": [
        (OLD, ("after: shapes", "after: mask", "double: edge")),
        (WITH_BUILT_SHAPES, ("after: mask",)),
    ],
    "m09c": [
        (OLD, (*CUSTOM_CELL, "own_cell: shapes")),
        ((*WITH_BUILT_SHAPES, *KERAS_3, *NIGHTLY), CUSTOM_CELL),
    ],
    "m15": [(KERAS_1, ("gru: mask",))],
    "m15b": [
        (("tf-2.3", "tf-2.6", "tf-2.10"), ("last: shapes", "last: mask", "gate: edge")),
        ((*WITH_BUILT_SHAPES, *NIGHTLY), ("last: mask",)),
    ],
}


@cache
def read_file(folder: Path, version: str, model: str) -> tuple[ModelGraph, dict[str, Any], str]:
    """Return the graph of a saved model, what the live model returned, and the version."""
    path = folder / version / f"{model}.json"
    if not path.exists():
        pytest.skip(f"{version} cannot make or save {model}")
    records = read_expected(folder / version)
    named = records["keras"]
    graph = read_config(json.loads(path.read_text(encoding="utf-8")), named)
    return graph, records["models"][model], named


def find_call(graph: ModelGraph, record: dict[str, Any]) -> GraphCall:
    """Return the call that a record is of; of a layer in a model that is called twice, the last."""
    calls = [call for call in graph.calls if call.path == record["layer"]]
    number: int = record["call"]
    return calls[min(number, len(calls) - 1)]


def fits(shape: Shape | None, expected: list[int | None]) -> bool:
    """Return whether a shape is the expected one, or says more than an open one."""
    return shape is not None and [a if b else b for a, b in zip(shape, expected, strict=True)] == (
        expected
    )


def list_differences(call: GraphCall, record: dict[str, Any]) -> Iterator[str]:
    """Yield which facts of a call are not those of the live model."""
    outputs = record["outputs"]
    if len(call.outputs) != len(outputs):
        yield "count"
    inner = "/" in call.path  # Recorded for any input; here for the input of the call.
    for found, expected in zip(call.outputs, outputs, strict=False):
        right = fits(found.shape, expected["shape"])
        if not right or not (inner or list(found.shape or ()) == expected["shape"]):
            yield "shapes"
            break
    observed = record.get("when_run") or [record.get("when_built") or {}]
    masks = {str(each.get("mask")) for each in observed} - {"not seen", "None"}
    received = "given" if call.mask else "none" if call.is_mask_known else "unknown"
    if masks and {"given" if "given" in mask else mask for mask in masks} != {received}:
        yield "mask"
    first = call.outputs[0]
    propagated = bool(first.mask) if first.is_mask_known else None
    if {each.get("passes_on_mask") for each in observed} - {propagated, None}:
        yield "propagates"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("model", MODELS.split())
def test_what_recurrent_layers_return(model_files: Path, version: str, model: str) -> None:
    """Shapes and masks are those of the live model, except those that are listed as unknown."""
    graph, record, _ = read_file(model_files, version, model)
    differences = {
        f"{call['layer']}: {fact}"
        for call in record.get("calls", [])
        for fact in list_differences(find_call(graph, call), call)
    }
    recurrent = {call.path for _, call in graph.recurrent_calls}
    shapes = {(call.path, i): out for call in graph.calls for i, out in enumerate(call.outputs)}
    for path, _, position, shape in record.get("edges", []):
        tensor = shapes.get((path, position))
        if tensor and path not in recurrent and not fits(tensor.shape, shape):
            differences.add(f"{path}: edge")
    table = {version: facts for versions, facts in UNKNOWN.get(model, []) for version in versions}

    assert differences == set(table.get(version, ()))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("model", MODELS.split())
def test_calls_and_what_uses_them(model_files: Path, version: str, model: str) -> None:
    """Calls come in the order of the live model, with its classes, flags and uses."""
    graph, record, _ = read_file(model_files, version, model)
    calls = [call for call in record.get("calls", []) if "/" not in call["layer"]]
    found = [call for _, call in graph.recurrent_calls if "/" not in call.path]
    if calls:
        assert [call.path for call in found] == [call["layer"] for call in calls]
    for expected, call in zip(calls, found, strict=bool(calls)):
        assert call.class_name == expected["class"]
        assert call.layer is not None
        inside = (expected.get("when_built", {}).get("inside") or [expected])[0]["flags"]
        for flag in {"return_sequences", "return_state", "stateful", "unroll"} & inside.keys():
            assert call.layer.flags.get(flag, False) == inside[flag]
        for output, each in zip(call.outputs, expected["outputs"], strict=False):
            assert set(output.used_by) - {OUT} == set(each["used_by"])
            assert (OUT in output.used_by) == bool(each["model_output"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("model", MODELS.split())
def test_containers(model_files: Path, version: str, model: str) -> None:
    """Tensors are returned in the containers of the version: lists or tuples, flat or nested."""
    graph, record, named = read_file(model_files, version, model)
    for expected in record.get("calls", []):
        call = find_call(graph, expected)
        if not call.layer or not call.layer.spec or not call.input_shape:
            continue
        run = (expected.get("when_run") or [expected["when_built"]])[0]
        if call.layer.is_time_major:
            continue  # The rules see its axes in another order.
        structure = nest_outputs(call.layer.spec, call.input_shape, read_dialect(named, {}))
        assert write_structure(structure) == run["structure"]


def write_structure(structure: Any) -> str:
    """Write nested lists as brackets and tuples as parentheses, each tensor as a T."""
    if isinstance(structure, str):
        return "T"
    inside = ", ".join(map(write_structure, structure))
    return f"[{inside}]" if isinstance(structure, list) else f"({inside})"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("model", "reason"), [("m02b", "no input"), ("m14", "Python code")])
def test_a_model_without_a_graph(model_files: Path, version: str, model: str, reason: str) -> None:
    """Of a model without a graph, the layers in the file are listed, with the reason."""
    graph, record, _ = read_file(model_files, version, model)
    layers = [layer["layer"] for layer in record["layers_without_a_graph"]]

    assert reason in graph.unknown_reason
    assert graph.calls == []
    # The file of a subclassed model holds none of its layers.
    assert [path for _, path, _ in graph.uncalled] == ([] if model == "m14" else layers)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_keras_3_no_longer_has(model_files: Path, version: str) -> None:
    """CuDNN layers are read as what they return, with what to use instead."""
    graph, _, _ = read_file(model_files, version, "m12")
    layers = [layer for layer, _ in graph.recurrent_calls]

    assert [layer.source for layer in layers] == [
        "LSTM(4, return_sequences=True, return_state=True)",
        "GRU(2)",
    ]
    assert ["CuDNN" in layer.changes[0] for layer in layers] == [True, True]
