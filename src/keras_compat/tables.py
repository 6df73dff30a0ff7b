"""The tables of the pages about versions and backends."""

import re
from collections.abc import Callable, Iterator, Sequence

from keras_compat.changes import find_stretches, is_equivalent, is_error
from keras_compat.data_files import MeasuredKeras, Value, read_keras, read_measured
from keras_compat.differences import (
    CONSEQUENCES,
    DifferenceRow,
    DifferencesTable,
    GroupedTable,
    Option,
    Sentences,
    find_consequence,
    merge_layers,
)
from keras_compat.display import CompatTable, LocatedValue, Quoted, ValuesTable
from keras_compat.environments import ON_GPU, VERSIONS, Environment
from keras_compat.labels import (
    BACKENDS,
    PYTORCH_ANSWERS,
    TableText,
    format_answer,
    format_environment,
    format_label,
    format_not_run,
    format_range,
    format_reason,
    format_title,
    format_value,
    sort_behaviors,
)
from keras_compat.version_sections import find_version
from rnn_returns.messages import Joined, Message

# The names of what is installed next to Keras.
LIBRARIES = BACKENDS | {"numpy": "NumPy", "python": "Python"}
# What can differ on a GPU, which has other kernels.
FAST_KERNELS = re.compile(r"(mask\.(output\.default|left_padded)|go_backwards\.state)\.(LSTM|GRU)")


def display_full(behavior: str, value: Value) -> str:
    """Return a value in words, with the full message of an error."""
    warns = behavior.startswith("mask.warning.") and value != "none"
    return Quoted(value) if warns or is_error(value) else format_value(behavior, value)


def display_short(behavior: str, value: Value) -> str:
    """Return a value in words, or only the type of an error."""
    if is_error(value):
        return Message(TableText.ERROR, error=str(value).partition(":")[0])
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
    measured: Sequence[MeasuredKeras], newest: MeasuredKeras, picked: str
) -> DifferencesTable:
    """List the differences of each version and backend from the newest, for a reader to select one.

    Args:
        measured: All versions and backends, in the order of the menu.
        newest: The newest Keras on TensorFlow.
        picked: The name of the environment that is selected at first.
    """
    names = [keras.environment.name for keras in measured]
    releases = read_measured(VERSIONS)
    releases = releases[: releases.index(newest) + 1]
    since = {name: find_version(name, releases) for name in newest.behaviors}
    groups = []
    for consequence in CONSEQUENCES:
        # The wording of a message matters only where it is the difference.
        display = display_full if consequence is TableText.WORDING else display_short
        found = {
            name: tuple(_group_values(name, measured, newest, consequence, display))
            for name in newest.behaviors
        }
        behaviors = [name for name, values in found.items() if values]
        same = {name: (found[name], since[name]) for name in behaviors}
        titles = merge_layers(behaviors, same.__getitem__)
        rows = (
            DifferenceRow(title, found[name], display(name, newest.behaviors[name]), since[name])
            for name, title in titles.items()
        )
        groups.append((consequence.value, tuple(rows)))
    options = tuple(
        Option(keras.environment.name, format_label(keras), _format_family(keras))
        for keras in measured
    )
    on = Message(TableText.ON, keras=format_label(newest), backend=BACKENDS["tensorflow"])
    return DifferencesTable(on, options, names.index(picked), tuple(groups))


def _group_values(
    name: str,
    measured: Sequence[MeasuredKeras],
    newest: MeasuredKeras,
    consequence: TableText,
    display: Callable[[str, Value], str],
) -> Iterator[LocatedValue]:
    """Yield the values of a behavior with this kind of difference, and their positions."""
    positions_by_value: dict[str, list[int]] = {}
    for position, keras in enumerate(measured):
        value = keras.behaviors[name]
        if find_consequence(name, value, newest.behaviors[name]) is consequence:
            positions_by_value.setdefault(display(name, value), []).append(position)
    for text, positions in positions_by_value.items():
        yield LocatedValue("", text, positions)


def _format_family(keras: MeasuredKeras) -> str:
    """Return the heading of the group of a version in the menu."""
    if keras.environment.backend != "tensorflow" or keras.environment.gpu:
        return Message(TableText.OTHER_BACKENDS)
    family, version = keras.environment.label.split()
    return family if family != "Keras" or version.startswith("2.") else Message(TableText.KERAS_3)


