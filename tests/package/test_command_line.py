"""``rnn-returns`` answers in a terminal and in CI, and refuses with one line."""

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from keras.src.saving.serialization_lib import SafeModeScope
from support.sites import ROOT

from rnn_returns import explain, observe
from rnn_returns.__main__ import MAX_BYTES, build_parser, main
from rnn_returns.models.explanation import explain_json

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch
HOSTILE = ("\x1b[2J\x1b]0;t\x07", "\u202egnp.exe\u202c", "a\r\n  fails  b", "\x7f\x9b31m", "\ud800")


def create_model(*middle: Any, **arguments: Any) -> Any:
    """Create a small model with some layers in its middle."""
    gru = layers.GRU(4, name="gru", **arguments)
    return keras.Sequential([keras.Input((3, 2)), *middle, gru], name="mine")


def create_broken_model() -> Any:
    """Create a model with an initial state of a wrong size."""
    x, state = keras.Input((5, 3)), keras.Input((5,))
    return keras.Model([x, state], layers.GRU(4, name="gru")(x, initial_state=state))


def pipe(patch: Patch, data: bytes | str) -> None:
    """Give the command *data* on its standard input."""
    data = data.encode() if isinstance(data, str) else data
    patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


# Saved models.


def test_a_file(tmp_path: Path, capsys: Capture) -> None:
    """The text is the report of ``explain``, and the JSON is its data in an array."""
    file = tmp_path / "model.keras"
    create_model().save(file)
    assert main([str(file)]) == 0
    assert capsys.readouterr() == (f"{explain(file)}\n", "")

    assert main([str(file), "--json"]) == 0
    report = json.loads(explain(file).to_json())
    entry = {"schema_version": 1, "target": str(file), "report": report}
    assert json.loads(capsys.readouterr().out) == [entry]


def test_standard_input(capsys: Capture, monkeypatch: Patch) -> None:
    """``-`` stands for the JSON of a model, with or without a byte order mark."""
    text = create_model().to_json()
    for mark in ("", "\ufeff"):
        pipe(monkeypatch, mark + text)
        assert main(["-"]) == 0
        assert capsys.readouterr().out == f"{explain_json(text)}\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ""),
        (b"[]", ""),
        (b"{", ""),
        (b"[" * 100_000, "nested more than"),
        (b"\xff\xfe", "Expected JSON in UTF-8"),
        (b" " * (MAX_BYTES + 1), "at most 8 MiB"),
    ],
    ids=["empty", "list", "cut", "deep", "bytes", "long"],
)
def test_standard_input_without_a_model(
    data: bytes, message: str, capsys: Capture, monkeypatch: Patch
) -> None:
    """What is not the JSON of a model gets one line, and exit status 2."""
    pipe(monkeypatch, data)
    assert main(["-"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("rnn-returns: standard input: ")
    assert message in err


@pytest.mark.parametrize(
    "make",
    [
        lambda file: None,
        Path.mkdir,
        Path.touch,
        lambda file: file.write_text("text"),
        lambda file: file.write_bytes(b"PK\x03\x04"),
    ],
    ids=["missing", "folder", "empty", "text", "cut"],
)
def test_what_is_no_model(make: Callable[[Path], Any], tmp_path: Path, capsys: Capture) -> None:
    """A file that cannot be read gets one line with its name, and the others their report."""
    file, good = tmp_path / "it.keras", tmp_path / "good.keras"
    make(file)
    create_model().save(good)
    capsys.readouterr()

    assert main([str(file), str(good), "--fail-on", "silent"]) == 2
    out, err = capsys.readouterr()
    assert out == f"==> {good} <==\n{explain(good)}\n"
    assert err.startswith(f"rnn-returns: {file}: ")
    assert err.count("\n") == 1
    assert err.count(file.name) == 1

    assert main([str(file), str(good), "--json"]) == 2
    bad, fine = json.loads(capsys.readouterr().out)
    assert bad.keys() == {"schema_version", "target", "error"}
    assert fine["report"]["layers"][0]["name"] == "gru"


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
def test_code_in_a_file_is_not_run(tmp_path: Path, capsys: Capture) -> None:
    """Code in a model is not run, also for a user who has switched safe mode off."""
    mark = str(tmp_path / "was_run")
    file = tmp_path / "it.keras"
    create_model(layers.Lambda(lambda x: (__import__("os").mkdir(mark), x)[1])).save(file)
    Path(mark).rmdir()
    with SafeModeScope(True):  # Brings back what it was.
        keras.config.enable_unsafe_deserialization()
        main([str(file)])

    assert capsys.readouterr().err.count("\n") <= 1
    assert not Path(mark).exists()


@pytest.mark.parametrize(
    ("model", "statuses"),
    [
        (create_broken_model, (0, 1, 1)),
        (lambda: create_model(return_state=True, activity_regularizer="l2"), (0, 0, 1)),
        (create_model, (0, 0, 0)),
    ],
    ids=["fails", "silent", "sound"],
)
def test_exit_status(
    model: Callable[[], Any], statuses: tuple[int, ...], capsys: Capture, monkeypatch: Patch
) -> None:
    """``--fail-on`` exits with 1 for diagnostics of that severity or a worse one."""
    text = model().to_json()
    for options, status in zip(([], ["fails"], ["silent"]), statuses, strict=True):
        pipe(monkeypatch, text)
        fail_on = ["--fail-on", *options] if options else []
        assert main(["-", *fail_on]) == status
        pipe(monkeypatch, text)
        assert main(["LSTM(4)", "-", "LSTM(4)", *fail_on]) == status
        pipe(monkeypatch, text)
        assert main(["missing.keras", "-", *fail_on]) == 2


# What reaches the terminal.


def create_hostile_json() -> str:
    """Create the JSON of a model in which every name is hostile."""
    start = {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 5, 3]}}
    rnns = [
        {"class_name": "GRU", "config": {"name": name, "units": 4, "return_sequences": True}}
        for name in HOSTILE
    ]
    config = {"name": HOSTILE[0], "layers": [start, *rnns]}
    return json.dumps({"class_name": "Sequential", "config": config})


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_hostile_names(options: list[str], capsys: Capture, monkeypatch: Patch) -> None:
    """No control character of a model or of an argument reaches the terminal or a notebook."""
    pipe(monkeypatch, create_hostile_json())
    assert main(["-", "\x1b[2J.keras", "\x1b(", *options]) == 2
    out, err = capsys.readouterr()
    assert all(line.isprintable() for line in (*out.split("\n"), *err.split("\n")))
    assert "\\x1b[2J.keras: " in err
    if not options:
        assert "\\x1b[2J\\x1b]0;t\\x07: GRU(4" in out
        assert "\n\\u202egnp.exe\\u202c: " in out
        assert "\n  fails" not in out
    html = explain_json(create_hostile_json())._repr_html_()
    assert html.isprintable()


