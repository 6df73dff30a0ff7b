"""The shapes of what layers return, where a file does not give them: a table of rules."""

from collections.abc import Sequence

from rnn_returns.models.config.dialect import Dialect
from rnn_returns.models.config.layer_config import SerializedLayer, read_serialized
from rnn_returns.models.config.values import expect_shape, is_shape, list_names
from rnn_returns.models.graph import ModelLayer
from rnn_returns.models.inference.convolution_rules import (
    convolve,
    convolve_depthwise,
    convolve_transposed,
    pool,
    pool_to_size,
)
from rnn_returns.models.inference.returned_values import order_outputs
from rnn_returns.models.inference.shape_rules import (
    Rule,
    ShapeError,
    attend,
    attend_with_heads,
    concatenate,
    dot,
    embed,
    embed_reversible,
    flatten,
    keep,
    merge,
    pad,
    permute,
    pool_globally,
    repeat,
    reshape,
    set_last,
    upsample,
)
from rnn_returns.rules.expectation import expected
from rnn_returns.rules.layer_spec import Shape, unwrap

Shapes = Sequence[Shape | None]

KEEPING = list_names(
    "Activation ActivityRegularization AlphaDropout BatchNormalization Dropout ELU "
    "GaussianDropout GaussianNoise GroupNormalization Identity LayerNormalization LeakyReLU "
    "Masking Normalization PReLU RMSNormalization ReLU Rescaling Softmax SpatialDropout1D "
    "SpatialDropout2D SpatialDropout3D ThresholdedReLU UnitNormalization RandomBrightness "
    "RandomContrast RandomFlip RandomRotation RandomTranslation RandomZoom"
)
MERGING = list_names("Add Average Maximum Minimum Multiply Subtract")
# The rule of every layer that is covered, besides the recurrent ones.
RULES: dict[str, Rule] = {
    **dict.fromkeys(KEEPING, keep),
    **dict.fromkeys(MERGING, merge),
    "Dense": set_last("units"),
    "Embedding": embed,
    "ReversibleEmbedding": embed_reversible,
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    "RepeatVector": repeat,
    "Concatenate": concatenate,
    "Dot": dot,
    "Attention": attend,
    "AdditiveAttention": attend,
    "MultiHeadAttention": attend_with_heads,
    "GroupQueryAttention": keep,
    "GroupedQueryAttention": keep,  # Its class, and so its name in HDF5.
}
for _rank in (1, 2, 3):
    RULES |= {
        f"Conv{_rank}D": convolve(_rank),
        f"Conv{_rank}DTranspose": convolve_transposed(_rank),
        f"DepthwiseConv{_rank}D": convolve_depthwise(_rank),
        f"SeparableConv{_rank}D": convolve(_rank),
        f"MaxPooling{_rank}D": pool(_rank),
        f"AveragePooling{_rank}D": pool(_rank),
        f"AdaptiveMaxPooling{_rank}D": pool_to_size(_rank),
        f"AdaptiveAveragePooling{_rank}D": pool_to_size(_rank),
        f"GlobalMaxPooling{_rank}D": pool_globally(_rank),
        f"GlobalAveragePooling{_rank}D": pool_globally(_rank),
        f"Cropping{_rank}D": pad(_rank, "cropping", -1),
        f"ZeroPadding{_rank}D": pad(_rank, "padding", 1),
        f"UpSampling{_rank}D": upsample(_rank),
    }
# What runs Python code that is not in the configuration, or only as bytecode.
CODE = ("TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper")
# Why a shape is not known; {} stands for the layer.
NO_RULE = "the table of shapes does not include {}"
OWN_CODE = "{} runs custom code"
UNKNOWN_INPUT = "the shape of the input of {} is not known"


class UnknownShapeError(Exception):
    """A shape that does not follow from the configuration, with the reason."""