def make_backend_comparison(backends: Sequence[MeasuredKeras]) -> GroupedTable:
    """List the behaviors that differ between *backends*, and which backends have which value.

    Different wording of a message is left out.
    """
    newest = backends[0]
    found: dict[TableText, dict[str, tuple[LocatedValue, ...]]] = {
        consequence: {} for consequence in CONSEQUENCES
    }
    for name in newest.behaviors:
        names_by_value: list[tuple[Value, list[str]]] = []
        for keras in backends:
            value, backend = keras.behaviors[name], BACKENDS[keras.environment.backend]
            for known, names in names_by_value:
                # Errors of different types are different to a reader of one table.
                if is_equivalent(name, known, value) and _type_of(known) == _type_of(value):
                    names.append(backend)
                    break
            else:
                names_by_value.append((value, [backend]))
        kinds = {
            find_consequence(name, value, newest.behaviors[name]) for value, _ in names_by_value
        }
        first = next((kind for kind in CONSEQUENCES[:-1] if kind in kinds), None)
        if first is not None:
            found[first][name] = tuple(
                LocatedValue(Joined(", ", names), display_short(name, value))
                for value, names in names_by_value
            )
    groups = []
    for kind, values in found.items():
        titles = merge_layers(values, values.__getitem__)
        rows = tuple((title, values[name]) for name, title in titles.items())
        heading = TableText.RAISED_BY_SOME if kind is TableText.RAISED else kind
        groups += [(Message(heading), rows)] if rows else []
    caption = Message(TableText.DIFFER, count=sum(len(rows) for _, rows in groups))
    return GroupedTable(caption, tuple(groups))


def _type_of(value: Value) -> str:
    """Return the type of an error, or an empty text for another value."""
    return str(value).partition(":")[0] if is_error(value) else ""


def make_gpu_table(newest: MeasuredKeras) -> ValuesTable | Sentences:
    """Compare the fast kernels of each backend with *newest* on a CPU, if any were measured."""
    measured = read_measured(ON_GPU)
    if not measured:
        return describe_not_run(ON_GPU)
    rows = []
    for name in filter(FAST_KERNELS.fullmatch, sort_behaviors(newest.behaviors)):
        on_cpu = Message(TableText.CPU, name="TensorFlow")
        values = [LocatedValue(on_cpu, display_short(name, newest.behaviors[name]))]
        for keras in measured:
            on_gpu = Message(TableText.GPU, name=BACKENDS[keras.environment.backend])
            values.append(LocatedValue(on_gpu, display_short(name, keras.behaviors[name])))
        rows.append((format_title(name), tuple(values)))
    return ValuesTable(Message(TableText.FAST_KERNEL, count=len(rows)), tuple(rows))


def describe_not_run(environments: Sequence[Environment]) -> Sentences:
    """List the backends that were not measured on a GPU, in a sentence for each reason."""
    backends_by_reason: dict[str, list[str]] = {}
    for keras in map(read_keras, environments):
        if not keras.behaviors:
            backends = backends_by_reason.setdefault(format_not_run(keras), [])
            backends.append(BACKENDS[keras.environment.backend])
    return Sentences(
        tuple(
            Message(TableText.NOT_MEASURED, backends=Joined(", ", backends), reason=reason)
            for reason, backends in backends_by_reason.items()
        )
    )


def make_environment_table(environments: Sequence[Environment]) -> GroupedTable:
    """List what was run with which versions, and what could not be run and why."""
    rows = []
    for environment in environments:
        keras = read_keras(environment)
        versions = (
            # What follows the number is the commit of a build.
            f"{LIBRARIES.get(name, name)} {version.partition('-')[0]}"
            for name, version in sorted(keras.versions.items())
        )
        values = [LocatedValue("Keras", keras.keras or format_reason(keras))]
        if keras.behaviors:
            values.append(LocatedValue(Message(TableText.VERSIONS), ", ".join(versions)))
        values.append(LocatedValue(Message(TableText.DATE), keras.date))
        rows.append((format_environment(environment), tuple(values)))
    caption = Message(TableText.ENVIRONMENTS, count=len(rows))
    return GroupedTable(caption, (("", tuple(rows)),))


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
