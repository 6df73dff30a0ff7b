"""The tables of the pages about versions and backends."""

import re
from collections.abc import Callable, Iterator, Sequence

from keras_compat.changes import find_stretches, is_equivalent, is_error
from keras_compat.data_files import MeasuredKeras, Value, read_keras
from keras_compat.display import CompatTable, LocatedValue, Quoted, ValuesTable
from keras_compat.environments import ON_GPU, Environment
from keras_compat.labels import (
    BACKENDS,
    PYTORCH_ANSWERS,
    TableText,
    format_answer,
    format_environment,
    format_group_and_title,
    format_label,
    format_range,
    format_reason,
    format_title,
    format_value,
    sort_behaviors,
)
from rnn_returns.messages import Joined, Message

# What may differ on a GPU because it has kernels of its own for it.
FAST_KERNELS = re.compile(r"(mask\.(output\.default|left_padded)|go_backwards\.state)\.(LSTM|GRU)")


def display_full(behavior: str, value: Value) -> str:
    """Return a value in words, with the full message of an error."""
    warns = behavior.startswith("mask.warning.") and value != "none"
    return Quoted(value) if warns or is_error(value) else format_value(behavior, value)


def display_short(behavior: str, value: Value) -> str:
    """Return a value in words, or only the type of an error."""
    if is_error(value):
        return Joined(": ", [Message(TableText.ERROR), str(value).partition(":")[0]])
    return display_full(behavior, value)


def _describe_stretches(
    name: str,
    versions: Sequence[MeasuredKeras],
    display: Callable[[str, Value], str],
    exact: bool = False,
) -> Iterator[tuple[str, str, range]]:
    """Yield the versions in words, the value in words, and the positions of each stretch."""
    for positions in find_stretches(name, versions, exact):
        first, last = versions[positions[0]], versions[positions[-1]]
        yield format_range(first, last), display(name, first.behaviors[name]), positions


def make_lookup(
    versions: Sequence[MeasuredKeras], others: Sequence[MeasuredKeras], picked: MeasuredKeras
) -> ValuesTable:
    """List every behavior of every version, for a reader to select one.

    Args:
        versions: Versions that follow each other.
        others: Versions that do not, such as those on other backends.
        picked: The version that is selected at first.
    """
    everything = [*versions, *others]
    rows = []
    for name in sort_behaviors(versions[0].behaviors):
        stretches = _describe_stretches(name, versions, display_full, exact=True)
        values = [LocatedValue(*stretch) for stretch in stretches]
        for position, other in enumerate(others, len(versions)):
            value = display_full(name, other.behaviors[name])
            values.append(LocatedValue(format_label(other), value, (position,)))
        rows.append((format_group_and_title(name), tuple(values)))
    caption = Message(TableText.BEHAVIORS, count=len(rows))
    options = tuple(map(format_label, everything))
    return ValuesTable(caption, tuple(rows), options, everything.index(picked))


def make_backend_comparison(backends: Sequence[MeasuredKeras]) -> ValuesTable:
    """List the behaviors that differ between *backends*, and which backends have which value."""
    rows = []
    for name in sort_behaviors(backends[0].behaviors):
        names_by_value: list[tuple[Value, list[str]]] = []
        for keras in backends:
            value, backend = keras.behaviors[name], BACKENDS[keras.environment.backend]
            for known, names in names_by_value:
                if is_equivalent(name, known, value):
                    names.append(backend)
                    break
            else:
                names_by_value.append((value, [backend]))
        if len(names_by_value) > 1:
            values = tuple(
                LocatedValue(", ".join(names), display_short(name, value))
                for value, names in names_by_value
            )
            rows.append((format_group_and_title(name), values))
    return ValuesTable(Message(TableText.DIFFER, count=len(rows)), tuple(rows))


def make_gpu_table(newest: MeasuredKeras) -> ValuesTable:
    """Compare the fast kernels of each backend with *newest* on a CPU, if they were measured."""
    rows = []
    for name in filter(FAST_KERNELS.fullmatch, sort_behaviors(newest.behaviors)):
        on_cpu = Message(TableText.CPU, name="TensorFlow")
        values = [LocatedValue(on_cpu, display_short(name, newest.behaviors[name]))]
        for environment in ON_GPU:
            keras = read_keras(environment)
            on_gpu = Message(TableText.GPU, name=BACKENDS[environment.backend])
            measured = keras.behaviors.get(name)
            value = format_reason(keras) if measured is None else display_short(name, measured)
            values.append(LocatedValue(on_gpu, value))
        rows.append((format_title(name), tuple(values)))
    return ValuesTable(Message(TableText.FAST_KERNEL, count=len(rows)), tuple(rows))


def make_environment_table(environments: Sequence[Environment]) -> CompatTable:
    """List what was run with which versions, and what could not be run and why."""
    rows = []
    for environment in environments:
        keras = read_keras(environment)
        result = keras.keras or format_reason(keras)
        versions = ", ".join(" ".join(version) for version in sorted(keras.versions.items()))
        rows.append((format_environment(environment), result, versions, keras.date))
    others = Message(TableText.VERSIONS), Message(TableText.DATE)
    columns = (Message(TableText.ENVIRONMENT), "Keras", *others)
    return CompatTable(Message(TableText.ENVIRONMENTS, count=len(rows)), columns, tuple(rows))


def make_pytorch_table(keras: MeasuredKeras, case: str) -> CompatTable:
    """List what PyTorch returned, and whether Keras returned the same.

    Args:
        keras: What the probe of PyTorch measured.
        case: Which of its comparisons.
    """
    rows = []
    for name, value in keras.behaviors.items():
        compared, kind, library, tensor = name.split(".")
        if compared == case:
            shape, _, result = str(value).rpartition(", ")
            cells = (shape, result) if library == "keras" else (str(value), "")
            cells = cells[0], format_answer(cells[1], PYTORCH_ANSWERS)
            layer = f"{kind}, {BACKENDS.get(library, 'Keras')}"
            rows.append((layer, format_answer(tensor, PYTORCH_ANSWERS), *cells))
    texts = (TableText.LAYER, TableText.TENSOR, TableText.SHAPE, TableText.PYTORCH)
    caption = Message(TableText.TENSORS, count=len(rows))
    return CompatTable(caption, tuple(map(Message, texts)), tuple(rows))
