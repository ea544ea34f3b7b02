"""Evenhand's own files: all of a file or nothing of it, and twice is once."""

import gzip
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, func, select

from core.errors import BadFile, BadInput, NotFound
from core.services.importing import ImportSummary, Kind, import_file
from core.services.leaderboards import tallies
from core.services.studies import studies
from core.storage.engine import open_engine, write
from core.storage.schema import upgrade
from core.storage.tables import (
    Candidate,
    Dataset,
    ImportedFile,
    PairTally,
    Person,
    Prompt,
    Question,
    Response,
    Run,
    Vote,
    metadata,
)

pytestmark = pytest.mark.one_database

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
PROMPTS: list[dict[str, Any]] = [
    {"id": "p1", "category": "support", "turns": ["My order is late."], "reference": "Sorry", "tags": ["ambiguous"]},
    {"id": "p2", "turns": ["Add 2 and 2.", "And 3?"], "reference": ["4", "7"], "constraints": {"max_words": 5}},
    {"id": "p3", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]},
]
RESPONSES: list[dict[str, Any]] = [
    {"prompt_id": "p1", "candidate": "a", "text": "one two three four", "latency_ms": 12.5, "input_tokens": 3},
    {"prompt_id": "p1", "candidate": "b", "text": "one", "cost_usd": 0.1, "created_at": "2025-01-01T00:00:00Z"},
    {"prompt_id": "p2", "candidate": "a", "turns": ["4", "7"], "finish_reason": "stop"},
]
VOTES: list[dict[str, Any]] = [
    {"prompt_id": "p1", "left": "a", "right": "b", "winner": "left", "question": "tone", "rater": "r1"},
    {"prompt_id": "p1", "left": "b", "right": "a", "winner": "both_bad", "rater": "r2", "created_at": 1735689600},
    {"prompt_id": "p2", "left": "a", "right": "b", "winner": "tie"},
]


def lines(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def take(
    engine: Engine, records: list[dict[str, Any]] | bytes, kind: str, name: str = "file.jsonl", **more: Any
) -> ImportSummary:
    content = records if isinstance(records, bytes) else lines(records)
    return import_file(engine, io.BytesIO(content), Kind(kind), name=name, now=NOW, **more)


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def refusal(engine: Engine, records: list[dict[str, Any]] | bytes, kind: str, **more: Any) -> BadFile:
    """The error of an import that must fail, having changed nothing."""
    before = counts(engine)
    with pytest.raises(BadFile) as caught:
        take(engine, records, kind, **more)
    assert counts(engine) == before
    return caught.value


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A filled SQLite workspace for imports that must all fail, and so leave it as it is."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('refusing') / 'evenhand.db'}")
    upgrade(engine)
    take(engine, PROMPTS, "prompts", dataset="panel")
    take(engine, RESPONSES, "responses")
    yield engine
    engine.dispose()


@pytest.fixture
def filled(engine: Engine) -> Engine:
    take(engine, PROMPTS, "prompts", dataset="panel")
    take(engine, RESPONSES, "responses")
    return engine


def test_prompts_keep_every_field(engine: Engine) -> None:
    summary = take(engine, PROMPTS, "prompts", name="panel.jsonl")
    assert (summary.dataset, summary.records, summary.created, summary.unchanged) == ("panel", 3, 3, 0)
    with Session(engine) as session:
        first, second, third = session.exec(select(Prompt).order_by(Prompt.external_id)).all()
    assert first.messages == [{"role": "user", "content": "My order is late."}]
    assert (first.category, first.reference, first.tags) == ("support", ["Sorry"], ["ambiguous"])
    assert (second.category, second.reference, second.constraints) == ("general", ["4", "7"], {"max_words": 5})
    assert [message["role"] for message in third.messages] == ["system", "user"]
    assert third.reference is None
    assert third.constraints is None


