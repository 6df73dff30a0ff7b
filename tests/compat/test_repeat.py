"""A recorded measurement is repeated each week, and a difference is an error that names it."""

import datetime
from typing import Any

import pytest

from keras_compat import repeat
from keras_compat.__main__ import UnavailableError
from keras_compat.data_files import read_data
from keras_compat.environments import BACKENDS, VERSIONS
from keras_compat.labels import format_title

REPEATABLE = repeat.read_repeatable()
MONDAY = datetime.date(2026, 11, 23)
BEHAVIOR = "container.LSTM"


def test_every_environment_has_its_turn() -> None:
    """In as many weeks as there are environments, each that is no nightly build is chosen once."""
    weeks = [MONDAY + datetime.timedelta(weeks=week) for week in range(len(REPEATABLE))]
    chosen = [repeat.choose(REPEATABLE, day).environment.name for day in weeks]

    names = {environment.name for environment in (*VERSIONS, *BACKENDS)}
    assert sorted(chosen) == sorted(name for name in names if "nightly" not in name)


def test_a_rerun_measures_the_same() -> None:
    """From Monday to Sunday the same environment is chosen, and another one the day after."""
    days = [MONDAY + datetime.timedelta(days) for days in range(8)]
    chosen = [repeat.choose(REPEATABLE, day).environment.name for day in days]

    assert len(set(chosen[:7])) == 1
    assert chosen[7] != chosen[0]


def run(name: str, monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    """Repeat an environment whose measurement returns the record, except for what is *changed*."""
    recorded = read_data(VERSIONS[0])
    assert recorded["environment"] == name
    measured = recorded | {"behaviors": recorded["behaviors"] | changed}
    monkeypatch.setattr(repeat, "measure", lambda environment: measured)
    monkeypatch.setattr("sys.argv", ["repeat", name])
    repeat.main()


def test_the_same_values_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """If all values are as recorded, the command says so and ends without an error."""
    run("keras-2.1", monkeypatch)

    assert capsys.readouterr().out.endswith("measured again, all as recorded.\n")


def test_a_difference_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that differs ends the command with an error that names the behavior and versions."""
    with pytest.raises(SystemExit) as stopped:
        run("keras-2.1", monkeypatch, **{BEHAVIOR: "something else"})

    message = str(stopped.value.code)
    assert (
        f"- {format_title(BEHAVIOR)}: recorded is 'list', measured is 'something else'" in message
    )
    assert message.count("\n- ") == 1
    assert "tensorflow 1.15" in message


def test_what_cannot_be_installed_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that cannot be measured is an error, not a success."""

    def fail(environment: object) -> None:
        raise UnavailableError("could not be measured: error: no such wheel")

    monkeypatch.setattr(repeat, "measure", fail)
    monkeypatch.setattr("sys.argv", ["repeat", "keras-2.1"])

    with pytest.raises(SystemExit, match=r"keras-2\.1 could not be measured: error: no such"):
        repeat.main()
