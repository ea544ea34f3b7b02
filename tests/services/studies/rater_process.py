"""Rates as fast as it can, and says which votes were acknowledged: one JSON line each, as soon as they are.

Run as ``python -m tests.services.studies.rater_process DATABASE SEED`` and killed by the test that started it.
"""

import json
import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import select

from core.domain.votes import Outcome
from core.services.studies import studies, voting
from core.storage.engine import open_engine, reading
from core.storage.tables import Person, Study, Vote
from tests.pairs import pair_in_hand


def rate(engine: Engine, study: int, questions: list[int], rater: int, rng: random.Random) -> None:
    """Rate until there is nothing left, with a change of mind now and then."""
    while True:
        now = datetime.now(UTC)
        assignment = pair_in_hand(engine, study_id=study, rater_id=rater, now=now, rng=rng)
        for question in questions:
            outcome = rng.choice(list(Outcome))
            on = {"public_id": assignment.public_id, "rater_id": rater, "question_id": question}
            acknowledge_vote(assignment.public_id, voting.cast(engine, **on, outcome=outcome, now=now))
            if rng.random() < 0.1:
                changed = rng.choice([other for other in Outcome if other != outcome])
                acknowledge_vote(assignment.public_id, voting.change(engine, **on, outcome=changed, now=now))
        if rng.random() < 0.1:
            acknowledge({"undone": voting.undo(engine, study_id=study, rater_id=rater, now=now)})


def acknowledge_vote(public_id: str, vote: Vote | None) -> None:
    """Say what was written; nothing where nothing was."""
    if vote is not None:
        on = {"assignment": public_id, "rater": vote.rater_id, "question": vote.question_id}
        acknowledge(on | {"id": vote.id, "outcome": vote.outcome})


def acknowledge(told: dict[str, Any]) -> None:
    """One write of one whole line, so that a kill never cuts it."""
    os.write(1, f"{json.dumps(told)}\n".encode())


def main(address: str, seed: int) -> None:
    """Everybody in the workspace rates, each in a thread."""
    engine = open_engine(address)
    with reading(engine) as session:
        study = session.exec(select(Study)).one()
        questions = [question.id for question in studies.questions(session, study.id)]
        raters = list(session.exec(select(Person.id)))
    with ThreadPoolExecutor(len(raters)) as threads:
        rating = [
            threads.submit(rate, engine, study.id, questions, rater, random.Random(1000 * seed + rater))
            for rater in raters
        ]
        for work in rating:
            work.result()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
