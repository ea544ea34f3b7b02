"""What the page Routing says of tables equals what is computed anew from exported responses, scores and votes."""

from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from core.services.deciding import settings
from core.services.routing import WhatIf, find, what_if
from core.services.routing.compiled import Found
from core.storage.engine import reading, writing
from core.storage.tables import Evaluator, Score
from tests.decided import CATEGORIES, Planted, plant, vote
from tests.services.deciding.test_recomputed_verdicts import exported, run, sides
from tests.services.routing.recomputed_routes import Evidence, HeldOut, policy, regret, shares, table, value

CHEAPER = {
    "A": Planted(0.9, 0.02, 2000.0), "B": Planted(0.9, 0.005, share_in={"coding": 0.4}), "C": Planted(0.5, 0.001),
    "D": Planted(0.85, None, 700.0), "E": Planted(0.9, 0.004, asked=0.4),
}  # fmt: skip
RATED = {"A": Planted(0.85, 0.02), "B": Planted(0.9, 0.006, 1700.0)}
FOLDS = 8
NO_ANSWERS: dict[str, float] = {}
"""With some, the verdict over all is weighted by them, which is not computed anew here: it says to switch nowhere."""


def evidence(files: list[pd.DataFrame], names: list[str]) -> Evidence:
    return Evidence({category: sides(files, category, names) for category in (None, *sorted(CATEGORIES))}, "A")


def folds(files: list[pd.DataFrame], names: list[str]) -> dict[tuple[str, ...], Evidence]:
    """Every eighth prompt of each category → the evidence without them."""
    responses, scores, _ = files
    asked = pd.Series(dict.fromkeys(responses.prompt_id)).index.to_series()
    category = asked.map(scores.groupby("prompt_id")["category"].first())
    place = category.groupby(category).cumcount()
    held_out = [asked[place % FOLDS == fold] for fold in range(FOLDS)]
    return {tuple(out): evidence([each[~each.prompt_id.isin(out)] for each in files], names) for out in held_out}


def refuse(engine: Engine, responses: list[int]) -> None:
    """Have the classifier say of these that they refuse."""
    with writing(engine) as session:
        evaluator = session.exec(select(Evaluator.id).where(Evaluator.name == "refusal")).one()
        query = select(Score).where(Score.evaluator_id == evaluator, col(Score.response_id).in_(responses))
        for score in session.exec(query).all():
            score.value = 0.0


def looked_at(engine: Engine, folder: Path) -> tuple[Found, WhatIf, list[pd.DataFrame]]:
    run("decide", "--json")
    files = [exported(what, folder) for what in ("responses", "scores", "votes")]
    files[2] = files[2].reindex(columns=["prompt_id", "rater", "question", "left", "right", "winner"])
    with reading(engine) as session:
        found = find(session, "Support")
    assert found is not None
    return found, what_if(found), files


def near(expected: float | None) -> object:
    return None if expected is None else pytest.approx(expected, rel=1e-7, abs=1e-9)


def held(found: Found, ifs: WhatIf, files: list[pd.DataFrame], names: list[str], answers: dict[str, float]) -> HeldOut:
    """Tables, every way to answer and regret, after each was found to equal the one computed anew."""
    whole = evidence(files, names)
    weight = answers or files[1].groupby("category")["prompt_id"].nunique().to_dict()
    who = table(whole)
    assert {route.category: found.names[route.primary] for route in found.compiled.table.routes} == who
    missed = regret(whole, folds(files, names), weight)
    ways = [(ifs.in_force, dict.fromkeys(who, "A"), None), (ifs.compiled, who, missed.oracle - missed.table)]
    ways += [(one, dict.fromkeys(who, found.names[one.candidate or 0]), None) for one in ifs.singles]
    assert {found.names[one.candidate or 0] for one in ifs.singles} == set(whole.everywhere)
    refused = refusals(files)
    for told, by, misses in ways:
        expected = policy(whole, by, weight) | {"refusals": value(by, refused, weight)}
        assert {name: getattr(told, name) for name in expected} == {name: near(each) for name, each in expected.items()}
        usd = policy(whole, by, answers)["cost_usd"] if answers else None
        assert told.usd_a_month == near(None if usd is None else usd * sum(answers.values()))
        alone = missed.missed.get(found.names[told.candidate]) if told.candidate else misses
        assert told.misses == near(alone)
    assert ifs.regret is not None
    assert (ifs.regret.oracle, ifs.regret.table, ifs.regret.single) == (
        near(missed.oracle), near(missed.table), near(missed.single),
    )  # fmt: skip
    return missed


def refusals(files: list[pd.DataFrame]) -> dict[str, dict[str, float]]:
    """By category and candidate; every prompt wants an answer."""
    told = files[1][files[1].evaluator == "refusal"]
    found = (1 - told.value).groupby([told.category, told.candidate]).mean()
    return {category: found[category].to_dict() for category in found.index.unique(0)}


TRAFFIC = {"support": 1000.0, "coding": 3000.0}


LONG = [pytest.param(241, answers, marks=pytest.mark.long) for answers in (NO_ANSWERS, TRAFFIC)]


@pytest.mark.parametrize(("prompts", "answers"), [(121, NO_ANSWERS), *LONG])
def test_tables_ways_and_regret_follow_from_the_exported_files(
    workspace: Engine, tmp_path: Path, prompts: int, answers: dict[str, float]
) -> None:
    """B takes support from the champion; D has no price, E was asked less than half."""
    made = plant(workspace, CHEAPER, prompts=prompts, repetitions=2)
    refuse(workspace, [made.responses["A", prompt] for prompt in made.prompts[:7]])
    if answers:
        with writing(workspace) as session:
            settings.save(session, {}, latency_limit_ms={}, answers_a_month=answers)
    found, ifs, files = looked_at(workspace, tmp_path)
    missed = held(found, ifs, files, list(CHEAPER), answers)
    assert {found.names[route.primary] for route in found.compiled.table.routes} != {"A"}
    assert ifs.in_force.refusals
    assert missed.oracle >= missed.table > missed.single - 0.05


def test_where_all_are_rated_shares_are_those_of_raters(workspace: Engine, tmp_path: Path) -> None:
    made = plant(workspace, RATED, prompts=72)
    vote(workspace, made, ("A", "B"), {"send": (0.8, 0.7)}, raters=8)
    found, ifs, files = looked_at(workspace, tmp_path)
    held(found, ifs, files, list(RATED), NO_ANSWERS)
    assert ifs.in_force.is_human and ifs.in_force.share == near(
        sum(each["A"] for each in shares(evidence(files, list(RATED))).values()) / len(CATEGORIES)
    )
