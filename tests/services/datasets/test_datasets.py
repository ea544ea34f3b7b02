"""What lies in the workspace, what a file seems to be, and the demo: switched off, removed, opened again."""

import random
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, select

from core import demo
from core.domain.votes import Outcome
from core.errors import BadFile, BadInput, NotFound
from core.services import workspace as workspace_settings
from core.services.datasets import datasets
from core.services.demo import opening as demo_service
from core.services.demo import removal
from core.services.importing import Kind, import_file
from core.services.importing import look as file_look
from core.services.leaderboards import tallies
from core.services.studies import studies, voting
from core.storage.engine import reading, write
from core.storage.tables import (
    Attempt,
    Candidate,
    Dataset,
    Evaluator,
    Gate,
    JudgeCall,
    JudgePreference,
    LoadTest,
    Person,
    Response,
    Run,
    Score,
    Study,
    Vote,
    metadata,
)
from tests.pairs import pair_in_hand
from tests.workspace import NOW, later, make_workspace

pytestmark = pytest.mark.one_database

LOOKS = {
    "prompts": ('{"id": "1", "turns": ["Hi"]}', Kind.PROMPTS),
    "answers": ('{"prompt_id": "1", "candidate": "a", "text": "Hello"}', Kind.RESPONSES),
    "ballots": ('{"prompt_id": "1", "left": "a", "right": "b", "winner": "tie"}', Kind.VOTES),
    "arena": ('{"model_a": "a", "model_b": "b", "winner": "model_a", "question_id": 1, "judge": "x"}', Kind.VOTES),
    "models": ('{"name": "a", "provider": "openai", "model": "gpt"}', Kind.CANDIDATES),
    "table": ("prompt_id,left,right,winner\n1,a,b,left\n", Kind.VOTES),
}


def look(text: str, name: str = "file.jsonl") -> file_look.FileLook:
    return file_look.look_into_file(BytesIO(text.encode()), name=name)


def rows(engine: Engine) -> dict[str, int]:
    """Table → rows, of all tables but the switches and the count of deletions."""
    with reading(engine) as session:
        counted = {
            name: session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
        }
    own = ("workspace_setting", "responses_removed", "alembic_version")
    return {name: n for name, n in counted.items() if n and name not in own}


def test_datasets_are_listed_newest_first_with_what_is_in_them(engine: Engine, tmp_path: Path):
    workspace = make_workspace(engine, prompts=5, candidates=3)
    file = tmp_path / "more.jsonl"
    file.write_text('{"id": "x", "turns": ["Hi"], "category": "small"}\n')
    import_file(engine, file, Kind.PROMPTS, now=later(1))
    with reading(engine) as session:
        more, tests = datasets.listed(session)
        assert (more.dataset.name, more.prompts, more.responses, more.candidates) == ("more", 1, 0, 0)
        assert (tests.prompts, tests.responses, tests.candidates) == (5, 15, 3)
        assert tests.categories == {"support": 3, "coding": 2}
        assert datasets.categories(session, None) == ["coding", "small", "support"]
        assert datasets.categories(session, more.dataset.id) == ["small"]
        assert len(datasets.candidates(session, tests.dataset.id)) == len(workspace.candidates)
        assert datasets.candidates(session, more.dataset.id) == []


def test_prompts_are_shown_a_page_at_a_time_and_by_category(engine: Engine):
    make_workspace(engine, prompts=5)
    with reading(engine) as session:
        dataset_id = session.exec(select(Dataset.id)).one()
        page, total = datasets.prompts(session, dataset_id, offset=2, limit=2)
        assert ([prompt.external_id for prompt in page], total) == (["p2", "p3"], 5)
        coding, total = datasets.prompts(session, dataset_id, category="coding")
        assert ([prompt.external_id for prompt in coding], total) == (["p1", "p3"], 2)
        with pytest.raises(NotFound):
            datasets.prompts(session, 999)


def test_prompts_known_by_their_ids_alone_are_counted_as_such(engine: Engine, tmp_path: Path):
    file = tmp_path / "ballots.jsonl"
    file.write_text(LOOKS["ballots"][0])
    import_file(engine, file, Kind.VOTES, now=NOW)
    with reading(engine) as session:
        (line,) = datasets.listed(session)
    assert (line.prompts, line.textless) == (1, 1)


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_into_a_file_tells_what_it_holds(name: str):
    text, kind = LOOKS[name]
    found = look(text, name=f"{name}.jsonl")
    assert found.guess() is kind
    assert kind in found.fits


