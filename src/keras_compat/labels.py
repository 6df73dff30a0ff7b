"""The texts for a measurement: titles of behaviors, values, and names of environments."""

import re
from collections.abc import Iterable, Sequence

from keras_compat.catalog_messages import GROUPS, TableText
from keras_compat.data_files import MeasuredKeras, Value
from keras_compat.environments import VERSIONS, Environment
from keras_compat.probe import ACCEPTED, MEASUREMENTS
from rnn_returns.messages import Joined, Message

BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch", "numpy": "NumPy"}


def sort_behaviors(behaviors: Iterable[str]) -> list[str]:
    """Sort names into the order of the probe; those with one pattern and title by name."""
    order: dict[tuple[str, str], int] = {}
    for measurement in MEASUREMENTS.values():
        order.setdefault((measurement.pattern, measurement.title), len(order))

    def find_place(name: str) -> tuple[int, str]:
        return order[MEASUREMENTS[name].pattern, MEASUREMENTS[name].title], name

    return sorted(behaviors, key=find_place)


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


def format_range(versions: Sequence[MeasuredKeras]) -> str:
    """Return the names of the first and the last of neighboring versions."""
    first, last = format_label(versions[0]), format_label(versions[-1])
    return first if first == last else Message(TableText.FROM_TO, first=first, last=last)


def format_first_version(before: MeasuredKeras, after: MeasuredKeras) -> str:
    """Return the version that a change came with; a version between may not have been run."""
    if VERSIONS.index(after.environment) == VERSIONS.index(before.environment) + 1:
        return format_label(after)
    return Message(TableText.SINCE, before=format_label(before), row=format_label(after))


def format_reason(keras: MeasuredKeras) -> str:
    """Return why nothing was run in an environment."""
    not_run = Message(TableText.NOT_RUN)
    if not keras.not_run:
        return not_run
    return Joined(": ", [not_run, format_answer(keras.not_run, list(TableText))])
