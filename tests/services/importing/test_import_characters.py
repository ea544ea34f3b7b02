"""Text that no database can keep (NUL, halves of surrogate pairs) is mended on its way in, wherever it stands."""

import io
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from core.services.importing import ImportSummary, Kind, import_file, import_query
from core.storage.tables import Candidate, Dataset, ImportedFile, Person, Prompt, Question, Response, Vote
from tests.services.importing.import_fuzz import SEEDS, Seed

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
ODD, MENDED = "\ud83d\ude00 \ud83d \x00 \ude00", "😀 � � �"
FAULT = pytest.mark.regression("1.4")


def take(engine: Engine, records: list[dict[str, Any]], kind: str, *, raw: bool = False, **more: Any) -> ImportSummary:
    """Import ``records`` written with escapes (as most programs do), or ``raw`` where the characters allow it."""
    lines = "".join(json.dumps(record, ensure_ascii=not raw) + "\n" for record in records)
    content = lines.replace("\\u0000", "\x00").encode() if raw else lines.encode()
    name = more.pop("name", "odd.jsonl")
    return told(lambda: import_file(engine, io.BytesIO(content), Kind(kind), name=name, now=NOW, **more))


def told(work: Callable[[], ImportSummary]) -> ImportSummary:
    """What ``work`` gives; a failure is told in characters that can be printed."""
    try:
        return work()
    except Exception as error:
        why = ascii(error)
    pytest.fail(why, pytrace=False)


def odd(where: str) -> str:
    return f"{where} {ODD}"


def mended(where: str) -> str:
    return f"{where} {MENDED}"


@FAULT
def test_prompts_with_odd_characters_in_every_field_come_in_mended(engine: Engine) -> None:
    prompt = {
        "id": odd("id"), "category": odd("category"), "turns": [odd("turn")], "reference": [odd("reference")],
        "constraints": {odd("key"): {odd("inner"): [odd("value")]}}, "tags": [odd("tag")],
    }  # fmt: skip
    assert take(engine, [prompt], "prompts", dataset=odd("dataset"), name=odd("file")).created == 1
    with Session(engine) as session:
        found = session.exec(select(Prompt)).one()
        assert session.exec(select(Dataset.name)).one() == mended("dataset")
        assert session.exec(select(ImportedFile.name)).one() == mended("file")
    assert (found.external_id, found.category) == (mended("id"), mended("category"))
    assert found.messages == [{"role": "user", "content": mended("turn")}]
    assert (found.reference, found.tags) == ([mended("reference")], [mended("tag")])
    assert found.constraints == {mended("key"): {mended("inner"): [mended("value")]}}


@FAULT
def test_responses_and_votes_with_odd_characters_come_in_mended(engine: Engine) -> None:
    take(engine, [{"id": odd("p"), "turns": ["x"]}], "prompts", dataset="d")
    responses = [
        {"prompt_id": odd("p"), "candidate": odd(name), "text": odd("text"), "finish_reason": odd("r"),
         "answered_by": odd("m")}
        for name in ("a", "b")
    ]  # fmt: skip
    assert take(engine, responses, "responses").created == 2
    vote = {"prompt_id": odd("p"), "left": odd("a"), "right": odd("b"), "winner": "tie"}
    assert take(engine, [vote | {"question": odd("q"), "rater": odd("rater")}], "votes").created == 1
    with Session(engine) as session:
        assert session.exec(select(Candidate.name).order_by(Candidate.position)).all() == [mended("a"), mended("b")]
        response = session.exec(select(Response)).first()
        assert session.exec(select(Person.name)).one() == mended("rater")
        assert mended("q") in session.exec(select(Question.key)).all()
        assert session.exec(select(Vote.outcome)).one() == 2
    assert response is not None
    assert (response.turns, response.finish_reason, response.answered_by) == (
        [mended("text")],
        mended("r"),
        mended("m"),
    )


@FAULT
def test_candidates_with_odd_characters_come_in_mended(engine: Engine) -> None:
    candidate = {"name": odd("c"), "provider": "openai", "model": odd("m"), "system": odd("s")}
    assert take(engine, [candidate], "candidates").created == 1
    with Session(engine) as session:
        found = session.exec(select(Candidate)).one()
    assert (found.name, found.model, found.settings) == (mended("c"), mended("m"), {"system": mended("s")})


