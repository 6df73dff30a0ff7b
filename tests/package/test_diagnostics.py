"""Each diagnostic is given to a model that has the mistake, proved by running it, and no other."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from support.runs import fails, list_codes, run

from rnn_returns import explain
from rnn_returns.models.diagnostics import KINDS

X = keras.Input((4, 3))
TOKENS = keras.Input((4,), dtype="int32")
DOCUMENTS = keras.Input((3, 4), dtype="int32")
FILM = keras.Input((3, 6, 6, 2))
SMALL, STATE, OTHER, WIDE = (keras.Input((size,)) for size in (1, 4, 4, 5))
IMAGE, OTHER_IMAGE, WRONG_IMAGE = (keras.Input((6, 6, size)) for size in (4, 4, 5))
FRAME_MASK, LONG_MASK, UNIT_MASK = (keras.Input(s, dtype="bool") for s in [(3,), (5,), (4, 4)])

pytestmark = pytest.mark.filterwarnings("ignore:.*destroy the mask")


def words(tokens: Any = TOKENS) -> Any:
    """Return the vectors of tokens, with a mask."""
    return layers.Embedding(9, 3, mask_zero=True)(tokens)


def lstm_states() -> Any:
    """Return the final states of an LSTM that is called encoder."""
    return layers.LSTM(4, return_state=True, name="encoder")(X)[1:]


def stack(**options: Any) -> Any:
    return layers.RNN([layers.LSTMCell(4), layers.LSTMCell(4)], **options)


def film_layer() -> Any:
    return layers.ConvLSTM2D(4, 3, padding="same")


Case = Callable[[], tuple[Any, Any]]


def call(layer: Any, states: Any, x: Any = X) -> tuple[Any, Any]:
    """Return the inputs and the output of a model that calls *layer* with an initial state."""
    own = [SMALL, STATE, OTHER, WIDE, IMAGE, OTHER_IMAGE, WRONG_IMAGE]
    flat = keras.tree.flatten(states)
    inputs = [each for each in own if any(each is state for state in flat)]
    return [x, *inputs], layer(x, initial_state=states)


def masked(layer: Any, x: Any, mask: Any) -> tuple[Any, Any]:
    return [x, mask], layer(x, mask=mask)


def joined() -> Any:
    return layers.Concatenate()(list(lstm_states()))


FAILS: list[tuple[str, Case]] = [
    ("RNN101", lambda: call(layers.LSTM(4), [STATE])),
    ("RNN101", lambda: call(layers.LSTM(4), STATE)),
    ("RNN101", lambda: call(layers.LSTM(4), [STATE, OTHER, STATE])),
    ("RNN101", lambda: call(layers.SimpleRNN(4), [STATE, OTHER])),
    ("RNN101", lambda: call(layers.Bidirectional(layers.LSTM(4)), lstm_states())),
    ("RNN101", lambda: call(layers.Bidirectional(layers.LSTM(4)), STATE)),
    ("RNN101", lambda: call(layers.Bidirectional(layers.GRU(4)), [STATE])),
    ("RNN101", lambda: call(stack(), [STATE, OTHER, STATE, OTHER])),
    ("RNN101", lambda: call(stack(), [])),
    ("RNN101", lambda: call(layers.GRU(4), [])),
    ("RNN101", lambda: call(layers.RNN(layers.LSTMCell(4)), [STATE])),
    ("RNN101", lambda: call(film_layer(), [IMAGE], FILM)),
    ("RNN103", lambda: call(layers.GRU(4), [layers.GRU(4, return_sequences=True)(X)])),
    ("RNN103", lambda: call(film_layer(), [STATE, OTHER], FILM)),
    ("RNN104", lambda: call(layers.LSTM(4), [SMALL, SMALL])),
    ("RNN104", lambda: call(layers.LSTM(4), [STATE, WIDE])),
    ("RNN104", lambda: call(layers.GRU(4), [WIDE])),
    ("RNN104", lambda: call(layers.Bidirectional(layers.GRU(4)), [STATE, WIDE])),
    ("RNN104", lambda: call(stack(), [[STATE, OTHER], [STATE, WIDE]])),
    ("RNN104", lambda: call(film_layer(), [IMAGE, WRONG_IMAGE], FILM)),
    ("RNN108", lambda: call(layers.LSTM(4), layers.LSTM(4, return_state=True)(X))),
    ("RNN109", lambda: call(layers.LSTM(4), joined())),
    ("RNN109", lambda: call(layers.GRU(4), [joined()])),
    ("RNN201", lambda: (DOCUMENTS, layers.LSTM(6)(each_document(DOCUMENTS)))),
    ("RNN201", lambda: masked(layers.TimeDistributed(film_layer()), *film_and_mask())),
    ("RNN203", lambda: masked(layers.LSTM(4), X, LONG_MASK)),
    ("RNN203", lambda: masked(layers.GRU(4), X, FRAME_MASK)),
    ("RNN501", lambda: (TOKENS, layers.RNN([layers.GRUCell(3)])(words()))),
    ("RNN501", lambda: (X, unequal(merge_mode="sum")(X))),
    ("RNN503", lambda: (X, changed(layers.LSTM(4, return_state=True), return_state=False))),
    ("RNN403", lambda: changed_stateful()),
]

SOUND: list[Case] = [
    lambda: call(layers.LSTM(4), lstm_states()),
    lambda: call(layers.LSTM(4), [STATE, OTHER]),
    lambda: call(layers.GRU(4), STATE),
    lambda: call(layers.GRU(8), [joined()]),
    lambda: call(layers.GRU(4), list(layers.GRU(4, return_state=True)(X))),
    lambda: call(layers.LSTM(4), [lstm_states()[0]] * 2),
    lambda: call(layers.Bidirectional(layers.LSTM(4)), [STATE, OTHER, STATE, OTHER]),
    lambda: call(stack(), [[STATE, OTHER], [OTHER, STATE]]),
    lambda: call(layers.RNN([layers.GRUCell(4), layers.GRUCell(5)]), [STATE, WIDE]),
    lambda: call(film_layer(), [IMAGE, OTHER_IMAGE], FILM),
    lambda: (X, layers.GRU(4)(X, initial_state=np.zeros((1, 4), "float32"))),
    lambda: masked(film_layer(), FILM, FRAME_MASK),
    lambda: masked(layers.LSTM(4), X, UNIT_MASK[:, :, 0]),
    lambda: (TOKENS, layers.LSTM(4)(layers.GRU(3, return_sequences=True)(words()))),
    lambda: (DOCUMENTS, each_document(DOCUMENTS)),
    lambda: (DOCUMENTS, layers.LSTM(4)(each_document(DOCUMENTS), mask=has_words(DOCUMENTS))),
    lambda: ([TOKENS, STATE], layers.GRU(4)(words(), initial_state=STATE, mask=has_words())),
    lambda: (X, layers.Bidirectional(layers.LSTM(4, activity_regularizer="l2"))(X)),
    lambda: (X, unequal(units=3)(X)),
]


def each_document(documents: Any) -> Any:
    return layers.TimeDistributed(layers.LSTM(5), name="each")(words(documents))


def has_words(documents: Any = None) -> Any:
    """Return the mask of words, or of documents that contain words."""
    if documents is None:
        return ops.not_equal(TOKENS, 0)
    return ops.any(ops.not_equal(documents, 0), axis=-1)


def film_and_mask() -> tuple[Any, Any]:
    return keras.Input((3, 3, 6, 6, 2)), keras.Input((3,), dtype="bool")


def unequal(units: int = 5, **options: Any) -> Any:
    backward = layers.GRU(units, go_backwards=True)
    return layers.Bidirectional(layers.GRU(3), backward_layer=backward, **options)


def changed(layer: Any, **flags: Any) -> Any:
    """Return the outputs of a layer whose flags change afterwards."""
    outputs = layer(X)
    for name, value in flags.items():
        setattr(layer, name, value)
    return outputs


def changed_stateful() -> tuple[Any, Any]:
    x = keras.Input(batch_shape=(3, 4, 3))
    layer = layers.LSTM(4)
    output = layer(x)
    layer.stateful = True
    return x, output


@pytest.mark.parametrize(("code", "build"), FAILS)
def test_a_model_that_fails(code: str, build: Case) -> None:
    """A model gets the one diagnostic for its mistake, and running it raises an error."""
    inputs, outputs = build()

    assert list_codes(inputs, outputs) == [code]
    assert next(kind.severity for kind in KINDS if kind.code == code) == "fails"
    assert fails(inputs, outputs)


@pytest.mark.parametrize("build", SOUND)
def test_a_sound_model(build: Case) -> None:
    """A model that is close to a mistake gets no diagnostic, and runs."""
    inputs, outputs = build()

    assert list_codes(inputs, outputs) == []
    assert not fails(inputs, outputs)


# Mistakes that raise no error: a value differs from the one that a reader expects.


def compare(layer: Any, given: Any, other: Any, code: str) -> bool:
    """Return whether *layer* returns the same for two initial states; the first gets *code*."""
    inputs = [X, STATE, OTHER, SMALL]
    outputs = layer(X, initial_state=given), layer(X, initial_state=other)
    assert list_codes(inputs, outputs[0]) == [code]
    first, second = run(keras.Model(inputs, outputs))
    return bool(np.allclose(first, second, atol=1e-6))


def test_states_of_an_lstm_for_a_gru() -> None:
    """A GRU ignores all states but the first."""
    assert compare(layers.GRU(4), [STATE, OTHER], [STATE], "RNN102")


def test_a_cell_state_of_size_one() -> None:
    """A cell state of size one is repeated."""
    assert compare(layers.LSTM(4), [STATE, SMALL], [STATE, ops.tile(SMALL, [1, 4])], "RNN105")


def test_one_state_for_both_directions() -> None:
    """One state for both directions is cut along the batch."""
    layer = layers.Bidirectional(layers.GRU(4))
    model = keras.Model([X, STATE], layer(X, initial_state=STATE))

    assert list_codes(model.inputs, model.outputs) == ["RNN107"]
    x, state = np.ones((2, 4, 3), "float32"), np.array([[0.1] * 4, [0.9] * 4], "float32")
    halves = layer(x, initial_state=[state[[0, 0]], state[[1, 1]]])
    assert np.allclose(model([x, state]), halves, atol=1e-6)


def test_states_in_the_wrong_order() -> None:
    """States that the graph shows to be exchanged are reported, also joined and in directions."""
    h, c = lstm_states()
    outputs = layers.Bidirectional(layers.LSTM(2, return_state=True))(X)[1:]
    pairs = [layers.Concatenate()([outputs[i], outputs[i + 2]]) for i in range(2)]
    grouped = [outputs[i] for i in (0, 2, 1, 3)]
    layer = layers.LSTM(4)

    assert list_codes(X, layer(X, initial_state=[c, h])) == ["RNN106"]
    assert list_codes(X, layer(X, initial_state=pairs)) == []
    assert list_codes(X, layer(X, initial_state=pairs[::-1])) == ["RNN106"]
    both = layers.Bidirectional(layers.LSTM(2))
    assert list_codes(X, both(X, initial_state=list(outputs))) == []
    assert list_codes(X, both(X, initial_state=grouped)) == ["RNN106"]
    first, second = run(
        keras.Model(X, [layer(X, initial_state=[c, h]), layer(X, initial_state=[h, c])])
    )
    assert not np.allclose(first, second)


def test_a_state_for_the_first_cell_alone() -> None:
    """Without states for the upper cell the stack runs without that cell."""
    layer = layers.RNN([layers.GRUCell(4), layers.GRUCell(5)])
    output = layer(X, initial_state=[STATE])

    assert list_codes([X, STATE], output) == ["RNN110"]
    assert (output.shape[-1], run(keras.Model([X, STATE], output))[0].shape[-1]) == (5, 4)


def test_a_mask_of_units() -> None:
    """A mask with a value for each unit keeps the state of units, not of time steps."""
    model = keras.Model([X, UNIT_MASK], layers.GRU(4)(X, mask=UNIT_MASK))
    mask = np.ones((2, 4, 4), bool)
    mask[..., 0] = False
    output = np.array(model([np.ones((2, 4, 3), "float32"), mask]))

    assert list_codes(model.inputs, model.outputs) == ["RNN202"]
    assert list_codes(DOCUMENTS, layers.LSTM(4)(each_document(DOCUMENTS))) == ["RNN202"]
    assert not output[:, 0].any()
    assert output[:, 1:].all()


def test_a_mask_of_pixels() -> None:
    """A ConvLSTM keeps the state of masked pixels, not of whole time steps."""
    pixels = keras.Input((3, 6, 6), dtype="bool")
    model = keras.Model([FILM, pixels], film_layer()(FILM, mask=pixels))
    mask = np.ones((2, 3, 6, 6), bool)
    mask[:, :, 0] = False
    output = np.array(model([np.ones((2, 3, 6, 6, 2), "float32"), mask]))

    assert list_codes(model.inputs, model.outputs) == ["RNN202"]
    assert not output[:, 0].any()
    assert output[:, 1:].any()


def test_a_stateful_layer_in_time_distributed() -> None:
    """The state runs from slice to slice."""
    slices = keras.Input(batch_shape=(2, 2, 4, 3))
    layer = layers.LSTM(2, stateful=True)
    model = keras.Model(slices, layers.TimeDistributed(layer)(slices))
    output = np.array(model(np.ones((2, 2, 4, 3), "float32")))

    assert list_codes(slices, model.output) == ["RNN401"]
    assert not np.allclose(output[:, 0], output[:, 1])


def test_a_stateful_layer_with_an_initial_state() -> None:
    """A call that sets its initial state gets no fact on the state that the last call left."""
    x, state = keras.Input(batch_shape=(2, 4, 3)), keras.Input(batch_shape=(2, 4))
    layer = layers.GRU(4, stateful=True)
    named = explain(keras.Model([x, state], layer(x, initial_state=state))).layers[0]
    other = explain(keras.Model(x, layer(x))).layers[0]

    assert (named.facts, named.diagnostics, other.diagnostics) == ((), (), ())
    assert "starts every call from the state" in other.facts[0]


def test_flags_that_were_changed() -> None:
    """A model has the shapes that a layer had when it was called; running it gives others."""
    output = changed(layers.LSTM(4), return_sequences=True)
    merged = changed(layers.Bidirectional(layers.LSTM(4)), merge_mode=None)

    assert list_codes(X, output) == list_codes(X, merged) == ["RNN504"]
    assert run(keras.Model(X, output))[0].ndim == 3
    assert run(keras.Model(X, merged))[0].shape[-1] == 4


def test_wrong_symbolic_shapes() -> None:
    """Shapes that Keras infers for two layers of different sizes are not those of the data."""
    output = unequal()(X)

    assert list_codes(X, output) == ["RNN502"]
    assert (output.shape[-1], run(keras.Model(X, output))[0].shape[-1]) == (6, 8)


def test_a_ragged_input() -> None:
    """A ragged input cannot be run."""
    tensorflow = pytest.importorskip("tensorflow")
    x = keras.Input((None, 3), ragged=True)
    model = keras.Model(x, layers.GRU(4)(x))

    assert list_codes(x, model.output) == ["RNN505"]
    rows = tensorflow.RaggedTensor.from_row_lengths(np.ones((3, 3), "float32"), [1, 2])
    with pytest.raises(Exception, match="ragged"):
        model.predict(rows, verbose=0)


def test_the_mask_that_a_fix_passes() -> None:
    """The fix of a dropped mask creates it as the layer does that the mask comes from."""

    def fix(masked: Any) -> str:
        layer = layers.GRU(4)
        (found,) = explain(
            keras.Model([X, TOKENS, STATE], layer(masked, initial_state=STATE))
        ).diagnostics
        assert found.code == "RNN204"
        return found.fix

    masking = layers.Masking(mask_value=0.5)
    values = {"keras": keras, "tokens": np.array([[1, 0]]), "mask_value": 0.5}
    values["x"] = np.array([[[0.5, 1.0], [0.5, 0.5]]])
    created = eval(fix(masking(X)).removeprefix("mask="), values)
    assert np.array_equal(created, masking.compute_mask(values["x"]))
    assert np.array_equal(created, eval(fix(words()).removeprefix("mask="), values))
    assert fix(sequence_of(words())) == fix(words())


def sequence_of(x: Any) -> Any:
    return layers.LSTM(3, return_sequences=True)(x)
