"""Diagnostics on time steps are given where an index or an order goes wrong, and only there."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from support.runs import create_data, list_codes, run

from rnn_returns import explain

X = keras.Input((4, 3))
TOKENS = keras.Input((4,), dtype="int32")

Take = Callable[[Any], Any]

pytestmark = pytest.mark.filterwarnings("ignore:.*destroy the mask")


def words() -> Any:
    """Return the vectors of tokens, with a mask."""
    return layers.Embedding(9, 3, mask_zero=True)(TOKENS)


def sequence(x: Any = X, **options: Any) -> Any:
    return layers.LSTM(3, return_sequences=True, **options)(x)


def both(x: Any = X, **options: Any) -> Any:
    return layers.Bidirectional(layers.LSTM(3, return_sequences=True), **options)(x)


def backwards(x: Any = X) -> Any:
    return sequence(x, go_backwards=True)


LAST_STEPS: list[Take] = [
    lambda y: y[:, -1],
    lambda y: y[:, 3],
    lambda y: y[:, -1:],
    lambda y: y[:, 3:4],
    lambda y: y[..., -1, :],
    lambda y: y[:, -1, 3:],
    lambda y: y[:, -1, 4],
    lambda y: ops.take(y, -1, axis=1),
    lambda y: ops.take(y, [3], axis=-2),
    lambda y: layers.Dropout(0.1)(y)[:, -1],
]


def depends_on(model: Any, steps: slice) -> bool:
    """Return whether the output of a model changes with the input at time *steps*."""
    (x,) = create_data(model)
    changed = x.copy()
    changed[:, steps] += 1
    return not np.array_equal(model(x), model(changed))


@pytest.mark.parametrize("take", LAST_STEPS)
def test_the_last_step_of_a_bidirectional_layer(take: Take) -> None:
    """What is taken of the backward layer at the last time step depends on that step alone."""
    outputs = take(both())
    assert list_codes(X, outputs) == ["RNN301"]
    assert list_codes(TOKENS, take(both(words()))) == ["RNN301"]
    units = outputs[..., -1] if outputs.shape[-1] == 6 else outputs
    assert not depends_on(keras.Model(X, units), slice(0, 3))


@pytest.mark.parametrize(
    "take",
    [
        lambda y: y[:, -1, :3],
        lambda y: y[:, -1, 2],
        lambda y: y[:, 0],
        lambda y: y[:, 0, 3:],
        lambda y: y[:, 2],
        lambda y: y[:, 2:],
        lambda y: y[:, :, -1],
        lambda y: layers.Dense(2)(y)[:, -1],
        lambda y: [y[:, -1], layers.Dropout(0.1)(y)[:, 0]],
    ],
)
def test_sound_indices_of_a_bidirectional_layer(take: Take) -> None:
    """The forward half at the last time step, and other time steps, get no diagnostic."""
    assert list_codes(X, take(both())) == []


def test_the_last_step_without_a_merge() -> None:
    """With two outputs it depends on which one the last time step is taken of."""
    forward, backward = both(merge_mode=None)

    assert list_codes(X, forward[:, -1]) == []
    assert list_codes(X, backward[:, -1]) == ["RNN301"]
    assert list_codes(X, both(merge_mode="sum")[:, -1, :2]) == ["RNN301"]


@pytest.mark.parametrize(
    ("take", "codes"),
    [
        (lambda y: y[:, -1], ["RNN301"]),
        (lambda y: y[:, -1, ..., 2:], ["RNN301"]),
        (lambda y: y[:, -1, ..., :2], []),
        (lambda y: [y[:, -1], y[:, 0, ..., :2]], ["RNN301"]),
        (lambda y: [y[:, -1], y[:, 0]], []),
        (lambda y: y[:, :, -1], []),
    ],
)
def test_the_last_image_of_both_directions(take: Take, codes: list[str]) -> None:
    """The last image of the backward layer depends on the last time step alone."""
    film = keras.Input((4, 3, 3, 1))
    layer = layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True)
    outputs = take(layers.Bidirectional(layer)(film))

    assert list_codes(film, outputs) == codes
    backward = keras.Model(film, keras.tree.flatten(outputs)[0][..., -1:])
    if codes:
        assert not depends_on(backward, slice(0, 3))


def test_the_last_step_of_one_direction() -> None:
    """The last output of one direction is complete, also of a masked or a reversed sequence."""
    for outputs in (sequence()[:, -1], backwards()[:, -1]):
        assert list_codes(X, outputs) == []
        assert all(depends_on(keras.Model(X, outputs), slice(i, i + 1)) for i in range(4))
    for outputs in (sequence(words())[:, -1], backwards(words())[:, -1]):
        assert list_codes(TOKENS, outputs) == []
        assert run(keras.Model(TOKENS, outputs))[0].all()


def test_a_last_step_that_is_masked() -> None:
    """Where masked outputs are zero, the last one of a padded sequence is."""
    for outputs in (sequence(words(), zero_output_for_mask=True)[:, -1], both(words())[:, -1, :3]):
        assert list_codes(TOKENS, outputs) == ["RNN302"]
        assert not run(keras.Model(TOKENS, outputs))[0].any()
    assert list_codes(X, sequence(zero_output_for_mask=True)[:, -1]) == []


def test_the_first_step_of_a_reversed_sequence() -> None:
    """The first output of a reversed sequence depends on the last time step alone."""
    outputs = backwards()[:, 0]

    assert list_codes(X, outputs) == ["RNN303"]
    assert not depends_on(keras.Model(X, outputs), slice(0, 3))
    assert list_codes(X, sequence()[:, 0]) == []


def test_a_sample_instead_of_an_output() -> None:
    """An index on the batch axis takes a sample, whatever layer returns the tensor."""
    for outputs in (sequence()[0], layers.GRU(4)(X)[0], both()[-1], ops.take(sequence(), 0, 0)):
        assert list_codes(X, outputs) == ["RNN304"]
    assert run(keras.Model(X, sequence()[0]))[0].shape == (4, 3)
    one = keras.Input(batch_shape=(1, 4, 3))
    assert list_codes(one, sequence(one)[0]) == []
    assert list_codes(X, layers.LSTM(3, return_state=True)(X)[0]) == []


@pytest.mark.parametrize(
    "use",
    [
        lambda y: y,
        lambda y: layers.Dense(2)(y),
        lambda y: 2 * y,
        lambda y: sequence(y),
        lambda y: layers.Concatenate()([sequence(), y]),
        lambda y: layers.Concatenate()([sequence(), y, layers.RepeatVector(4)(X[:, 0])]),
        lambda y: layers.Add()([X, layers.Dropout(0.1)(y)]),
        lambda y: X + y,
        lambda y: layers.Attention()([y, sequence()]),
        lambda y: ops.flip(y, axis=-1),
    ],
)
def test_a_reversed_sequence_that_is_used(use: Take) -> None:
    """A reversed sequence is reported where the model uses it as if it were in order."""
    assert [code for code in list_codes(X, use(backwards())) if code == "RNN305"] == ["RNN305"]


@pytest.mark.parametrize(
    "use",
    [
        lambda y: ops.flip(y, axis=1),
        lambda y: ops.flip(layers.Dense(2)(y), axis=-2),
        lambda y: ops.flip(y),
        lambda y: y[:, ::-1],
        lambda y: layers.Concatenate()([sequence(), y[:, ::-1, :]]),
        lambda y: layers.LSTM(2)(y),
        lambda y: ops.flip(sequence(y), axis=1),
        lambda y: layers.LSTM(2, go_backwards=True)(y),
        lambda y: backwards(y),
        lambda y: y[:, -1],
        lambda y: layers.GlobalMaxPooling1D()(y),
        lambda y: layers.GlobalMaxPooling1D()(layers.Add()([y, backwards()])),
        lambda y: layers.Attention()([sequence(), y]),
        lambda y: layers.GlobalMaxPooling1D()(layers.Add()([y, sequence(y)])),
        lambda y: layers.GlobalMaxPooling1D()(layers.Add()([y, layers.Conv1D(3, 1)(y)])),
        lambda y: layers.LSTM(2)(layers.Multiply()([y, weights_per_step(y)])),
        lambda y: layers.LSTM(2)(layers.Concatenate()([y, layers.RepeatVector(4)(X[:, 0])])),
    ],
)
def test_a_reversed_sequence_in_order(use: Take) -> None:
    """A reversed sequence that is flipped, or whose order does not matter, is not reported."""
    assert list_codes(X, use(backwards())) == []


def weights_per_step(y: Any) -> Any:
    """Return a weight for each value of a sequence, in its order."""
    weights = layers.Softmax()(layers.Flatten()(layers.Dense(1)(y)))
    return layers.Permute((2, 1))(layers.RepeatVector(3)(weights))


def test_a_sequence_without_an_order() -> None:
    """A layer that goes backwards through equal time steps returns what it would forwards."""
    repeated = layers.RepeatVector(4)(X[:, 0])
    layer = layers.LSTM(3, return_sequences=True, go_backwards=True)
    outputs = layers.Dense(2)(layer(layers.Dropout(0.1)(repeated)))

    assert list_codes(X, outputs) == []
    forwards = sequence(repeated)
    first, second = keras.Model(X, layer(repeated)), keras.Model(X, forwards)
    second.set_weights(first.get_weights())
    assert np.array_equal(run(first)[0], run(second)[0])


def test_sequences_of_several_inputs() -> None:
    """Sequences that start from different inputs are not compared."""
    other = keras.Input((4, 3))
    assert (
        list_codes([X, other], layers.LSTM(2)(layers.Add()([sequence(), backwards(other)]))) == []
    )
    assert list_codes([X, other], layers.LSTM(2)(layers.Add()([X, backwards(X), other]))) == [
        "RNN305"
    ]


def test_a_fix_keeps_a_sequence_that_is_used() -> None:
    """The fix of an index leaves out the sequence only if nothing else uses it."""

    def fix(outputs: Any) -> list[str]:
        return [each.fix for each in explain(keras.Model(X, outputs)).diagnostics]

    y, *_ = layers.Bidirectional(layers.GRU(3, return_sequences=True, return_state=True))(X)
    assert fix(both()[:, -1]) == ["return_sequences=False"]
    x = both()
    assert fix([x[:, -1], x]) == ["return_state=True"]
    x = layers.Dropout(0.1)(both())
    assert fix([x[:, -1], layers.Flatten()(x)]) == ["return_state=True"]
    assert fix([y[:, -1], y]) == [""]


def test_an_input_that_is_flipped() -> None:
    """A layer that goes backwards through a flipped input returns the time steps in order."""
    outputs = backwards(ops.flip(X, axis=1))

    assert list_codes(X, outputs) == []
    assert not depends_on(keras.Model(X, outputs[:, 0]), slice(1, 4))
    assert not depends_on(keras.Model(X, backwards()[:, 0]), slice(0, 3))


def test_the_mask_of_a_reversed_sequence() -> None:
    """A layer that receives the mask of a reversed sequence skips the wrong time steps."""
    reversed_words = backwards(words())

    assert list_codes(TOKENS, layers.LSTM(2)(reversed_words)) == ["RNN205"]
    assert list_codes(TOKENS, layers.LSTM(2, go_backwards=True)(reversed_words)) == ["RNN205"]
    assert list_codes(TOKENS, ops.flip(reversed_words, axis=1)) == []
    mask = ops.flip(ops.not_equal(TOKENS, 0), axis=1)
    outputs = layers.LSTM(2, go_backwards=True)(reversed_words, mask=mask)
    assert list_codes(TOKENS, outputs) == []
    # The last token is padding, so that the first output of the reversed sequence is zero.
    assert not run(keras.Model(TOKENS, reversed_words))[0][:, 0].any()
