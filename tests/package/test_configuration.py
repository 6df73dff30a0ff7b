"""What a configuration and a saved model keep of every constructor argument, and the defaults."""

import inspect
from functools import lru_cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from support.constructor import (
    CELLS,
    CONTEXT,
    CONVOLUTIONS,
    KINDS,
    OTHERS,
    REQUIRED,
    SHAPES,
    build,
    find_differences,
    list_arguments,
    measure,
)

# ConvLSTM2D and ConvLSTM3D are compared with ConvLSTM1D, which is faster.
MEASURED = tuple(kind for kind in KINDS if kind not in CONVOLUTIONS[1:])

VALUES = {"call", "again"}
# What is different in a layer with another value of the argument.
EFFECTS: dict[str, set[str]] = {
    **dict.fromkeys(("units", "filters", "kernel_size", "layer"), {"initial", "shape"} | VALUES),
    **dict.fromkeys(("cell", "cells", "backward_layer", "reset_after"), {"initial"} | VALUES),
    **dict.fromkeys(("return_sequences", "return_state", "merge_mode"), {"shape"} | VALUES),
    **dict.fromkeys(("strides", "padding", "dilation_rate"), {"shape"} | VALUES),
    **dict.fromkeys(("activation", "recurrent_activation", "go_backwards", "dtype"), VALUES),
    "zero_output_for_mask": VALUES,
    "use_bias": {"initial", "constrained", "trainable"} | VALUES,
    **{f"{weight}_initializer": {"initial"} for weight in ("kernel", "recurrent", "bias")},
    "unit_forget_bias": {"initial"},
    "data_format": {"initial", "shape"},
    **{f"{what}_regularizer": {"losses"} for what in ("kernel", "recurrent", "bias", "activity")},
    **{f"{weight}_constraint": {"constrained"} for weight in ("kernel", "recurrent", "bias")},
    **{name: {"again"} for name in ("dropout", "recurrent_dropout", "seed", "stateful")},
    **{
        name: {name}
        for name in ("unroll", "use_cudnn", "implementation", "trainable", "autocast", "name")
    },
}
# SimpleRNN does not pass the regularizer on, and nothing reads the weights of Bidirectional.
NO_EFFECT = {("SimpleRNN", "activity_regularizer"), ("Bidirectional", "weights")}
NOT_SAVED = {
    ("SimpleRNN", "seed"),
    *((kind, "autocast") for kind in KINDS),
    *((kind, "use_cudnn") for kind in ("GRU", "LSTM")),
    *((kind, "implementation") for kind in ("GRU", "LSTM", "GRUCell", "LSTMCell")),
    *NO_EFFECT,
}
# The defaults that Keras documents.
DEFAULTS: dict[str, Any] = {
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "use_bias": True,
    "kernel_initializer": "glorot_uniform",
    "recurrent_initializer": "orthogonal",
    "bias_initializer": "zeros",
    "unit_forget_bias": True,
    **{f"{what}_regularizer": None for what in ("kernel", "recurrent", "bias", "activity")},
    **{f"{weight}_constraint": None for weight in ("kernel", "recurrent", "bias")},
    **dict.fromkeys(("dropout", "recurrent_dropout"), 0.0),
    **dict.fromkeys(("return_sequences", "return_state", "go_backwards", "stateful"), False),
    **dict.fromkeys(("unroll", "zero_output_for_mask"), False),
    "reset_after": True,
    "use_cudnn": "auto",
    "implementation": 2,
    "strides": 1,
    "padding": "valid",
    "data_format": "channels_last",
    "dilation_rate": 1,
    "merge_mode": "concat",
    **dict.fromkeys(("seed", "weights", "backward_layer"), None),
    "trainable": True,
    "dtype": "float32",
    "autocast": True,
}


@lru_cache
def measure_plain(kind: str, *contexts: str) -> dict[str, Any]:
    """Measure a layer with its defaults, but for what an argument needs to have an effect."""
    given = {name: value for each in contexts for name, value in CONTEXT[each].items()}
    return measure(build(kind, **given), kind)


def find_changes(kind: str, argument: str) -> set[str]:
    """Name what an argument changes in a layer."""
    plain = measure_plain(kind, *{argument} & CONTEXT.keys())
    layer = build(kind, **CONTEXT.get(argument, {}), **{argument: OTHERS[argument]()})
    # A layer is run only if the argument concerns its values; the outputs are penalized in a call.
    run = argument == "activity_regularizer" or not VALUES.isdisjoint(EFFECTS.get(argument, VALUES))
    return find_differences(plain, measure(layer, kind, run))


def rebuild(kind: str, config: Any) -> Any:
    keras.utils.set_random_seed(0)
    return getattr(layers, kind).from_config(config)


def predict_effect(kind: str, argument: str) -> set[str]:
    """Name what an argument should change."""
    if (kind, argument) in NO_EFFECT:
        return set()
    effect = EFFECTS[argument] - ({"shape"} if kind in CELLS else set())
    # Recurrent dropout needs a mask for each gate.
    by_gate = argument == "recurrent_dropout" and "implementation" in list_arguments(kind)
    return effect | ({"implementation"} if by_gate else set())