def test_a_file_that_fits_several_kinds_is_what_its_name_says():
    log = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}], "model": "m"}'
    assert look(log).fits.keys() == {Kind.PROMPTS, Kind.RESPONSES}
    assert (look(log).guess(), look(log, name="my prompts.jsonl").guess()) == (Kind.RESPONSES, Kind.PROMPTS)
    assert look(log).carries_prompts


def test_columns_of_other_names_are_guessed_and_what_is_missing_is_named():
    found = look("Question ID,Model A,Model B,Preferred,x\n1,a,b,left,?\n", name="v.csv")
    assert (found.fits, found.guess()) == ({}, Kind.VOTES)
    columns = found.likely_columns(Kind.VOTES)
    assert columns == {"prompt_id": "Question ID", "left": "Model A", "right": "Model B", "winner": "Preferred"}
    assert file_look.missing_fields(found, Kind.VOTES, columns) == []
    del columns["winner"]
    assert file_look.missing_fields(found, Kind.VOTES, columns) == ["winner"]


def test_a_guessed_mapping_imports_the_file(engine: Engine):
    text = "Question ID,Model A,Model B,Preferred,Worker\n1,a,b,left,ann\n1,a,b,tie,ben\n"
    columns = look(text, name="v.csv").likely_columns(Kind.VOTES)
    done = import_file(engine, BytesIO(text.encode()), Kind.VOTES, name="v.csv", columns=columns, now=NOW)
    assert done.created == 2
    with reading(engine) as session:
        assert set(session.exec(select(Person.name))) == {"ann", "ben"}


@pytest.mark.parametrize("content", [b"", b"\n\n", b"PK\x03\x04zip", b"\xff\xfe{\x00", b'{"id": 1', b"just words\n"])
def test_a_look_into_what_is_no_such_file_names_it(content: bytes):
    with pytest.raises(BadFile, match="odd"):
        file_look.look_into_file(BytesIO(content), name="odd.bin")


def test_a_look_into_a_query_shows_its_first_rows(tmp_path: Path):
    address = f"sqlite:///{tmp_path / 'logs.db'}"
    engine = sa.create_engine(address)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE log (question TEXT, topic TEXT)")
        connection.exec_driver_sql("INSERT INTO log VALUES ('Hi', 'small')")
    found = file_look.look_into_query(address, "SELECT 7 AS id, question AS turns, topic AS category FROM log")
    assert found.fields == ("id", "turns", "category")
    assert Kind.PROMPTS in found.fits
    with pytest.raises(BadInput, match="no such table"):
        file_look.look_into_query(address, "SELECT * FROM absent")


def test_simulated_votes_count_until_somebody_switches_them_off(engine: Engine):
    with reading(engine) as session:
        assert workspace_settings.counts_simulated(session) is True
    for count in (False, True):
        write(engine, lambda session, count=count: workspace_settings.count_simulated(session, count))
        with reading(engine) as session:
            assert workspace_settings.counts_simulated(session) is count


def test_removing_the_demo_leaves_a_workspace_as_it_was_before_it_and_it_can_come_back(engine: Engine):
    demo_service.prepare_workspace(engine, demo=False, now=NOW)
    before = rows(engine)
    demo_service.open_demo(engine, now=NOW, weeks=1)
    with_demo = rows(engine)
    write(engine, removal.remove_demo)
    assert rows(engine) == before
    with pytest.raises(NotFound):
        write(engine, removal.remove_demo)
    with reading(engine) as session:
        assert workspace_settings.demo_was_removed(session)
        assert removal.demo_content(session) is None
    demo_service.open_demo(engine, now=NOW, weeks=1)
    assert rows(engine) == with_demo


