"""The verdict over all of `evenhand decide --json`, weighted by answers a month, equals one computed anew."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from core.services.deciding import settings
from core.storage.engine import writing
from core.storage.tables import Response, Score
from tests.decided import CATEGORIES, Planted, Production, plant, vote
from tests.services.deciding.recomputed_verdicts import Compared, levels
from tests.services.deciding.recomputed_weighted import Traffic, seen, weighted
from tests.services.deciding.test_recomputed_verdicts import (
    CHAMPION,
    exported,
    held_to_settle,
    held_to_the_facts,
    run,
    sides,
)

PLANTED = {
    "A": Planted(0.7, 0.02, share_in={"coding": 0.85}),
    "B": Planted(0.75, 0.008, share_in={"coding": 0.3}),
    "C": Planted(0.5, 0.015),
    "D": Planted(0.8, None),
    "E": Planted(0.85, 0.018, asked=0.7),
    "F": Planted(1.0, 0.08),
    "G": Planted(0.54, 0.004, share_in={"coding": 0.7}),
}
SENDS = {"B": (0.9, 0.8), "C": (0.9, 0.4), "E": (0.9, 0.9)}
EVEN, SMALL = (40.0, 60.0), (97.0, 3.0)


@pytest.fixture
def made(workspace: Engine) -> Production:
    """100 prompts of either category. B is good at support alone; D has no price and is slow at times.

    E was asked 70 and 60 of them; F is better and dearer, G a little worse and much cheaper. In coding everybody's
    answers cost more, A's the most.
    """
    made = plant(workspace, PLANTED, prompts=200)
    coding = made.prompts[1::2]
    unasked = [made.responses["E", prompt] for prompt in coding[60:70]]
    with writing(workspace) as session:
        session.execute(sa.delete(Score).where(Score.response_id.in_(unasked)))
        session.execute(sa.delete(Response).where(Response.id.in_(unasked)))
        for name, times in {**dict.fromkeys(PLANTED, 2.0), CHAMPION: 5.0}.items():
            its = Response.candidate_id == made.candidates[name], Response.prompt_id.in_(coding)
            session.execute(sa.update(Response).where(*its).values(cost_usd=times * Response.cost_usd))
        slow = Response.candidate_id == made.candidates["D"], Response.prompt_id.in_(made.prompts[::8])
        session.execute(sa.update(Response).where(*slow).values(latency_ms=10 * Response.latency_ms))
    return made


def rated(engine: Engine, made: Production, challenger: str, *categories: str, prompts: int | None = None) -> None:
    """Eight raters on a challenger beside A; ``prompts``: the first ones of each category alone."""
    for category in categories:
        part = replace(made, prompts=made.prompts[CATEGORIES.index(category) :: len(CATEGORIES)])
        seed = 10 * list(PLANTED).index(challenger) + CATEGORIES.index(category)
        vote(engine, part, (CHAMPION, challenger), {"send": SENDS[challenger]}, raters=8, prompts=prompts, seed=seed)


@dataclass(frozen=True)
class Told:
    """What is known of each challenger, what was advised, and what was read plainly."""

    known: dict[str, Compared]
    needs: set[str]
    readings: set[tuple[str, str]]


def held_over_all(
    engine: Engine, folder: Path, answers: tuple[float, float], names: Iterable[str] = tuple(PLANTED)
) -> Told:
    """What the verdict over all tells, after it was found to follow from the exported files."""
    by_category = dict(zip(CATEGORIES, answers, strict=True))
    with writing(engine) as session:
        settings.save(session, {"rater_hour_usd": 30.0}, latency_limit_ms={}, answers_a_month=by_category)
    verdict = json.loads(run("decide", "--json").stdout)["verdicts"][0]
    assert (verdict["category"], verdict["weighted_by_answers"]) == (None, True)
    files = [exported(what, folder) for what in ("responses", "scores", "votes")]
    there = {category: sides(files, category, names) for category in CATEGORIES}
    traffic = Traffic(there, {name: count / sum(answers) for name, count in by_category.items()})
    whole = seen(sides(files, None, names), traffic, CHAMPION)
    known = weighted(whole, traffic, CHAMPION)
    level = levels(known, 0.05 / 2)
    held_to_the_facts(verdict, None, known, level)
    needs = held_to_settle({"verdicts": [verdict]}, {None: (whole, known, level)}, traffic.weigh)
    return Told(known, needs, {(one["candidate"], one["reading"]) for one in verdict["readings"]})


@pytest.mark.parametrize("answers", [SMALL, pytest.param(EVEN, marks=pytest.mark.long)])
def test_where_both_categories_have_votes_each_counts_by_its_answers_a_month(
    workspace: Engine, made: Production, tmp_path: Path, answers: tuple[float, float]
):
    for challenger in SENDS:
        rated(workspace, made, challenger, *CATEGORIES, prompts=60)
    told = held_over_all(workspace, tmp_path, answers)
    assert {name for name, one in told.known.items() if one.human and one.human_cost} == set(SENDS)
    assert {name for name, one in told.known.items() if one.automatic_cost} == set(PLANTED) - {CHAMPION, "D"}
    assert told.needs == {"prompts", "votes", "raters"}
    assert told.readings >= {("D", "unsteady latency"), ("F", "strong and dear"), ("G", "decent and cheap")}


@pytest.mark.parametrize("answers", [SMALL, pytest.param(EVEN, marks=pytest.mark.long)])
def test_a_category_without_enough_votes_counts_by_its_automatic_share_with_the_widest_error(
    workspace: Engine, made: Production, tmp_path: Path, answers: tuple[float, float]
):
    """B is rated in support alone; C in coding too, but on fewer than 30; A in both, beside all; E in coding alone."""
    rated(workspace, made, "B", "support")
    rated(workspace, made, "C", "coding", prompts=29)
    rated(workspace, made, "C", "support")
    rated(workspace, made, "E", "coding", prompts=40)
    known = held_over_all(workspace, tmp_path, answers).known
    part = {name: count / sum(answers) for name, count in zip(CATEGORIES, answers, strict=True)}
    assert known["D"].human is None
    for name, unrated in (("B", "coding"), ("C", "coding"), ("E", "support")):
        human = known[name].human
        assert human is not None
        assert human.se > 0.98 * part[unrated] / 2


def test_where_nobody_rated_the_small_category_both_shares_may_lie_off_there_at_once(
    workspace: Engine, made: Production, tmp_path: Path
):
    rated(workspace, made, "B", "support")
    human = held_over_all(workspace, tmp_path, SMALL).known["B"].human
    assert human is not None
    assert human.se > 0.03


def test_all_are_weak_where_most_answers_go_to_a_category_in_which_nobody_reaches_half(
    workspace: Engine, tmp_path: Path
):
    """And more responses to each prompt are advised by what lies within the prompts that count most."""
    planted = {"A": Planted(0.95, 0.01, share_in={"coding": 0.3}), "B": Planted(0.95, 0.007, share_in={"coding": 0.3})}
    plant(workspace, planted, prompts=120, repetitions=2)
    told = held_over_all(workspace, tmp_path, (20.0, 80.0), planted)
    assert "responses to each prompt" in told.needs
    assert told.readings == {("A", "weak everywhere"), ("B", "weak everywhere")}
