"""What goes out: round trips of votes, tables that no spreadsheet runs, streams in three formats."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlmodel import Session, col, select

from core.domain.formula import neutralise
from core.errors import BadInput
from core.services.datasets.exporting import FORMATS, RESPONSE_COLUMNS, export_responses, export_table, export_votes
from core.services.importing import Kind, import_file
from core.services.studies import studies
from core.storage.engine import open_engine, reading, writing
from core.storage.schema import upgrade
from core.storage.tables import Person, Vote

pytestmark = pytest.mark.one_database

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
PROMPTS = [{"id": f"p{number}", "category": f"c{number % 2}", "turns": ["Hi"]} for number in range(4)]
RESPONSES = [
    {"prompt_id": f"p{number}", "candidate": name, "text": words, "latency_ms": 5.5}
    for number in range(4)
    for name, words in (("=cmd|' /C calc'!A0", "one two three"), ("b", "=1+1"))
]
VOTES = [
    {
        "prompt_id": f"p{number % 4}",
        "left": RESPONSES[number // 4 % 2]["candidate"],
        "right": RESPONSES[(number // 4 + 1) % 2]["candidate"],
        "winner": ("left", "right", "tie", "both_bad")[number % 4],
        "question": ("tone", "overall")[number // 8 % 2],
        "rater": f"@rater {number % 5}",
        "masked": number % 3 == 0,
        "too_fast": number % 7 == 0,
    }
    for number in range(60)
]


def fill(engine: Engine, records: list[dict[str, Any]], kind: str) -> None:
    content = "".join(json.dumps(record) + "\n" for record in records).encode()
    import_file(engine, io.BytesIO(content), Kind(kind), name="d.jsonl", now=NOW)


@pytest.fixture
def filled(engine: Engine) -> Engine:
    for records, kind in ((PROMPTS, "prompts"), (RESPONSES, "responses"), (VOTES, "votes")):
        fill(engine, records, kind)
    return engine


def votes_of(engine: Engine, format: str, **more: Any) -> bytes:
    out = io.BytesIO()
    with reading(engine) as session:
        export_votes(session, studies.named(session, None), format, out, **more)
    return out.getvalue()


def tallies_of(engine: Engine) -> list[Any]:
    query = """SELECT q.key, t.category, l.name, r.name, t.length_bin, t.masked, t.simulated,
        t.n_left, t.n_right, t.n_tie, t.n_both_bad FROM pair_tally t JOIN question q ON q.id = t.question_id
        JOIN candidate l ON l.id = t.left_id JOIN candidate r ON r.id = t.right_id"""
    with engine.connect() as connection:
        return sorted(tuple(row) for row in connection.execute(text(query)))


def test_exported_votes_give_the_same_tallies_where_they_are_imported(filled: Engine, tmp_path: Path) -> None:
    other = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    upgrade(other)
    fill(other, PROMPTS, "prompts")
    exported = votes_of(filled, "jsonl")
    summary = import_file(other, io.BytesIO(exported), Kind.VOTES, name="back.jsonl", now=NOW)
    assert (summary.created, summary.notes) == (60, ())
    assert tallies_of(other) == tallies_of(filled)
    assert len(tallies_of(other)) > 10
    assert votes_of(other, "jsonl") == exported
    other.dispose()


def test_only_votes_that_stand_go_out_and_simulated_ones_when_asked_for(filled: Engine) -> None:
    with writing(filled) as session:
        first, second, third = session.exec(select(Vote).order_by(Vote.id).limit(3)).all()
        kept = {"id", "supersedes_id", "outcome", "is_repeat"}
        changed = first.model_dump(exclude=kept)
        session.add(Vote(**changed, supersedes_id=first.id, outcome=3))
        session.add(Vote(**second.model_dump(exclude=kept), supersedes_id=second.id, outcome=None))
        third.is_repeat = True
        last = session.exec(select(Vote).order_by(col(Vote.id).desc())).first()
        assert last is not None
        session.get_one(Person, last.rater_id).kind = "simulated"
        session.flush()
        simulated = len(session.exec(select(Vote).join(Person).where(Person.kind == "simulated")).all())
    everybody = [json.loads(line) for line in votes_of(filled, "jsonl", include_simulated=True).splitlines()]
    people = votes_of(filled, "jsonl").splitlines()
    assert len(everybody) == 58
    assert 0 < len(everybody) - len(people) <= simulated
    assert sum(vote["winner"] == "both_bad" for vote in everybody) >= 15


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_holds_the_same_responses(filled: Engine, format: str) -> None:
    out = io.BytesIO()
    with reading(filled) as session:
        assert export_responses(session, studies.named(session, None), format, out) == 8
    rows = read(out.getvalue(), format)
    assert [row["prompt_id"] for row in rows] == [record["prompt_id"] for record in RESPONSES]
    assert [row["candidate"].removeprefix("'") for row in rows] == [record["candidate"] for record in RESPONSES]
    turns = [json.loads(row["turns"]) if isinstance(row["turns"], str) else row["turns"] for row in rows]
    assert turns == [[record["text"]] for record in RESPONSES]
    assert {float(row["latency_ms"]) for row in rows} == {5.5}


def read(content: bytes, format: str) -> list[dict[str, Any]]:
    if format == "parquet":
        table = pq.read_table(io.BytesIO(content))
        assert set(table.column_names) == set(RESPONSE_COLUMNS)
        return table.to_pylist()
    if format == "jsonl":
        return [json.loads(line) for line in content.splitlines()]
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_responses_go_back_in_as_they_came_out(filled: Engine) -> None:
    out = io.BytesIO()
    with reading(filled) as session:
        export_responses(session, studies.named(session, None), "jsonl", out)
    again = import_file(filled, io.BytesIO(out.getvalue()), Kind.RESPONSES, name="back.jsonl", now=NOW)
    assert (again.created, again.unchanged) == (0, 8)


def test_cells_that_a_spreadsheet_would_run_are_neutralised_in_csv_alone(filled: Engine) -> None:
    rows = list(csv.DictReader(io.StringIO(votes_of(filled, "csv").decode(), newline="")))
    assert {row["left"] for row in rows} == {"'=cmd|' /C calc'!A0", "b"}
    assert all(row["rater"].startswith("'@rater") for row in rows)
    assert {row["length_bin"] for row in rows} == {"2", "-2"}
    assert b"'=cmd" not in votes_of(filled, "jsonl")


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("-12.5", "-12.5"),
        ("+3e-4", "+3e-4"),
        ("12", "12"),
        ("", ""),
        ("plain = text", "plain = text"),
        ("- a list item", "'- a list item"),
    ],
)
def test_formulas_are_neutralised_and_numbers_stay_numbers(cell: str, safe: str) -> None:
    assert neutralise(cell) == safe


@given(st.text())
def test_no_cell_begins_as_a_formula(cell: str) -> None:
    safe = neutralise(cell)
    assert safe in (cell, f"'{cell}")
    first = safe.lstrip()[:1]
    if first in ("=", "@"):
        pytest.fail(f"{safe!r} would be run")
    if first in ("+", "-"):
        float(safe)
    assert neutralise(safe) == safe


def test_a_table_tells_its_columns_from_its_rows() -> None:
    rows = [
        {"candidate": "=x", "rating": 1000, "rank": 1},
        {"candidate": "y", "rating": 990.5, "rank": None, "when": NOW},
    ]
    out = io.BytesIO()
    assert export_table(rows, "parquet", out) == 2
    assert pq.read_table(io.BytesIO(out.getvalue())).to_pylist() == [
        {"candidate": "=x", "rating": 1000.0, "rank": 1, "when": None},
        {"candidate": "y", "rating": 990.5, "rank": None, "when": NOW},
    ]
    page = io.BytesIO()
    export_table(rows, "csv", page)
    assert page.getvalue().decode().splitlines() == [
        "candidate,rating,rank,when",
        "'=x,1000,1,",
        "y,990.5,,2025-06-01T12:00:00+00:00",
    ]


def test_an_empty_table_and_an_unknown_format() -> None:
    for format in FORMATS:
        assert export_table([], format, io.BytesIO(), columns={"a": str}) == 0
    with pytest.raises(BadInput, match="no export format 'xlsx'"):
        export_table([], "xlsx", io.BytesIO())


def test_an_export_does_not_hold_its_rows() -> None:
    alive, most = 0, 0

    class Row(dict[str, Any]):
        def __init__(self, number: int) -> None:
            nonlocal alive, most
            super().__init__(number=number)
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    for format in FORMATS:
        export_table((Row(number) for number in range(20_000)), format, io.BytesIO(), columns={"number": int})
    assert most < 10_000


def test_the_session_of_an_export_may_be_used_afterwards(filled: Engine) -> None:
    with Session(filled) as session:
        study = studies.named(session, None)
        export_votes(session, study, "csv", io.BytesIO())
        assert len(session.exec(select(Vote)).all()) == 60
