"""The equalities of the tensors that one call returns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

# One entry of an axis, or where a part of it starts and stops.
Index = tuple[int | tuple[int | None, int | None], ...]

ALL = (None, None)
# How the merge modes combine two outputs, as text and as a function.
MERGES: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "sum": ("{} + {}", lambda forward, backward: forward + backward),
    "ave": ("({} + {}) / 2", lambda forward, backward: (forward + backward) / 2),
    "mul": ("{} * {}", lambda forward, backward: forward * backward),
}


# For each type of numbers those that contain all its values exactly, the smallest first.
EXACT = {
    "float16": ("float16", "float32", "float64"),
    "bfloat16": ("bfloat16", "float32", "float64"),
    "float32": ("float32", "float64"),
    "float64": ("float64",),
}


@dataclass(frozen=True)
class View:
    """A returned tensor, or a part of it.

    Args:
        name: The name of the tensor.
        index: For each of the first axes, an index or a pair of start and stop.
        axis: The name that the text form has in place of a number in a pair.
    """

    name: str
    index: Index = ()
    axis: str = ""

    def values(self, returned: Any) -> "numpy.ndarray":
        """Return the values of this part of *returned*."""
        index = tuple(slice(*item) if isinstance(item, tuple) else item for item in self.index)
        values: numpy.ndarray = returned[self.name][index]
        return values

    def __str__(self) -> str:
        items = (
            ":".join("" if bound is None else self.axis for bound in item)
            if isinstance(item, tuple)
            else str(item)
            for item in self.index
        )
        return f"{self.name}[{', '.join(items)}]" if self.index else self.name


def holds_exactly(dtype: str, values: str) -> bool:
    """Return whether the type *dtype* can represent every number of the type *values* exactly.

    >>> from rnn_returns.rules.equality import holds_exactly
    >>> holds_exactly("float32", "float16"), holds_exactly("float16", "bfloat16")
    (True, False)
    """
    return dtype in EXACT.get(values, (values,))


def promote(first: str, second: str) -> str | None:
    """Return the type in which NumPy calculates with numbers of two types, None if not known.

    >>> from rnn_returns.rules.equality import promote
    >>> promote("float16", "bfloat16")
    'float32'
    """
    types = (dtype for dtype in EXACT.get(first, (first,)) if holds_exactly(dtype, second))
    return next(types, None)


@dataclass(frozen=True)
class Equality:
    """The equality of two returned tensors, or of parts of them.

    Args:
        left: The left side.
        right: The right side: one view, or two views that are merged.
        merge: How two views are merged: ``"sum"``, ``"ave"`` or ``"mul"``.

    >>> from rnn_returns.rules.equality import Equality, View
    >>> str(Equality(View("state_h"), (View("output", ((None, None), -1)),)))
    'state_h == output[:, -1]'
    """

    left: View
    right: tuple[View, ...]
    merge: str | None = None

    def holds(self, returned: Any) -> bool:
        """Return whether both sides have exactly the same values in *returned*.

        NaN is equal to NaN.

        Args:
            returned: The return value of ``observe``, or a mapping of names to arrays.
        """
        import numpy as np  # It is there if there are arrays, and the rules do without both.

        right = [view.values(returned) for view in self.right]
        merged = MERGES[self.merge][1](*right) if self.merge else right[0]
        return np.array_equal(self.left.values(returned), merged, equal_nan=True)

    def __str__(self) -> str:
        text = MERGES[self.merge][0] if self.merge else "{}"
        return f"{self.left} == {text.format(*self.right)}"
