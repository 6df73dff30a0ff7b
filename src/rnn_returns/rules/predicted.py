"""The return value of a single layer by the rules, as text for a terminal and as JSON."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from rnn_returns.rules.expectation import Expected, expected
from rnn_returns.rules.layer_spec import LayerSpec
from rnn_returns.rules.to_source import to_source
from rnn_returns.table import Table


@dataclass(frozen=True)
class PredictedReturn:
    """What a layer returns by the rules.

    Args:
        layer: The layer, described.
        shape: The shape of its input, None where a length is open.
        returned: What the rules say.

    >>> from rnn_returns.rules.predicted import predict_return
    >>> from rnn_returns.rules.layer_spec import LayerSpec
    >>> predict_return(LayerSpec("GRU", units=4, return_state=True), (None, 3, 2))
    output, state_h = keras.layers.GRU(4, return_state=True)(x)
    <BLANKLINE>
    for x of shape (None, 3, 2): a tuple of 2
    tensor   axes            shape
    output   (batch, units)  (None, 4)
    state_h  (batch, units)  (None, 4)
    <BLANKLINE>
    without a mask, on any data: state_h == output
    """

    layer: LayerSpec
    shape: tuple[int | None, ...]
    returned: Expected

    @property
    def code(self) -> str:
        """The line of Python that makes the layer, calls it and unpacks what it returns."""
        return f"{', '.join(self.returned.names)} = {to_source(self.layer, 'keras.layers.')}(x)"

    @property
    def _tensors(self) -> Iterator[tuple[str, tuple[str, ...], tuple[int | None, ...]]]:
        return zip(self.returned.names, self.returned.axes, self.returned.shapes, strict=True)

    def to_json(self) -> str:
        """Write everything as JSON text, with null for an open length in a shape."""
        equalities = [str(equality) for equality in self.returned.equalities]
        tensors = [
            {"name": name, "axes": axes, "shape": shape} for name, axes, shape in self._tensors
        ]
        return json.dumps(
            {
                "layer": json.loads(self.layer.to_json()),
                "reads": self.shape,
                "container": self.returned.container,
                "tensors": tensors,
                "equalities_without_a_mask": equalities,
                "code": self.code,
            }
        )

    def __repr__(self) -> str:
        several = self.returned.container != "tensor"
        container = f"a tuple of {len(self.returned.names)}" if several else "one tensor"
        caption = f"for x of shape {self.shape}: {container}"
        rows = tuple(
            (name, f"({', '.join(axes)})", str(shape)) for name, axes, shape in self._tensors
        )
        table = Table(caption, ("tensor", "axes", "shape"), rows)
        equalities = "\n".join(
            f"without a mask, on any data: {equality}" for equality in self.returned.equalities
        )
        return "\n\n".join(filter(None, [self.code, repr(table), equalities]))


def predict_return(layer: LayerSpec, shape: tuple[int | None, ...]) -> PredictedReturn:
    """Predict what *layer* returns for an input of *shape*.

    Raises:
        ValueError: If Keras refuses the layer or the call.
    """
    return PredictedReturn(layer, shape, expected(layer, shape))
