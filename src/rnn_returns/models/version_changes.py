"""What the newest Keras does differently with a model that an older version wrote."""

from collections.abc import Iterator

from rnn_returns.models.behaviors import (
    FILLS_IN_NO_MASK,
    NEWEST,
    PROPAGATES_PASSED_MASK,
    RETURNS_TUPLE,
    Version,
)
from rnn_returns.models.graph import GraphCall, ModelLayer


def list_changes(
    layer: ModelLayer, call: GraphCall | None, version: Version | None
) -> Iterator[str]:
    """Yield what the newest Keras does differently with a call, and what to do.

    Args:
        layer: The layer.
        call: The call, or None if it is not known.
        version: The version that wrote the file; None if not known, or for a live model.

    >>> from rnn_returns.models.graph import ModelLayer
    >>> from rnn_returns.models.version_changes import list_changes
    >>> layer = ModelLayer("CuDNNGRU(4)", {}, None, False, changes=("Keras 3 has no CuDNNGRU.",))
    >>> list(list_changes(layer, None, (2, 2)))
    ['Keras 3 has no CuDNNGRU.']
    """
    yield from layer.changes
    if call is None or version is None:
        return
    if call.container == "list":
        yield RETURNS_TUPLE.describe()
    is_filled_in = call.mask and not call.sets_mask and "initial_state" in call.arguments
    if is_filled_in and version < FILLS_IN_NO_MASK.first:
        yield FILLS_IN_NO_MASK.describe()
    is_passed = call.sets_mask and layer.flags.get("return_sequences") and not is_keras_2(version)
    if is_passed and version < PROPAGATES_PASSED_MASK.first:
        yield PROPAGATES_PASSED_MASK.describe(last="{}.{}".format(*NEWEST))


def is_keras_2(version: Version | None) -> bool:
    """Return whether a version is older than Keras 3; one that is not known is not."""
    return version is not None and version < RETURNS_TUPLE.first
