"""The inbox and the destinations: what is open, who saw to it, and where it goes."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.alerts import AlertKind, Severity
from core.errors import BadInput, NotFound
from core.services.alerts import AlertState, Raised, destinations, inbox, raise_alert
from core.storage.engine import reading, writing
from core.storage.tables import AlertDelivery, Person
from tests.workspace import NOW

DAY = timedelta(days=1)


def raise_one(engine: Engine, key: str, kind: AlertKind = AlertKind.PRICE, severity: Severity = Severity.NOTE) -> str:
    with writing(engine) as session:
        assert raise_alert(session, Raised(kind, key, key, "It happened.", "/runs", severity), now=NOW)
    return next(one.alert.public_id for one in listed(engine, None) if one.alert.key == key)


def listed(engine: Engine, state: AlertState | None, now=NOW, **filters) -> list[inbox.Listed]:
    with reading(engine) as session:
        return inbox.listing(session, now=now, state=state, **filters)


def keys(engine: Engine, state: AlertState | None, now=NOW, **filters) -> list[str]:
    return [one.alert.key for one in listed(engine, state, now, **filters)]


def test_the_newest_come_first_and_only_those_that_were_asked_for(engine: Engine):
    for key, kind in (("a", AlertKind.PRICE), ("b", AlertKind.DRIFT), ("c", AlertKind.PRICE)):
        raise_one(engine, key, kind)
    assert keys(engine, AlertState.OPEN) == ["c", "b", "a"]
    assert keys(engine, AlertState.OPEN, kinds=[AlertKind.PRICE]) == ["c", "a"]
    assert keys(engine, None, limit=2) == ["c", "b"]


def test_who_acknowledged_first_is_kept(engine: Engine):
    public_id = raise_one(engine, "a")
    with writing(engine) as session:
        people = [Person(name=name, created_at=NOW) for name in ("Ada", "Bo")]
        session.add_all(people)
        session.flush()
        for person, when in zip(people, (NOW, NOW + DAY), strict=True):
            inbox.acknowledge(session, public_id, person_id=person.id, now=when)
    (one,) = listed(engine, AlertState.ACKNOWLEDGED)
    assert (one.acknowledged_by, one.alert.acknowledged_at) == ("Ada", NOW)
    assert keys(engine, AlertState.OPEN) == []


def test_a_snoozed_one_is_out_of_sight_until_then(engine: Engine):
    public_id = raise_one(engine, "a")
    with writing(engine) as session:
        inbox.snooze(session, public_id, until=NOW + DAY)
    assert (keys(engine, AlertState.OPEN), keys(engine, AlertState.SNOOZED)) == ([], ["a"])
    assert (keys(engine, AlertState.OPEN, NOW + DAY), keys(engine, AlertState.SNOOZED, NOW + DAY)) == (["a"], [])
    with reading(engine) as session:
        assert [inbox.count(session, now=now) for now in (NOW, NOW + DAY)] == [0, 1]


@pytest.mark.one_database
def test_an_alert_is_found_by_how_its_id_begins_and_by_nothing_shorter(engine: Engine):
    public_id = raise_one(engine, "a")
    with writing(engine) as session:
        assert inbox.find(session, public_id[:8].upper()).public_id == public_id
        for wrong in (public_id[:7], "", "%" * 8, "00000000"):
            with pytest.raises(NotFound, match="There is no alert"):
                inbox.find(session, wrong)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("name", "variable", "says"),
    [
        ("", "TEAM_ALERT_URL", "needs a name"),
        ("n" * 61, "TEAM_ALERT_URL", "60 is the most"),
        ("Team", "OPENAI_API_KEY", "ends in _ALERT_URL"),
        ("Team", "team_ALERT_URL", "in capitals"),
        ("Team", "_ALERT_URL", "no variable"),
        ("Team", "slack://sesame/", "That is an address, which is a secret"),
    ],
)
def test_a_destination_that_cannot_be_is_refused_without_its_secret(
    engine: Engine, name: str, variable: str, says: str
):
    with writing(engine) as session, pytest.raises(BadInput, match=says) as refused:
        destinations.add(session, name, variable, now=NOW)
    assert "sesame" not in str(refused.value)


def test_of_a_destination_that_was_taken_away_nothing_more_is_sent_and_its_name_is_free(engine: Engine):
    with writing(engine) as session:
        gone = destinations.add(session, "Team", "TEAM_ALERT_URL", now=NOW).id
        with pytest.raises(BadInput, match="already"):
            destinations.add(session, " Team ", "OTHER_ALERT_URL", now=NOW)
    raise_one(engine, "a")
    with writing(engine) as session:
        destinations.retire(session, gone, now=NOW)
        with pytest.raises(NotFound):
            destinations.retire(session, gone, now=NOW)
        with pytest.raises(NotFound):
            destinations.try_now(session, gone, now=NOW)
        destinations.add(session, "Team", "TEAM_ALERT_URL", now=NOW)
    raise_one(engine, "b")
    with reading(engine) as session:
        states = session.exec(select(AlertDelivery.state).order_by(AlertDelivery.id)).all()
        assert list(states) == ["given_up", "due"]
        with pytest.raises(NotFound, match="There are: Team"):
            destinations.named(session, "Elsewhere")


def test_a_listing_says_what_became_of_what_was_sent(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TEAM_ALERT_URL", "json://127.0.0.1/")
    monkeypatch.delenv("OPS_ALERT_URL", raising=False)
    with writing(engine) as session:
        destinations.add(session, "Team", "TEAM_ALERT_URL", now=NOW)
        destinations.add(session, "Ops", "OPS_ALERT_URL", least_severity=Severity.URGENT, now=NOW)
    for key in "abc":
        raise_one(engine, key)
    with writing(engine) as session:
        first, second, _ = session.exec(select(AlertDelivery).order_by(AlertDelivery.id)).all()
        first.state, second.state, second.problem = "sent", "given_up", "It was down."
        session.add_all([first, second])
    with reading(engine) as session:
        ops, team = destinations.listing(session)
    assert (ops.is_set, ops.sent, ops.due, ops.problem) == (False, 0, 0, None)
    assert (team.is_set, team.sent, team.due, team.given_up, team.problem) == (True, 1, 1, 1, "It was down.")
