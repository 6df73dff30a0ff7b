"""``python -m rnn_returns`` answers in a terminal, and refuses with one line."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from keras.src.saving.serialization_lib import SafeModeScope

from rnn_returns import explain, observe
from rnn_returns.__main__ import main

SETTINGS = ("TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS", "CUDA_VISIBLE_DEVICES")
Capture = pytest.CaptureFixture[str]


class Own(layers.Layer):  # type: ignore[misc]
    """A layer that only its author has."""

    def call(self, x: Any) -> Any:
        """Give back what comes in."""
        return x


def saved(file: Path, *middle: Any) -> Path:
    """Save a small model with some layers in its middle."""
    model = keras.Sequential([keras.Input((3, 2)), *middle, layers.GRU(4, name="gru")], name="mine")
    model.save(file)
    return file


def run(*arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run Python in a process of its own, without the settings of these tests."""
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


# A saved model.


def test_a_model_in_a_terminal(tmp_path: Path) -> None:
    """A user sees the report, and no line of TensorFlow's on either side of it."""
    file = saved(tmp_path / "model.keras")

    result = run("-m", "rnn_returns", "model.keras", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{explain(file)}\n"


def test_a_missing_model_in_a_terminal(tmp_path: Path) -> None:
    """A user who mistypes a name gets one line on stderr, and scripts get exit status 2."""
    result = run("-m", "rnn_returns", "model.keras", cwd=tmp_path)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "rnn_returns: There is no file model.keras.\n"


def test_a_model_as_json(tmp_path: Path, capsys: Capture) -> None:
    """With --json the report comes as data."""
    file = saved(tmp_path / "model.keras")

    assert main([str(file), "--json"]) == 0
    assert capsys.readouterr().out == f"{explain(file).to_json()}\n"


def _zip(file: Path, **members: bytes) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_", "."), data)


def _config_of(file: Path) -> bytes:
    with zipfile.ZipFile(file) as archive:
        return archive.read("config.json")


def _cut(file: Path) -> None:
    data = saved(file).read_bytes()
    file.write_bytes(data[: len(data) // 2])


def _scratched(file: Path) -> None:
    data = bytearray(saved(file).read_bytes())
    where = data.find(b"class_name")
    data[where : where + 5] = b"XXXXX"
    file.write_bytes(data)


def _without_weights(file: Path) -> None:
    _zip(file, config_json=_config_of(saved(file)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda file: None, "There is no file it.keras."),
        (Path.mkdir, "it.keras is a folder, not a .keras file."),
        (Path.touch, "it.keras is empty."),
        (lambda file: file.write_text("text"), "it.keras is damaged, or no Keras file"),
        (_cut, "it.keras is damaged, or no Keras file"),
        (_scratched, "it.keras is damaged, or no Keras file"),
        (lambda file: _zip(file, a_txt=b"text"), "is not a Keras file: there is no config.json"),
        (lambda file: _zip(file, config_json=b"{"), "config.json in it says nothing"),
        (lambda file: _zip(file, config_json=b"[]"), "config.json in it says nothing"),
        (lambda file: _zip(file, config_json=b"\xff\xfe"), "config.json in it says nothing"),
        (lambda file: _zip(file, config_json=b"{}"), "it.keras cannot be loaded: "),
        (_without_weights, "it.keras cannot be loaded: "),
        (lambda file: saved(file, Own()), "it needs the custom class 'Own'; import that"),
    ],
)
def test_what_is_no_model(
    make: Callable[[Path], Any], message: str, tmp_path: Path, capsys: Capture
) -> None:
    """What is no model that can be loaded gets one line that says why, and exit status 2."""
    file = tmp_path / "it.keras"
    make(file)
    capsys.readouterr()

    assert main([str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("rnn_returns: ")
    assert message in err
    assert err.count("\n") == 1
    assert str(tmp_path) not in err


def test_another_kind_of_file(tmp_path: Path, capsys: Capture) -> None:
    """A file of another kind is refused by its name."""
    file = tmp_path / "model.h5"
    file.write_bytes(b"\x89HDF")

    assert main([str(file)]) == 2
    assert "model.h5 is not a .keras file" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
def test_code_in_a_file_is_not_run(tmp_path: Path, capsys: Capture) -> None:
    """A model with code in it is refused, also for a user who has switched safe mode off."""
    mark = str(tmp_path / "was_run")
    file = saved(
        tmp_path / "it.keras", layers.Lambda(lambda x: (__import__("os").mkdir(mark), x)[1])
    )
    Path(mark).rmdir()
    with SafeModeScope(True):  # Brings back what it was.
        keras.config.enable_unsafe_deserialization()
        assert main([str(file)]) == 2

    err = capsys.readouterr().err
    assert "there is a Python lambda in it, and code from a file is not run" in err
    assert err.count("\n") == 1
    assert not Path(mark).exists()


# A single layer.


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--return-state"],
        ["--return-sequences", "--return-state"],
        ["--return-sequences", "--return-state", "--go-backwards"],
        ["--bidirectional", "--return-sequences"],
        ["--bidirectional", "--return-state", "--merge-mode", "none"],
    ],
    ids=" ".join,
)
def test_a_layer_is_what_its_code_makes(kind: str, options: list[str], capsys: Capture) -> None:
    """The line of code that is shown runs, and gives the tensors that are listed with it."""
    sizes = ["--units", "4", "--timesteps", "3", "--features", "2"]
    assert main([kind, *sizes, *options, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    scope: dict[str, Any] = {"keras": keras, "x": np.ones((5, 3, 2), "float32")}
    exec(told["code"], scope)

    returned = observe(eval(told["code"].split(" = ")[1].removesuffix("(x)"), scope), scope["x"])
    assert [tensor["name"] for tensor in told["tensors"]] == list(returned.names)
    for tensor in told["tensors"]:
        assert scope[tensor["name"]].shape == (5, *tensor["shape"][1:])
        assert len(tensor["axes"]) == len(tensor["shape"])
    for equality in told["equalities_without_a_mask"]:
        names = {name: np.array(value) for name, value in scope.items() if name in returned.names}
        assert np.all(eval(equality, names | {"units": 4}))


def test_a_layer_in_a_terminal(capsys: Capture) -> None:
    """The code, the tensors and what is always equal are there to be read."""
    assert main(["LSTM", "--units", "4", "--return-sequences", "--return-state"]) == 0

    out = capsys.readouterr().out
    code = "keras.layers.LSTM(4, return_sequences=True, return_state=True)(x)"
    assert out.splitlines()[0] == f"output, state_h, state_c = {code}"
    assert "for x of shape (None, None, 1): a tuple of 3" in out
    assert "state_c  (batch, units)             (None, 4)\n" in out
    assert out.endswith("without a mask, on any data: state_h == output[:, -1]\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["LSTM", "--units", "0"], "Keras needs a positive number of units, not 0."),
        (["GRU", "--timesteps", "0"], "so its timesteps axis is empty"),
        (["GRU", "--merge-mode", "sum"], "give --bidirectional as well"),
        (["GRU", "--bidirectional", "--go-backwards"], "leave it out"),
        (["it.keras", "--units", "3"], "--units is for a layer (LSTM, GRU, SimpleRNN)"),
        (["lstm"], "There is no file lstm."),
    ],
)
def test_what_is_no_layer(arguments: list[str], message: str, capsys: Capture) -> None:
    """A layer that Keras would refuse gets one line that says why, and exit status 2."""
    assert main(arguments) == 2

    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


LOADED = """
import sys
from rnn_returns.__main__ import main
try:
    main(sys.argv[1:])
finally:
    print(*sys.modules)
"""


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        (["--help"], {"keras", "tensorflow", "numpy"}),
        (["LSTM", "--return-state"], {"keras", "tensorflow"}),
        (["mistyped.keras"], {"keras", "tensorflow", "numpy"}),
    ],
)
def test_no_wait_for_what_is_not_needed(arguments: list[str], unneeded: set[str]) -> None:
    """Help, a layer and a mistyped name are answered at once, without Keras or TensorFlow."""
    result = run("-c", LOADED, *arguments)

    loaded = set(result.stdout.splitlines()[-1].split())
    assert "rnn_returns.__main__" in loaded
    assert not unneeded & loaded