def test_the_same_prompts_again_change_nothing_and_others_make_a_new_version(engine: Engine) -> None:
    take(engine, PROMPTS, "prompts", dataset="panel")
    before = counts(engine)
    assert take(engine, PROMPTS, "prompts", dataset="panel").already_imported
    assert counts(engine) == before
    reordered = take(engine, PROMPTS[::-1], "prompts", dataset="panel")
    assert (reordered.created, reordered.unchanged, reordered.already_imported) == (0, 3, False)
    changed = take(engine, PROMPTS[:2], "prompts", dataset="panel")
    assert changed.created == 2
    with Session(engine) as session:
        versions = session.exec(select(Dataset.version, Dataset.content_hash).order_by(Dataset.version)).all()
        assert session.exec(select(func.count()).select_from(Prompt)).one() == 5
    assert [version for version, _ in versions] == [1, 2]
    assert len({content for _, content in versions}) == 2


def test_responses_make_one_run_with_their_measures(filled: Engine) -> None:
    with Session(filled) as session:
        rows = session.exec(select(Response).order_by(Response.id)).all()
        assert [run.source for run in session.exec(select(Run))] == ["import"]
        assert session.exec(select(Candidate.name).order_by(Candidate.position)).all() == ["a", "b"]
    assert [row.words for row in rows] == [4, 1, 2]
    assert rows[0].latency_ms == 12.5
    assert (rows[0].input_tokens, rows[0].cost_usd, rows[1].cost_usd) == (3, None, 0.1)
    assert rows[1].created_at == datetime(2025, 1, 1, tzinfo=UTC)
    assert rows[0].created_at == NOW
    assert rows[2].turns == ["4", "7"]


def test_what_was_thought_before_an_answer_is_kept_beside_it(engine: Engine) -> None:
    take(engine, [{"id": name, "turns": ["How much?"]} for name in ("tags", "told", "both", "nothing")], "prompts")
    answers = {
        "tags": {"text": "<think>Six times seven.</think>\n\nIt is 42."},
        "told": {"text": "It is 42.", "reasoning": "Six times seven."},
        "both": {"turns": ["<think>Seven.</think>It is 42."], "reasoning": ["Six times"]},
        "nothing": {"text": "It is 42."},
    }
    take(engine, [{"prompt_id": name, "candidate": "a", **answer} for name, answer in answers.items()], "responses")
    with Session(engine) as session:
        came = dict(session.exec(select(Prompt.external_id, Response).join(Response)).all())
        assert all(response.turns == ["It is 42."] and response.words == 3 for response in came.values())
        assert {name: response.reasoning for name, response in came.items()} == {
            "tags": ["Six times seven."],
            "told": ["Six times seven."],
            "both": ["Six times\n\nSeven."],
            "nothing": None,
        }


def test_a_changed_response_goes_into_a_newer_run_and_the_rest_stays(filled: Engine) -> None:
    changed = [RESPONSES[0], {**RESPONSES[1], "text": "another answer"}]
    summary = take(filled, changed, "responses")
    assert (summary.created, summary.unchanged) == (1, 1)
    again = take(filled, [{**row, "latency_ms": 1.0} for row in changed], "responses")
    assert (again.created, again.unchanged) == (0, 2)
    with Session(filled) as session:
        assert session.exec(select(func.count()).select_from(Response)).one() == 4
        assert session.exec(select(func.count()).select_from(Run)).one() == 2


def test_votes_make_raters_questions_and_tallies(filled: Engine) -> None:
    summary = take(filled, VOTES, "votes")
    assert (summary.dataset, summary.study, summary.created) == ("panel", studies.DEFAULT_NAME, 3)
    assert any("1 vote without a rater's name" in note for note in summary.notes)
    with Session(filled) as session:
        raters = session.exec(select(Person.name, Person.kind, Person.role).order_by(Person.name)).all()
        votes = session.exec(select(Vote).order_by(Vote.id)).all()
        overall = session.exec(select(Question).where(Question.key == "overall")).one()
        tallied = session.exec(select(PairTally)).all()
    assert raters == [(name, "imported", "rater") for name in ("anonymous", "r1", "r2")]
    assert [vote.outcome for vote in votes] == [0, 3, 2]
    assert [vote.length_bin for vote in votes] == [2, -2, 0]
    assert votes[1].created_at == datetime(2025, 1, 1, tzinfo=UTC)
    assert not overall.is_asked
    assert overall.answers == list(studies.IMPORTED_ANSWERS)
    assert sum(row.n_left + row.n_right + row.n_tie + row.n_both_bad for row in tallied) == 3


