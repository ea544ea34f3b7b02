"""Files of other tools: each is told apart by its first record and read into the same three things."""

import csv
import io
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from core.errors import BadFile, BadInput
from core.services.importing import FORMATS, ImportSummary, Kind, import_file, import_query
from core.storage.tables import Candidate, Person, Prompt, Response, Vote

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
ASKED = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Where is my order?"}]
COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1735689600,
    "model": "gpt-x",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "On its way."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 21, "completion_tokens": 5, "total_tokens": 26},
}


def take(engine: Engine, content: Any, kind: str, name: str = "file.jsonl", **more: Any) -> ImportSummary:
    if isinstance(content, list):
        content = "".join(json.dumps(record) + "\n" for record in content)
    return import_file(engine, io.BytesIO(content.encode()), Kind(kind), name=name, now=NOW, **more)


def stored(engine: Engine, *columns: Any) -> list[Any]:
    with Session(engine) as session:
        return list(session.exec(select(*columns).order_by(columns[0])).all())


def table(rows: list[dict[str, Any]], delimiter: str = ",") -> str:
    page = io.StringIO()
    writer = csv.DictWriter(page, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return page.getvalue()


def test_openai_evals_samples_become_prompts_with_references(workspace: Engine) -> None:
    samples = [
        {"input": ASKED, "ideal": "On its way."},
        {"input": "What is 2 + 2?", "ideal": ["4", "four"]},
        {"input": "What is 2 + 2?", "ideal": ["4", "four"]},
    ]
    assert take(workspace, samples, "prompts", name="evals.jsonl").dataset == "evals"
    rows = stored(workspace, Prompt.id, Prompt.messages, Prompt.reference)
    assert [(messages, reference) for _, messages, reference in rows] == [
        (ASKED, ["On its way."]),
        ([{"role": "user", "content": "What is 2 + 2?"}], ["4", "four"]),
    ]


@pytest.mark.parametrize(
    "entry",
    [
        {"request": {"model": "gpt-x", "messages": ASKED}, "response": COMPLETION, "latency_ms": 850},
        {"messages": ASKED, "duration_ms": 850, **COMPLETION},
        {"model": "gpt-x", "messages": ASKED, "response": json.dumps(COMPLETION), "latency_ms": 850},
        {
            "body": {"model": "gpt-x", "messages": ASKED},
            "response": COMPLETION,
            "start_time": "2025-01-01T00:00:00.150Z",
            "end_time": "2025-01-01T00:00:01Z",
        },
    ],
)
def test_a_chat_log_brings_prompts_responses_and_measures(workspace: Engine, entry: dict[str, Any]) -> None:
    other = json.loads(json.dumps(entry).replace("gpt-x", "gpt-y").replace("On its way", "Lost"))
    tool = {"request": {"model": "gpt-x", "messages": [{"role": "tool", "content": "{}"}]}, "response": COMPLETION}
    summary = take(workspace, [entry, other, entry, tool], "responses", name="log.jsonl")
    assert (summary.dataset, summary.records, summary.created) == ("log", 3, 3)
    assert summary.notes == ("1 record was left out: 'messages' is a tool's message (line 4).",)
    assert [messages for _, messages in stored(workspace, Prompt.id, Prompt.messages)] == [ASKED]
    assert stored(workspace, Candidate.name) == ["gpt-x", "gpt-y"]
    columns = (Response.turns, Response.repetition, Response.latency_ms, Response.input_tokens, Response.output_tokens)
    rows = [row[1:] for row in stored(workspace, Response.id, *columns, Response.finish_reason)]
    assert rows == [
        (["On its way."], 0, 850.0, 21, 5, "stop"),
        (["Lost."], 0, 850.0, 21, 5, "stop"),
        (["On its way."], 1, 850.0, 21, 5, "stop"),
    ]
    assert take(workspace, [entry], "prompts", name="log.jsonl").unchanged == 1


def test_a_fine_tuning_file_becomes_prompts_whose_reference_is_the_last_answer(workspace: Engine) -> None:
    take(workspace, [{"messages": [*ASKED, {"role": "assistant", "content": "On its way."}]}], "prompts")
    assert stored(workspace, Prompt.messages, Prompt.reference) == [(ASKED, ["On its way."])]


def test_batch_files_join_by_their_custom_id(workspace: Engine) -> None:
    body = {"model": "gpt-x", "messages": ASKED}
    requests = [{"custom_id": f"r{n}", "method": "POST", "url": "/v1/chat/completions", "body": body} for n in (1, 2)]
    results = [
        {"id": "b1", "custom_id": "r1", "response": {"status_code": 200, "body": COMPLETION}, "error": None},
        {"id": "b2", "custom_id": "r2", "response": {"status_code": 500, "body": {}}, "error": {"code": "x"}},
    ]
    message = {"model": "claude-x", "content": [{"type": "text", "text": "Soon."}], "stop_reason": "end_turn"}
    anthropic = [{"custom_id": "r2", "result": {"type": "succeeded", "message": message}}]
    take(workspace, requests, "prompts", dataset="batch")
    summary = take(workspace, results, "responses")
    assert summary.created == 1
    assert summary.notes[0].startswith("1 record was left out: 'response' is a failed request (line 2)")
    assert take(workspace, anthropic, "responses").created == 1
    rows = stored(workspace, Response.id, Response.turns, Response.finish_reason, Response.created_at)
    assert [row[1:3] for row in rows] == [(["On its way."], "stop"), (["Soon."], "stop")]
    assert rows[0][3] == datetime(2025, 1, 1, tzinfo=UTC)


LANGFUSE = {
    "id": "obs-1",
    "traceId": "trace-1",
    "type": "GENERATION",
    "startTime": "2025-01-01T00:00:00.000Z",
    "completionStartTime": "2025-01-01T00:00:00.250Z",
    "endTime": "2025-01-01T00:00:01.500Z",
    "model": "gpt-x",
    "input": {"messages": ASKED},
    "output": {"role": "assistant", "content": "On its way."},
    "usageDetails": {"input": 21, "output": 5, "total": 26},
    "totalCost": 0.002,
}
LANGFUSE_BLOB = {
    "id": "obs-1",
    "trace_id": "trace-1",
    "type": "GENERATION",
    "start_time": "2025-01-01 00:00:00.000000",
    "completion_start_time": "2025-01-01 00:00:00.250000",
    "end_time": "2025-01-01 00:00:01.500000",
    "provided_model_name": "gpt-x",
    "input": json.dumps(ASKED),
    "output": json.dumps({"role": "assistant", "content": "On its way."}),
    "usage_details": {"input": 21, "output": 5},
    "total_cost": 0.002,
}
LANGSMITH = {
    "id": "0b1c",
    "run_type": "llm",
    "inputs": {"messages": ASKED},
    "outputs": {"choices": COMPLETION["choices"]},
    "start_time": "2025-01-01T00:00:00",
    "first_token_time": "2025-01-01T00:00:00.25",
    "end_time": "2025-01-01T00:00:01.5",
    "prompt_tokens": 21,
    "completion_tokens": 5,
    "total_cost": "0.002",
    "extra": {"metadata": {"ls_model_name": "gpt-x"}},
}
LANGCHAIN = LANGSMITH | {
    "inputs": {
        "messages": [
            [
                {"lc": 1, "id": ["langchain", "SystemMessage"], "kwargs": {"content": "Be kind."}},
                {"lc": 1, "id": ["langchain", "HumanMessage"], "kwargs": {"content": "Where is my order?"}},
            ]
        ]
    },
    "outputs": {"generations": [[{"text": "On its way."}]], "llm_output": {"model_name": "gpt-x"}},
}  # fmt: skip
LITELLM = {
    "request_id": "chatcmpl-1",
    "call_type": "acompletion",
    "spend": 0.002,
    "prompt_tokens": 21,
    "completion_tokens": 5,
    "startTime": "2025-01-01T00:00:00",
    "completionStartTime": "2025-01-01T00:00:00.250000",
    "endTime": "2025-01-01T00:00:01.500000",
    "model": "gpt-x",
    "messages": ASKED,
    "response": COMPLETION,
}
LITELLM_NEWER = LITELLM | {"messages": {}, "proxy_server_request": {"model": "gpt-x", "messages": ASKED}}
TRACES = {
    "langfuse": LANGFUSE,
    "langfuse blob": LANGFUSE_BLOB,
    "langsmith": LANGSMITH,
    "langchain": LANGCHAIN,
    "litellm": LITELLM,
    "litellm newer": LITELLM_NEWER,
}


@pytest.mark.parametrize("container", ["lines", "array", "table"])
@pytest.mark.parametrize("entry", TRACES.values(), ids=TRACES.keys())
def test_a_trace_export_brings_prompts_responses_and_measures(
    workspace: Engine, entry: dict[str, Any], container: str
) -> None:
    cells = {key: json.dumps(found) if isinstance(found, dict | list) else found for key, found in entry.items()}
    content = {"lines": [entry], "array": json.dumps([entry], indent=2), "table": table([cells])}[container]
    summary = take(workspace, content, "responses", name="traces")
    assert (summary.dataset, summary.created) == ("traces", 1)
    assert stored(workspace, Prompt.messages) == [ASKED]
    assert stored(workspace, Candidate.name) == ["gpt-x"]
    columns = (Response.latency_ms, Response.ttft_ms, Response.input_tokens, Response.output_tokens, Response.cost_usd)
    assert stored(workspace, Response.turns, *columns) == [(["On its way."], 1500.0, 250.0, 21, 5, 0.002)]


def test_spans_and_failed_calls_are_left_out_with_a_note(workspace: Engine) -> None:
    rows = [
        LANGFUSE | {"id": "span", "type": "SPAN"},
        LANGFUSE | {"id": "failed", "level": "ERROR"},
        LANGFUSE,
        LANGFUSE | {"id": "silent", "output": None},
    ]
    summary = take(workspace, rows, "responses")
    assert summary.created == 1
    assert summary.left_out == 3
    assert summary.notes[0].startswith("3 records were left out: 'type' is not a generation (line 1); ")
    with pytest.raises(BadFile, match="holds no responses"):
        take(workspace, rows[:2], "responses")


def test_dataset_items_become_prompts_with_references(workspace: Engine) -> None:
    take(workspace, [{"id": "i1", "input": {"question": "2 + 2?"}, "expectedOutput": "4"}], "prompts", dataset="a")
    take(
        workspace, [{"id": "e1", "inputs": {"question": "2 + 2?"}, "outputs": {"answer": "4"}}], "prompts", dataset="b"
    )
    expected = ([{"role": "user", "content": "2 + 2?"}], ["4"])
    rows = stored(workspace, Prompt.external_id, Prompt.messages, Prompt.reference)
    assert rows == [("e1", *expected), ("i1", *expected)]


def test_mt_bench_questions_and_answers(workspace: Engine) -> None:
    questions = [{"question_id": 81, "category": "writing", "turns": ["Write.", "Again."], "reference": ["a", "b"]}]
    answers = [
        {
            "question_id": 81,
            "answer_id": "x",
            "model_id": model,
            "choices": [{"index": 0, "turns": ["One.", "Two."]}],
            "tstamp": 1686286924.28,
        }
        for model in ("vicuna", "gpt-4")
    ]
    take(workspace, questions, "prompts", dataset="mt")
    assert take(workspace, answers, "responses").created == 2
    assert stored(workspace, Prompt.external_id, Prompt.category, Prompt.tags) == [("81", "writing", ["multi_turn"])]
    assert {tuple(turns) for _, turns in stored(workspace, Response.id, Response.turns)} == {("One.", "Two.")}


def battle(winner: str, **more: Any) -> dict[str, Any]:
    return {"question_id": "q1", "model_a": "x", "model_b": "y", "winner": winner, "judge": "arena_user_1"} | more


def test_arena_battles_become_votes(workspace: Engine) -> None:
    battles = [battle(winner, tstamp=1682351591.1322) for winner in ("model_a", "model_b", "tie", "tie (bothbad)")]
    assert take(workspace, battles, "votes").created == 4
    assert [outcome for _, outcome in stored(workspace, Vote.id, Vote.outcome)] == [0, 1, 2, 3]
    assert stored(workspace, Person.name) == ["arena_user_1"]


def test_arena_battles_with_text_bring_prompts_and_responses(workspace: Engine) -> None:
    def talk(answer: str) -> list[dict[str, str]]:
        return [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": answer}]

    battles = [
        battle("tie", question_id="q1", conversation_a=talk("one two"), conversation_b=talk("three")),
        battle("model_b", question_id="q2", conversation_a=talk("four"), conversation_b=talk("five")),
    ]
    assert take(workspace, battles, "responses", name="arena.jsonl").created == 4
    assert take(workspace, battles, "votes", name="arena.jsonl").dataset == "arena"
    assert stored(workspace, Prompt.external_id) == ["q1", "q2"]
    assert [longer for _, longer in stored(workspace, Vote.id, Vote.length_bin)] == [1, 0]


def test_one_hot_winners_and_battles_without_ids_are_read(workspace: Engine) -> None:
    rows = [
        {"id": 5, "model_a": "x", "model_b": "y", "winner_model_a": 0, "winner_model_b": 1, "winner_tie": 0},
        {"id": 6, "model_a": "x", "model_b": "y", "winner_model_a": 0, "winner_model_b": 0, "winner_tie": 1},
    ]
    take(workspace, table(rows), "votes")
    bare = [{"model_a": "x", "model_b": "y", "winner": "tie"}] * 2
    take(workspace, bare, "votes", dataset="bare")
    assert [outcome for _, outcome in stored(workspace, Vote.id, Vote.outcome)] == [1, 2, 2, 2]
    assert stored(workspace, Prompt.external_id) == ["5", "6", "battle-1", "battle-2"]


def test_llmfao_as_published(workspace: Engine, shared_data: Path) -> None:
    folder = shared_data / "llmfao"
    prompts = import_file(workspace, folder / "prompts.jsonl", Kind.PROMPTS, dataset="llmfao", now=NOW)
    models = import_file(workspace, folder / "models.jsonl", Kind.CANDIDATES, now=NOW)
    crowd = import_file(workspace, folder / "crowd-comparisons.csv", Kind.VOTES, now=NOW)
    judge = import_file(workspace, folder / "gpt4-crowd-comparisons.csv", Kind.VOTES, question="judge", now=NOW)
    assert (prompts.created, crowd.created, crowd.dataset, judge.dataset) == (19, 8931, "llmfao", "llmfao")
    assert models.created > 50
    with Session(workspace) as session:
        raters = session.exec(select(Person.name)).all()
        pairs = session.exec(select(func.count(func.distinct(col(Vote.left_candidate_id))))).one()
    assert len(raters) == 125
    assert "gpt4-crowd-comparisons" in raters
    assert pairs == 59


def test_a_table_with_our_names_needs_no_mapping(workspace: Engine) -> None:
    prompts = [
        {"id": "p1", "category": "", "turns": "Hi", "tags": '["a b"]', "reference": "Hello", "constraints": '{"a": 1}'},
        {"id": "p2", "category": "code", "turns": '["One", "Two"]', "tags": "", "reference": "", "constraints": ""},
    ]
    responses = [{"prompt_id": "p1", "candidate": "x", "text": "Hello,\nyou", "latency_ms": "12.5", "input_tokens": ""}]
    take(workspace, table(prompts, delimiter=";"), "prompts", dataset="t")
    take(workspace, table(responses), "responses")
    rows = stored(workspace, Prompt.external_id, Prompt.category, Prompt.reference, Prompt.constraints, Prompt.tags)
    assert rows == [("p1", "general", ["Hello"], {"a": 1}, ["a b"]), ("p2", "code", None, None, [])]
    found = stored(workspace, Response.turns, Response.latency_ms, Response.input_tokens)
    assert found == [(["Hello,\nyou"], 12.5, None)]


def test_a_mapping_renames_columns_and_names_one_that_is_absent(workspace: Engine) -> None:
    rows = [{"case": "p1", "A": "x", "B": "y", "verdict": "left", "expert": "Ann"}]
    columns = {"prompt_id": "case", "left": "A", "right": "B", "winner": "verdict", "rater": "expert"}
    assert take(workspace, table(rows), "votes", columns=columns).created == 1
    assert stored(workspace, Person.name) == ["Ann"]
    with pytest.raises(BadFile, match="'nothere'"):
        take(workspace, table(rows), "votes", columns={**columns, "rater": "nothere"})


def test_a_query_reads_another_database_and_cannot_write_to_it(workspace: Engine, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE votes (prompt INTEGER, a TEXT, b TEXT, verdict TEXT, at TEXT)")
    connection.executemany("INSERT INTO votes VALUES (?, ?, ?, ?, ?)", [(1, "x", "y", "left", "2025-01-01")] * 3)
    connection.commit()
    query = "SELECT prompt AS prompt_id, a AS left, b AS right, verdict AS winner, at AS created_at FROM votes"
    url = f"sqlite:///{other}"
    assert import_query(workspace, url, query, Kind.VOTES, now=NOW).created == 3
    assert import_query(workspace, url, query, Kind.VOTES, now=NOW).already_imported
    assert stored(workspace, Prompt.external_id) == ["1"]
    for wrong in ("DELETE FROM votes", "SELECT nothing FROM nowhere", "not sql"):
        with pytest.raises(BadInput):
            import_query(workspace, url, wrong, Kind.VOTES, now=NOW)
    assert connection.execute("SELECT count(*) FROM votes").fetchone() == (3,)
    with pytest.raises(BadInput, match="no SQLite file"):
        import_query(workspace, f"sqlite:///{tmp_path / 'absent.db'}", query, Kind.VOTES, now=NOW)
    with pytest.raises(BadInput):
        import_query(workspace, "oracle://u:secret@h/d", query, Kind.VOTES, now=NOW)


@pytest.mark.postgres
def test_a_query_reads_postgresql(workspace: Engine, postgres_database: str) -> None:
    query = """SELECT 'p%1'::text AS prompt_id, 'x' AS left, 'y' AS right, 'tie' AS winner,
        now() AS created_at, 1.5::numeric AS extra"""
    assert import_query(workspace, postgres_database, query, Kind.VOTES, now=NOW).created == 1
    with pytest.raises(BadInput, match="refused"):
        import_query(workspace, postgres_database, "CREATE TABLE t (i int)", Kind.VOTES, now=NOW)


def test_a_file_of_another_kind_says_what_it_holds(workspace: Engine) -> None:
    with pytest.raises(BadFile, match="OpenAI evals, which holds prompts, not votes"):
        take(workspace, [{"input": "x", "ideal": "y"}], "votes")
    with pytest.raises(BadFile, match="has these fields: colour"):
        take(workspace, [{"colour": "red"}], "prompts")


def test_every_format_has_a_title_and_its_own_name() -> None:
    assert all(name == each.name and each.title and each.kinds for name, each in FORMATS.items())
    assert len({each.title for each in FORMATS.values()}) == len(FORMATS)
