"""What answers cost: at what was paid, in the traffic that was entered, and never a guess."""

import pytest
from sqlalchemy import Engine

from core.domain.overview import Recommendation
from core.services import quality
from core.services.overview import Money, money_of
from core.services.quality import QualityReport, Scope
from core.storage.engine import reading
from tests.decided import Planted, Production, plant

pytestmark = pytest.mark.one_database
WORLD = {"A": Planted(0.8, 0.02), "B": Planted(0.8, 0.005), "C": Planted(0.8, None)}


def report(engine: Engine, made: Production) -> QualityReport:
    with reading(engine) as session:
        return quality.report(session, Scope(made.dataset))


def money(engine: Engine, entered: dict[str, float], **who: str) -> tuple[Production, Money]:
    """``who``: who is recommended in *support* and *coding*."""
    made = plant(engine, WORLD, prompts=8)
    by_category = {category: made.candidates[who.get(category, "A")] for category in ("support", "coding")}
    found = money_of(report(engine, made), Recommendation(made.candidates["A"], by_category), entered)
    assert found is not None
    return made, found


def test_a_month_is_every_category_at_what_its_answers_cost(engine: Engine):
    made, found = money(engine, {"support": 1000.0, "coding": 500.0, "elsewhere": 9e9}, support="B")
    lines = {(line.candidate_id, line.category): line for line in report(engine, made).lines}

    def each(name: str, category: str) -> float:
        line = lines[made.candidates[name], category]
        assert line.cost_usd is not None
        return line.cost_usd / line.responses

    assert found.traffic.is_monthly
    assert found.champion_usd == pytest.approx(1000 * each("A", "support") + 500 * each("A", "coding"))
    assert found.recommended_usd == pytest.approx(1000 * each("B", "support") + 500 * each("A", "coding"))
    assert found.saved_usd == pytest.approx(1000 * (each("A", "support") - each("B", "support")))
    assert found.traffic.total == 1500


def test_without_traffic_it_is_a_thousand_answers_as_the_champion_gave_them(engine: Engine):
    made, found = money(engine, {}, support="B", coding="B")
    whole = next(line for line in report(engine, made).overall() if line.candidate_id == made.candidates["A"])
    assert whole.cost_usd is not None
    assert not found.traffic.is_monthly
    assert found.champion_usd == pytest.approx(1000 * whole.cost_usd / whole.responses)


def test_categories_without_an_entry_are_named_and_not_counted(engine: Engine):
    _, found = money(engine, {"support": 1000.0})
    assert (dict(found.traffic.answers), found.traffic.missing) == ({"support": 1000.0}, ("coding",))


def test_an_unknown_price_makes_the_amount_unknown_and_says_whose(engine: Engine):
    made, found = money(engine, {}, coding="C")
    assert (found.recommended_usd, found.saved_usd) == (None, None)
    assert found.champion_usd
    assert found.unknown == (made.candidates["C"],)
    assert [made.candidates["B"], made.candidates["A"], made.candidates["C"]] == [
        one.candidate_id for one in found.each
    ]
    assert found.each[-1].usd is None


def test_a_champion_without_answers_has_no_amount(engine: Engine):
    made = plant(engine, {"B": Planted(0.8)}, prompts=4, champion=None)
    assert money_of(report(engine, made), Recommendation(99, {"support": 99, "coding": 99}), {}) is None
