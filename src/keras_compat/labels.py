"""The texts of a measurement: titles of behaviors, values, and names of environments.

The messages are templates for the catalogs of the translations: a ``{name}`` stands for a value,
and code is in backticks.
"""

import re
from collections.abc import Iterable
from enum import StrEnum

from keras_compat.data_files import MeasuredKeras, Value
from keras_compat.environments import Environment
from keras_compat.probe import ACCEPTED, MEASUREMENTS
from rnn_returns.messages import Joined, Message

BACKENDS = {
    "tensorflow": "TensorFlow",
    "jax": "JAX",
    "torch": "PyTorch",
    "numpy": "NumPy",
    "openvino": "OpenVINO",
}

# The groups of behaviors, by the first part of their names.
GROUPS = {
    "returns": "What comes back",
    "container": "In what container",
    "equal": "What is equal",
    "exists": "Which layers there are",
    "go_backwards": "Reading backwards",
    "mask": "Masks",
    "numbers": "Numbers",
    "dtype": "Data types",
    "default": "Defaults",
    "state": "States",
    "dropout": "Dropout",
    "argument": "Arguments",
    "surprise": "Surprises",
    "error": "Messages",
}

# What torch_probe.py reports in words; it cannot be imported without PyTorch.
PYTORCH_ANSWERS = ("output at real steps", "equal", "different")


class TableText(StrEnum):
    """What the tables contain besides titles and values."""

    # Where a value was measured.
    ON = "{keras} on {backend}"
    ON_GPU = "{keras} on {backend}, GPU"
    GPU = "{name}, GPU"
    CPU = "{name}, CPU"
    FROM_TO = "{first} to {last}"
    # Captions.
    BEHAVIORS = "{count} behaviours"
    DIFFER = "{count} behaviours differ"
    FAST_KERNEL = "{count} behaviours that a fast kernel may change"
    ENVIRONMENTS = "{count} environments"
    TENSORS = "{count} tensors"
    # Heads of columns.
    ENVIRONMENT = "what"
    VERSIONS = "with"
    DATE = "on"
    LAYER = "layer"
    TENSOR = "tensor"
    SHAPE = "shape"
    PYTORCH = "beside PyTorch's"
    # Inside a row.
    PICK = "The Keras that you have"
    ERROR = "refused"
    NOT_RUN = "not run"
    NO_GPU = "no GPU was at hand"
    GPU_NOT_USED = "the GPU at hand was not used"


def list_messages() -> list[str]:
    """List the templates of all messages in the tables, each once."""
    measurements = MEASUREMENTS.values()
    titles = [measurement.title for measurement in measurements]
    answers = [answer for measurement in measurements for answer in measurement.answers]
    texts = [*TableText, *answers, ACCEPTED, *PYTORCH_ANSWERS, *GROUPS.values(), *titles]
    return [str(text) for text in dict.fromkeys(texts)]


def sort_behaviors(behaviors: Iterable[str]) -> list[str]:
    """Sort names into the order of the probe; those with one pattern and title by name."""
    titles = [(measurement.pattern, measurement.title) for measurement in MEASUREMENTS.values()]
    places = dict(zip(MEASUREMENTS, map(titles.index, titles), strict=True))
    return sorted(behaviors, key=lambda name: (places[name], name))


def format_title(behavior: str) -> Message:
    """Return the title of a behavior.

    >>> from keras_compat.labels import format_title
    >>> format_title("container.LSTM")
    'container that LSTM returns with return_state'
    """
    measurement = MEASUREMENTS[behavior]
    return Message(measurement.title, **measurement.fields)


def format_group_and_title(behavior: str) -> Joined:
    """Return the title of a behavior after the name of its group."""
    group = Message(GROUPS[behavior.split(".")[0]])
    return Joined(": ", [group, format_title(behavior)])


def format_answer(value: str, answers: Iterable[str]) -> str:
    """Return a value as a message if it is one of the *answers*, or of the probe's own words.

    >>> from keras_compat.labels import format_answer
    >>> format_answer("4 values", ["{count} values"]).values
    {'count': '4'}
    """
    for answer in [*answers, ACCEPTED]:
        pattern = re.escape(answer.replace("`", ""))
        match = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", pattern), value)
        if match:
            return Message(answer, **match.groupdict())
    return value


def format_value(behavior: str, value: Value) -> str:
    """Return the value of a behavior in words; a list holds numbers."""
    if isinstance(value, list):
        return ", ".join(f"{number:.6f}" for number in value)
    return format_answer(value, MEASUREMENTS[behavior].answers)


def format_label(keras: MeasuredKeras) -> str:
    """Return the name that readers know, with the backend if it is not TensorFlow."""
    environment = keras.environment
    if environment.backend != "tensorflow":
        return format_environment(environment)
    name = environment.label
    return Message(TableText.GPU, name=name) if environment.gpu else name


def format_environment(environment: Environment) -> Message:
    """Return the name of an environment with its backend."""
    template = TableText.ON_GPU if environment.gpu else TableText.ON
    return Message(template, keras=environment.label, backend=BACKENDS[environment.backend])


def format_range(first: MeasuredKeras, last: MeasuredKeras) -> str:
    """Return the names of the first and the last of neighboring versions."""
    start, end = format_label(first), format_label(last)
    return start if start == end else Message(TableText.FROM_TO, first=start, last=end)


def format_reason(keras: MeasuredKeras) -> str:
    """Return why nothing was run in an environment."""
    not_run = Message(TableText.NOT_RUN)
    if not keras.not_run:
        return not_run
    return Joined(": ", [not_run, format_answer(keras.not_run, list(TableText))])