def test_hostile_names_in_json(capsys: Capture, monkeypatch: Patch) -> None:
    """The JSON has the names themselves."""
    pipe(monkeypatch, create_hostile_json())
    assert main(["-", "--json"]) == 0
    [entry] = json.loads(capsys.readouterr().out)
    assert [layer["name"] for layer in entry["report"]["layers"]] == [*HOSTILE]


@pytest.mark.parametrize(
    ("is_terminal", "variables", "has_colors"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_colors(
    is_terminal: bool,
    variables: dict[str, str],
    has_colors: bool,
    capsys: Capture,
    monkeypatch: Patch,
) -> None:
    """Layer names and severities are colored in a terminal only, unless that is switched off."""
    for name, value in ({"NO_COLOR": "", "TERM": "xterm"} | variables).items():
        monkeypatch.setenv(name, value)
    text = create_broken_model().to_json()
    pipe(monkeypatch, text)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    main(["-"])
    out = capsys.readouterr().out
    assert ("\x1b[1mgru\x1b[0m: GRU(4)" in out) is has_colors
    assert ("\n  \x1b[31mfails\x1b[0m       RNN104" in out) is has_colors
    for code in ("\x1b[1m", "\x1b[31m", "\x1b[0m"):
        out = out.replace(code, "")
    assert out == f"{explain_json(text)}\n"


def test_a_closed_pipe() -> None:
    """Output into ``head`` ends without a traceback."""
    command = [sys.executable, "-m", "rnn_returns", *["LSTM(4)"] * 1000]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


# A single layer.


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
@pytest.mark.parametrize(
    "text",
    [
        "{}(4)",
        "{}(4, return_state=True)",
        "{}(4, return_sequences=True, return_state=True, go_backwards=True)",
        "Bidirectional({}(4, return_sequences=True))",
        "Bidirectional({}(4, return_state=True), merge_mode=None)",
    ],
)
def test_a_layer_is_what_its_code_makes(kind: str, text: str, capsys: Capture) -> None:
    """The line of code that is shown runs, and gives the tensors that are listed with it."""
    assert main([text.format(kind), "--input", "None,3,2", "--json"]) == 0
    [entry] = json.loads(capsys.readouterr().out)
    assert (entry["schema_version"], entry["target"]) == (1, text.format(kind))
    shown = entry["prediction"]
    scope: dict[str, Any] = {"keras": keras, "x": np.ones((5, 3, 2), "float32")}
    exec(shown["code"], scope)

    returned = observe(eval(shown["code"].split(" = ")[1].removesuffix("(x)"), scope), scope["x"])
    assert [tensor["name"] for tensor in shown["tensors"]] == list(returned.names)
    for tensor in shown["tensors"]:
        assert scope[tensor["name"]].shape == (5, *tensor["shape"][1:])
        assert len(tensor["axes"]) == len(tensor["shape"])
    for equality in shown["equalities"]:
        names = {name: np.array(value) for name, value in scope.items() if name in returned.names}
        assert np.all(eval(equality, names | {"units": 4}))


def test_a_layer_in_a_terminal(capsys: Capture) -> None:
    """The code, the tensors and what is always equal are there to be read."""
    assert main(["LSTM(4, return_sequences=True, return_state=True)"]) == 0

    out = capsys.readouterr().out
    code = "keras.layers.LSTM(4, return_sequences=True, return_state=True)(x)"
    assert out.splitlines()[0] == f"output, state_h, state_c = {code}"
    assert "for x of shape (None, None, 1): a tuple of 3" in out
    assert "state_c  (batch, units)             (None, 4)\n" in out
    assert out.endswith("without a mask, for any input: state_h == output[:, -1]\n")


def test_the_call_of_a_layer(capsys: Capture) -> None:
    """The options of the call are in its code, and decide what is equal."""
    layer = "LSTM(4, return_state=True)"
    assert main([layer, "--mask"]) == 0
    out = capsys.readouterr().out
    assert "(x, mask=mask)\n" in out
    assert "with any mask, for any input: state_h == output" in out
    assert main([layer, "--mask", "--initial-state"]) == 0
    out = capsys.readouterr().out
    assert "(x, mask=mask, initial_state=initial_state)\n" in out
    assert "on any data" not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["LSTM(0)"], "Keras needs a positive number of units, not 0."),
        (["GRU(4)", "--input", "8,0,3"], "so its timesteps axis is empty"),
        (["GRU(4)", "--input", "8,3"], "has rank 2"),
        (["Bidirectional(GRU(4, go_backwards=True))"], "leave it out"),
        (["ConvLSTM1D(4, 3)"], "pass it as --input batch,timesteps,rows,channels"),
        (["TimeDistributed(GRU(4))", "--initial-state"], "takes no initial_state"),
        (["lstm(4)"], "did you mean LSTM?"),
        (["LSTM(4"], "not valid Python"),
        (["LSTM"], 'a layer needs its arguments, as in "LSTM(4)"'),
        (["model (1).keras"], "There is no such file"),
        (["it.keras", "--input", "3,4"], "--input, --mask and --initial-state are for a layer"),
    ],
)
def test_what_is_no_layer(arguments: list[str], message: str, capsys: Capture) -> None:
    """A layer that Keras would refuse gets one line that says why, and exit status 2."""
    assert main(arguments) == 2

    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"rnn-returns: {arguments[0]}: ")
    assert message in err


@pytest.mark.parametrize("shape", ["", "8;3", "8,-1,3", "8,x", "8," * 9 + "1", "9" * 5000, "²"])
def test_what_is_no_shape(shape: str, capsys: Capture) -> None:
    """A shape is a few lengths between commas; anything else is an error of usage."""
    with pytest.raises(SystemExit, match="2"):
        main(["LSTM(4)", "--input", shape])
    assert "expected a shape such as 8,10,3 or None,None,3" in capsys.readouterr().err


def test_a_file_named_like_a_layer(tmp_path: Path, monkeypatch: Patch, capsys: Capture) -> None:
    """A file that is there is read, whatever its name is."""
    monkeypatch.chdir(tmp_path)
    Path("LSTM(4)").touch()
    assert main(["LSTM(4)"]) == 2
    assert capsys.readouterr().out == ""


def test_the_api_page_lists_every_option() -> None:
    """The table on the page has the options of the parser, and no other."""
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    [table] = re.findall(r"^\| Option \|.*?\n\n", page, re.M | re.S)
    options = {option for action in build_parser()._actions for option in action.option_strings}

    assert set(re.findall(r"--[a-z-]+", table)) - {"---"} == options - {"-h", "--help"}