def test_the_same_votes_again_are_not_counted_twice_even_when_packed(filled: Engine) -> None:
    take(filled, VOTES, "votes")
    before = counts(filled)
    assert take(filled, gzip.compress(lines(VOTES), mtime=0), "votes", name="votes.jsonl.gz").already_imported
    assert counts(filled) == before
    assert take(filled, VOTES, "votes", question="safety").created == 3


def test_votes_that_name_their_question_count_once_whatever_the_default_question(filled: Engine) -> None:
    votes = [{**vote, "question": "tone"} for vote in VOTES]
    assert take(filled, votes, "votes").created == 3
    assert take(filled, votes, "votes", question="send").already_imported


def test_votes_alone_make_a_dataset_of_ids_that_later_votes_extend(engine: Engine) -> None:
    summary = take(engine, VOTES, "votes", name="crowd.jsonl")
    assert summary.dataset == "crowd"
    more = [{"prompt_id": name, "left": "a", "right": "c", "winner": "right", "rater": "r1"} for name in ("p1", "p9")]
    assert take(engine, more, "votes", name="later.jsonl").dataset == "crowd"
    with Session(engine) as session:
        prompts = session.exec(select(Prompt).order_by(Prompt.external_id)).all()
    assert [prompt.external_id for prompt in prompts] == ["p1", "p2", "p9"]
    assert all(prompt.messages == [] for prompt in prompts)


def test_tallies_counted_on_the_way_in_equal_a_rebuild(filled: Engine) -> None:
    many = [
        {**vote, "rater": f"r{number % 40}", "winner": winner, "masked": number % 3 == 0}
        for number in range(3000)
        for vote, winner in zip(VOTES, ("left", "both_bad", "right"), strict=True)
    ]
    for votes in VOTES, many, many[:50]:
        take(filled, votes, "votes")
    before = tallied(filled)
    write(filled, tallies.rebuild_all)
    assert tallied(filled) == before
    assert sum(sum(row[-4:]) for row in before["pair_tally"]) == 9053


def tallied(engine: Engine) -> dict[str, list[Any]]:
    with engine.connect() as connection:
        return {"pair_tally": sorted(tuple(row) for row in connection.execute(select(metadata.tables["pair_tally"])))}


def test_candidates_are_defined_once_and_a_name_met_before_is_completed(filled: Engine) -> None:
    records = [
        {"name": "a", "provider": "openai", "model": "gpt-x", "temperature": 0.2, "api_key_env": "OPENAI_API_KEY"},
        {
            "name": "new",
            "provider": "local",
            "model": "m",
            "fallback": {"name": "f", "provider": "anthropic", "model": "c"},
        },
    ]
    assert take(filled, records, "candidates").created == 2
    assert take(filled, records, "candidates").already_imported
    changed = take(filled, [records[0], {**records[1], "model": "n"}], "candidates")
    assert (changed.created, changed.unchanged) == (1, 1)
    assert any("'new'" in note for note in changed.notes)
    with Session(filled) as session:
        found = session.exec(select(Candidate).order_by(Candidate.position)).all()
    kept = [(each.name, each.model, each.position) for each in found]
    assert kept == [
        ("a", "gpt-x", 0),
        ("b", None, 1),
        ("new", "n", 2),
    ]
    assert found[0].settings == {"temperature": 0.2, "api_key_env": "OPENAI_API_KEY"}
    assert found[2].settings["fallback"]["provider"] == "anthropic"


A: dict[str, Any] = {"name": "a", "provider": "openai", "model": "gpt-x", "system": "Be brief."}


@pytest.mark.parametrize("change", [{"model": "gpt-y"}, {"system": "Be long."}, {"base_url": "http://localhost:1"}])
def test_a_candidate_that_has_answered_is_not_redefined(filled: Engine, change: dict[str, Any]) -> None:
    take(filled, [A], "candidates")
    error = refusal(filled, [{"name": "z", "provider": "openai", "model": "m"}, A | change], "candidates")
    assert (error.line, error.field) == (2, "name")
    assert "'a' has 2 responses under its old definition. Give the new one another name." in error.problem
    with Session(filled) as session:
        found = session.exec(select(Candidate).where(Candidate.name == "a")).one()
        assert (found.model, found.settings) == ("gpt-x", {"system": "Be brief."})
        assert session.exec(select(Candidate).where(Candidate.name == "z")).first() is None


