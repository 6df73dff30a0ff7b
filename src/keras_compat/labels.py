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
    "returns": "Return values",
    "container": "Containers",
    "equal": "Equal tensors",
    "exists": "Layers",
    "go_backwards": "Reversed sequences",
    "mask": "Masks",
    "numbers": "Values",
    "dtype": "Data types",
    "default": "Defaults",
    "state": "States",
    "dropout": "Dropout",
    "argument": "Arguments",
    "surprise": "Pitfalls",
    "error": "Error messages",
}

# What a page shows for a recorded value; the recorded values never change.
WORDINGS = {
    "accepted": "no error",
    "accepted, {count} values": "no error, {count} tensors",
    "accepted, {shape}": "no error, shape {shape}",
    "a model is built": "no error",
    "runs": "no error",
    "none": "no warning",
    "{count} values, flat": "{count} tensors without an inner container",
    "{count} answers": "{count} predictions",
    "{count} penalties": "{count} losses",
    "cut along the batch": "split along the batch axis",
    "the second is ignored": "the second tensor is ignored",
    "row by row": "the first row is used as h, the second as c",
    "of the input": "the order of the input",
    "resets": "the states are reset",
    "not in its configuration": "not in the configuration",
    "output at real steps": "output at unmasked time steps",
    "no GPU was at hand": "no GPU was available",
    "the GPU at hand was not used": "the GPU was not used",
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
    DIFFER = "{count} differences between the backends"
    FAST_KERNEL = "{count} behaviors that can differ on a GPU"
    ENVIRONMENTS = "{count} environments"
    TENSORS = "{count} tensors"
    # Heads of columns.
    VERSIONS = "versions"
    DATE = "measured on"
    LAYER = "layer"
    TENSOR = "tensor"
    SHAPE = "shape"
    PYTORCH = "compared with PyTorch"
    # Inside a row.
    PICK = "Version and backend"
    DIFFERENCES = "Differences from {newest}"
    SINCE = "since {version}"
    RESULT = "Different results without an error"
    RAISED = "Errors in only one of the two"
    RAISED_BY_SOME = "Errors with some backends"
    STRUCTURE = "Different containers, shapes, data types or arguments"
    WORDING = "Different error types, error messages or warnings"
    KERAS_3 = "Keras 3 on TensorFlow"
    OTHER_BACKENDS = "Keras 3 on other backends"
    ERROR = "raises {error}"
    NOT_RUN = "not run"
    NOT_MEASURED = "Not measured on a GPU: {backends} ({reason})."
    NO_GPU = "no GPU was at hand"
    GPU_NOT_USED = "the GPU at hand was not used"


def list_messages() -> list[str]:
    """List the templates of all messages in the tables, each once."""
    measurements = MEASUREMENTS.values()
    titles = [measurement.title for measurement in measurements]
    answers = [answer for measurement in measurements for answer in measurement.answers]
    recorded = [*TableText, *answers, ACCEPTED, *PYTORCH_ANSWERS]
    texts = [*map(word_answer, recorded), *GROUPS.values(), *titles]
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
    'container returned by LSTM with return_state'
    """
    measurement = MEASUREMENTS[behavior]
    return Message(measurement.title, **measurement.fields)


def format_group_and_title(behavior: str) -> Joined:
    """Return the title of a behavior after the name of its group."""
    group = Message(GROUPS[behavior.split(".")[0]])
    return Joined(": ", [group, format_title(behavior)])


def format_answer(value: str, answers: Iterable[str]) -> str:
    """Return a value as a message if it is one of the *answers*.

    >>> from keras_compat.labels import format_answer
    >>> format_answer("4 answers", ["{count} answers"])
    '4 predictions'
    """
    for answer in [*answers, ACCEPTED]:
        pattern = re.escape(answer.replace("`", ""))
        match = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", pattern), value)
        if match:
            return Message(word_answer(answer), **match.groupdict())
    return value


def word_answer(answer: str) -> str:
    """Return the words that a page shows for a recorded value."""
    return WORDINGS.get(answer, answer)


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
    """Return that nothing was run in an environment, and why.

    >>> from keras_compat.data_files import MeasuredKeras
    >>> from keras_compat.environments import VERSIONS
    >>> from keras_compat.labels import format_reason
    >>> format_reason(MeasuredKeras(VERSIONS[0], "", {}, {}, not_run="no GPU was at hand"))
    'not run: no GPU was available'
    """
    not_run = Message(TableText.NOT_RUN)
    return Joined(": ", [not_run, format_not_run(keras)]) if keras.not_run else not_run


def format_not_run(keras: MeasuredKeras) -> str:
    """Return why nothing was run in an environment."""
    return format_answer(keras.not_run, list(TableText))
