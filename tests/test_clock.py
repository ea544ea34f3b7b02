"""The time of day is read in one place."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import core

ROOT = Path(core.__file__).parent.parent
READS_A_CLOCK = ("datetime.now", "datetime.utcnow", "date.today", "time.time", "time.time_ns", "time.localtime")
MODULES = [
    path
    for path in (*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "streamlit_app.py")
    if path != ROOT / "core" / "clock.py"
]


def clocks_read(source: str) -> Iterator[str]:
    """Each call that reads a clock of its own."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.endswith(READS_A_CLOCK):
                yield f"line {node.lineno}: {called}"


def test_only_the_clock_reads_the_time_of_day():
    found = {str(path.relative_to(ROOT)): list(clocks_read(path.read_text(encoding="utf-8"))) for path in MODULES}
    assert {path: calls for path, calls in found.items() if calls} == {}


@pytest.mark.parametrize("call", ["datetime.now(UTC)", "dt.datetime.utcnow()", "date.today()", "time.time()"])
def test_a_clock_of_its_own_would_be_found(call: str):
    assert list(clocks_read(f"began = {call}")) == [f"line 1: {call.partition('(')[0]}"]