def infer_layer(layer: SerializedLayer, shapes: Shapes) -> Shape:
    """Return the shape of what a layer that is not recurrent returns.

    Args:
        layer: The layer.
        shapes: The shapes of its inputs, the first one first, None where they are not known.

    Raises:
        UnknownShapeError: If the shape does not follow from the configuration.
        ValueError: If the layer cannot process these shapes.

    >>> from rnn_returns.models.config.layer_config import SerializedLayer
    >>> from rnn_returns.models.inference.shapes import infer_layer
    >>> infer_layer(SerializedLayer("Dense", {"units": 4}, False), [(None, 5, 3)])
    (None, 5, 4)
    """
    name = layer.class_name
    if name == "Lambda" and not layer.is_custom:
        return _read_output_shape(layer, shapes)
    if layer.is_custom or name in CODE:
        raise UnknownShapeError(OWN_CODE)
    if name == "TimeDistributed":
        return _infer_slices(layer, shapes)
    if name == "SpectralNormalization":
        inner = read_serialized(layer.config.get("layer"), "the layer in SpectralNormalization")
        if inner.class_name == name:
            raise UnknownShapeError(NO_RULE)
        return infer_layer(inner, shapes)
    rule = RULES.get(name)
    if rule is None:
        raise UnknownShapeError(NO_RULE)
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes) or not known:
        raise UnknownShapeError(UNKNOWN_INPUT)
    if not known[0]:
        raise ShapeError("The input has no axes.")
    shape = rule(layer.config, known)
    if shape is None:
        raise UnknownShapeError(NO_RULE)
    if any(size is not None and size < 0 for size in shape):
        raise ShapeError(f"Nothing is left of an axis: the shape would be {shape}.")
    return shape


def _read_output_shape(layer: SerializedLayer, shapes: Shapes) -> Shape:
    """Return the shape that a Lambda layer was given, which does not include the batch axis."""
    value = layer.config.get("output_shape")
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        value = value.get("items")
    if not value or not is_shape(value):
        raise UnknownShapeError(OWN_CODE)
    if not shapes or not shapes[0]:
        raise UnknownShapeError(UNKNOWN_INPUT)
    return (shapes[0][0], *expect_shape(value, "output_shape"))


def _infer_slices(layer: SerializedLayer, shapes: Shapes) -> Shape:
    """Return the shape of what TimeDistributed returns around a layer that is not recurrent."""
    shape = shapes[0] if shapes else None
    if shape is None:
        raise UnknownShapeError(UNKNOWN_INPUT)
    if len(shape) < 3:
        raise ShapeError(f"TimeDistributed needs at least three axes, got {shape}.")
    inner = read_serialized(layer.config.get("layer"), "the layer in TimeDistributed")
    batch, *rest = infer_layer(inner, [(shape[0], *shape[2:])])
    return (batch, shape[1], *rest)


def infer_recurrent(layer: ModelLayer, shape: Shape | None, dialect: Dialect) -> list[Shape]:
    """Return the shapes of what a recurrent layer returns, flat, as the model was created.

    Raises:
        UnknownShapeError: If the shape of the input is not known, or the rules do not cover it.
    """
    if layer.spec is None:
        raise UnknownShapeError(OWN_CODE)
    if shape is None:
        raise UnknownShapeError(UNKNOWN_INPUT)
    if layer.is_time_major and len(shape) > 1:
        shape = (shape[1], shape[0], *shape[2:])
    try:
        symbolic = not dialect.infers_backward_layer
        result = expected(layer.spec, shape, symbolic=symbolic)
    except ValueError as error:
        raise UnknownShapeError(f"the rules do not cover {{}}: {error}".rstrip(".")) from None
    shapes = list(result.shapes)
    if layer.is_time_major and unwrap(layer.spec).return_sequences:
        shapes[0] = (shapes[0][1], shapes[0][0], *shapes[0][2:])
    return [shapes[i] for i in order_outputs(layer.spec, dialect)]