@pytest.mark.parametrize("kind", KINDS)
def test_every_argument_is_known(kind: str) -> None:
    """Each argument of each constructor has another value, an effect and a documented default."""
    arguments = {*list_arguments(kind)}

    assert arguments <= OTHERS.keys()
    assert arguments - {"weights"} <= EFFECTS.keys()
    assert arguments - REQUIRED.keys() - {"name"} <= DEFAULTS.keys()


@pytest.mark.parametrize("kind", MEASURED)
def test_an_argument_has_its_effect(kind: str) -> None:
    """Another value of an argument changes what it should change in a layer, and nothing else."""
    arguments = list_arguments(kind)

    found = {argument: find_changes(kind, argument) for argument in arguments}
    assert found == {argument: predict_effect(kind, argument) for argument in arguments}


def list_many(kind: str) -> list[set[str]]:
    """Put the arguments that can be changed together into two groups."""
    arguments = {*list_arguments(kind)} - {"weights", "data_format"}
    if kind == "StackedRNNCells":
        arguments -= {"dtype"}  # Its cells have types of their own, which RNN cannot run.
    second = {"use_bias", "dilation_rate", "backward_layer", "autocast"} & arguments
    return [arguments - second, second]


def build_many(kind: str, names: set[str]) -> Any:
    """Make a layer with another value of many arguments."""
    return build(kind, **{name: OTHERS[name]() for name in sorted(names)})


def predict_lost(kind: str, names: set[str]) -> set[str]:
    """Name what is different in a layer that lost the arguments that are not saved."""
    lost = [predict_effect(kind, name) for name in names if (kind, name) in NOT_SAVED]
    # Recurrent dropout sets the implementation again.
    return set().union(*lost) - ({"implementation"} if "recurrent_dropout" in names else set())


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_made_from_its_configuration(kind: str) -> None:
    """The new layer behaves as the first one, but for the arguments that Keras does not save."""
    for names in list_many(kind):
        layer = build_many(kind, names)
        again = rebuild(kind, layer.get_config())
        lost = find_differences(measure(layer, kind), measure(again, kind))

        assert lost == predict_lost(kind, names)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_of_a_saved_model(kind: str, suffix: str, tmp_path: Path) -> None:
    """A loaded model predicts the same, and its layer behaves as the one that was saved."""
    names = list_many(kind)[0]
    layer = build_many(kind, names)
    outer = layers.RNN(layer) if kind in CELLS else layer
    shape = SHAPES["RNN"] if kind in CELLS else SHAPES[kind]
    x = keras.Input(batch_shape=shape)
    model = keras.Model(x, outer(x))
    path = tmp_path / f"model{suffix}"
    model.save(path)
    loaded = keras.models.load_model(path)
    data = np.random.default_rng(0).normal(size=shape)

    for ours, theirs in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(*map(keras.tree.flatten, (model(data), loaded(data))), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
    same = loaded.layers[1].cell if kind in CELLS else loaded.layers[1]
    lost = find_differences(measure(layer, kind), measure(same, kind))
    assert lost == predict_lost(kind, names)


@pytest.mark.parametrize("kind", KINDS)
def test_an_argument_is_in_the_configuration(kind: str) -> None:
    """Another value changes its own key of the configuration, which the rebuilt layer has too."""
    found, expected, rebuilt = {}, {}, {}
    for argument in list_arguments(kind):
        context = CONTEXT.get(argument, {})
        plain = build(kind, **context).get_config()
        config = build(kind, **context, **{argument: OTHERS[argument]()}).get_config()
        rebuilt[argument] = rebuild(kind, dict(config)).get_config() == config
        keys = plain.keys() | config.keys()
        found[argument] = {key for key in keys if plain.get(key) != config.get(key)}
        expected[argument] = {argument} - {name for one, name in NOT_SAVED if one == kind}
        if argument == "layer" and kind == "Bidirectional":
            expected[argument].add("backward_layer")

    assert found == expected
    assert all(rebuilt.values()), rebuilt


@pytest.mark.parametrize("kind", CONVOLUTIONS[1:])
def test_every_convolution_has_one_configuration(kind: str) -> None:
    """ConvLSTM2D and ConvLSTM3D have the arguments of ConvLSTM1D, saved under the same names."""
    assert list_arguments(kind) == list_arguments("ConvLSTM1D")
    assert build(kind).get_config().keys() == build("ConvLSTM1D").get_config().keys()


@pytest.mark.parametrize("kind", KINDS)
def test_the_defaults_are_those_documented(kind: str) -> None:
    """A layer without an argument is one with the documented default, in behavior too."""
    names = [name for name in list_arguments(kind) if name in DEFAULTS]
    explicit = build(kind, **{name: DEFAULTS[name] for name in names})

    assert explicit.get_config() == build(kind).get_config()
    assert not find_differences(measure_plain(kind), measure(explicit, kind))
    for name, parameter in inspect.signature(getattr(layers, kind)).parameters.items():
        if name in names and name != "data_format":  # None, which stands for a setting of Keras.
            assert parameter.default == DEFAULTS[name], name
