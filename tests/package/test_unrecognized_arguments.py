"""The page of errors lists arguments that LSTM does not have, and what replaces each of them."""

import re

import keras
import numpy as np
import pytest
from keras import layers
from support.sites import ROOT

PAGE = (ROOT / "docs" / "errors" / "arguments.md").read_text(encoding="utf-8")
# A link is read as its text.
ROWS = re.findall(
    r"^\| `(\w+=.+)` \| (.+) \|$", re.sub(r"\[([^\]]+)\]\(#[\w-]+\)", r"\1", PAGE), re.M
)
NAMES = {"keras": keras, "layers": layers, "h": np.ones((2, 4)), "c": np.ones((2, 4)), "rate": 0.2}
x = np.arange(30, dtype="float32").reshape(2, 3, 5)


def create(argument: str) -> keras.Layer:
    # A list of three dots stands for the weights of a layer.
    argument = argument.replace("[...]", "[]")
    return eval(f"layers.LSTM({argument if 'units=' in argument else f'4, {argument}'})", NAMES)


def test_every_row_is_read() -> None:
    """Each line of the table is a row that is tested below."""
    assert len(ROWS) == PAGE.count("\n| `") > 15


@pytest.mark.parametrize("argument", [argument for argument, _ in ROWS])
def test_the_argument_is_unrecognized(argument: str) -> None:
    """Keras raises the error of the section for the argument."""
    name = argument.partition("=")[0]
    with pytest.raises(ValueError, match=f"Unrecognized keyword arguments .* LSTM: {{'{name}'"):
        create(argument)


@pytest.mark.parametrize(
    "replacement", [code for _, code in ROWS if re.fullmatch(r"`\w+=[^`]+`", code)]
)
def test_the_other_name_is_accepted(replacement: str) -> None:
    """An argument of another name is one that LSTM has."""
    layer = create(replacement.strip("`"))
    output, *_ = layer(x) if layer.return_state else (layer(x),)

    assert tuple(output.shape) == ((2, 3, 4) if layer.return_sequences else (2, 4))


def test_the_other_replacements() -> None:
    """What is not an argument of another name does what the argument stands for."""
    others = {code for _, code in ROWS if not re.fullmatch(r"`\w+=[^`]+`", code)}
    layer = layers.LSTM(4)
    layer(x)
    weights = layer.get_weights()
    copy = layers.LSTM(4)
    copy(x)
    copy.set_weights(weights)
    state = [NAMES["h"], NAMES["c"]]

    assert others == {
        "`keras.Input(batch_shape=...)`",
        "`keras.Input(shape=...)`",
        "none; delete it",
        "`keras.ops.swapaxes(x, 0, 1)` on input and output sequences",
        "`layer.set_weights([...])` after the first call",
        "`layer(x, initial_state=[h, c])`",
        "two layers, the first with `return_sequences=True`",
    }
    assert keras.Input(batch_shape=(2, 3, 5)).shape == (2, 3, 5)
    assert keras.Input(shape=(3, 5)).shape == (None, 3, 5)
    assert np.array_equal(keras.ops.swapaxes(np.swapaxes(x, 0, 1), 0, 1), x)
    assert np.array_equal(copy(x), layer(x))
    assert not np.array_equal(layer(x, initial_state=state), layer(x))
    assert layers.LSTM(6)(layers.LSTM(4, return_sequences=True)(x)).shape == (2, 6)
