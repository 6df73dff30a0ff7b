"""Mutations are generated from Keras's source, and chosen by a seed."""

import ast
from pathlib import Path

import pytest

from mutation.generated import KNOWN, Generated, generate, sample
from mutation.operators import find_edits


@pytest.fixture(scope="module")
def generated() -> list[Generated]:
    return generate()


def test_known_mutations(generated: list[Generated], tmp_path: Path) -> None:
    """What is known of a generated mutation takes it out of the score; other entries are errors."""
    name = "bidirectional.py:Bidirectional.call"
    entry = f'kind = "equivalent"\nwhere = "layers/rnn/{name}"\nreason = "No test."\n'
    text = KNOWN.read_text(encoding="utf-8") + f"\n[[known]]\n{entry}before = "
    own = tmp_path / "own.toml"

    own.write_text(text + '"output = y + y_rev"', encoding="utf-8")
    [known] = [m for m in generate(own) if m.known == "equivalent: No test."]
    assert (known.before, known.after) == ("output = y + y_rev", "output = y - y_rev")

    own.write_text(text + '"output = y * 3"', encoding="utf-8")
    with pytest.raises(ValueError, match=r"cannot be made.*update or remove: .*output = y \* 3"):
        generate(own)


def test_generated_mutations(generated: list[Generated]) -> None:
    """Generated mutations can be made and have an effect: a sample of each operator."""
    by_operator = {mutation.operator: mutation for mutation in sample(generated, 200, seed=3)}
    assert len(by_operator) == 14

    for mutation in by_operator.values():
        mutation.check()
        assert mutation.before != mutation.after


def test_generated_mutations_differ(generated: list[Generated]) -> None:
    """Each of the generated mutations is another one."""
    assert len({mutation.description for mutation in generated}) == len(generated) > 1400


def test_a_sample(generated: list[Generated]) -> None:
    """A seed always gives the same sample, of which a smaller one is the start."""
    chosen = sample(generated, 100, seed=1)

    assert chosen == sample(generated[:], 100, seed=1)
    assert chosen[:20] == sample(generated, 20, seed=1)
    assert chosen != sample(generated, 100, seed=2)
    assert len({*chosen}) == 100


@pytest.mark.parametrize(
    ("body", "mutated"),
    [
        ("if a == b and c: pass", ["if a != b and c", "if a == b or c", "if not (a == b and c)"]),
        ("if a is not b: pass", ["if a is b"]),
        ("if a is b: pass", ["if a is not b"]),
        ("if a in b: pass", ["if a not in b"]),
        ("if not a: pass", ["if (a)"]),
        ("if a < 1: pass", ["if a <= 1", "if not (a < 1)", "if a < 2"]),
        ("return a, b, c", ["return (b, c,)", "return (a, b,)", "return (c, b, a,)"]),
        ("return [a, b]", ["return [b]", "return [a]", "return [b, a]"]),
        ("return 1 - a", ["return None", "return 1 + a", "return a", "return 2 - a"]),
        ("return (a,) + b", ["return None", "return (b + (a,))"]),
        ("self.a = b", ["pass", "self.a = None"]),
        ("a = a[-1]", ["pass", "a = a[0]"]),
        ("b = a[0]", ["b = a[-1]"]),
        ("f(a, b=c, **d)", ["pass", "f(a,  **d)", "f(a, b=c, )"]),
        ('a = {"b": c, **d}', ["a = { **d}", 'a = {"b": c, }', 'a = {"b_": c, **d}']),
        ('raise ValueError("a" + b)', []),
        ('"""Say it."""', []),
    ],
)
def test_operators(body: str, mutated: list[str]) -> None:
    """Each operator changes what it should, and nothing else is changed."""
    source = f"def function():\n    {body}\n"
    [function] = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)

    edits = find_edits(function, source, 1, frozenset())

    found = [source[: edit.start] + edit.new + source[edit.end :] for edit in edits]
    ending = ": pass" if body.endswith(": pass") else ""
    assert sorted(found) == sorted(f"def function():\n    {m}{ending}\n" for m in mutated)
