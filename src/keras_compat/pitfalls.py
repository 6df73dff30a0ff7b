"""The versions and backends that have a pitfall, and its upstream status, in one line."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from importlib.metadata import version
from typing import Any

from keras_compat.changes import find_stretches, is_equivalent
from keras_compat.data_files import PACKAGE, read_keras, read_measured
from keras_compat.environments import BACKENDS as OTHER_BACKENDS
from keras_compat.environments import NEWEST, VERSIONS
from keras_compat.labels import BACKENDS, format_range
from rnn_returns.messages import Displayed, Joined, Message, Render

# The recorded behavior that shows a pitfall. The others were not measured in other versions.
BEHAVIORS = {
    "mask-initial-state": "mask.used.initial_state",
    "mask-dropped": "mask.warning.Conv1D",
    "go-backwards-mask": "mask.go_backwards",
    "zero-output": "mask.zero_output.last",
    "activity-regularizer": "surprise.activity_regularizer",
    "bare-tensor": "state.initial.Bidirectional",
    "gru-extra-state": "state.initial.GRU.extra",
    "lstm-cell-states": "state.cell.one_tensor",
    "attention-query": "surprise.attention_query",
    "stateful-last-batch": "state.last_batch",
    "initial-state-unchecked": "state.initial.unchecked",
    "tuple": "container.LSTM",
    "merge-mode-none": "container.Bidirectional.None",
    "stacked-single-state": "returns.stack.GRU",
    "one-cell-list": "returns.stack.one",
    "time-distributed-states": "returns.TimeDistributed.state",
    "bidirectional-dtype": "dtype.Bidirectional.mixed_float16",
    "bidirectional-stateful-state": "state.Bidirectional.stateful",
    "bidirectional-go-backwards": "go_backwards.Bidirectional.wrapped",
    "reset-stacked": "state.reset.stack",
    "lstm-cell-example": "surprise.LSTMCell_example",
    "inputs": "argument.inputs",
    "reset-state-argument": "state.reset.states",
    "reset-model": "state.model.reset",
    "constants": "argument.constants",
}


class PitfallText(StrEnum):
    """The texts of the line."""

    AFFECTED = "Affected versions:"
    MEASURED = "{versions}, on TensorFlow."
    ALL_BACKENDS = "With Keras {newest}, also on {backends}."
    SOME_BACKENDS = "With Keras {newest}, also on {backends}, but not on {others}."
    NO_BACKENDS = "With Keras {newest}, not on {others}."
    NOT_MEASURED = "Keras {installed} on TensorFlow; other versions were not measured."
    NO_REPORT = "No upstream issue was found on {date}."
    OPEN = "Upstream issue, open on {date}:"
    CLOSED = "Upstream issue, closed on {date}:"
    FIXED = "Fixed in {version} by"
    PROPOSED = "Proposed fix:"
    NIGHTLY = "the nightly build"


@dataclass(frozen=True)
class AffectedVersions(Displayed):
    """One line: the versions that have a pitfall, and where it was reported.

    Args:
        sentences: Each sentence, and the address of the link at its end or "".
    """

    sentences: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        texts = (f"{text} {address}".rstrip() for text, address in self.sentences)
        return f"{PitfallText.AFFECTED} {' '.join(texts)}"

    def html(self, render: Render) -> str:
        """Format it as a paragraph."""
        plain = Joined(" ", [text for text, address in self.sentences if not address])
        linked = [(text, address) for text, address in self.sentences if address]
        links = [f"{render(text)} {_format_link(address)}" for text, address in linked]
        sentences = " ".join([render(plain), *links])
        return f"<p><strong>{render(Message(PitfallText.AFFECTED))}</strong> {sentences}</p>"


def affected(label: str) -> AffectedVersions:
    """Return the versions that have a pitfall, and its upstream status.

    Args:
        label: The label of the pitfall's section, without ``pitfall-``.
    """
    measured = _describe_measured(BEHAVIORS[label]) if label in BEHAVIORS else [_not_measured()]
    status = tomllib.loads((PACKAGE / "upstream_status.toml").read_text(encoding="utf-8"))
    sentences = [*((text, "") for text in measured), *_describe_status(status[f"pitfall-{label}"])]
    return AffectedVersions(tuple(sentences))


def list_messages() -> list[str]:
    """List the templates of all messages in the line."""
    return [str(text) for text in PitfallText]


def _describe_measured(behavior: str) -> list[str]:
    versions = read_measured(VERSIONS)
    newest = next(keras for keras in versions if keras.keras == NEWEST).behaviors[behavior]
    ranges = [
        format_range(versions[positions[0]], versions[positions[-1]])
        for positions in find_stretches(behavior, versions)
        if is_equivalent(behavior, versions[positions[0]].behaviors[behavior], newest)
    ]
    sentences: list[str] = [Message(PitfallText.MEASURED, versions=Joined(", ", ranges))]
    same: list[str] = []
    other: list[str] = []
    for environment in OTHER_BACKENDS:
        keras = read_keras(environment)
        if keras.keras == NEWEST and environment.backend != "tensorflow":
            has_it = is_equivalent(behavior, keras.behaviors.get(behavior), newest)
            (same if has_it else other).append(BACKENDS[environment.backend])
    names = {"backends": ", ".join(same), "others": ", ".join(other), "newest": NEWEST}
    if not other:
        template = PitfallText.ALL_BACKENDS
    else:
        template = PitfallText.SOME_BACKENDS if same else PitfallText.NO_BACKENDS
    return [*sentences, Message(template, **names)]


def _not_measured() -> Message:
    return Message(PitfallText.NOT_MEASURED, installed=version("keras"))


def _describe_status(entry: dict[str, Any]) -> list[tuple[str, str]]:
    date = entry["date"].isoformat()
    if entry["status"] == "unreported":
        template, address = PitfallText.NO_REPORT, ""
    else:
        template = PitfallText.OPEN if entry["status"] == "open" else PitfallText.CLOSED
        address = entry["url"]
    sentences: list[tuple[str, str]] = [(Message(template, date=date), address)]
    if "fixed_in" in entry:
        nightly = entry["fixed_in"] == "nightly"
        fixed = Message(PitfallText.NIGHTLY) if nightly else f"Keras {entry['fixed_in']}"
        sentences.append((Message(PitfallText.FIXED, version=fixed), entry["fix"]))
    elif "fix" in entry:
        sentences.append((Message(PitfallText.PROPOSED), entry["fix"]))
    return sentences


def _format_link(address: str) -> str:
    owner, name, _, number = address.removeprefix("https://github.com/").split("/")
    return f'<a href="{escape(address)}">{escape(f"{owner}/{name}#{number}")}</a>'
