"""The behaviors that differ between versions of Keras, each with its first version, as measured."""

from typing import NamedTuple

Version = tuple[int, int]


class Behavior(NamedTuple):
    """A behavior of Keras 3 that an older version does not have.

    A test compares it with the recorded measurements.

    Args:
        measurement: The measurement that shows it, by its name in ``docs/compat``; or the model
            in ``tests/package/model_files`` that does.
        first: The first version of Keras 3 with it: its first two numbers.
        text: What the newest Keras does, and what to do about it: a sentence with the placeholder
            ``{version}``. "" if nothing has to change.
    """

    measurement: str
    first: Version
    text: str = ""

    def describe(self, **values: str) -> str:
        """Return the sentence."""
        major, minor = self.first
        version = f"Keras {major}.{minor}" if minor else f"Keras {major}"
        return self.text.format(version=version, **values)


RETURNS_TUPLE = Behavior(
    "container.LSTM", (3, 0), "{version} returns a tuple, where this version returned a list."
)
FILLS_IN_NO_MASK = Behavior(
    "mask.used.initial_state",
    (3, 0),
    "{version} fills in no mask where a call has an initial state, so padded steps are processed "
    "like all others; pass mask= to the call as well.",
)
HARD_SIGMOID = Behavior(
    "numbers.LSTM.hard_sigmoid",
    (3, 0),
    "hard_sigmoid of {version} is relu6(x + 3) / 6, that of Keras 2 is 0.2 * x + 0.5 between 0 and "
    "1; to get the same numbers, pass a custom function.",
)
NO_CUDNN_LAYERS = Behavior(
    "exists.CuDNNLSTM",
    (3, 0),
    "{version} has no {old}; use {new}, which runs the same kernel on a GPU.",
)
NO_TIME_MAJOR = Behavior(
    "argument.time_major",
    (3, 0),
    "{version} has no time_major; transpose the first two axes of the input, and those of a "
    "returned sequence.",
)
PROPAGATES_PASSED_MASK = Behavior(
    "m15", (3, 11), "{version} to {last} also propagate the mask that this call passes."
)
PROPAGATES_NO_MASK = Behavior("mask.propagated.LSTM", (3, 16))

BEHAVIORS = (
    *(RETURNS_TUPLE, FILLS_IN_NO_MASK, HARD_SIGMOID, NO_CUDNN_LAYERS, NO_TIME_MAJOR),
    *(PROPAGATES_PASSED_MASK, PROPAGATES_NO_MASK),
)
# The diagnostics that apply to Keras 2 as well, each with the measurements that show it.
IN_KERAS_2 = {
    "RNN205": (
        *("mask.go_backwards", "go_backwards.output"),
        *("mask.propagated.LSTM", "mask.propagated.GRU", "mask.propagated.SimpleRNN"),
    ),
    "RNN206": ("mask.zero_output.last",),
    "RNN506": ("surprise.activity_regularizer",),
}
# The newest release.
NEWEST = (3, 15)