def test_the_price_and_the_key_of_a_candidate_that_has_answered_may_change(filled: Engine) -> None:
    take(filled, [A], "candidates")
    priced = A | {"input_usd_per_mtok": 0.5, "output_usd_per_mtok": 2, "api_key_env": "TEAM_API_KEY"}
    assert take(filled, [priced], "candidates").created == 1
    with Session(filled) as session:
        settings = session.exec(select(Candidate).where(Candidate.name == "a")).one().settings
    assert (settings["output_usd_per_mtok"], settings["api_key_env"]) == (2, "TEAM_API_KEY")


KEYS = [
    "sk-proj-4f9c0d1e2b3a49f8",
    "gsk_4f9c0d1e2b3a49f84f9c0d1e",
    "AIzaSyA4f9c0d1e2b3a49f84f9c0d1e2b3a49f8",
    "4f9c0d1e2b3a49f84f9c0d1e2b3a49f8",
    "4F9C0D1E2B3A49F84F9C0D1E2B3A49F8",
    "Bearer 4f9c0d1e2b3a49f8",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_in_the_place_of_its_variable_is_refused_and_not_shown(engine: Engine, key: str) -> None:
    error = refusal(engine, [A | {"api_key_env": key}], "candidates")
    assert (error.line, error.field) == (1, "api_key_env")
    assert key not in str(error)
    assert "looks like a key" in error.problem


def test_a_key_of_this_machine_is_refused_in_every_field(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM_API_KEY", "correct horse battery")
    for field in ("name", "provider", "model", "system", "base_url", "api_key_env"):
        error = refusal(engine, [A | {field: "correct horse battery"}], "candidates")
        assert error.field == field
        assert "horse" not in str(error)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"base_url": "localhost:8000"}, "base_url"),
        ({"base_url": "ftp://host/v1"}, "base_url"),
        ({"base_url": "https://me:secret@host/v1"}, "base_url"),
        ({"base_url": "https://host/v1?api-key=secret"}, "base_url"),
        ({"base_url": "https://host:99999999/v1"}, "base_url"),
        ({"api_key_env": "MY KEY"}, "api_key_env"),
        ({"api_key_env": "MY-KEY"}, "api_key_env"),
        ({"temperature": 2.1}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"input_usd_per_mtok": 1.0}, "output_usd_per_mtok"),
        ({"fallback": {"name": "f", "provider": "p", "model": "m", "base_url": "x"}}, "fallback.base_url"),
    ],
)
def test_a_candidate_that_could_not_be_asked_is_refused(engine: Engine, change: dict[str, Any], field: str) -> None:
    error = refusal(engine, [A | change], "candidates")
    assert error.field == field
    assert "secret" not in str(error)


def test_unknown_fields_are_ignored_with_a_note(engine: Engine) -> None:
    summary = take(engine, [{**PROMPTS[0], "colour": "red"}], "prompts")
    assert summary.created == 1
    assert any("'colour'" in note for note in summary.notes)


def test_progress_ends_at_the_whole_file(filled: Engine) -> None:
    seen: list[tuple[float | None, int]] = []
    take(filled, VOTES * 3000, "votes", on_progress=lambda fraction, records: seen.append((fraction, records)))
    assert seen[-1] == (1.0, 9000)
    assert [records for _, records in seen] == sorted(records for _, records in seen)
    assert len(seen) > 1


