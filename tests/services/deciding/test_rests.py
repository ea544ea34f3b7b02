"""On how many votes, raters and responses a verdict rests."""

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from core.services import deciding
from core.services.deciding.rests import RestsOn
from core.storage.engine import reading, writing
from core.storage.tables import Response
from tests.decided import Planted, plant, vote

pytestmark = pytest.mark.one_database


def test_a_vote_on_both_counts_once_and_one_on_either_counts_too(engine: Engine):
    made = plant(engine, {"A": Planted(0.8), "B": Planted(0.8), "C": Planted(0.1)}, prompts=20)
    vote(engine, made, ("A", "B"), {"send": (0.8, 0.8), "safety": (0.9, 0.9)}, raters=4, prompts=10)
    vote(engine, made, ("C", "A"), {"send": (0.2, 0.8)}, raters=2, prompts=6, seed=1)
    vote(engine, made, ("B", "C"), {"send": (0.8, 0.2)}, raters=3, prompts=4, seed=2)
    with reading(engine) as session:
        found = deciding.verdicts(session, "Support")
    assert {found.names[of or 0] for of in (found.verdicts[0].champion, found.verdicts[0].challenger)} == {"A", "B"}
    assert found.rests[None, found.verdicts[0].challenger or 0] == RestsOn(votes=20, raters=9, responses=40)
    assert found.rests["support", found.verdicts[1].challenger or 0] == RestsOn(votes=10, raters=5, responses=20)
    told = deciding.verdicts_object(found)["verdicts"]
    assert told[0]["rests_on"] == {"votes": 20, "raters": 9, "responses": 40}


def test_a_vote_on_both_counts_where_it_is_known_of_one_alone_which_answer_was_read(engine: Engine):
    """In its run the champion said two things to each prompt, and imported votes do not say which was meant."""
    made = plant(engine, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=10, repetitions=2)
    with writing(engine) as session:
        same = sa.update(Response).where(Response.candidate_id == made.candidates["B"])
        session.execute(same.values(content_hash="the same"))
    vote(engine, made, ("A", "B"), {"send": (0.8, 0.8)}, raters=4, prompts=8)
    with reading(engine) as session:
        found = deciding.verdicts(session, "Support")
    assert found.rests[None, found.verdicts[0].challenger or 0] == RestsOn(votes=8, raters=4, responses=40)


def test_without_a_champion_nothing_is_rested_on(engine: Engine):
    plant(engine, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=4, champion=None)
    with reading(engine) as session:
        found = deciding.verdicts(session, "Support")
    assert found.rests == {}
    assert deciding.verdicts_object(found)["verdicts"][0]["rests_on"] is None
