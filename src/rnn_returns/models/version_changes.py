"""What the newest Keras does differently with a model that an older version wrote."""

from collections.abc import Iterator

from rnn_returns.models.graph import GraphCall, ModelLayer

# Keras 3 propagates a mask that the caller passes from this version on.
PROPAGATES_PASSED_MASK = (3, 12)


def list_changes(layer: ModelLayer, call: GraphCall | None, keras_version: str) -> Iterator[str]:
    """Yield what the newest Keras does differently with a call, and what to do.

    Args:
        layer: The layer.
        call: The call, or None if it is not known.
        keras_version: The version that wrote the file; "" for a live model.

    >>> from rnn_returns.models.graph import ModelLayer
    >>> from rnn_returns.models.version_changes import list_changes
    >>> layer = ModelLayer("CuDNNGRU(4)", {}, None, False, changes=("Keras 3 has no CuDNNGRU.",))
    >>> list(list_changes(layer, None, "2.2.4"))
    ['Keras 3 has no CuDNNGRU.']
    """
    yield from layer.changes
    if call is None:
        return
    if call.container == "list":
        yield "Keras 3 returns a tuple, where this version returned a list."
    is_old = is_keras_2(keras_version)
    if is_old and call.mask and not call.sets_mask and "initial_state" in call.arguments:
        yield (
            "Keras 3 fills in no mask where a call has an initial state, so padded steps are read "
            "like all others; pass mask= to the call as well."
        )
    sequences = layer.flags.get("return_sequences")
    if call.sets_mask and sequences and not is_old and _is_before_3_12(keras_version):
        yield "Keras 3.12 and newer also propagate the mask that this call passes."


def is_keras_2(keras_version: str) -> bool:
    """Return whether a version is older than Keras 3; "" is not."""
    return keras_version.startswith(("1.", "2."))


def _is_before_3_12(keras_version: str) -> bool:
    numbers = keras_version.split(".")[:2]
    if len(numbers) < 2 or not all(number.isdecimal() for number in numbers):
        return False
    return tuple(map(int, numbers)) < PROPAGATES_PASSED_MASK
