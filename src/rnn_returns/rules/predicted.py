"""The return value of a single layer by the rules, as text for a terminal and as JSON."""

import json
from dataclasses import asdict
from typing import Any

from rnn_returns.rules.expectation import expected
from rnn_returns.rules.layer_spec import LayerSpec, Shape
from rnn_returns.rules.to_source import to_source
from rnn_returns.table import Table


class PredictedReturn:
    """What a layer returns by the rules.

    Args:
        layer: The layer, described.
        shape: The shape of its input, None where a length is open.
        mask: Whether it is called with a mask.
        initial_state: Whether it is called with an initial state.

    Raises:
        ValueError: If Keras does not support the layer or the call.

    >>> from rnn_returns.rules.predicted import PredictedReturn
    >>> from rnn_returns.rules.layer_spec import LayerSpec
    >>> PredictedReturn(LayerSpec("GRU", units=4, return_state=True), (None, 3, 2))
    output, state_h = keras.layers.GRU(4, return_state=True)(x)
    <BLANKLINE>
    for x of shape (None, 3, 2): a tuple of 2
    tensor   axes            shape
    output   (batch, units)  (None, 4)
    state_h  (batch, units)  (None, 4)
    <BLANKLINE>
    without a mask, for any input: state_h == output
    """

    def __init__(
        self, layer: LayerSpec, shape: Shape, *, mask: bool = False, initial_state: bool = False
    ) -> None:
        self.layer, self.shape = layer, shape
        self.options = {"mask": mask, "initial_state": initial_state}
        self.returned = expected(layer, shape, **self.options)
        # The Python that makes the layer, calls it and unpacks what it returns.
        given = [f"{name}={name}" for name, is_given in self.options.items() if is_given]
        call = f"{to_source(layer, 'keras.layers.')}({', '.join(['x', *given])})"
        self.code = f"{', '.join(self.returned.names)} = {call}"

    def to_data(self) -> dict[str, Any]:
        """Return everything as data for JSON, with None for an open length in a shape."""
        return {
            "layer": json.loads(self.layer.to_json()),
            "reads": self.shape,
            **self.options,
            "container": self.returned.container,
            "tensors": [asdict(tensor) for tensor in self.returned.tensors],
            "equalities": [str(each) for each in self.returned.equalities],
            "code": self.code,
        }

    def __repr__(self) -> str:
        several = self.returned.container != "tensor"
        container = f"a tuple of {len(self.returned.names)}" if several else "one tensor"
        caption = f"for x of shape {self.shape}: {container}"
        rows = tuple(
            (tensor.name, f"({', '.join(tensor.axes)})", str(tensor.shape))
            for tensor in self.returned.tensors
        )
        table = Table(caption, ("tensor", "axes", "shape"), rows)
        masked = "with any mask" if self.options["mask"] else "without a mask"
        equalities = "\n".join(
            f"{masked}, for any input: {equality}" for equality in self.returned.equalities
        )
        return "\n\n".join(filter(None, [self.code, repr(table), equalities]))
