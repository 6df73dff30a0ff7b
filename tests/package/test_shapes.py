"""The table of shapes agrees with the installed Keras, layer by layer."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import pytest
from keras import layers

from rnn_returns.models.config.layer_config import KINDS, SerializedLayer, read_serialized
from rnn_returns.models.graph import GraphTensor
from rnn_returns.models.inference.operation_shapes import infer_operation
from rnn_returns.models.inference.shapes import UnknownShapeError, infer_layer
from rnn_returns.rules.layer_spec import Shape

Case = tuple[str, dict[str, Any], Sequence[Shape]]

SEQUENCE: list[Shape] = [(None, 5, 4)]
IMAGES: dict[int, Shape] = {1: (None, 9, 4), 2: (None, 9, 7, 4), 3: (None, 9, 7, 8, 4)}
OPEN: dict[int, Shape] = {1: (None, None, 4), 2: (None, None, 7, 4), 3: (2, None, 7, 8, 4)}
FIRST: dict[int, Shape] = {1: (None, 4, 9), 2: (None, 4, 9, 7), 3: (None, 4, 9, 7, 8)}
# Layers that keep the shape, and what they need.
KEEPING: dict[str, dict[str, Any]] = {
    "Activation": {"activation": "relu"},
    "ActivityRegularization": {},
    "AlphaDropout": {"rate": 0.1},
    "BatchNormalization": {},
    "Dropout": {"rate": 0.1},
    "ELU": {},
    "GaussianDropout": {"rate": 0.1},
    "GaussianNoise": {"stddev": 0.1},
    "GroupNormalization": {"groups": 2},
    "Identity": {},
    "LayerNormalization": {},
    "LeakyReLU": {},
    "Masking": {},
    "Normalization": {"mean": 0.0, "variance": 1.0},
    "PReLU": {"shared_axes": [1]},
    "RMSNormalization": {},
    "ReLU": {},
    "Rescaling": {"scale": 2.0},
    "Softmax": {},
    "SpatialDropout1D": {"rate": 0.1},
    "UnitNormalization": {},
}
PAIRS: list[list[Shape]] = [
    [(None, 5, 4), (None, 5, 4)],
    [(3, 5, 4), (None, 1, 4)],
    [(None, None, 4), (None, 5, 4)],
]
MERGING = ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")
# Layers that no recurrent layer follows in a model that Keras saves, or whose shape needs more
# than their configuration.
RANDOM_IMAGES = (
    "AugMix AutoContrast CenterCrop ContrastLimitedAdaptiveHistogramEqualization CutMix "
    "Equalization MaxNumBoundingBoxes MixUp RandAugment RandomColorDegeneration RandomColorJitter "
    "RandomCrop RandomElasticTransform RandomErasing RandomGaussianBlur RandomGrayscale RandomHue "
    "RandomInvert RandomPerspective RandomPosterization RandomSaturation RandomSharpness "
    "RandomShear Resizing Solarization"
)
LOOKUPS = (
    "CategoryEncoding Discretization HashedCrossing Hashing IntegerLookup MelSpectrogram "
    "STFTSpectrogram StringLookup TextVectorization"
)
NOT_COVERED = {
    **dict.fromkeys(RANDOM_IMAGES.split(), "prepares images, before a recurrent layer is near"),
    **dict.fromkeys(
        ("FlaxLayer", "JaxLayer", "Lambda", "Pipeline", "TFSMLayer", "TorchModuleWrapper"),
        "runs code that is not in the configuration",
    ),
    **dict.fromkeys(
        LOOKUPS.split(),
        "the shape depends on a mode or on what the layer has learned",
    ),
    **dict.fromkeys(
        ("GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"), "a cell, which RNN calls"
    ),
    **dict.fromkeys(("InputLayer", "InputSpec", "Layer", "Wrapper"), "is called by no model"),
    "EinsumDense": "its equation would have to be read",
    **dict.fromkeys(KINDS, "the rules for recurrent layers cover it"),
}


def read_saved(layer: Any) -> SerializedLayer:
    """Return a layer as a file holds it."""
    return read_serialized(json.loads(json.dumps(keras.saving.serialize_keras_object(layer))), "")


def list_cases() -> Iterator[Case]:
    """List calls of layers: the class, its arguments and the shapes of its inputs."""
    for name, options in KEEPING.items():
        yield name, options, SEQUENCE
    for rank in (2, 3):
        yield f"SpatialDropout{rank}D", {"rate": 0.1}, [IMAGES[rank]]
    for name in ("Brightness", "Contrast", "Rotation", "Zoom"):
        yield f"Random{name}", {"factor" if name != "Zoom" else "height_factor": 0.1}, [IMAGES[2]]
    yield "RandomFlip", {}, [IMAGES[2]]
    yield "RandomTranslation", {"height_factor": 0.1, "width_factor": 0.1}, [IMAGES[2]]
    for name in MERGING:
        for shapes in PAIRS:
            yield name, {}, shapes
    yield "Add", {}, [(None, 5, 4), (None, 4)]
    yield "Concatenate", {}, [(None, 5, 4), (None, 5, 3)]
    yield "Concatenate", {"axis": 1}, [(None, 5, 4), (None, None, 4)]
    yield "Dense", {"units": 3}, SEQUENCE
    yield "Embedding", {"input_dim": 9, "output_dim": 3}, [(None, 5)]
    yield "ReversibleEmbedding", {"input_dim": 9, "output_dim": 3}, [(None, 5)]
    yield "Flatten", {}, SEQUENCE
    yield "Flatten", {}, [(None, None, 4)]
    yield "Flatten", {}, [(None,)]
    yield "Reshape", {"target_shape": (-1, 2)}, SEQUENCE
    yield "Reshape", {"target_shape": (10, 2)}, SEQUENCE
    yield "Reshape", {"target_shape": (-1, 2)}, [(None, None, 4)]
    yield "Permute", {"dims": (2, 1)}, SEQUENCE
    yield "RepeatVector", {"n": 3}, [(None, 4)]
    yield "Dot", {"axes": 2}, [(None, 5, 4), (None, 3, 4)]
    yield "Dot", {"axes": 1}, [(None, 4), (None, 4)]
    yield "Dot", {"axes": (2, 1)}, [(None, 5, 4), (None, 4, 3)]
    yield "Attention", {}, [(None, 5, 4), (None, 7, 4)]
    yield "AdditiveAttention", {}, [(None, 5, 4), (None, 7, 4)]
    yield "TimeDistributed", {"layer": layers.Dense(3)}, [(None, 6, 5, 4)]
    yield "TimeDistributed", {"layer": layers.Conv2D(3, 2)}, [(None, 6, 9, 7, 4)]
    yield "SpectralNormalization", {"layer": layers.Dense(3)}, SEQUENCE
    for rank, shape in IMAGES.items():
        yield from list_image_cases(rank, shape)


def list_image_cases(rank: int, shape: Shape) -> Iterator[Case]:
    """List calls of the layers for images of a rank."""
    sizes = (2, 3, 2)[:rank]
    convolutions: list[dict[str, Any]] = [
        {},
        {"strides": 2},
        {"padding": "same", "strides": 2},
        {"dilation_rate": 2},
        {"kernel_size": sizes},
    ]
    for options in convolutions:
        both = {"filters": 6, "kernel_size": 3} | options
        for inputs in (shape, OPEN[rank]):
            yield f"Conv{rank}D", both, [inputs]
        yield f"Conv{rank}DTranspose", both, [shape]
        if rank < 3:
            depthwise = {"kernel_size": 3, "depth_multiplier": 2} | options
            yield f"DepthwiseConv{rank}D", depthwise, [shape]
            yield f"SeparableConv{rank}D", both, [shape]
    first: dict[str, Any] = {"data_format": "channels_first"}
    yield f"Conv{rank}D", {"filters": 6, "kernel_size": 3} | first, [FIRST[rank]]
    for kind in ("Max", "Average"):
        for options in ({}, {"strides": 1}, {"padding": "same"}, first):
            inputs = FIRST[rank] if options is first else shape
            yield f"{kind}Pooling{rank}D", {"pool_size": 3} | options, [inputs]
        yield f"Global{kind}Pooling{rank}D", {}, [shape]
        yield f"Global{kind}Pooling{rank}D", {"keepdims": True}, [shape]
        yield f"Adaptive{kind}Pooling{rank}D", {"output_size": 2}, [shape]
    yield f"Cropping{rank}D", {"cropping": 1}, [shape]
    yield f"ZeroPadding{rank}D", {"padding": 2}, [shape]
    yield f"UpSampling{rank}D", {"size": 2}, [shape]
    if rank == 1:
        yield "Cropping1D", {"cropping": (1, 2)}, [shape]
        yield "Conv1D", {"filters": 6, "kernel_size": 3, "padding": "causal"}, [shape]
    else:
        pairs = tuple((i, i + 1) for i in range(rank))
        yield f"ZeroPadding{rank}D", {"padding": pairs}, [OPEN[rank]]
        yield f"Cropping{rank}D", {"cropping": pairs}, [shape]


CASES = list(list_cases())


@pytest.mark.parametrize(("name", "options", "shapes"), CASES)
def test_the_shape_of_a_layer(name: str, options: dict[str, Any], shapes: Any) -> None:
    """The table infers the shape that Keras infers for a symbolic input."""
    layer = getattr(layers, name)(**options)
    inputs = [keras.Input(batch_shape=shape) for shape in shapes]
    inferred = infer_layer(read_saved(layer), shapes)

    assert inferred == layer(inputs if len(inputs) > 1 else inputs[0]).shape


@pytest.mark.parametrize(
    ("name", "options", "shapes"),
    [
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, [(None, 5, 4), (None, 7, 3)]),
        (
            "MultiHeadAttention",
            {"num_heads": 2, "key_dim": 3, "output_shape": 6},
            [(None, 5, 4), (None, 7, 3)],
        ),
        (
            "GroupQueryAttention",
            {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
            [(None, 5, 4), (None, 7, 4)],
        ),
    ],
)
def test_the_shape_of_an_attention_layer(name: str, options: Any, shapes: Any) -> None:
    """The table infers the shape of a layer that is called on several arguments."""
    layer = getattr(layers, name)(**options)
    inputs = [keras.Input(batch_shape=shape) for shape in shapes]
    inferred = infer_layer(read_saved(layer), shapes)

    assert inferred == layer(*inputs).shape


def test_each_exported_layer_has_a_case_or_a_reason() -> None:
    """No layer that Keras exports is left out without a reason, under any of its names."""
    tested = {name for name, *_ in CASES} | {"MultiHeadAttention", "GroupedQueryAttention"}
    exported = {
        value.__name__
        for value in vars(layers).values()
        if isinstance(value, type) and issubclass(value, keras.Layer | keras.layers.InputSpec)
    }

    assert exported - tested - NOT_COVERED.keys() == set()


@pytest.mark.parametrize("name", sorted(NOT_COVERED.keys() - set(KINDS)))
def test_a_layer_that_is_not_covered(name: str) -> None:
    """The shape of a layer that is not covered is reported as unknown, and is not a guess."""
    with pytest.raises(UnknownShapeError):
        infer_layer(read_serialized({"class_name": name, "config": {}}, ""), [(None, 5, 4)])


X = keras.Input((5, 4))
Y = keras.Input((5, 4))
OPERATIONS = {
    "last": lambda: X[:, -1],
    "last_kept": lambda: X[:, -1:],
    "first_sample": lambda: X[0],
    "part": lambda: X[:, 1:4:2],
    "ellipsis": lambda: X[..., 0],
    "new_axis": lambda: X[:, None, :, 1],
    "sum": lambda: X + Y,
    "scaled": lambda: 2.0 * X - 1,
    "divided": lambda: X / 3,
    "power": lambda: X**2,
    "negative": lambda: -X,
    "broadcast": lambda: X * keras.ops.mean(Y, axis=1, keepdims=True),
    "mean": lambda: keras.ops.mean(X, axis=1),
    "max": lambda: keras.ops.max(X, axis=(1, 2), keepdims=True),
    "total": lambda: keras.ops.sum(X),
    "flip": lambda: keras.ops.flip(X, axis=1),
    "take": lambda: keras.ops.take(X, 2, axis=1),
    "take_several": lambda: keras.ops.take(X, [0, 2], axis=1),
    "concatenate": lambda: keras.ops.concatenate([X, Y], axis=-1),
    "stack": lambda: keras.ops.stack([X, Y], axis=1),
    "expand": lambda: keras.ops.expand_dims(X, 1),
    "squeeze": lambda: keras.ops.squeeze(X[:, :1], axis=1),
    "reshape": lambda: keras.ops.reshape(X, (-1, 20)),
    "transpose": lambda: keras.ops.transpose(X, (0, 2, 1)),
    "matmul": lambda: keras.ops.matmul(X, keras.ops.transpose(Y, (0, 2, 1))),
    "where": lambda: keras.ops.where(X > 0, X, Y),
    "split": lambda: keras.ops.split(X, 2, axis=-1)[0],
    "tanh": lambda: keras.ops.tanh(X),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_shape_of_an_operation(name: str) -> None:
    """The table infers the shape that Keras infers for an operation on tensors."""
    output = OPERATIONS[name]()
    operation, node_index, _ = output._keras_history
    arguments = operation._inbound_nodes[node_index].arguments
    names = {"Concatenate": ["xs"], "Where": ["condition", "x1", "x2"]}.get(
        type(operation).__name__,
        ["x1", "x2"] if len(arguments.keras_tensors) == 2 else ["x", "key", "axis"],
    )
    binary = type(operation).__name__ in ("Add", "Subtract", "Multiply", "TrueDivide", "Power")
    names = ["x1", "x2"] if binary else names
    if type(operation).__name__ == "Stack":
        names = ["x"]
    if type(operation).__name__ == "Take":
        names = ["x", "indices"]
    given = dict(zip(names, arguments.args, strict=False)) | arguments.kwargs
    given = keras.tree.map_structure(
        lambda leaf: GraphTensor(leaf.shape) if isinstance(leaf, keras.KerasTensor) else leaf, given
    )
    options = {k: v for k, v in operation.get_config().items() if k != "name"}

    assert infer_operation(type(operation).__name__, options | given) == output.shape
