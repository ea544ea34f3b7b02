"""Datasets renamed, and deleted with what hangs on them; what people said is never deleted."""

import io
import json
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from core.domain.people import Role
from core.domain.votes import Outcome
from core.errors import BadInput, NotFound, PairGone
from core.services.datasets import datasets
from core.services.demo import opening as demo_service
from core.services.importing import ImportSummary, Kind, import_file
from core.services.people import people
from core.services.studies import studies, voting
from core.storage.engine import reading, write
from core.storage.tables import Candidate, Dataset, Person, Prompt, Response, Run, Study, Vote
from tests.pairs import pair_in_hand
from tests.services.importing.test_import_native import counts, tallied
from tests.services.studies.test_rating import assert_tallies_equal_a_rebuild
from tests.workspace import NOW, make_workspace

pytestmark = pytest.mark.one_database

PROMPTS = [{"id": f"q{n}", "turns": ["Hi"]} for n in range(3)]
RESPONSES = [{"prompt_id": f"q{n}", "candidate": name, "text": f"{name} {n}"} for n in range(3) for name in ("x", "y")]
OPEN = {"name": "Bank tone", "now": NOW, "state": "open"}
VOTES = [{"prompt_id": f"q{n}", "left": "x", "right": "y", "winner": "left", "rater": "crowd"} for n in range(3)]


def take(engine: Engine, kind: Kind, records: list[dict[str, Any]], name: str = "bank", **more: Any) -> ImportSummary:
    content = "".join(json.dumps(record) + "\n" for record in records).encode()
    return import_file(engine, io.BytesIO(content), kind, name=f"{name}.jsonl", now=NOW, **more)


@pytest.fixture
def bank(engine: Engine) -> int:
    """A workspace with a dataset of ours besides the others, imported whole; its id."""
    make_workspace(engine)
    for kind, records in ((Kind.PROMPTS, PROMPTS), (Kind.RESPONSES, RESPONSES), (Kind.VOTES, VOTES)):
        take(engine, kind, records, dataset="bank")
    with reading(engine) as session:
        return datasets.named(session, "bank").id or 0


def remove(engine: Engine, dataset_id: int) -> None:
    from core.services.datasets import removal

    write(engine, lambda session: removal.remove_dataset(session, dataset_id))


def hanging(engine: Engine, dataset_id: int) -> Any:
    from core.services.datasets import removal

    with reading(engine) as session:
        return removal.hanging_on(session, dataset_id)


def test_what_hangs_on_a_dataset_is_told_in_numbers(engine: Engine, bank: int) -> None:
    write(engine, lambda session: studies.create(session, name="Bank tone", now=NOW, dataset_id=bank))
    found = hanging(engine, bank)
    assert (found.prompts, found.responses, found.runs, found.spent_usd) == (3, 6, 1, 0.0)
    assert (found.other_votes, found.votes_by_people, found.people) == (3, 0, 0)
    assert found.studies == ("Bank tone",)


@pytest.mark.every_database
def test_a_dataset_goes_with_what_hangs_on_it_and_the_same_files_come_in_again(engine: Engine, bank: int) -> None:
    made = write(engine, lambda session: studies.create(session, name="Bank tone", now=NOW, dataset_id=bank))
    invited = {"name": "Ann", "role": Role.RATER, "study_id": made.id, "now": NOW}
    write(engine, lambda session: people.invite(session, **invited))
    assert take(engine, Kind.VOTES, VOTES, dataset="bank").already_imported
    before = counts(engine)
    remove(engine, bank)
    with pytest.raises(NotFound):
        remove(engine, bank)
    with Session(engine) as session:
        assert session.exec(select(Dataset.name)).all() == ["tests"]
        assert session.exec(select(Study.name)).all() == ["Everything"]
        assert session.exec(select(Person.id).where(Person.kind == "imported")).all() == []
        assert {"x", "y"} <= set(session.exec(select(Candidate.name)))
        assert session.exec(select(Vote.id)).all() == []
        assert len(session.exec(select(Run.id)).all()) == 1
    assert all(row[-4:] == (0, 0, 0, 0) for row in tallied(engine)["pair_tally"])
    assert_tallies_equal_a_rebuild(engine)
    for kind, records in ((Kind.PROMPTS, PROMPTS), (Kind.RESPONSES, RESPONSES), (Kind.VOTES, VOTES)):
        assert take(engine, kind, records, dataset="bank").created == len(records)
    gone = {"study": 1, "question": 3, "responses_removed": -1}
    assert {name: count - gone.get(name, 0) for name, count in before.items()} == counts(engine)


