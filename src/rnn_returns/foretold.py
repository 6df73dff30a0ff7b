"""What a single layer returns, to be read in a terminal: from the rules, without Keras."""

import json
from dataclasses import dataclass

from rnn_returns.layer import Layer
from rnn_returns.rules import Expected, expected
from rnn_returns.table import Table
from rnn_returns.written import written


@dataclass(frozen=True)
class Foretold:
    """What a layer returns, by the rules.

    Args:
        layer: The layer, described.
        shape: The shape of its input, None where a length is open.
        returned: What the rules say.

    >>> from rnn_returns.foretold import foretell
    >>> from rnn_returns.layer import Layer
    >>> foretell(Layer("GRU", units=4, return_state=True), (None, 3, 2))
    output, state_h = keras.layers.GRU(4, return_state=True)(x)
    <BLANKLINE>
    for x of shape (None, 3, 2): a tuple of 2
    tensor   axes            shape
    output   (batch, units)  (None, 4)
    state_h  (batch, units)  (None, 4)
    <BLANKLINE>
    without a mask, on any data: state_h == output
    """

    layer: Layer
    shape: tuple[int | None, ...]
    returned: Expected

    @property
    def code(self) -> str:
        """The line of Python that makes the layer, calls it and unpacks what comes back."""
        return f"{', '.join(self.returned.names)} = {written(self.layer, 'keras.layers.')}(x)"

    def to_json(self) -> str:
        """Write all of it as JSON text, with null for what is open in a shape."""
        told = self.returned
        tensors = [
            {"name": name, "axes": axes, "shape": shape}
            for name, axes, shape in zip(told.names, told.axes, told.shapes, strict=True)
        ]
        return json.dumps(
            {
                "layer": json.loads(self.layer.to_json()),
                "reads": self.shape,
                "container": told.container,
                "tensors": tensors,
                "equalities_without_a_mask": [str(equality) for equality in told.equalities],
                "code": self.code,
            }
        )

    def __repr__(self) -> str:
        told = self.returned
        what = "one tensor" if told.container == "tensor" else f"a tuple of {len(told.names)}"
        rows = tuple(
            (name, f"({', '.join(axes)})", str(shape))
            for name, axes, shape in zip(told.names, told.axes, told.shapes, strict=True)
        )
        table = Table(f"for x of shape {self.shape}: {what}", ("tensor", "axes", "shape"), rows)
        equal = "\n".join(f"without a mask, on any data: {each}" for each in told.equalities)
        return "\n\n".join(filter(None, [self.code, repr(table), equal]))


def foretell(layer: Layer, shape: tuple[int | None, ...]) -> Foretold:
    """Say what *layer* returns for an input of *shape*.

    Raises:
        ValueError: If Keras refuses that.
    """
    return Foretold(layer, shape, expected(layer, shape))
