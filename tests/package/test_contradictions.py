"""Where the rules and Keras differ, reports and tables say what each of them does."""

from dataclasses import replace
from typing import Any

import keras
import pytest
from keras import layers

from rnn_returns import explain, truth_table
from rnn_returns.models import explanation
from rnn_returns.rules.expectation import expected

X = keras.Input((4, 3))


def predict_five_units(layer: Any, *arguments: Any, **options: Any) -> Any:
    """Predict as the rules do, with a last axis of five."""
    result = expected(layer, *arguments, **options)
    return replace(result, shapes=tuple((*shape[:-1], 5) for shape in result.shapes))


def predict_one_tensor(layer: Any, *arguments: Any, **options: Any) -> Any:
    """Predict as the rules do, without the states."""
    result = expected(layer, *arguments, **options)
    return replace(result, **{name: getattr(result, name)[:1] for name in ("names", "shapes")})


def predict_an_error(*arguments: Any, **options: Any) -> Any:
    """Predict an error for every layer."""
    raise ValueError("Keras has no such layer.")


@pytest.mark.parametrize(
    ("rule", "predicted"),
    [
        (predict_five_units, "(None, 5), (None, 5)"),
        (predict_one_tensor, "(None, 4)"),
        (predict_an_error, "an error (Keras has no such layer)"),
    ],
)
def test_a_report_on_a_wrong_rule(
    rule: Any, predicted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report on a live model names what the rules predict and what Keras infers."""
    model = keras.Model(X, layers.GRU(4, return_state=True)(X))
    right = explain(model).layers[0]
    monkeypatch.setattr(explanation, "expected", rule)
    wrong = explain(model).layers[0]

    text = f"The rules of this package predict {predicted}, Keras infers (None, 4), (None, 4)."
    assert text in wrong.facts
    assert not any("rules" in fact for fact in right.facts)
    assert [tensor.shape for tensor in wrong.tensors] == [(None, 4), (None, 4)]
    assert [tensor.name for tensor in wrong.tensors] == [None, None]


def test_changed_flags_contradict_no_rule() -> None:
    """If the flags of a layer were changed after the call, the report names that cause alone."""
    layer = layers.GRU(4)
    model = keras.Model(X, layer(X))
    layer.return_sequences = True
    report = explain(model).layers[0]

    assert [each.code for each in report.diagnostics] == ["RNN504"]
    assert report.facts == ()


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (predict_five_units, r"predict the shapes \(\(2, 5\),\), Keras returns \(\(2, 4\),\)"),
        (predict_an_error, r"predict an error \(.*\), Keras returns output of the shapes \(\(2, 4"),
    ],
)
def test_a_table_of_a_wrong_rule(rule: Any, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is not made, and the error names what the rules predict and what Keras returns."""
    monkeypatch.setattr(truth_table, "FORMS", {"GRU(4, ARGUMENTS)": (2, 3, 5)})
    monkeypatch.setattr(truth_table, "expected", rule)

    with pytest.raises(AssertionError, match=r"^GRU\(4\): the rules of this package " + message):
        truth_table.build_truth_table()