@FAULT
def test_a_bare_nul_is_replaced_in_lines_arrays_and_tables(engine: Engine) -> None:
    prompt = {"id": "a\x00b", "turns": ["c\x00d"]}
    assert take(engine, [prompt], "prompts", raw=True, dataset="lines").created == 1
    array = json.dumps([prompt]).replace("\\u0000", "\x00").encode()
    table = b"id,turns\na\x00b,c\x00d\n"
    for dataset, content in (("array", array), ("table", table)):
        options = {"dataset": dataset, "name": "odd", "now": NOW}
        taken = told(lambda: import_file(engine, io.BytesIO(content), Kind.PROMPTS, **options))  # noqa: B023
        assert taken.created == 1
    with Session(engine) as session:
        kept = session.exec(select(Prompt.external_id, Prompt.messages)).all()
    assert kept == [("a�b", [{"role": "user", "content": "c�d"}])] * 3


@FAULT
def test_an_array_with_lone_halves_comes_in(engine: Engine) -> None:
    content = json.dumps([{"id": odd("a"), "turns": [odd("t")]}, {"id": "plain", "turns": ["t"]}]).encode()
    options = {"dataset": "d", "name": "odd", "now": NOW}
    assert told(lambda: import_file(engine, io.BytesIO(content), Kind.PROMPTS, **options)).created == 2
    with Session(engine) as session:
        assert set(session.exec(select(Prompt.external_id))) == {mended("a"), "plain"}


@FAULT
def test_rows_of_a_database_with_nul_come_in(engine: Engine, tmp_path: Path) -> None:
    there = sqlite3.connect(tmp_path / "there.db")
    there.execute("CREATE TABLE asked (id TEXT, turns TEXT)")
    there.execute("INSERT INTO asked VALUES (?, ?)", ("a\x00b", "c\x00d"))
    there.commit()
    there.close()
    url = f"sqlite:///{tmp_path / 'there.db'}"
    query = "SELECT id, turns FROM asked"
    assert told(lambda: import_query(engine, url, query, Kind.PROMPTS, dataset="d", now=NOW)).created == 1
    with Session(engine) as session:
        assert session.exec(select(Prompt.external_id)).one() == "a�b"


def odd_everywhere(found: Any) -> Any:
    """``found`` with odd characters behind every text of it that no format knows by its value."""
    if isinstance(found, list):
        return [odd_everywhere(each) for each in found]
    if isinstance(found, dict):
        return {key: value if key in _KNOWN_VALUES else odd_everywhere(value) for key, value in found.items()}
    return odd(found) if isinstance(found, str) and found[:1] not in ("{", "[") else found


_KNOWN_VALUES = {
    "role", "type", "winner", "created_at", "provider", "base_url", "api_key_env", "run_type", "object",
    "startTime", "endTime", "start_time", "end_time", "completionStartTime", "first_token_time", "timestamp",
    "method", "id", "question_id", "prompt_id", "custom_id", "prompt", "candidate", "left", "right", "call_type",
    "total_cost",
}  # fmt: skip


def named(seed: Seed) -> Any:
    """The seed as a parameter; LLMFAO's votes have no text but names that prompts and candidates go by."""
    marks = () if "model_x" in seed.records[0] else FAULT
    return pytest.param(seed, marks=marks, id=f"{seed.kind}-{','.join(list(seed.records[0])[:3])}")


@pytest.mark.parametrize("seed", list(map(named, SEEDS)))
def test_no_format_stops_at_an_odd_character(engine: Engine, seed: Any) -> None:
    prompts = [{"id": f"p{number}", "turns": ["Hi"]} for number in range(12)]
    take(engine, prompts, "prompts", dataset="known", name="known.jsonl")
    plain = take(engine, list(seed.records), seed.kind, name="plain.jsonl")
    spoiled = take(engine, [odd_everywhere(record) for record in seed.records], seed.kind, name="odd.jsonl")
    assert spoiled.records == plain.records