@pytest.mark.parametrize(
    ("kind", "position", "change", "field"),
    [
        ("prompts", 1, {"id": 5}, "id"),
        ("prompts", 1, {"id": " "}, "id"),
        ("prompts", 1, {"id": "p1"}, "id"),
        ("prompts", 1, {"turns": []}, "turns"),
        ("prompts", 1, {"turns": "text"}, "turns"),
        ("prompts", 1, {"turns": ["a", 3]}, "turns[1]"),
        ("prompts", 1, {"reference": 4}, "reference"),
        ("prompts", 1, {"tags": {"a": 1}}, "tags"),
        ("prompts", 1, {"constraints": ["x"]}, "constraints"),
        ("prompts", 1, {"category": "c" * 201}, "category"),
        ("prompts", 1, {"messages": [{"role": "user", "content": "x"}]}, "turns"),
        ("prompts", 2, {"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ("prompts", 2, {"messages": [{"role": "assistant", "content": "x"}]}, "messages"),
        ("responses", 1, {"prompt_id": "nowhere"}, "prompt_id"),
        ("responses", 1, {"candidate": None}, "candidate"),
        ("responses", 1, {"text": 7}, "text"),
        ("responses", 1, {"turns": ["both"]}, "text"),
        ("responses", 1, {"latency_ms": -1}, "latency_ms"),
        ("responses", 1, {"latency_ms": "12"}, "latency_ms"),
        ("responses", 1, {"latency_ms": True}, "latency_ms"),
        ("responses", 1, {"input_tokens": -3}, "input_tokens"),
        ("responses", 1, {"output_tokens": 1.5}, "output_tokens"),
        ("responses", 1, {"output_tokens": 10**12}, "output_tokens"),
        ("responses", 1, {"cost_usd": []}, "cost_usd"),
        ("responses", 1, {"created_at": "yesterday"}, "created_at"),
        ("responses", 1, {"created_at": "9999-12-31"}, "created_at"),
        ("responses", 1, {"created_at": -5}, "created_at"),
        ("responses", 1, {"created_at": 10**40}, "created_at"),
        ("responses", 1, {"candidate": "a"}, "prompt_id"),
        ("responses", 2, {"turns": ["only one"]}, "text"),
        ("votes", 1, {"prompt_id": "nowhere"}, "prompt_id"),
        ("votes", 1, {"left": "nobody"}, "left"),
        ("votes", 1, {"right": "b"}, "right"),
        ("votes", 1, {"winner": "a"}, "winner"),
        ("votes", 1, {"winner": ["left"]}, "winner"),
        ("votes", 1, {"winner": None}, "winner"),
        ("votes", 1, {"rater": 7}, "rater"),
        ("votes", 1, {"rater": "r" * 401}, "rater"),
        ("votes", 1, {"question": {}}, "question"),
        ("votes", 1, {"length_bin": 3}, "length_bin"),
        ("votes", 1, {"masked": "perhaps"}, "masked"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_its_line_and_nothing_is_kept(
    refusing: Engine, kind: str, position: int, change: dict[str, Any], field: str
) -> None:
    records = [dict(record) for record in {"prompts": PROMPTS, "responses": RESPONSES, "votes": VOTES}[kind]]
    records[position] |= change
    if kind == "responses":
        records[0]["text"] = "something new, so that this file has work to undo"
    error = refusal(refusing, records, kind, name="wrong.jsonl")
    assert (error.line, error.field, error.file) == (position + 1, field, "wrong.jsonl")
    assert str(error).startswith(f"wrong.jsonl, line {position + 1}, field '{field}': ")
    assert str(error).endswith("Nothing was imported.")


@pytest.mark.parametrize("kind", ["prompts", "responses", "votes", "candidates"])
def test_a_missing_field_is_named(refusing: Engine, kind: str) -> None:
    records = {
        "prompts": ([PROMPTS[0], {"turns": ["x"]}], "id"),
        "responses": ([{**RESPONSES[0], "text": "new"}, {"prompt_id": "p1", "text": "x"}], "candidate"),
        "votes": ([VOTES[0], {"prompt_id": "p1", "left": "a", "winner": "tie"}], "right"),
        "candidates": ([{"name": "z", "provider": "p", "model": "m"}, {"name": "y", "provider": "p"}], "model"),
    }
    for line, spoiled in ((2, records[kind][0]), (1, records[kind][0][::-1])):
        error = refusal(refusing, spoiled, kind)
        assert (error.line, error.field) == (line, records[kind][1])


def test_duplicate_prompt_ids_name_both_lines(engine: Engine) -> None:
    error = refusal(engine, [PROMPTS[0], PROMPTS[1], {**PROMPTS[2], "id": "p1"}], "prompts")
    assert error.line == 3
    assert "line 1" in error.problem


def test_responses_without_their_prompts_are_refused(engine: Engine) -> None:
    assert "Import the prompts first" in refusal(engine, RESPONSES, "responses").problem


def test_names_that_do_not_exist_are_not_found(filled: Engine) -> None:
    before = counts(filled)
    with pytest.raises(NotFound, match="dataset called 'nowhere'"):
        take(filled, RESPONSES, "responses", dataset="nowhere")
    with pytest.raises(BadInput, match="no format 'nowhere'"):
        take(filled, VOTES, "votes", format="nowhere")
    with pytest.raises(BadInput, match="holds prompts"):
        take(filled, VOTES, "votes", format="openai-evals")
    assert counts(filled) == before


def test_a_failure_after_many_batches_leaves_the_database_as_it_was(filled: Engine) -> None:
    votes = [{**VOTES[0], "rater": f"r{number}", "question": f"q{number % 7}"} for number in range(9000)]
    error = refusal(filled, [*votes, {**VOTES[0], "winner": "nobody"}], "votes")
    assert error.line == 9001


def test_an_import_is_entered_once_in_the_ledger(filled: Engine) -> None:
    take(filled, VOTES, "votes", name="v.jsonl")
    take(filled, VOTES, "votes", name="v.jsonl")
    with Session(filled) as session:
        entries = session.exec(select(ImportedFile.kind, ImportedFile.name, ImportedFile.records)).all()
    assert entries.count(("votes", "v.jsonl", 3)) == 1


def test_a_file_of_real_votes_is_imported_whole(engine: Engine, shared_data: Path) -> None:
    folder = shared_data / "llmfao" / "workspace"
    for kind in Kind.PROMPTS, Kind.RESPONSES, Kind.VOTES:
        summary = import_file(engine, folder / f"{kind}.jsonl", kind, dataset="llmfao", now=NOW)
        again = import_file(engine, folder / f"{kind}.jsonl", kind, dataset="llmfao", now=NOW)
        assert again.already_imported
        assert again.records == summary.records
    with Session(engine) as session:
        assert session.exec(select(func.count()).select_from(Vote)).one() == 8931
        assert session.exec(select(func.count(func.distinct(Vote.rater_id)))).one() == 124
        assert len(session.exec(select(func.distinct(Vote.length_bin))).all()) == 5


def test_responses_of_two_turns_go_to_their_own_dataset_again(engine: Engine, shared_data: Path) -> None:
    for folder in "llmfao/workspace", "panel2023":
        for kind in Kind.PROMPTS, Kind.RESPONSES:
            import_file(engine, shared_data / folder / f"{kind}.jsonl", kind, dataset=folder, now=NOW)
    before = counts(engine)
    again = import_file(engine, shared_data / "llmfao/workspace/responses.jsonl", Kind.RESPONSES, now=NOW)
    assert (again.already_imported, again.dataset) == (True, "llmfao/workspace")
    assert counts(engine) == before


def test_the_words_of_a_response_are_those_to_read_in_any_script(engine: Engine) -> None:
    take(engine, PROMPTS, "prompts", dataset="d")
    take(engine, [{"prompt_id": "p1", "candidate": "a", "text": "你好世界 hello"}], "responses", dataset="d")
    with Session(engine) as session:
        assert session.exec(select(Response.words)).one() == 3


def test_a_vote_that_names_no_question_can_be_the_one_too_many(sqlite_engine: Engine):
    take(sqlite_engine, PROMPTS, "prompts", dataset="d")
    take(sqlite_engine, RESPONSES, "responses", dataset="d")
    # The default question of a study that asks others is met last, in a batch of its own.
    votes = [{**VOTES[0], "question": f"q{number}"} for number in range(200)] * 30
    with pytest.raises(BadFile, match="one of more than 200 questions"):
        take(sqlite_engine, [*votes, VOTES[2]], "votes", dataset="d", question="last")
