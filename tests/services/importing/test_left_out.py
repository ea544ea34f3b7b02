"""Logs with odd records come in without them, and the note says how many, why and where; what is ours is refused."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from core.errors import BadFile
from core.services.importing import FORMATS, ImportSummary, Kind, import_file
from core.services.importing import look as file_look
from core.storage.tables import Candidate, Prompt, Response, Vote
from tests.workspace import NOW

pytestmark = pytest.mark.one_database

ASKED = [{"role": "user", "content": "When is it open?"}]
CHAT = {"model": "m", "messages": ASKED, "response": "On Tuesday."}
BATCH = {
    "custom_id": "r1",
    "response": {
        "status_code": 200,
        "body": {
            "model": "m",
            "choices": [{"message": {"role": "assistant", "content": "On Tuesday."}, "finish_reason": "stop"}],
        },
    },
}
TRACE = {"id": "o1", "traceId": "t", "type": "GENERATION", "model": "m", "input": ASKED, "output": "On Tuesday."}
RUN = {"run_type": "llm", "inputs": {"messages": ASKED}, "outputs": {"output": "On Tuesday.", "model": "m"}}
SPEND = {"request_id": "1", "spend": 0.1, "model": "m", "messages": ASKED, "response": BATCH["response"]["body"]}  # type: ignore[index]
MT = {"question_id": "r1", "model_id": "m", "choices": [{"turns": ["On Tuesday."]}]}
TALK = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
BATTLE = {"id": "r1", "model_a": "m", "model_b": "n", "winner": "tie", "conversation_a": TALK, "conversation_b": TALK}
PICTURE = [{"role": "user", "content": [{"type": "image"}]}]
CROWD = {"id": 1, "prompt": "p", "model_x": 1, "model_y": 2, "winner": "left", "left": "m", "right": "n"}
ODD: dict[str, tuple[Kind, dict[str, Any], dict[str, Any]]] = {
    "chat, a tool's answer": (Kind.RESPONSES, CHAT, {"messages": [{"role": "tool", "content": "x"}]}),
    "chat, a role": (Kind.RESPONSES, CHAT, {"messages": [{"role": "narrator", "content": "x"}]}),
    "chat, a number": (Kind.RESPONSES, CHAT, {"messages": 1.5, "latency_ms": "soon"}),
    "chat, nobody": (Kind.RESPONSES, CHAT, {"model": None}),
    "chat, a time": (Kind.RESPONSES, CHAT, {"created_at": "yesterday"}),
    "batch, a failure": (Kind.RESPONSES, BATCH, {"response": {"status_code": 500, "body": {}}}),
    "batch, no such prompt": (Kind.RESPONSES, BATCH, {"custom_id": "r9"}),
    "langfuse, nobody": (Kind.RESPONSES, TRACE, {"model": None}),
    "langfuse, no name": (Kind.RESPONSES, TRACE, {"model": 7}),
    "langsmith, a chain": (Kind.RESPONSES, RUN, {"run_type": "chain"}),
    "litellm, a failure": (Kind.RESPONSES, SPEND, {"status": "failure"}),
    "mt-bench, no turns": (Kind.RESPONSES, MT, {"choices": [{"turns": []}]}),
    "mt-bench, too many turns": (Kind.RESPONSES, MT, {"choices": [{"turns": ["a", "b", "c"]}]}),
    "mt-bench, no such prompt": (Kind.RESPONSES, MT, {"question_id": 9}),
    "battle, an image": (
        Kind.RESPONSES,
        BATTLE,
        {"conversation_a": PICTURE},
    ),
    "battle, a null": (Kind.RESPONSES, BATTLE, {"conversation_b": None}),
    "vote, an image": (Kind.VOTES, BATTLE, {"conversation_a": PICTURE}),
    "vote, a winner": (Kind.VOTES, BATTLE, {"winner": "nobody"}),
    "vote, against itself": (Kind.VOTES, BATTLE, {"model_b": "m"}),
    "crowd, a winner": (Kind.VOTES, CROWD, {"winner": "both"}),
    "evals": (Kind.PROMPTS, {"input": ASKED, "ideal": "x"}, {"input": [{"role": "tool", "content": "x"}]}),
    "questions": (Kind.PROMPTS, {"question_id": 1, "turns": ["a"]}, {"question_id": 2, "turns": []}),
    "questions of one id": (Kind.PROMPTS, {"question_id": 1, "turns": ["a"]}, {"turns": ["b"]}),
}


def take(engine: Engine, content: Any, kind: Kind, name: str = "log.jsonl", **more: Any) -> ImportSummary:
    if isinstance(content, list):
        content = "".join(json.dumps(record) + "\n" for record in content)
    return import_file(engine, io.BytesIO(content.encode()), kind, name=name, now=NOW, **more)


def stored(engine: Engine, *columns: Any) -> list[Any]:
    with Session(engine) as session:
        return list(session.exec(select(*columns).order_by(columns[0].class_.id)).all())


@pytest.mark.parametrize("name", ODD)
def test_an_odd_record_is_left_out_and_named_wherever_it_stands(engine: Engine, name: str) -> None:
    kind, sound, change = ODD[name]
    if kind is Kind.RESPONSES and name.startswith(("batch", "mt-bench")):
        take(engine, [{"id": "r1", "turns": ["When?"]}], Kind.PROMPTS, dataset="here")
    for number, rows in enumerate(([sound, sound | change], [sound | change, sound])):
        if name == "questions of one id" and number:
            continue
        summary = take(engine, rows, kind, name=f"log{number}.jsonl")
        assert (summary.left_out, summary.records) == (1, 2 if name.startswith("battle") else 1)
        assert summary.notes[0].startswith("1 record was left out: ")
        assert f"(line {2 - number})" in summary.notes[0]


def test_the_note_is_bounded(sqlite_engine: Engine) -> None:
    many = [CHAT | {"model": None}] * 5000 + [CHAT | {"messages": [{"role": f"r{n}", "content": n}]} for n in range(50)]
    kinds = [CHAT | {"created_at": "x"}, CHAT | {"latency_ms": -1}, CHAT | {"messages": [{"role": "tool"}]}]
    note = take(sqlite_engine, [CHAT, *many, *kinds], Kind.RESPONSES).notes[0]
    assert note.startswith("5,053 records were left out: 'model' is missing")
    assert "(lines 2, 3, 4 and 4,997 more)" in note
    assert len(note) < 2000


def test_where_nothing_is_left_the_file_is_refused_with_the_reasons(sqlite_engine: Engine) -> None:
    with pytest.raises(BadFile, match=r"holds no responses\. 1 record was left out: 'model' is missing.*\(line 1\)"):
        take(sqlite_engine, [CHAT | {"model": None}], Kind.RESPONSES)
    take(sqlite_engine, [{"id": "r1", "turns": ["When?"]}], Kind.PROMPTS, dataset="here")
    with pytest.raises(BadFile, match="No dataset holds a prompt"):
        take(sqlite_engine, [BATCH | {"custom_id": "r9"}], Kind.RESPONSES)
    with pytest.raises(BadFile, match="for what is here"):
        take(sqlite_engine, [BATCH | {"custom_id": "r9"}], Kind.RESPONSES, dataset="here")


def test_what_is_ours_is_refused_for_an_odd_record() -> None:
    assert {name for name, each in FORMATS.items() if not each.is_log} == {"evenhand", "csv", "wide"}


def test_a_vote_on_what_was_left_out_is_left_out_too(engine: Engine) -> None:
    other = BATTLE | {"id": "r2", "conversation_b": None}
    bare = {"id": "r2", "model_a": "m", "model_b": "n", "winner": "model_a"}
    stranger = BATTLE | {"model_b": "stranger"}
    take(engine, [BATTLE, other], Kind.RESPONSES, name="arena.jsonl")
    summary = take(engine, [bare, stranger, BATTLE], Kind.VOTES, name="arena.jsonl")
    assert (summary.created, summary.left_out, summary.dataset) == (1, 2, "arena")
    assert stored(engine, Vote.outcome) == [2]


def test_one_answer_in_many_battles_is_one_response(engine: Engine) -> None:
    def battle(other: str, said: str) -> dict[str, Any]:
        talk = [TALK[0], {"role": "assistant", "content": said}]
        return BATTLE | {"model_b": other, "conversation_b": talk}

    rows = [battle("n", "Hu"), battle("o", "Ha"), battle("n", "Hu"), battle("n", "Hey")]
    summary = take(engine, rows, Kind.RESPONSES, name="arena.jsonl")
    assert summary.created == 4
    assert "4 answers came in the file more than once; each is taken once." in summary.notes
    assert [turns for (turns,) in stored(engine, Response.turns)] == ["Ho", "Hu", "Ha", "Hey"]
    assert stored(engine, Response.repetition) == [0, 0, 0, 1]
    assert take(engine, rows[::-1], Kind.RESPONSES, name="arena.jsonl").created == 0
    assert take(engine, rows, Kind.VOTES, name="arena.jsonl").created == 4


def test_references_of_mt_bench_belong_to_their_turns(sqlite_engine: Engine) -> None:
    questions = [
        {"question_id": 1, "turns": ["2 + 2?", "And 3?"], "reference": ["4", "7"]},
        {"question_id": 2, "turns": ["2 + 2?", "And 3?"], "reference": ["4"]},
        {"question_id": 3, "turns": ["2 + 2?"], "reference": ["4", "four"]},
        {"question_id": 4, "turns": ["2 + 2?", "And 3?"], "reference": "seven"},
    ]
    take(sqlite_engine, questions, Kind.PROMPTS)
    assert stored(sqlite_engine, Prompt.reference, Prompt.constraints) == [
        (["7"], {"turn_references": ["4", "7"]}),
        (None, {"turn_references": ["4", None]}),
        (["4", "four"], None),
        (["seven"], None),
    ]


TRACES = {
    "id": "t",
    "timestamp": "2025-01-01T00:00:00Z",
    "sessionId": None,
    "input": "x",
    "output": "y",
    "observations": [TRACE, TRACE | {"type": "SPAN"}, TRACE | {"model": "n"}, TRACE | {"model": None}],
}
LAID_OUT = {
    "pretty": json.dumps(CHAT, indent=4),
    "one after another": f"{json.dumps(CHAT, indent=1)}\r\n\r\n{json.dumps(CHAT | {'model': 'n'})}",
    "a page": json.dumps({"data": [CHAT, CHAT | {"model": "n"}], "meta": {"page": 1}}),
    "a pretty page": json.dumps({"meta": {"page": 1}, "data": [CHAT, CHAT | {"model": "n"}]}, indent=2),
    "pages": "\n".join([json.dumps({"object": "list", "data": [CHAT | {"model": each}]}) for each in "mn"]),
    "an array of pages": json.dumps([{"items": [CHAT]}, {"items": [CHAT | {"model": "n"}]}]),
    "runs": json.dumps({"runs": [RUN], "cursors": {"next": None}}, indent=2),
    "a viewer's rows": json.dumps({"features": [], "rows": [{"row_idx": 0, "row": CHAT, "truncated_cells": []}]}),
    "a trace with its observations": json.dumps([TRACES], indent=2),
}


@pytest.mark.parametrize("name", LAID_OUT)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_json_is_read_however_it_is_laid_out(sqlite_engine: Engine, name: str, mark: str) -> None:
    content = mark + LAID_OUT[name]
    models = ["m", "n"] if '"n"' in content else ["m"]
    found = file_look.look_into_file(io.BytesIO(content.encode()), name="log.json")
    assert found.guess() is Kind.RESPONSES
    assert take(sqlite_engine, content, Kind.RESPONSES, name="log.json").created == len(models)
    assert stored(sqlite_engine, Candidate.name) == models


def test_a_record_with_a_list_of_objects_is_no_page(sqlite_engine: Engine) -> None:
    rows = [{"q": "Where?", "answers": [{"text": "Here"}]}, {"q": "When?", "answers": []}]
    assert take(sqlite_engine, rows, Kind.PROMPTS, columns={"turns": "q"}).created == 2


FLAT = {
    "responses": {"input": ASKED, "output": [{"type": "message", "role": "assistant", "content": "On Tuesday."}]},
    "responses beside messages": {
        "messages": ASKED,
        "output": [{"type": "message", **TALK[1]}],
        "status": "incomplete",
    },
    "messages": {"messages": ASKED, "content": [{"type": "text", "text": "On Tuesday."}], "stop_reason": "max_tokens"},
    "gemini": {
        "request": {"contents": [{"role": "user", "parts": [{"text": "When?"}]}]},
        "response": {"candidates": [{"content": {"parts": [{"text": "On Tuesday."}]}, "finishReason": "STOP"}]},
    },
}


@pytest.mark.parametrize("name", FLAT)
def test_a_log_is_read_with_request_and_response_in_any_places(sqlite_engine: Engine, name: str) -> None:
    assert take(sqlite_engine, [{"model": "m"} | FLAT[name]], Kind.RESPONSES).created == 1
    ended = {"responses": None, "gemini": "stop"}.get(name, "length")
    assert stored(sqlite_engine, Response.finish_reason) == [ended]


INPUTS = {
    '"{""question"": ""When?""}"': "When?",
    '"{""order"": 7, ""late"": true}"': '{"order": 7, "late": true}',
    '"[""a"", ""b""]"': '["a", "b"]',
    "When?": "When?",
}


@pytest.mark.parametrize("cell", INPUTS)
def test_a_cell_of_a_log_is_its_text_but_for_what_wraps_one(sqlite_engine: Engine, cell: str) -> None:
    content = f'id,traceId,type,model,input,output\no,t,GENERATION,m,{cell},"{{""answer"": 1}}"\n'
    take(sqlite_engine, content, Kind.RESPONSES, name="t.csv")
    assert [each["content"] for (messages,) in _rows(sqlite_engine) for each in messages] == [INPUTS[cell]]
    assert stored(sqlite_engine, Response.turns) == [['{"answer": 1}']]


def test_numbers_that_a_log_writes_as_text_are_numbers(sqlite_engine: Engine) -> None:
    told = {"totalCost": "0.5", "usageDetails": {"input": "7", "output": "x"}, "latency": "1.5"}
    take(sqlite_engine, [TRACE | told], Kind.RESPONSES)
    columns = (Response.cost_usd, Response.input_tokens, Response.output_tokens, Response.latency_ms)
    assert stored(sqlite_engine, *columns) == [(0.5, 7, None, 1500.0)]


def test_a_record_of_a_page_is_named_by_its_line(sqlite_engine: Engine) -> None:
    page = json.dumps({"meta": {}, "data": [CHAT, CHAT | {"model": None}]}, indent=1)
    line = 1 + page[: page.rindex('"model"')].count("\n") - 1
    assert f"(line {line})" in take(sqlite_engine, page, Kind.RESPONSES).notes[0]
    prompts = json.dumps({"data": [{"id": "a", "turns": ["x"]}, {"id": "b", "turns": 7}]}, indent=1)
    with pytest.raises(BadFile) as caught:
        take(sqlite_engine, prompts, Kind.PROMPTS)
    assert caught.value.line == 1 + prompts[: prompts.rindex('"id"')].count("\n") - 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{\n "id": "a",\n "turns": ["x"\n}', "It is not JSON"),
        ('{\n "id": "a", "turns": ["x"]\n}\n7', "belongs after another"),
        ('{\n "id": "a", "turns": ["x"]\n}\n{"id": ', "cut off"),
        ('{"data": []}', "no records"),
        ('{"data": [1, 2]}', "has these fields: data"),
        ('{"id": "a", "turns": ["x"]}\n{\n"id": "b"', "It is not JSON"),
    ],
)
def test_a_file_of_a_wrong_form_is_refused_whole(sqlite_engine: Engine, content: str, says: str) -> None:
    with pytest.raises(BadFile, match=says):
        take(sqlite_engine, content, Kind.PROMPTS, name="p.json")


TABLES = {
    "empty rows at the end": "id;turns\na;x\n;\n;\n\n",
    "empty rows before": ";\n;\nid;turns\na;x\n",
    "empty rows between": "id;turns\n;\na;x\n",
    "empty columns": "id;turns;;\na;x;;\n;;;\n",
    "empty cells beside": "id;turns\na;x;;\n",
    "excel's first line": "sep=;\nid;turns\na;x\n",
    "carriage returns": "\ufeffid;turns\r\na;x\r\n;\r\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_what_a_spreadsheet_leaves_empty_is_skipped(sqlite_engine: Engine, name: str) -> None:
    summary = take(sqlite_engine, TABLES[name], Kind.PROMPTS, name="t.csv")
    assert (summary.created, summary.notes) == (1, ())
    assert stored(sqlite_engine, Prompt.external_id, Prompt.messages) == [("a", [{"role": "user", "content": "x"}])]


def test_lines_of_a_table_count_from_its_first(sqlite_engine: Engine) -> None:
    with pytest.raises(BadFile) as caught:
        take(sqlite_engine, "\n;\nid;turns\na;x\n;\nb\n", Kind.PROMPTS, name="t.csv")
    assert caught.value.line == 6


CELLS = {
    "reference": ('{"a": 1}', ['{"a": 1}']),
    "reference[]": ('["a", "b"]', ["a", "b"]),
    "reference ": ('["a", "b"]', ['["a", "b"]']),
}


@pytest.mark.parametrize("title", CELLS)
def test_json_in_a_reference_is_its_text_unless_the_column_holds_lists(sqlite_engine: Engine, title: str) -> None:
    cell, expected = CELLS[title]
    quoted = cell.replace('"', '""')
    content = f'id,turns,{title}\na,"{quoted}",\nb,x,"{quoted}"\n'
    take(sqlite_engine, content, Kind.PROMPTS, name="t.csv")
    assert stored(sqlite_engine, Prompt.reference) == [None, expected]
    mapped = content.replace(f"turns,{title}", "turns,Expected")
    take(sqlite_engine, mapped, Kind.PROMPTS, name="u.csv", columns={title.strip(): "Expected"})
    assert stored(sqlite_engine, Prompt.reference)[2:] == [None, expected]


def test_a_prompt_in_json_is_one_turn_unless_it_is_a_list_of_texts(sqlite_engine: Engine) -> None:
    content = 'id,turns\na,"{""order"": 7}"\nb,"[1, 2]"\nc,"[""one"", ""two""]"\n'
    take(sqlite_engine, content, Kind.PROMPTS, name="t.csv")
    turns = [[each["content"] for each in messages] for (messages,) in _rows(sqlite_engine)]
    assert turns == [['{"order": 7}'], ["[1, 2]"], ["one", "two"]]


@pytest.mark.parametrize("written", ["2025-03-01T12:00:00Z[UTC]", "2025-03-01T13:00:00+01:00[Europe/Vienna]"])
def test_a_time_may_name_its_zone_behind_its_offset(sqlite_engine: Engine, written: str) -> None:
    take(sqlite_engine, [CHAT | {"created_at": written}], Kind.RESPONSES)
    assert stored(sqlite_engine, Response.created_at) == [datetime(2025, 3, 1, 12, tzinfo=UTC)]


def _rows(engine: Engine) -> list[Any]:
    return [(messages,) for messages in stored(engine, Prompt.messages)]
