"""Big arrays and objects one after another are read a piece at a time, and each flaw names its line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.domain.fields import Flaw
from core.services.importing import json_rows
from core.services.importing.json_rows import Rows
from core.services.importing.source import Source

OBJECTS = '{"a": 1}', '{\n "b": [{"c": "}"}]\n}', '{"d": "x,]"}'


def read(folder: Path, text: str, reader: Callable[[Source], Rows] = json_rows.array) -> list[tuple[int, dict]]:
    path = folder / "rows.json"
    path.write_text(text, encoding="utf-8")
    with Source(path) as source:
        return list(reader(source))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"[{','.join(OBJECTS)}]", [1, 1, 3]),
        ("\n[\n" + "\n,\n".join(OBJECTS) + "\n]\n\n", [3, 5, 9]),
        ("[]", []),
        (" [ \n ]\n", []),
    ],
)
def test_the_objects_of_an_array_have_their_lines(tmp_path: Path, text: str, lines: list[int]) -> None:
    assert [number for number, _ in read(tmp_path, text)] == lines


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('[{"a": 1}\n{"b": 2}]', 1, "with a comma between"),
        ('[{"a": 1},\n,{"b": 2}]', 1, "with a comma between"),
        ('[{"a": 1},]', 1, "with a comma between"),
        ("[1, 2]", 1, "with a comma between"),
        ('[{"a": 1},\n\n{"b": ', 3, "cut off"),
        ('[\n{"a": 1}\n', 2, "cut off"),
        ('[{"a": 1}\n]\nx', 2, "Something follows"),
        ('[\n{"a": NaN}]', 2, "JSON"),
    ],
)
def test_what_is_wrong_with_an_array_is_said_with_its_line(tmp_path: Path, text: str, line: int, problem: str) -> None:
    with pytest.raises(Flaw, match=problem) as raised:
        read(tmp_path, text)
    assert raised.value.line == line


def test_objects_one_after_another_have_their_lines_and_are_read_across_pieces(tmp_path: Path) -> None:
    long = '{"text":\n"' + "x" * 200_000 + '"}'
    found = read(tmp_path, "\n\n".join([OBJECTS[1], long, OBJECTS[0]]), json_rows.lines)
    assert [number for number, _ in found] == [1, 5, 8]
    with pytest.raises(Flaw, match="nothing else") as raised:
        read(tmp_path, f"{OBJECTS[1]}\n]", json_rows.lines)
    assert raised.value.line == 4
