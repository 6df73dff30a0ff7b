"""Which masks layers receive and propagate, by the rules of the version that wrote the file."""

from collections.abc import Sequence
from dataclasses import dataclass

from rnn_returns.models.behaviors import NEWEST
from rnn_returns.models.config.dialect import Dialect
from rnn_returns.models.config.layer_config import KINDS, SerializedLayer, read_serialized
from rnn_returns.models.config.values import list_names
from rnn_returns.models.graph import GraphTensor, Mask
from rnn_returns.models.inference.shapes import MERGING, RULES
from rnn_returns.rules.layer_spec import Shape

# Layers that propagate the mask of their first input in every version.
PROPAGATING = list_names(
    "Activation AlphaDropout BatchNormalization Dense Dropout ELU GaussianDropout GaussianNoise "
    "LayerNormalization LeakyReLU PReLU ReLU Softmax SpatialDropout1D SpatialDropout2D "
    "SpatialDropout3D ThresholdedReLU TimeDistributed ActivityRegularization"
)
# Layers that do so in the newest release, and of which it is not known since when.
PROPAGATING_NOW = list_names(
    "GroupNormalization GroupQueryAttention GroupedQueryAttention Identity MultiHeadAttention "
    "Normalization Rescaling UnitNormalization"
)
ATTENTION = ("Attention", "AdditiveAttention")


@dataclass(frozen=True)
class MaskState:
    """The mask of a tensor or of a call, as far as it is known.

    Args:
        mask: The mask, or None.
        is_known: Whether that is known.
    """

    mask: Mask | None = None
    is_known: bool = True


NONE = MaskState()
UNKNOWN = MaskState(is_known=False)


def mask_of(tensor: GraphTensor | None) -> MaskState:
    """Return the mask that a tensor carries."""
    return MaskState(tensor.mask, tensor.is_mask_known) if tensor else NONE


def propagate_through_recurrent(
    layer: SerializedLayer,
    returns_sequences: bool,
    previous: MaskState,
    count: int,
    dialect: Dialect,
) -> list[MaskState]:
    """Return the masks of what a recurrent layer, or a wrapper around one, returns.

    Args:
        layer: The layer.
        returns_sequences: Whether it, or the layer that it wraps, returns a sequence.
        previous: The mask that it computes them from.
        count: How many tensors it returns.
        dialect: The version.
    """
    if layer.is_custom or layer.class_name not in KINDS:
        return [UNKNOWN] * count
    if not dialect.propagates_recurrent_masks:
        return [NONE] * count
    if layer.class_name != "TimeDistributed" and not returns_sequences:
        return [NONE] * count
    separate = layer.class_name == "Bidirectional" and layer.config.get("merge_mode", 0) is None
    return [previous if i <= separate else NONE for i in range(count)]


def propagate_through_layer(
    layer: SerializedLayer,
    inputs: Sequence[GraphTensor],
    shape: Shape | None,
    dialect: Dialect,
) -> MaskState:
    """Return the mask of what a layer that is not recurrent returns.

    Args:
        layer: The layer.
        inputs: The tensors in its first argument.
        shape: The shape of its output, None if that is not known.
        dialect: The version.
    """
    name, first = layer.class_name, inputs[0] if inputs else None
    if layer.is_custom:
        return UNKNOWN
    if name == "Embedding":
        made = Mask(first.shape if first else None)
        return MaskState(made) if layer.config.get("mask_zero") else NONE
    if name == "Masking":
        return MaskState(Mask(first.shape[:-1] if first and first.shape else None))
    if name == "Lambda":
        # Its configuration includes a mask, at least in the newest release.
        version = dialect.known_version
        known = version and version >= NEWEST and layer.config.get("mask") is None
        return NONE if known else UNKNOWN
    if name in MERGING or name == "Concatenate":
        return _merge_masks(name, inputs, shape)
    if name == "TimeDistributed" and not dialect.is_keras_3:
        return _propagate_through_slices(layer, first)
    if name in PROPAGATING or name in ATTENTION:
        if dialect.version > NEWEST and mask_of(first) != NONE:
            return UNKNOWN
        return mask_of(first)
    if name in PROPAGATING_NOW:
        checked = dialect.known_version == NEWEST or mask_of(first) == NONE
        return mask_of(first) if checked else UNKNOWN
    return NONE if name in RULES else UNKNOWN


def _merge_masks(name: str, inputs: Sequence[GraphTensor], shape: Shape | None) -> MaskState:
    """Return the mask of a merging layer."""
    states = [mask_of(tensor) for tensor in inputs]
    if name == "Concatenate":  # A mask of any input is enough.
        if any(state.mask for state in states):
            return MaskState(Mask(shape[:-1] if shape else None))
        return NONE if all(state.is_known for state in states) else UNKNOWN
    if any(state.is_known and state.mask is None for state in states):
        return NONE
    if not all(state.is_known for state in states):
        return UNKNOWN
    shapes = {state.mask.shape for state in states if state.mask}
    return MaskState(Mask(shapes.pop() if len(shapes) == 1 else None))


def _propagate_through_slices(layer: SerializedLayer, first: GraphTensor | None) -> MaskState:
    """Return the mask of TimeDistributed in Keras 2, where the wrapped layer can make one."""
    inner = read_serialized(layer.config.get("layer"), "the layer in TimeDistributed")
    makes_mask = inner.class_name == "Masking" or (
        inner.class_name == "Embedding" and inner.config.get("mask_zero")
    )
    if inner.is_custom or makes_mask:
        return UNKNOWN
    return mask_of(first)
