"""As many votes as wanted on the responses of ``many_responses``, seeded in bulk: on pairs that raters were shown."""

from itertools import combinations
from typing import Any

import numpy as np
from sqlalchemy import Engine

from benchmarks.many_responses import CANDIDATES, NOW, REPETITIONS
from core.services.studies import studies
from core.storage.engine import writing
from core.storage.tables import Person

RATERS = 12
_AT = "2026-11-03 00:00:00.000000"
_CHUNK = 50_000


def voted(engine: Engine, responses: int, votes: int) -> None:
    """Votes on *send* over what ``many_responses.filled`` made: everybody says of a tenth that neither would do."""
    prompts = responses // (CANDIDATES * REPETITIONS)
    rng = np.random.default_rng(3)
    with writing(engine) as session:
        study = studies.ensure_default(session, now=NOW)
        question = next(one.id for one in studies.questions(session, study.id or 0) if one.key == "send")
        people = [Person(name=f"rater {n}", created_at=NOW) for n in range(RATERS)]
        session.add_all(people)
        session.flush()
        ids, study_id = [person.id or 0 for person in people], study.id
    pairs = np.array(list(combinations(range(CANDIDATES), 2)))
    units = responses // CANDIDATES
    drawn = rng.choice(units * len(pairs), votes, replace=False)
    sides, unit = pairs[drawn % len(pairs)], drawn // len(pairs)
    with engine.execution_options(writes=True).begin() as connection:
        cursor: Any = connection.connection.cursor()
        for begin in range(0, votes, _CHUNK):
            which = slice(begin, min(begin + _CHUNK, votes))
            id = 1 + np.arange(which.start, which.stop)
            candidate, response = 1 + sides[which].T, 1 + sides[which].T + CANDIDATES * unit[which]
            rater = np.array(ids)[rng.integers(0, RATERS, len(id))]
            outcome = rng.choice(4, len(id), p=[0.25, 0.25, 0.4, 0.1])
            rows = (id, 1 + unit[which] % prompts, *response, *candidate, rater, outcome)
            for statement in _statements(study_id or 0, question or 0):
                cursor.executemany(statement, zip(*(row.tolist() for row in rows), strict=True))


def _statements(study: int, question: int) -> tuple[str, str, str]:
    """A pair, its assignment and the vote on it, by numbered parameters: id, prompt, responses, candidates, …"""
    return (
        "INSERT INTO pair (id, study_id, prompt_id, first_response_id, second_response_id, first_candidate_id, "
        f"second_candidate_id, claimed) SELECT ?1, {study}, ?2, ?3, ?4, ?5, ?6, 1 WHERE ?7 + ?8 >= 0",
        "INSERT INTO assignment (id, public_id, study_id, pair_id, rater_id, left_response_id, right_response_id, "
        f"state, probability, masked, created_at, leased_until) SELECT ?1, ?1, {study}, ?1, ?7, ?3, ?4, 'done', "
        f"0.1, 0, '{_AT}', '{_AT}' WHERE ?2 + ?5 + ?6 + ?8 >= 0",
        "INSERT INTO vote (id, study_id, question_id, assignment_id, prompt_id, rater_id, left_candidate_id, "
        "right_candidate_id, outcome, length_bin, masked, too_fast, is_repeat, created_at) "
        f"SELECT ?1, {study}, {question}, ?1, ?2, ?7, ?5, ?6, ?8, 0, 0, 0, 0, '{_AT}' WHERE ?3 + ?4 >= 0",
    )
