"""The line of a pitfall names the versions of the recorded data and the upstream status."""

import re
from importlib.metadata import version

import pytest
from support.sites import ROOT

from keras_compat import pitfalls
from keras_compat.pitfalls import BEHAVIORS, affected
from keras_compat.probe import MEASUREMENTS
from rnn_returns.messages import Message

PAGES = [path.read_text(encoding="utf-8") for path in (ROOT / "docs/pitfalls").glob("*.md")]
LABELS = re.findall(r"^\(pitfall-([\w-]+)\)=$", "\n".join(PAGES), re.M)


def test_the_measured_pitfalls() -> None:
    """Each measured pitfall is on a page, and its behavior is one of the probe."""
    assert BEHAVIORS.keys() <= set(LABELS)
    assert set(BEHAVIORS.values()) <= MEASUREMENTS.keys()


@pytest.mark.parametrize("label", LABELS)
def test_a_line(label: str) -> None:
    """A line names a version and a date; its texts can be translated."""
    line = affected(label)
    texts: list[str] = []

    def render(text: str) -> str:
        texts.append(text)
        return str(text)

    line.html(render)
    messages = [part for text in texts for part in getattr(text, "parts", [text])]

    assert re.match(r"Affected versions: (tf\.)?[Kk]eras \d", repr(line))
    assert re.search(r"2026-\d\d-\d\d", repr(line))
    assert all(isinstance(text, Message) for text in messages)
    assert {text.template for text in messages} <= set(pitfalls.list_messages())


def test_a_pitfall_that_came_and_went() -> None:
    """Versions without the pitfall are left out; backends that differ are named."""
    line = repr(affected("stateful-last-batch"))

    assert "tf.keras 2.12 to Keras 3.11, Keras 3.14 to Keras nightly, on TensorFlow." in line
    assert "not on JAX, PyTorch, NumPy, OpenVINO." in line


def test_some_backends() -> None:
    """A line names the backends with the pitfall and those without it."""
    assert "also on JAX, PyTorch, NumPy, but not on OpenVINO." in repr(affected("zero-output"))


def test_a_pitfall_that_was_not_measured() -> None:
    """Only the installed version is claimed."""
    line = repr(affected("target-broadcast"))

    assert f"Keras {version('keras')} on TensorFlow; other versions were not measured." in line


def test_a_report() -> None:
    """A report is a link with its status."""
    address = "https://github.com/keras-team/keras/issues/17596"
    html = affected("zero-output").html(str)

    assert f'open on 2026-11-29: <a href="{address}">keras-team/keras#17596</a>' in html


def test_a_fix() -> None:
    """A pitfall without a report may have a fix."""
    line = repr(affected("bidirectional-stateful-state"))

    assert "Keras 3.0 to Keras 3.15, on TensorFlow." in line
    assert "Fixed in the nightly build by https://github.com/keras-team/keras/pull/23235" in line
