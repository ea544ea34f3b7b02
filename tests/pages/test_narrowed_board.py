"""The Leaderboard narrowed by a judge: chosen in the address, and what it did is said as measured."""

import pytest
from sqlalchemy import Engine

from core.services.leaderboards import narrowing
from core.storage.engine import writing
from core.storage.tables import Candidate
from tests.ballots import Ballot, cast
from tests.pages.test_analyst_pages import L, opened, words
from tests.services.leaderboards.test_narrowing import add, judge_all, voted


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    narrowing.forget()


def test_the_board_is_narrowed_by_the_chosen_judge_and_says_what_that_is_worth(workspace: Engine) -> None:
    at = voted(workspace)
    judge = add(workspace, name="strict judge")
    judge_all(workspace, at, judge.id)
    alone = opened("leaderboard.py")
    assert alone.selectbox(key="leaderboard_judge").options == ["Votes alone", "strict judge"]
    assert "worth" not in words(alone) and "Narrowed by a judge" not in words(alone)
    app = opened("leaderboard.py", judge="strict judge")
    assert "narrowed by strict judge" in words(app)
    assert "agrees with raters to a correlation of 0." in words(app)
    assert "the board is worth 1" in words(app) and "90 pairs with votes and 360 others" in words(app)
    assert "Narrowed by a judge" in words(app)
    assert "its own family" not in words(app)


def test_a_judge_that_may_judge_its_own_family_is_shown_with_how_far_it_favours_it(workspace: Engine) -> None:
    at = voted(workspace)
    with writing(workspace) as session:
        session.get_one(Candidate, at.candidates[0]).model = "gpt-4o-mini"
    judge = add(workspace, may_judge_own_family=True)
    judge_all(workspace, at, judge.id, bias=2.0)
    app = opened("leaderboard.py", judge="judge")
    assert "It favours its own family by \\+" in words(app)


def test_where_nobody_states_a_preference_there_is_nothing_to_choose(workspace: Engine) -> None:
    voted(workspace, prompts=12, rated=12)
    add(workspace)
    app = opened("leaderboard.py", judge="judge")
    assert "leaderboard_judge" not in [box.key for box in app.selectbox]
    assert app.header


def test_without_masked_pairs_no_judge_can_be_chosen(workspace: Engine) -> None:
    at = voted(workspace)
    judge_all(workspace, at, add(workspace).id)
    cast(workspace, at, [Ballot(0, 0, 1, L, prompt=100, also={"masked": True})])
    app = opened("leaderboard.py", judge="judge")
    app.toggle(key="leaderboard_masked").set_value(False).run()
    assert not app.exception and "leaderboard_judge" not in [box.key for box in app.selectbox]
