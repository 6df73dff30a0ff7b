"""A mutation changes the function that runs, or it is an error."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mutation.mutation import Mutation

OWN_LAYERS = """
import functools

def plain(x):
    return x + 1

def show(function):
    @functools.wraps(function)
    def wrapper(x):
        return function(x)
    return wrapper

@show
@show
def decorated(x):
    return x + 1

def show_plainly(function):
    def wrapper(x):
        return function(x)
    return wrapper

@show_plainly
def decorated_without_wraps(x):
    return x + 1

def replace(function):
    @functools.wraps(function)
    def wrapper(x):
        return x + 1
    return wrapper

@replace
def never_runs(x):
    return x + 1

class Base:
    def call(self, x):
        return x

class Layer(Base):
    def call(self, x):
        return super().call(x) + 1

    @classmethod
    def of_class(cls, x):
        return x + 1

    @staticmethod
    def of_nothing(x):
        return x + 1

    @property
    def value(self):
        return self.x + 1

    x = 2

    def _private(self, x):
        self.__x = x
        return self.__x + 1

    def default(self, x, *, y=0 + 1):
        z = y
        return x + z

def make(y):
    def made(x):
        return x + y + 1
    return made

made = make(0)
"""


@pytest.fixture
def own_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the name of a module to mutate, which another module has imported by name."""
    (tmp_path / "own_layers.py").write_text(OWN_LAYERS)
    (tmp_path / "own_users.py").write_text("from own_layers import *\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "own_layers"
    for name in ("own_layers", "own_users"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("where", "call"),
    [
        ("plain", "plain(2)"),
        ("decorated", "decorated(2)"),
        ("decorated_without_wraps", "decorated_without_wraps(2)"),
        ("Layer.call", "Layer().call(2)"),
        ("Layer.of_class", "Layer.of_class(2)"),
        ("Layer.of_nothing", "Layer.of_nothing(2)"),
        ("Layer.value", "Layer().value"),
        ("Layer._private", "Layer()._private(2)"),
        ("Layer.default", "Layer().default(2)"),
        ("made", "made(2)"),
    ],
)
def test_a_mutation_takes_effect(own_layers: str, where: str, call: str) -> None:
    """A mutation of any kind of function changes it also where it was imported by name before."""
    users = vars(importlib.import_module("own_users"))
    assert eval(call, users) == 3

    Mutation("minus", f"{own_layers}:{where}", "+ 1", "- 1").make()

    assert eval(call, users) == 1


def test_without_super(own_layers: str) -> None:
    """A mutated method need not use the variables that the original takes from its class."""
    layers = importlib.import_module(own_layers)

    Mutation("alone", f"{own_layers}:Layer.call", "super().call(x) + 1", "x - 1").make()

    assert layers.Layer().call(2) == 1


def test_a_compiled_function(own_layers: str, tmp_path: Path) -> None:
    """A mutation of what `tf.function` compiles, or compiles with it, takes effect."""
    tensorflow = pytest.importorskip("tensorflow")
    layers = importlib.import_module(own_layers)
    layers.compiled = tensorflow.function(layers.plain)  # type: ignore[attr-defined]

    Mutation("minus", f"{own_layers}:plain", "+ 1", "- 1").make()
    Mutation("twice", f"{own_layers}:compiled", "x - 1", "x * 2").make()

    assert layers.compiled(tensorflow.constant(5)).numpy() == 10
    with pytest.raises(ValueError, match="traced already"):
        Mutation("late", f"{own_layers}:compiled", "x * 2", "x").check()


def test_the_call_of_a_layer() -> None:
    """`Layer.__call__`, which Keras decorates, is mutated and not its decorator."""
    where = "keras.src.layers.layer:Layer.__call__"

    assert Mutation("call", where, "self._check_super_called()", "pass").source()
    Mutation("call", where, "self._check_super_called()", "pass").check()


@pytest.mark.parametrize(
    ("where", "old", "new", "message"),
    [
        ("plain", "x + 1", "(x + 1)", "'it rains' has no effect"),
        ("plain", "x + 1", "x + 1  # same", "'it rains' has no effect"),
        ("decorated", "@show\n@show", "@show", "'it rains' has no effect"),
        ("never_runs", "x + 1", "x", "not a function that runs: a wrapper replaces it"),
        ("Layer", "x + 1", "x", "which is not a function"),
        ("plain", "x + 1", "x +", "is not Python"),
        ("Layer._private", "+ 1", "+ super().call(1)", "no access to __class__ around it"),
    ],
)
def test_a_mutation_without_effect(
    own_layers: str, where: str, old: str, new: str, message: str
) -> None:
    """A mutation that would leave what runs as it is, or cannot be made, is an error."""
    with pytest.raises(ValueError, match=message):
        Mutation("it rains", f"{own_layers}:{where}", old, new).check()


def test_changed_lines(own_layers: str) -> None:
    """A mutation changes the lines of its statement; of a default, those of the function."""
    text = OWN_LAYERS.splitlines()
    first = text.index("    def default(self, x, *, y=0 + 1):") + 1
    where = f"{own_layers}:Layer.default"

    all_lines = {first, first + 1, first + 2}
    for old, lines in {
        "x + z": {first + 2},
        "0 + 1": all_lines,
        "0 + 1):\n        z": all_lines,
    }.items():
        _, changed, _ = Mutation("", where, old, "").changed_lines()
        assert changed == lines
