"""A table by itself: compiled from what was answered, proposed once, told once, and changed by an alarm."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.alerts import AlertKind
from core.domain.routing import Occasion, Route, RouteBecause
from core.services import routing
from core.services.alerts import inbox, rules
from core.services.candidates import candidates
from core.services.datasets.removal import remove_dataset
from core.services.deciding import settings as deciding_settings
from core.services.routing import VersionState, decide, find, propose_due, view, what_if
from core.services.routing import settings as limits
from core.services.routing.compiled import Found
from core.services.routing.words import why
from core.services.watching import drift
from core.services.watching.rules import routes
from core.services.watching.rules.checking import check
from core.storage.engine import reading, write, writing
from core.storage.tables import Alert, RoutesDecided, RoutesProposed, Score
from tests.decided import Planted, Production, plant, vote
from tests.drifting import Truth, weeks
from tests.workspace import NOW

HOUR = timedelta(hours=1)
CHEAPER = {
    "A": Planted(0.9, 0.02, 2000.0), "B": Planted(0.9, 0.005, share_in={"coding": 0.4}), "C": Planted(0.5, 0.001),
    "D": Planted(0.9, None, share_in={"coding": 0.95}),
}  # fmt: skip


def cheaper(engine: Engine, **more: object) -> Production:
    """B is as good as A in support at a quarter of its cost, and far worse in coding."""
    return plant(engine, CHEAPER, prompts=300, repetitions=2, **more)  # type: ignore[arg-type]


def found(engine: Engine, dataset: str = "Support") -> Found:
    with reading(engine) as session:
        one = find(session, dataset)
    assert one is not None
    return one


def primaries(one: Found) -> dict[str | None, str]:
    return {route.category: one.names[route.primary] for route in one.compiled.table.routes}


def accept(engine: Engine, version: int) -> None:
    write(engine, lambda session: decide(session, version, is_accepted=True, why="", person_id=None, now=NOW))


def states(engine: Engine, dataset: str = "Support") -> list[VersionState]:
    with reading(engine) as session:
        return [one.state for one in routing.listed(session, dataset)]


def test_a_category_goes_to_who_is_proven_cheaper_and_the_rest_stays(engine: Engine):
    cheaper(engine)
    one = found(engine)
    assert primaries(one) == {"coding": "A", "support": "B"}
    assert one.compiled.table.of("support").because is RouteBecause.SWITCH
    assert one.compiled.table.of("coding").timeout_ms == 3000.0
    said = routing.said(one)
    assert said.startswith("support: from A to B, 7")
    assert "cheaper per acceptable response. Switch from A to B: it is 76" in said


@pytest.mark.one_database
def test_what_if_puts_tables_beside_one_model_for_all_and_an_unknown_price_is_not_free(engine: Engine):
    cheaper(engine)
    ifs = what_if(found(engine))
    assert ifs.in_force.cost_usd == pytest.approx(0.02, rel=0.02)
    assert ifs.compiled.cost_usd == pytest.approx((0.02 + 0.005) / 2, rel=0.02)
    assert ifs.compiled.share > ifs.in_force.share - 0.03
    by_name = {one.candidate: one for one in ifs.singles}
    assert by_name[4].cost_usd is None
    assert by_name[4].usd_a_month is None
    assert ifs.singles[0].candidate == 1, "the champion comes first"
    assert ifs.regret is not None
    assert 0 <= ifs.regret.of_table < 0.1
    assert ifs.regret.folds == 8
    assert by_name[3].misses == pytest.approx(0.4, abs=0.06)


@pytest.mark.one_database
def test_answers_a_month_weigh_categories_and_make_costs_a_month(engine: Engine):
    cheaper(engine)
    answers = {"support": 1000.0, "coding": 3000.0}
    defaults = deciding_settings.DecidingParams.defaults()
    write(
        engine, lambda session: deciding_settings.save(session, defaults, latency_limit_ms={}, answers_a_month=answers)
    )
    one = found(engine)
    ifs = what_if(one)
    assert ifs.in_force.usd_a_month == pytest.approx(80.0, rel=0.02)
    assert ifs.compiled.usd_a_month == pytest.approx(65.0, rel=0.02)
    (move,) = routing.moves(one)
    assert move.usd_a_month == pytest.approx(15.0, rel=0.05)
    assert "saves $1" in routing.said(one)


@pytest.mark.one_database
def test_limits_of_refusals_and_spending_are_kept_and_checked(engine: Engine):
    cheaper(engine)
    with pytest.raises(Exception, match="'refusals' must be"):
        write(engine, lambda session: limits.save(session, refusals=1.5, spend_usd_a_month=None))
    write(engine, lambda session: limits.save(session, refusals=0.1, spend_usd_a_month=50.0))
    one = found(engine)
    assert (one.ground.limits.refusals, one.ground.limits.spend_usd_a_month) == (0.1, 50.0)


@pytest.mark.one_database
def test_without_a_champion_or_without_responses_there_is_nothing_to_compile(engine: Engine):
    plant(engine, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=6, champion=None)
    with reading(engine) as session:
        assert find(session, "Support") is None
        assert view(session, "Nowhere") is None
    assert propose_due(engine, now=NOW) == 0


def test_the_same_table_is_proposed_once_and_again_only_where_something_changed(engine: Engine):
    cheaper(engine)
    assert propose_due(engine, now=NOW) == 1
    assert propose_due(engine, now=NOW + 2 * HOUR) == 0
    accept(engine, 1)
    assert propose_due(engine, now=NOW + 2 * HOUR) == 0
    assert states(engine) == [VersionState.IN_FORCE]
    assert not found(engine).changes


def test_several_processes_at_once_propose_it_once(engine: Engine):
    cheaper(engine)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: propose_due(engine, now=NOW), range(4))) == 1
    assert states(engine) == [VersionState.PROPOSED]


@pytest.mark.one_database
def test_nothing_is_proposed_where_nobody_is_proven_better(engine: Engine):
    plant(engine, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=40)
    assert propose_due(engine, now=NOW) == 0
    assert states(engine) == []


@pytest.mark.one_database
def test_a_declined_table_does_not_come_again_by_itself_but_can_be_asked_for(engine: Engine):
    cheaper(engine)
    propose_due(engine, now=NOW)
    write(engine, lambda session: decide(session, 1, is_accepted=False, why="No.", person_id=None, now=NOW))
    assert propose_due(engine, now=NOW + 2 * HOUR) == 0
    with reading(engine) as session:
        asked = routing.proposal_asked(session, "Support")
    version = write(engine, lambda session: routing.propose_asked(session, asked, person_id=None, now=NOW))
    assert version > 1
    accept(engine, version)
    with reading(engine) as session, pytest.raises(Exception, match="Nothing differs"):
        routing.proposal_asked(session, "Support")


def another_champion(engine: Engine, name: str) -> tuple[Production, Found]:
    """A table is in force, and then somebody else is the champion."""
    made = cheaper(engine)
    propose_due(engine, now=NOW)
    accept(engine, 1)
    write(engine, lambda session: candidates.make_champion(session, made.candidates[name]))
    return made, found(engine)


@pytest.mark.one_database
def test_another_champion_takes_what_the_former_one_answered(engine: Engine):
    _, one = another_champion(engine, "D")
    assert primaries(one) == {"coding": "D", "support": "B"}
    assert one.compiled.table.of("coding").because is RouteBecause.CHAMPION_CHANGED


@pytest.mark.one_database
def test_where_the_new_champion_was_kept_out_the_table_keeps_it_out(engine: Engine):
    made, one = another_champion(engine, "B")
    assert primaries(one) == {"coding": "A", "support": "B"}
    assert not one.is_another
    assert one.ground.incumbents.of("coding").primary == made.candidates["A"], "what if is told of the table as it is"
    said = why(one, "coding", one.ground.incumbents.of("coding"), one.compiled.table.of("coding"))
    assert said.startswith("A and D are practically equal")
    assert re.search(r" B, the champion: worse in quality \(\d+\s% acceptable, A \d+\s%\)\.$", said)


@pytest.mark.one_database
def test_what_changes_beside_who_answers_first_is_said_by_name_with_what_speaks_against_whom(engine: Engine):
    made = plant(engine, CHEAPER, prompts=600)
    propose_due(engine, now=NOW)
    accept(engine, 1)
    behind = found(engine).compiled.table.of("support").fallbacks
    assert made.candidates["A"] in behind
    assert view_of(engine).beside == []
    write(engine, lambda session: candidates.make_champion(session, made.candidates["B"]))
    vote(engine, made, ("B", "A"), {"safety": (1.0, 0.3)}, raters=12)
    said = view_of(engine).beside
    (support,) = [line for line in said if line.startswith("support: ")]
    assert support.startswith("support: B, then ")
    before, after = support.partition(" (before: ")[::2]
    assert "then A" in after and "then A" not in before
    assert "as safety votes prove A less safe than B" in support
    (other,) = [line for line in said if line.startswith("everything else: ")]
    assert other.startswith("everything else: B, then ") and "(before: A, then " in other
    assert [line for line in routing.said(found(engine)).splitlines() if line in said] == said


def view_of(engine: Engine) -> routing.View:
    with reading(engine) as session:
        one = view(session, "Support")
    assert one is not None
    return one


def test_an_alert_says_what_would_change_and_leads_to_the_page_once(engine: Engine):
    with writing(engine) as session:
        rules.ensure(session, now=NOW)
    cheaper(engine)
    propose_due(engine, now=NOW)
    assert check(engine, [routes.PROPOSED], now=NOW) == 1
    assert check(engine, [routes.PROPOSED], now=NOW + HOUR) == 0
    with reading(engine) as session:
        (alert,) = session.exec(select(Alert)).all()
    assert (alert.kind, alert.title) == (AlertKind.ROUTES, "New routes are proposed for support on Support")
    assert "support: from A to B" in alert.text
    assert alert.link == "/routing?routing_dataset=Support"
    assert alert.data["version"] == 1
    write(engine, lambda s: decide(s, 1, is_accepted=True, why="", person_id=7, now=NOW + HOUR))
    with reading(engine) as session:
        assert inbox.listing(session, now=NOW + HOUR) == [], "somebody did what it asks for"
        assert session.exec(select(Alert.acknowledged_by_id)).one() == 7


@pytest.mark.one_database
def test_a_table_that_somebody_asked_for_raises_no_alert(engine: Engine):
    with writing(engine) as session:
        rules.ensure(session, now=NOW)
    cheaper(engine)
    with reading(engine) as session:
        asked = routing.proposal_asked(session, "Support")
    write(engine, lambda session: routing.propose_asked(session, asked, person_id=None, now=NOW))
    assert check(engine, [routes.PROPOSED], now=NOW) == 0


@pytest.mark.one_database
def test_a_drift_alarm_gives_a_category_back_and_tells_at_once(engine: Engine):
    """B takes what it is cheaper in; then it gets far worse, the check alarms, and the champion is proposed again."""
    made = weeks(engine, names=("A", "B"), prompts=90, share=0.9)
    made.chance[1] = made.chance[0]
    for _ in range(3):
        made.run({"B": Truth(price=0.2)})
    drift.check_due(engine, now=made.now)
    assert propose_due(engine, now=made.now) == 1
    before = found(engine, "Weekly")
    assert set(primaries(before).values()) == {"B"}
    accept(engine, 1)
    assert propose_due(engine, now=made.now) == 0
    made.run({"B": Truth(points=-0.7, price=0.2)})
    drift.check_due(engine, now=made.now)
    assert propose_due(engine, now=made.now + timedelta(minutes=1)) == 1
    with reading(engine) as session:
        row = session.exec(select(RoutesProposed).where(RoutesProposed.id != 1)).one()
    assert row.because == Occasion.DRIFT
    assert row.replaces_id == 1
    after = found(engine, "Weekly")
    assert set(primaries(after).values()) == {"A"}
    assert "from B to A" in row.said


@pytest.mark.one_database
def test_who_comes_back_for_an_alarm_is_said_not_to_be_proven_better(engine: Engine):
    cheaper(engine)
    back = Route("support", 1, because=RouteBecause.DRIFTED)
    said = why(found(engine), "support", Route("support", 2), back)
    assert said.startswith("B got worse here since")
    assert said.endswith("A comes back as the champion with the higher share acceptable now; that it is better is not "
                         "proven.")  # fmt: skip


@pytest.mark.one_database
def test_it_waits_for_runs_to_be_checked_for_drift_but_not_for_ever(engine: Engine):
    made = weeks(engine, names=("A", "B"), prompts=90, share=0.9)
    made.chance[1] = made.chance[0]
    for _ in range(3):
        made.run({"B": Truth(price=0.2)})
    drift.check_due(engine, now=made.now)
    ended, run = made.now, made.run({"B": Truth(price=0.2)})
    with reading(engine) as session:
        assert drift.due(session, "Weekly") == [run]
    assert propose_due(engine, now=ended + HOUR / 2, unchecked=drift.due) == 0
    assert propose_due(engine, now=ended + HOUR, unchecked=drift.due) == 1


@pytest.mark.one_database
def test_human_shares_count_where_everybody_has_them(engine: Engine):
    made = plant(engine, {"A": Planted(0.9), "B": Planted(0.9)}, prompts=120)
    vote(engine, made, ("A", "B"), {"send": (0.9, 0.3)})
    one = found(engine)
    shares = {candidate: option.share for candidate, option in one.compiled.options["support"].items()}
    assert all(option.is_human for option in one.compiled.options["support"].values())
    assert shares[1] - shares[2] > 0.3


@pytest.mark.one_database
def test_refusals_are_those_of_answers_that_were_wanted(engine: Engine):
    cheaper(engine)
    with writing(engine) as session:
        refusal = session.exec(select(Score).where(Score.evaluator_id == 2)).all()
        for score in refusal[: len(refusal) // 10]:
            score.value = 0.0
            session.add(score)
    refused = [one.refusals.hits for of in found(engine).compiled.options.values() for one in of.values()]
    assert sum(refused) == len(refusal) // 10


@pytest.mark.one_database
def test_tables_go_with_the_last_version_of_their_dataset(engine: Engine):
    made = cheaper(engine)
    propose_due(engine, now=NOW)
    accept(engine, 1)
    write(engine, lambda session: remove_dataset(session, made.dataset))
    with reading(engine) as session:
        assert not session.exec(select(RoutesProposed)).all()
        assert not session.exec(select(RoutesDecided)).all()