def test_a_dataset_that_people_voted_on_stays(engine: Engine, bank: int) -> None:
    study = write(engine, lambda session: studies.create(session, **OPEN, dataset_id=bank).id)
    with reading(engine) as session:
        rater = session.exec(select(Person.id).where(Person.kind == "human")).first() or 0
        asked = studies.questions(session, study)[0].id
    shown = pair_in_hand(engine, study_id=study, rater_id=rater, now=NOW, rng=Random(1))
    cast = {"public_id": shown.public_id, "rater_id": rater, "question_id": asked, "outcome": Outcome.LEFT}
    voting.cast(engine, **cast, now=NOW)
    before = counts(engine)
    assert (hanging(engine, bank).votes_by_people, hanging(engine, bank).people) == (1, 1)
    with pytest.raises(BadInput, match=r"1 vote by 1 person rest on 'bank'\. What people said is kept"):
        remove(engine, bank)
    assert counts(engine) == before


def test_a_dataset_in_front_of_a_rater_goes_and_the_rater_goes_on(engine: Engine, bank: int) -> None:
    study = write(engine, lambda session: studies.create(session, **OPEN, dataset_id=bank).id)
    with reading(engine) as session:
        rater = session.exec(select(Person.id).where(Person.kind == "human")).first() or 0
        asked = studies.questions(session, study)[0].id
    shown = pair_in_hand(engine, study_id=study, rater_id=rater, now=NOW, rng=Random(1))
    remove(engine, bank)
    cast = {"public_id": shown.public_id, "rater_id": rater, "question_id": asked, "outcome": Outcome.LEFT}
    with pytest.raises(PairGone):
        voting.cast(engine, **cast, now=NOW)
    with Session(engine) as session:
        assert session.exec(select(Prompt.id).where(Prompt.dataset_id == bank)).all() == []
        assert len(session.exec(select(Response.id)).all()) == 24


def test_while_a_run_goes_on_and_for_the_demo_it_is_refused(engine: Engine, bank: int) -> None:
    run = Run(dataset_id=bank, source="evaluation", state="running", created_at=NOW)
    write(engine, lambda session: session.add(run))
    with pytest.raises(BadInput, match="Cancel it on the Runs page first"):
        remove(engine, bank)
    demo_service.open_demo(engine, now=NOW, weeks=1)
    with reading(engine) as session:
        demo = session.exec(select(Dataset.id).where(Dataset.is_demo)).one()
    with pytest.raises(BadInput, match="under Demo"):
        remove(engine, demo)


def test_a_dataset_is_renamed_with_its_versions_and_its_files_are_known_there(engine: Engine, bank: int) -> None:
    take(engine, Kind.PROMPTS, PROMPTS[:2], dataset="bank")
    assert write(engine, lambda session: datasets.rename(session, bank, "  Retail\n bank ")) == "Retail bank"
    with Session(engine) as session:
        assert sorted(session.exec(select(Dataset.name))) == ["Retail bank", "Retail bank", "tests"]
    assert take(engine, Kind.PROMPTS, PROMPTS, dataset="Retail bank").already_imported
    assert take(engine, Kind.PROMPTS, PROMPTS, dataset="bank").created == 3


@pytest.mark.parametrize(("name", "says"), [("tests", "already"), (" ", "1 to 200"), ("n" * 201, "1 to 200")])
def test_a_name_that_cannot_be_is_refused(engine: Engine, bank: int, name: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        write(engine, lambda session: datasets.rename(session, bank, name))
    with pytest.raises(NotFound):
        write(engine, lambda session: datasets.rename(session, 999, "other"))