def test_removing_the_demo_keeps_what_is_ours_and_takes_peoples_votes_on_it(engine: Engine, tmp_path: Path):
    workspace = make_workspace(engine, name=demo.CHAMPION)
    demo_service.open_demo(engine, now=NOW, weeks=1)
    own = tmp_path / "own.jsonl"
    own.write_text('{"id": "mine", "turns": ["Hi"]}\n')
    import_file(engine, own, Kind.PROMPTS, now=NOW)
    answers = tmp_path / "answers.jsonl"
    answers.write_text(f'{{"prompt_id": "mine", "candidate": "{demo.CHAMPION}", "text": "Ho"}}\n')
    import_file(engine, answers, Kind.RESPONSES, now=NOW)
    with reading(engine) as session:
        study = session.exec(select(Study).where(Study.name == demo_service.STUDY_NAME)).one()
        question = studies.questions(session, study.id)[0].id
    rater = workspace.raters[0]
    held = pair_in_hand(engine, study_id=study.id, rater_id=rater, now=NOW, rng=random.Random(1))
    voting.cast(
        engine, public_id=held.public_id, rater_id=rater, question_id=question, outcome=Outcome.LEFT, now=later(1)
    )
    voting.remark(engine, public_id=held.public_id, rater_id=rater, kind="flag", note="", now=later(1))
    with reading(engine) as session:
        content = removal.demo_content(session)
        assert (content.human_votes, content.studies, content.elsewhere) == (1, ("Demo",), 0)
        assert content.simulated_votes > 100
    write(engine, removal.remove_demo)
    with reading(engine) as session:
        assert [study.name for study in studies.listed(session)] == ["Everything"]
        assert {line.dataset.name for line in datasets.listed(session)} == {"tests", "own"}
        assert demo.CHAMPION in set(session.exec(select(Candidate.name)))
        assert not session.exec(select(Person).where(Person.kind == "simulated")).all()
        assert session.exec(select(Vote)).all() == []


def test_votes_on_the_demos_prompts_in_another_study_go_and_its_tallies_follow(engine: Engine):
    make_workspace(engine)
    demo_service.open_demo(engine, now=NOW, weeks=1)
    prompt = demo.records(demo.PROMPTS)[0]["id"]
    names = [record["name"] for record in demo.records(demo.CANDIDATES)]
    vote = f'{{"prompt_id": "{prompt}", "left": "{names[0]}", "right": "{names[1]}", "winner": "tie"}}'
    import_file(engine, BytesIO(vote.encode()), Kind.VOTES, name="v.jsonl", now=NOW)
    with reading(engine) as session:
        assert removal.demo_content(session).elsewhere == 1
    write(engine, removal.remove_demo)
    kept = rows(engine)
    assert "pair_tally" not in kept
    write(engine, tallies.rebuild_all)
    assert rows(engine) == kept


def test_a_demo_that_was_evaluated_can_be_removed_once_its_runs_are_at_an_end(engine: Engine):
    demo_service.prepare_workspace(engine, demo=False, now=NOW)
    kept = {"evaluator", "gate"}
    before = {name: n for name, n in rows(engine).items() if name not in kept}
    demo_service.open_demo(engine, now=NOW, weeks=1)
    run_id = write(engine, _evaluated_demo)
    with pytest.raises(BadInput, match=f"Run {run_id} .* Cancel it"):
        write(engine, removal.remove_demo)
    write(engine, lambda session: setattr(session.get_one(Run, run_id), "state", "cancelled"))
    write(engine, removal.remove_demo)
    assert {name: n for name, n in rows(engine).items() if name not in kept} == before


def _evaluated_demo(session: Session) -> int:
    """A run over the demo, still going: a response with an attempt, a score and a judge's word, and a gate."""
    dataset = session.exec(select(Dataset).where(Dataset.is_demo)).one()
    answers = session.exec(select(Response).limit(2)).all()
    first, second = answers
    run = Run(dataset_id=dataset.id, source="evaluation", state="running", created_at=NOW)
    evaluator = Evaluator(name="e", kind="removal", params={}, content_hash="e", created_at=NOW)
    session.add_all([run, evaluator])
    session.flush()
    of = {"prompt_id": first.prompt_id, "candidate_id": first.candidate_id}
    session.add_all(
        [
            Response(run_id=run.id, turns=["x"], words=1, content_hash="x", created_at=NOW, **of),
            Attempt(run_id=run.id, started_at=NOW, **of),
            Score(response_id=first.id, evaluator_id=evaluator.id, value=1.0, scored_at=NOW),
            JudgeCall(evaluator_id=evaluator.id, response_id=first.id, started_at=NOW),
            JudgePreference(
                evaluator_id=evaluator.id,
                prompt_id=first.prompt_id,
                first_response_id=first.id,
                second_response_id=second.id,
                created_at=NOW,
            ),
            Gate(dataset_id=dataset.id, evaluator_id=evaluator.id, created_at=NOW),
            LoadTest(candidate_id=first.candidate_id, dataset_id=dataset.id, results=[], started_at=NOW),
        ]
    )
    session.flush()
    return run.id
