"""What can be read at one sitting: short functions, modules of one thought, everything annotated (QUALITY.md, Code)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("tcloud", "simulators", "bench", "tools")
"""What we write and run; tests are judged by ruff and mypy alone, for a table of cases may be long."""
LONGEST_FUNCTION = 60
MOST_FUNCTIONS = 30
"""Lines that 95 of 100 functions do not exceed."""
LONG_MODULE, LONGEST_MODULE = 300, 450
SELDOM = 0.02
"""The part of all modules that may be long: a table that is read side by side, a thought that does not divide."""
LEAST_MODULES, LEAST_FUNCTIONS = 200, 1_700
MODULES = sorted(
    path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if not {"migrations", ".venv"} & set(path.parts)
)  # fmt: skip
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> Iterator[Function]:
    """Every function and method, those inside others too."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def lines(function: Function) -> int:
    """Length with decorators, signature and docstring, as a reader scrolls it."""
    first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
    return (function.end_lineno or first) - first + 1


def unannotated(function: Function) -> list[str]:
    """Parameters without a type, and `return` when that is missing; `self` and `cls` need none."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    missing = [
        argument.arg for argument in named
        if argument is not None and argument.annotation is None and argument.arg not in {"self", "cls"}
    ]  # fmt: skip
    return missing + ([] if function.returns else ["return"])


PARSED = {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
ALL = [(f"{name}:{function.lineno} {function.name}", function) for name, tree in PARSED.items() for function in functions(tree)]


def test_functions_are_short() -> None:
    assert len(ALL) >= LEAST_FUNCTIONS
    assert [where for where, function in ALL if lines(function) > LONGEST_FUNCTION] == []
    lengths = sorted(lines(function) for _where, function in ALL)
    assert lengths[int(0.95 * len(lengths))] <= MOST_FUNCTIONS


def test_modules_are_seldom_long() -> None:
    assert len(MODULES) >= LEAST_MODULES
    lengths = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in PARSED}
    long = {name: length for name, length in lengths.items() if length > LONG_MODULE}
    assert len(long) <= SELDOM * len(lengths), long
    assert {name: length for name, length in long.items() if length > LONGEST_MODULE} == {}


def test_every_function_says_what_it_takes_and_gives() -> None:
    assert {where: missing for where, function in ALL if (missing := unannotated(function))} == {}


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("def f(a: int) -> int: ...", []), ("def f(a) -> int: ...", ["a"]), ("def f(): ...", ["return"]),
        ("async def f(*, a, **more) -> None: ...", ["a", "more"]), ("class A:\n def f(self, *a: int) -> None: ...", []),
        ("def f() -> None:\n def g(b: int): ...", ["return"]),
    ],
)  # fmt: skip
def test_the_reader_sees_what_is_missing(source: str, missing: list[str]) -> None:
    assert [each for function in functions(ast.parse(source)) for each in unannotated(function)] == missing


def test_a_function_is_as_long_as_what_a_reader_scrolls() -> None:
    (function,) = functions(ast.parse("@one\n@two(\n  1)\ndef f(\n  a: int,\n) -> None:\n  '''x'''\n  pass\n"))
    assert lines(function) == 8
