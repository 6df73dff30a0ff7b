"""What the version of Keras that wrote a configuration does differently from others."""

import re
from dataclasses import dataclass
from typing import Any

from rnn_returns.models.behaviors import (
    FILLS_IN_NO_MASK,
    NEWEST,
    PROPAGATES_NO_MASK,
    PROPAGATES_PASSED_MASK,
    RETURNS_TUPLE,
    Version,
)

# The first version of each behavior.
KERAS_3 = RETURNS_TUPLE.first
TF_KERAS = (2, 4)  # TensorFlow 2.3 calls its Keras 2.4.0.
ORDERED_CELLS = (2, 2)
# Bidirectional infers the shapes of both its layers, and no recurrent layer propagates a mask.
KERAS_3_16 = PROPAGATES_NO_MASK.first
OLDEST = (2, 0)


@dataclass(frozen=True)
class Dialect:
    """Describe the version that wrote a configuration.

    Args:
        version: The first two numbers of the version. If the file names none, this is (2, 0),
            (2, 4), (3, 15) or (3, 16), by what the configuration looks like.
        is_named: Whether the file names it.
    """

    version: Version
    is_named: bool = True

    @property
    def known_version(self) -> Version | None:
        """The version; None if it can be any Keras 3, whose configurations look alike."""
        return self.version if self.is_named or not self.is_keras_3 else None

    @property
    def is_keras_3(self) -> bool:
        """Whether it is Keras 3, which returns tuples; Keras 2 returns lists."""
        return self.version >= KERAS_3

    @property
    def reverses_cells(self) -> bool:
        """Whether the states of stacked cells come last cell first."""
        return self.version < ORDERED_CELLS

    @property
    def infers_backward_layer(self) -> bool:
        """Whether ``Bidirectional`` infers the shapes of its backward layer from that layer."""
        return not KERAS_3 <= self.version < KERAS_3_16

    @property
    def propagates_recurrent_masks(self) -> bool:
        """Whether recurrent layers propagate a mask at all."""
        return self.version < PROPAGATES_NO_MASK.first

    @property
    def propagates_passed_masks(self) -> bool | None:
        """Whether a mask that the caller passes is propagated; None if that is not known."""
        if self.known_version is None:
            return None
        return not self.is_keras_3 or self.version >= PROPAGATES_PASSED_MASK.first

    @property
    def requires_single_tensor(self) -> bool:
        """Whether Keras passes a mask only to a call that has one tensor argument."""
        return self.version >= FILLS_IN_NO_MASK.first


def read_dialect(keras_version: str, config: dict[str, Any]) -> Dialect:
    """Return the dialect of a configuration, from the version that the file names if it does.

    >>> from rnn_returns.models.config.dialect import read_dialect
    >>> read_dialect("2.15.0", {}).is_keras_3
    False
    """
    named = keras_version or str(config.get("keras_version") or "")
    if match := re.match(r"(\d{1,3})\.(\d{1,3})", named):
        return Dialect((int(match[1]), int(match[2])))
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else inner
    layers = layers if isinstance(layers, list) else []
    return Dialect(
        _guess_version(config, [each for each in layers if isinstance(each, dict)]), False
    )


def _guess_version(config: dict[str, Any], layers: list[dict[str, Any]]) -> Version:
    """Return the newest version that writes configurations like this one."""
    nodes = [node for layer in layers for node in _list_nodes(layer)]
    calls = [node for node in nodes if isinstance(node, dict) and "kwargs" in node]
    modules = not nodes and str(config.get("module", "")).startswith("keras")
    if calls or modules or any("batch_shape" in _find_config(layer) for layer in layers):
        return KERAS_3_16 if _lacks_masks(layers) else NEWEST
    return OLDEST if config.get("class_name") == "Model" else TF_KERAS


def _lacks_masks(layers: list[dict[str, Any]]) -> bool:
    """Return whether recurrent layers are called without naming a mask.

    Up to Keras 3.15, a call on one tensor names it, also if it is null.
    """
    kwargs = [
        node["kwargs"]
        for layer in layers
        if "return_sequences" in _find_config(layer)
        for node in _list_nodes(layer)
        if isinstance(node, dict) and isinstance(node.get("kwargs"), dict)
    ]
    single = [each for each in kwargs if not each.get("initial_state")]
    return bool(single) and not any("mask" in each for each in single)


def _find_config(layer: dict[str, Any]) -> dict[str, Any]:
    config = layer.get("config")
    return config if isinstance(config, dict) else {}


def _list_nodes(layer: dict[str, Any]) -> list[Any]:
    nodes = layer.get("inbound_nodes")
    return nodes if isinstance(nodes, list) else []
