"""The ways in which a function can be mutated."""

import ast
import re
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Is: ("is", "is not"),
    ast.IsNot: (r"is\s+not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: (r"not\s+in", "in"),
}
# The others negate the condition that they are.
ORDERS = ast.Lt, ast.LtE, ast.Gt, ast.GtE
ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: (r"\+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: (r"\*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
}
# Another valid value for each default.
DEFAULT_STRINGS = {
    "tanh": "sigmoid",
    "sigmoid": "hard_sigmoid",
    "glorot_uniform": "zeros",
    "orthogonal": "glorot_uniform",
    "zeros": "ones",
    "valid": "same",
    "concat": "sum",
}


@dataclass(frozen=True)
class Edit:
    """Replace a part of a function's source, from offset *start* to *end*, by *new*."""

    operator: str
    start: int
    end: int
    new: str


def find_edits(
    function: ast.FunctionDef, source: str, first: int, ignored: frozenset[str]
) -> list[Edit]:
    """Return every way in which *function* can be mutated.

    Args:
        function: The function.
        source: Its text.
        first: The number of the first line of *source*, counted as *function* does.
        ignored: Keyword arguments whose strings are not mutated.
    """
    finder = _Finder(source, first, ignored)
    finder.visit_FunctionDef(function)
    return finder.edits


class _Finder(ast.NodeVisitor):
    """Collects edits. What it does not visit is not mutated: see generated.toml."""

    def __init__(self, source: str, first: int, ignored: frozenset[str]) -> None:
        self.source, self.first, self.ignored = source, first, ignored
        self.offsets = [0, *(match.end() for match in re.finditer("\n", source))]
        self.edits: list[Edit] = []

    def start(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        return self.offsets[node.lineno - self.first] + node.col_offset

    def end(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offsets[node.end_lineno - self.first] + node.end_col_offset

    def text(self, node: ast.expr) -> str:
        return self.source[self.start(node) : self.end(node)]

    def add(self, operator: str, node: ast.expr | ast.stmt, new: str) -> None:
        self.edits.append(Edit(operator, self.start(node), self.end(node), new))

    def add_between(
        self, operator: str, left: ast.expr, right: ast.expr, old: str, new: str
    ) -> None:
        """Replace the operator *old*, a regular expression, between two operands."""
        start = self.end(left)
        match = re.search(rf"(?<!\w){old}(?!\w)", self.source[start : self.start(right)])
        assert match is not None, (self.source[start : self.start(right)], old)
        self.edits.append(Edit(operator, start + match.start(), start + match.end(), new))

    def add_removal(self, operator: str, start: int, end: int) -> None:
        """Remove an element and the comma after it."""
        comma = re.compile(r"\s*,").match(self.source, end)
        self.edits.append(Edit(operator, start, comma.end() if comma else end, ""))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if isinstance(default, ast.Constant):
                self.add_constant("default", default, DEFAULT_STRINGS)
        for statement in node.body:
            self.visit(statement)

    def visit_Raise(self, node: ast.Raise) -> None:
        """Leave out messages: the tests pin those that readers search for."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Leave out: Python 3.11 has no positions within such a string."""

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self.add("call removed", node, "pass")
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        (target, *_) = node.targets
        is_none = isinstance(node.value, ast.Constant) and node.value.value is None
        names = {name.id for name in ast.walk(node.value) if isinstance(name, ast.Name)}
        if isinstance(target, ast.Attribute | ast.Subscript):
            self.add("assignment removed", node, "pass")
            if not is_none:
                self.add("None assigned", node.value, "None")
        elif isinstance(target, ast.Name) and target.id in names:
            self.add("assignment removed", node, "pass")
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.add("assignment removed", node, "pass")
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        value = node.value
        if isinstance(value, ast.Tuple | ast.List) and len(value.elts) > 1:
            texts = [self.text(element) for element in value.elts]
            is_list = isinstance(value, ast.List)
            for elements in sorted(
                {*map(tuple, (texts[1:], texts[:-1], texts[::-1]))} - {(*texts,)}
            ):
                inner = ", ".join(elements)
                self.add("returned", value, f"[{inner}]" if is_list else f"({inner},)")
        elif value is not None and not isinstance(value, ast.Constant):
            self.add("returned", value, "None")
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        self.add_negation(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        self.add_negation(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.add_negation(node.test)
        self.generic_visit(node)

    def add_negation(self, test: ast.expr) -> None:
        is_negated = isinstance(test, ast.UnaryOp)
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            is_negated = not isinstance(test.ops[0], ORDERS)
        if not is_negated:
            self.add("condition negated", test, f"not ({self.text(test)})")

    def visit_Compare(self, node: ast.Compare) -> None:
        operands = [node.left, *node.comparators]
        for left, right, operator in zip(operands, operands[1:], node.ops, strict=False):
            self.add_between("comparison", left, right, *COMPARISONS[type(operator)])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self.add_between("and, or", left, right, old, new)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self.add("not removed", node, f"({self.text(node.operand)})")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        left, right = node.left, node.right
        is_sequence = any(_is_sequence(side) for side in (left, right))
        if any(isinstance(side, ast.JoinedStr) for side in (left, right)):
            return
        if isinstance(node.op, ast.Add) and is_sequence:
            swapped = f"{self.text(right)} + {self.text(left)}"
            self.add("arithmetic", node, f"({swapped})")
        elif type(node.op) in ARITHMETIC:
            self.add_between("arithmetic", left, right, *ARITHMETIC[type(node.op)])
        if isinstance(node.op, ast.Sub) and isinstance(left, ast.Constant):
            self.add("arithmetic", node, self.text(right))
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        index = node.slice
        if ast.unparse(index) == "-1":
            self.add("index", index, "0")
        elif isinstance(index, ast.Constant) and isinstance(index.value, int):
            self.add("index", index, "-1" if index.value == 0 else "0")
        else:
            self.visit(index)
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        for keyword in node.keywords:
            self.add_removal("keyword dropped", self.start(keyword), self.end(keyword))
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in self.ignored:
            self.visit(node.value)

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            start = (
                self.source.rfind("**", 0, self.start(value)) if key is None else self.start(key)
            )
            self.add_removal("dict entry dropped", start, self.end(value))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        self.add_constant("constant", node, {})

    def add_constant(self, operator: str, node: ast.Constant, strings: dict[str, str]) -> None:
        value = node.value
        if isinstance(value, bool):
            self.add(operator, node, str(not value))
        elif isinstance(value, int | float):
            self.add(operator, node, repr(value + (1 if isinstance(value, int) else 0.5)))
        elif isinstance(value, str):
            self.add(operator, node, f'"{strings.get(value, value + "_")}"')


def _is_sequence(node: ast.expr) -> bool:
    """Return whether *node* is surely a tuple or a list."""
    return isinstance(node, ast.Tuple | ast.List) or ast.unparse(node).startswith("tuple(")
