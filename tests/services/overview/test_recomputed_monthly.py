"""Money on the Overview equals what is computed anew from exported attempts and what `evenhand decide --json` says."""

import pytest
from sqlalchemy import Engine

from core.domain.overview import Recommendation
from core.domain.overview import recommended as recommended_by
from core.domain.routing import Route
from core.services import deciding, quality
from core.services.deciding import settings
from core.services.overview import Money, money_of
from core.services.quality import Scope
from core.storage.engine import reading, writing
from tests.decided import CATEGORIES, Planted, plant
from tests.evaluated import Evaluated
from tests.long import crossed
from tests.services.deciding.test_recomputed_costs import CANDIDATES
from tests.services.deciding.test_recomputed_costs import made as made  # noqa: PLC0414
from tests.services.overview.recomputed_monthly import answers, usd, whom
from tests.services.quality.exported import all_facts, printed
from tests.services.quality.recomputed import Facts
from tests.services.routing.tables import accepted

TRAFFIC = ({}, {"support": 1500.0, "coding": 250.0}, {"coding": 70.0, "elsewhere": 9e9})


def held(
    found: Money | None, facts: Facts, who: dict[str, str], entered: dict[str, float], ids: dict[str, int]
) -> None:
    """Every figure against the one computed anew. ``ids``: of the candidates asked, by name."""
    assert found is not None
    number = answers(facts, facts.champion, entered)
    assert dict(found.traffic.answers) == pytest.approx(number.to_dict())
    assert found.traffic.missing == tuple(each for each in CATEGORIES if each not in number)
    champion, recommended = (usd(facts, number, each) for each in (dict.fromkeys(number.index, facts.champion), who))
    assert (found.champion_usd, found.recommended_usd) == (near(champion), near(recommended))
    is_known = champion is not None and recommended is not None
    assert found.saved_usd == (near(champion - recommended) if is_known else None)
    alone = {id: usd(facts, number, dict.fromkeys(number.index, name)) for name, id in ids.items()}
    assert {one.candidate_id: one.usd for one in found.each} == {id: near(each) for id, each in alone.items()}
    shown = [one.usd for one in found.each if one.usd is not None]
    assert shown == sorted(shown)


def near(expected: float | None) -> object:
    return None if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("rival", "entered"), crossed(["Rival", "Unpriced"], TRAFFIC))
def test_amounts_follow_from_every_attempt_in_the_reports_scope(
    made: Evaluated, workspace: Engine, entered: dict[str, float], rival: str
) -> None:
    printed("report", "--json")
    facts, who = all_facts("Champion", ("checked",)).in_scope(), {"support": "Champion", "coding": rival}
    with reading(workspace) as session:
        report = quality.report(session, Scope(1))
    recommendation = Recommendation(made.candidates["Champion"], {at: made.candidates[of] for at, of in who.items()})
    asked = {name: made.candidates[name] for name in CANDIDATES[:4]}
    held(money_of(report, recommendation, entered), facts, who, entered, asked)


def test_who_is_recommended_follows_from_the_verdicts_and_what_that_costs_from_the_responses(workspace: Engine) -> None:
    """B is proven cheaper in support and worse in coding; `evenhand decide --json` tells the page's costs."""
    entered = {"support": 1500.0, "coding": 250.0}
    with writing(workspace) as session:
        settings.save(session, {}, latency_limit_ms={}, answers_a_month=entered)
    planted = {"A": Planted(0.9, 0.02), "B": Planted(0.9, 0.005, share_in={"coding": 0.4}), "C": Planted(0.5, 0.001)}
    made = plant(workspace, planted, prompts=240, repetitions=2)
    (told,) = printed("decide", "--json")
    who = whom(told["verdicts"])
    assert who == {"support": "B", "coding": "A"}
    with reading(workspace) as session:
        found, report = deciding.verdicts(session, "Support"), quality.report(session, Scope(made.dataset))
    recommendation = recommended_by(found.verdicts)
    assert recommendation is not None
    assert {category: found.names[of] for category, of in recommendation.by_category.items()} == who
    money, facts = money_of(report, recommendation, entered), all_facts("A", ()).in_scope()
    held(money, facts, who, entered, made.candidates)
    costs = told["costs"]
    assert (costs["recommended"], costs["answers"], costs["is_monthly"]) == (who, entered, True)
    number = answers(facts, "A", entered)
    for name, whose in {"champion_usd": dict.fromkeys(who, "A"), "recommended_usd": who}.items():
        assert costs[name] == near(usd(facts, number, whose))
    assert costs["saved_usd"] == near(costs["champion_usd"] - costs["recommended_usd"])
    assert (costs["today"], costs["today_usd"]) == (dict.fromkeys(who, "A"), costs["champion_usd"])
    alone = {name: near(usd(facts, number, dict.fromkeys(who, name))) for name in planted}
    assert costs["candidates_usd"] == alone


def test_today_is_who_answers_by_the_table_in_force_and_stays_where_a_verdict_is_open(workspace: Engine) -> None:
    """Twelve prompts prove nothing; by the table C answers coding, at a tenth of what the champion A would take."""
    planted = {"A": Planted(0.9, 0.02), "B": Planted(0.9, 0.019), "C": Planted(0.9, 0.002)}
    made = plant(workspace, planted, prompts=12)
    a, c = made.candidates["A"], made.candidates["C"]
    (before,) = printed("decide", "--json")
    accepted(workspace, a, [Route("coding", c), Route("support", a)])
    (told,) = printed("decide", "--json")
    today = {"coding": "C", "support": "A"}
    assert before["costs"]["today"] == dict.fromkeys(today, "A")
    costs, facts = told["costs"], all_facts("A", ()).in_scope()
    number = answers(facts, "A", {})
    assert costs["today"] == today
    assert costs["recommended"] == whom(told["verdicts"], today)
    assert costs["recommended"]["coding"] == "C"
    for name, whose in {"today_usd": today, "champion_usd": dict.fromkeys(today, "A"),
                        "recommended_usd": costs["recommended"]}.items():  # fmt: skip
        assert costs[name] == near(usd(facts, number, whose))
    assert costs["today_usd"] < costs["champion_usd"]
    assert costs["saved_usd"] == near(costs["today_usd"] - costs["recommended_usd"])
