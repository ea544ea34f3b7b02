"""Decisions that people took: written once, by whom and why, and what came of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.deciding import Decision
from core.errors import BadInput
from core.services import deciding
from core.services.candidates import candidates
from core.services.datasets import datasets
from core.services.datasets.removal import remove_dataset
from core.services.deciding import taken
from core.services.deciding.taken import Choice
from core.services.demo import opening
from core.services.demo.removal import remove_demo
from core.storage.engine import reading, write, writing
from core.storage.tables import Candidate, Dataset, DecisionTaken, Response, Run, Score
from tests.decided import Planted, Production, plant
from tests.workspace import NOW


def choice(made: Production, champion: str = "A", challenger: str = "B", **fields: object) -> Choice:
    told = {
        "dataset": "Support", "category": None, "champion_id": made.candidates[champion],
        "challenger_id": made.candidates[challenger], "decision": Decision.SWITCH, "is_accepted": True,
        "why": "Cheaper.", "verdict": {}, "champion_usd": 0.02, "challenger_usd": 0.01,
    }  # fmt: skip
    return Choice(**(told | fields))


def test_an_accepted_switch_makes_the_challenger_the_champion_and_a_second_one_is_refused(engine: Engine):
    made = plant(engine, {"A": Planted(0.8), "B": Planted(0.8), "C": Planted(0.8)}, prompts=4)
    write(engine, lambda session: taken.take(session, choice(made), person_id=None, now=NOW))
    with reading(engine) as session:
        assert candidates.champion(session).name == "B"
    with pytest.raises(BadInput, match="'A' is not the champion any more"):
        write(engine, lambda session: taken.take(session, choice(made, challenger="C"), person_id=None, now=NOW))
    with reading(engine) as session:
        assert len(session.exec(select(DecisionTaken)).all()) == 1


def test_of_many_who_accept_at_once_one_is_first_and_the_others_are_told(engine: Engine):
    made = plant(engine, {"A": Planted(0.8), **{f"B{n}": Planted(0.8) for n in range(16)}}, prompts=2)

    def take(number: int) -> bool:
        wanted = choice(made, challenger=f"B{number}")
        try:
            write(engine, lambda session: taken.take(session, wanted, person_id=None, now=NOW))
        except BadInput:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(take, range(16))) == 1
    with reading(engine) as session:
        assert len(session.exec(select(DecisionTaken)).all()) == 1
        assert candidates.champion(session).id == session.exec(select(DecisionTaken)).one().challenger_id


def test_the_predicted_saving_stands_beside_the_actual_one(sqlite_engine: Engine):
    made = plant(sqlite_engine, {"A": Planted(1.0, 0.02), "B": Planted(1.0, 0.01)}, prompts=10)
    with reading(sqlite_engine) as session:
        found = deciding.verdicts(session, "Support")
    wanted = deciding.choice_of(found, found.of(None), is_accepted=False, why="")
    assert wanted.champion_usd == pytest.approx(0.02, rel=0.05)
    write(sqlite_engine, lambda session: taken.take(session, wanted, person_id=None, now=NOW))
    with reading(sqlite_engine) as session:
        (before,) = taken.outcomes(session, "Support")
    assert (before.predicted, before.actual, before.responses_since) == (pytest.approx(0.5, abs=0.05), None, 0)
    later = NOW + timedelta(days=7)
    with writing(sqlite_engine) as session:
        run = Run(dataset_id=made.dataset, source="evaluation", created_at=later)
        session.add(run)
        session.flush()
        evaluators = session.exec(select(Score.evaluator_id).distinct()).all()
        for prompt in made.prompts:
            answer = Response(
                run_id=run.id, prompt_id=prompt, candidate_id=made.candidates["B"], turns=["New."], words=1,
                content_hash=f"new-{prompt}", finish_reason="stop", cost_usd=0.015, created_at=later,
            )  # fmt: skip
            session.add(answer)
            session.flush()
            session.add_all(
                Score(response_id=answer.id, evaluator_id=one, value=1.0, scored_at=later) for one in evaluators
            )
    with reading(sqlite_engine) as session:
        (after,) = taken.outcomes(session, "Support")
    assert after.actual == pytest.approx(1 - 0.015 / wanted.champion_usd)
    assert after.responses_since == 10


def test_a_decision_follows_its_dataset_when_that_is_renamed_and_goes_with_it(engine: Engine):
    made = plant(engine, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=4)
    write(engine, lambda session: taken.take(session, choice(made), person_id=None, now=NOW))
    write(engine, lambda session: datasets.rename(session, made.dataset, "Helpline"))
    with reading(engine) as session:
        assert [one.taken.why for one in taken.outcomes(session, "Helpline")] == ["Cheaper."]
    with pytest.raises(BadInput, match="Retire it instead"):
        write(engine, lambda session: candidates.delete(session, made.candidates["A"]))
    write(engine, lambda session: remove_dataset(session, made.dataset))
    with reading(engine) as session:
        assert not session.exec(select(DecisionTaken)).all()


def test_the_demo_goes_with_the_decisions_on_it(engine: Engine):
    opening.open_demo(engine, now=NOW, weeks=1)
    with reading(engine) as session:
        ids = {name: id for id, name in session.exec(select(Candidate.id, Candidate.name))}
        demo = session.exec(select(Dataset)).one()
        champion = candidates.champion(session)
    other = next(id for name, id in ids.items() if id != champion.id)
    made = Choice(demo.name, None, champion.id, other, Decision.SWITCH, True, "It is better.", {}, None, None)
    write(engine, lambda session: taken.take(session, made, person_id=None, now=NOW))
    write(engine, remove_demo)
    with reading(engine) as session:
        assert not session.exec(select(DecisionTaken)).all()
        assert not session.exec(select(Candidate)).all()
