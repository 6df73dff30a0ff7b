"""The list of returned tensors below a diagram."""

from collections.abc import Iterable
from typing import Any, TypedDict

from rnn_returns.messages import Message
from rnn_returns.rules.expectation import Expected


class TensorLine(TypedDict):
    """A line of the list of returned tensors."""

    opens: str  # The containers that begin with it.
    name: str
    closes: str
    shape: str
    axes: str
    swatch: list[list[str]]  # For each of its boxes the marks of the values in it.


def list_tensors(rules: Expected, swatches: dict[str, list[list[str]]]) -> list[TensorLine]:
    """List the returned tensors, with the swatch of each tensor of the unrolled layer."""
    if len(rules.names) == 1:  # TimeDistributed stacks all tensors into one.
        swatches = {rules.names[0]: [box for swatch in swatches.values() for box in swatch]}
    brackets = _brackets(rules.structure) if rules.container != "tensor" else [("", "")]
    return [
        {
            "opens": opens,
            "name": name,
            "closes": closes,
            "shape": str(shape),
            "axes": ", ".join(axes),
            "swatch": swatches[name],
        }
        for name, shape, axes, (opens, closes) in zip(
            rules.names, rules.shapes, rules.axes, brackets, strict=True
        )
    ]


def _brackets(structure: Iterable[Any]) -> list[tuple[str, str]]:
    """List for each tensor the inner containers that begin and end with it."""
    found: list[tuple[str, str]] = []
    for item in structure:
        if isinstance(item, str):
            found.append(("", ""))
            continue
        pair = "[]" if isinstance(item, list) else "()"
        inner = _brackets(item)
        inner[0] = (pair[0] + inner[0][0], inner[0][1])
        inner[-1] = (inner[-1][0], inner[-1][1] + pair[1])
        found.extend(inner)
    return found


def describe_container(rules: Expected) -> Message:
    """Describe what is returned, as ``observe`` does."""
    if rules.container == "tensor":
        return Message("one tensor")
    values = {"container": rules.container, "count": len(rules.structure)}
    if len(rules.names) > len(rules.structure):
        template = "a {container} of {count}, {tensors} tensors"
        return Message(template, **values, tensors=len(rules.names))
    return Message("a {container} of {count}", **values)
