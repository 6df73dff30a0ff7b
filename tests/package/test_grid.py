"""The rules are held against Keras, case by case: all that should come back did, and no more."""

from collections.abc import Iterator
from itertools import combinations, product

import keras
import numpy as np
import pytest
from support import grid

from rnn_returns import Expected, LayerSpec, describe, expected
from rnn_returns.rules.equality import ALL, MERGES, Equality, Index, View

STRIDE = 23

# A few of every family first, so that whatever is wrong is met early.
ACCEPTED = grid.list_accepted()
CASES = [case for start in range(STRIDE) for case in ACCEPTED[start::STRIDE]]
REJECTED = grid.list_rejected()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rules_are_what_keras_does(case: grid.Case) -> None:
    """What the rules say of a layer is what Keras returns, and no equality is wrong or left out."""
    layer = grid.build_layer(case.layer)
    rule = expected(layer, case.shape, **case.call)
    returned = grid.run_case(case, layer)

    assert expected(case.layer, case.shape, **case.call) == rule
    assert LayerSpec.from_json(describe(layer).to_json()) == describe(layer)
    assert rule.names == returned.names
    assert rule.container == returned.container
    assert rule.structure == returned.structure
    assert rule.shapes == returned.shapes
    assert rule.axes == returned.axes
    assert tuple(map(len, rule.axes)) == tuple(map(len, rule.shapes))
    assert rule.mask == (None if returned.mask is None else tuple(returned.mask.shape))
    if not case.symbolic:
        if rule.mask:
            np.testing.assert_array_equal(returned.mask, grid.make_masks(case))
        assert all(equality.holds(returned) for equality in rule.equalities)
        # Every equality that there could be between the states and the output is tried out.
        tried = _pair_entries(rule) if rule.axes[0][0] == "returned" else _pair_tensors(rule)
        found = {str(equality) for equality in tried if equality.holds(returned)}
        assert set(map(str, rule.equalities)) == found


@pytest.mark.parametrize(
    ("case", "error", "keras_says", "ours"), REJECTED, ids=[str(case) for case, *_ in REJECTED]
)
def test_rules_refuse_what_keras_refuses(
    case: grid.Case, error: type[Exception], keras_says: str, ours: str
) -> None:
    """What Keras fails on, the rules refuse with a reason."""
    with pytest.raises(error, match=keras_says):
        grid.run_case(case, grid.build_layer(case.layer), call=keras.Layer.__call__)
    with pytest.raises(ValueError, match=ours):
        expected(case.layer, case.shape, **case.call)


def _pair_entries(rule: Expected) -> Iterator[Equality]:
    """All that TimeDistributed stacked, each entry against each that is before it."""
    entries = [View("output", (i,)) for i in range(rule.shapes[0][0] or 0)]
    for one, other in combinations(entries, 2):
        yield Equality(other, (one,))
    for pair, merge in product(combinations(entries[1:], 2), MERGES):
        yield Equality(entries[0], pair, merge)


def _pair_tensors(rule: Expected) -> Iterator[Equality]:
    """Each state against each output and what it may be a part of."""
    tensors = dict(zip(rule.names, zip(rule.axes, rule.shapes, strict=True), strict=True))
    outputs = [name for name in rule.names if name.endswith("output")]
    states = [name for name in rule.names if not name.endswith("output")]
    sizes = {tensors[name][1][-1] or 0 for name in states}
    for name in outputs:
        axes, shape = tensors[name]
        steps: list[Index] = [()]
        if "timesteps" in axes:
            steps += [(ALL, -1), (ALL, 0)] if shape[1] != 1 else [(ALL, -1)]
        for state, step in product(states, steps):
            yield Equality(View(state), (View(name, step),))
            for size in sizes:
                whole = (*step, *[ALL] * (len(shape) - 1 - len(step)))
                for part in ((None, size), (size, None)):
                    if size < (shape[-1] or 0):
                        view = View(name, (*whole, part), axes[-1])
                        yield Equality(View(state), (view,))
        for one, other in combinations(states, 2):
            lengths = {tensors[one][1][-1], tensors[other][1][-1]}
            for step, merge in product(steps, MERGES):
                if len(lengths) == 1 or 1 in lengths:
                    yield Equality(View(name, step), (View(one), View(other)), merge)
