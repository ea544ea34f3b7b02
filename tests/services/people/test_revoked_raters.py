"""The write path is a wall of its own: whose access was ended takes, answers and remarks nothing."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from sqlmodel import func, select

from core.domain.votes import Outcome
from core.errors import NotAllowed
from core.services.people import people
from core.services.studies import voting
from core.storage.engine import reading, writing
from core.storage.tables import Assignment, Remark, Vote
from tests.services.studies.test_rating import answer, rate, take
from tests.workspace import Workspace, later, make_workspace


def counted(engine: Engine) -> tuple[int, ...]:
    with reading(engine) as session:
        return tuple(
            session.exec(select(func.count()).select_from(table)).one() for table in (Assignment, Vote, Remark)
        )


@pytest.mark.regression("2.1")
@pytest.mark.parametrize("doing", ["claim", "vote", "change", "undo", "skip", "remark"])
def test_a_revoked_rater_does_nothing_any_more(engine: Engine, doing: str):
    workspace = make_workspace(engine)
    rater = workspace.raters[0]
    rate(engine, workspace, take(engine, workspace, rater))
    held = take(engine, workspace, rater, now=later(1))
    answer(engine, held, workspace.questions[0], now=later(1))
    with writing(engine) as session:
        people.revoke(session, rater, now=later(2))
    before = counted(engine)
    with pytest.raises(NotAllowed, match="ended"):
        _DOINGS[doing](engine, workspace, held)
    assert counted(engine) == before
    with reading(engine) as session:
        assert session.get_one(Assignment, held.id).state == "leased"


_DOINGS: dict[str, Callable[[Engine, Workspace, Assignment], object]] = {
    "claim": lambda engine, made, held: take(engine, made, held.rater_id, now=later(3)),
    "vote": lambda engine, made, held: answer(engine, held, made.questions[1], now=later(3)),
    "change": lambda engine, made, held: voting.change(
        engine,
        public_id=held.public_id,
        rater_id=held.rater_id,
        question_id=made.questions[0],
        outcome=Outcome.TIE,
        now=later(3),
    ),
    "undo": lambda engine, made, held: voting.undo(engine, study_id=made.study, rater_id=held.rater_id, now=later(3)),
    "skip": lambda engine, _, held: voting.skip(
        engine, public_id=held.public_id, rater_id=held.rater_id, reason="no", now=later(3)
    ),
    "remark": lambda engine, _, held: voting.remark(
        engine, public_id=held.public_id, rater_id=held.rater_id, kind="flag", note="x", now=later(3)
    ),
}
