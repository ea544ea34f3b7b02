"""Rules: what of a workspace raises an alert, once, in words, with the page that proves it."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine, update
from sqlmodel import col, select

from core.domain.alerts import AlertKind
from core.domain.votes import Outcome
from core.services import deciding
from core.services.alerts import Raised, inbox, rules
from core.services.candidates import candidates
from core.services.deciding import settings, taken
from core.services.studies import rounds, voting
from core.services.watching.rules import RULES, Rule, agreement, champion, missed, models, prices, queue, runs
from core.services.watching.rules.checking import check
from core.services.watching.rules.rule import Look, Parameter
from core.storage.engine import reading, write, writing
from core.storage.tables import Alert, Candidate, Rates, Run, Schedule, ScheduleFire, Study
from tests.ballots import Ballot, cast
from tests.decided import Planted, plant
from tests.evaluated import Evaluated
from tests.workspace import NOW, make_workspace

pytestmark = pytest.mark.one_database

HOUR = timedelta(hours=1)


def watch_from_now(engine: Engine) -> None:
    """Rules have their rows, and what happened before NOW is no news."""
    with writing(engine) as session:
        rules.ensure(session, now=NOW)


def alerts(engine: Engine) -> list[Alert]:
    with reading(engine) as session:
        return list(session.exec(select(Alert).order_by(col(Alert.id))).all())


def titles(engine: Engine) -> list[str]:
    return [alert.title for alert in alerts(engine)]


def acknowledge_all(engine: Engine) -> None:
    with writing(engine) as session:
        for alert in session.exec(select(Alert)).all():
            inbox.acknowledge(session, alert.public_id, person_id=None, now=NOW)


def query_of(link: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(link).query)


def events(*keys: str) -> Rule:
    return Rule(AlertKind.RUN_FAILED, lambda look: [raised(key) for key in keys])


def raised(key: str, kind: AlertKind = AlertKind.RUN_FAILED) -> Raised:
    return Raised(kind, key, "It happened", "It happened.", "/runs")


# What all rules have in common.


def test_a_rule_looks_no_more_often_than_it_says_and_what_happened_is_raised_once(engine: Engine):
    rule = events("one", "two")
    assert check(engine, [rule], now=NOW) == 2
    assert check(engine, [rule], now=NOW + timedelta(seconds=59)) == 0
    assert check(engine, [events("one", "three")], now=NOW + timedelta(seconds=59)) == 0
    assert check(engine, [events("one", "three")], now=NOW + timedelta(seconds=60)) == 1
    assert len(alerts(engine)) == 3


@pytest.mark.every_database
def test_of_many_threads_one_lets_a_rule_look(engine: Engine):
    watch_from_now(engine)
    looks = []

    def find(look: Look) -> Iterable[Raised]:
        looks.append(look.now)
        return [raised("one")]

    rule = Rule(AlertKind.RUN_FAILED, find)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: check(engine, [rule], now=NOW), range(16)))
    assert (sum(found), len(looks)) == (1, 1)


def test_a_rule_that_fails_keeps_no_other_from_looking_and_is_tried_again(engine: Engine):
    def find(_look: Look) -> Iterable[Raised]:
        raise ZeroDivisionError

    failing = Rule(AlertKind.PRICE, find)
    with pytest.raises(ZeroDivisionError):
        check(engine, [failing, events("one")], now=NOW)
    assert len(alerts(engine)) == 1
    again = Rule(AlertKind.PRICE, lambda look: [raised("price", AlertKind.PRICE)])
    assert check(engine, [again], now=NOW + HOUR) == 1


def test_a_scope_is_looked_at_again_only_when_it_changed(engine: Engine):
    stamps, looks = {"a": 1, "b": 1}, []

    def find(look: Look) -> Iterable[Raised]:
        looks.append(look.scope)
        return []

    rule = Rule(AlertKind.PRICE, find, scopes=lambda _: stamps)
    for minute, change in enumerate(({}, {}, {"b": 2}, {"c": 1})):
        stamps.update(change)
        check(engine, [rule], now=NOW + timedelta(minutes=minute))
    assert looks == ["a", "b", "b", "c"]


def test_what_holds_is_raised_once_and_anew_when_it_begins_again_after_it_was_acknowledged(engine: Engine):
    holding: list[str] = []
    rule = Rule(AlertKind.PRICE, lambda look: [raised(each, AlertKind.PRICE) for each in holding], is_standing=True)

    def minute(number: int, *keys: str) -> int:
        holding[:] = keys
        return check(engine, [rule], now=NOW + timedelta(minutes=number))

    assert minute(0) == 0
    assert minute(1, "dry") == 1
    assert minute(2, "dry") == 0
    assert minute(3) == 0
    assert minute(4, "dry") == 0, "the first is still open"
    assert minute(5) == 0
    acknowledge_all(engine)
    assert minute(6, "dry") == 1
    acknowledge_all(engine)
    assert minute(7, "dry") == 0, "it has held on since"
    assert len(alerts(engine)) == 2


def test_what_stops_holding_for_a_moment_is_taken_to_have_held_on(engine: Engine):
    holding = [True]
    rule = Rule(
        AlertKind.PRICE,
        lambda look: [raised("a", AlertKind.PRICE)] if holding[0] else [],
        is_standing=True,
        rest=timedelta(minutes=10),
    )

    def minute(number: int, holds: bool) -> int:
        holding[0] = holds
        return check(engine, [rule], now=NOW + timedelta(minutes=number))

    assert minute(0, True) == 1
    acknowledge_all(engine)
    assert [minute(1, False), minute(5, True), minute(6, False), minute(15, False), minute(16, True)] == [0, 0, 0, 0, 1]


def test_a_rule_that_is_off_does_not_look_and_what_happened_meanwhile_is_no_news(engine: Engine):
    sinces: list[datetime] = []

    def find(look: Look) -> Iterable[Raised]:
        sinces.append(look.since)
        return []

    rule = Rule(AlertKind.RUN_FAILED, find)
    watch_from_now(engine)
    with writing(engine) as session:
        rules.switch(session, AlertKind.RUN_FAILED, is_on=False, now=NOW)
    check(engine, [rule], now=NOW + HOUR)
    assert sinces == []
    with writing(engine) as session:
        rules.switch(session, AlertKind.RUN_FAILED, is_on=True, now=NOW + 2 * HOUR)
    check(engine, [rule], now=NOW + 3 * HOUR)
    assert sinces == [NOW + 2 * HOUR]


def test_a_threshold_that_was_set_holds_at_the_next_look_even_where_nothing_changed(engine: Engine):
    seen = []

    def find(look: Look) -> Iterable[Raised]:
        seen.append(look.thresholds["least"])
        return []

    rule = Rule(AlertKind.PRICE, find, (Parameter("least", "Least", 0.5, 0, 1),), scopes=lambda _: {"a": 1})
    check(engine, [rule], now=NOW)
    with writing(engine) as session:
        rules.set_parameters(session, AlertKind.PRICE, {"least": 0.25}, now=NOW)
    check(engine, [rule], now=NOW + HOUR)
    assert seen == [0.5, 0.25]


def test_every_kind_but_those_that_others_raise_has_one_rule():
    assert len({rule.kind for rule in RULES}) == len(RULES)
    assert {AlertKind.DRIFT, AlertKind.SCHEDULE}.isdisjoint(rule.kind for rule in RULES[:8])


def test_an_empty_workspace_raises_nothing_and_does_not_fail(engine: Engine):
    for hour in range(3):
        assert check(engine, RULES, now=NOW + hour * HOUR) == 0


# What each rule says.


def evaluated(engine: Engine, make: Callable[[Evaluated], None]) -> None:
    with writing(engine) as session:
        world = Evaluated(session)
        for name in ("p1", "p2"):
            world.prompt(name, "support")
        for name in ("A", "B"):
            world.candidate(name, provider="openai", model=f"model-{name}", is_champion=name == "A")
        make(world)


def look_at(engine: Engine, *among: Rule, hours: float = 1) -> list[Alert]:
    before = {alert.id for alert in alerts(engine)}
    check(engine, among, now=NOW + hours * HOUR)
    return [alert for alert in alerts(engine) if alert.id not in before]


def test_a_run_that_stopped_or_is_missing_much_is_told_with_its_page(engine: Engine):
    watch_from_now(engine)
    ids = []

    def make(world: Evaluated) -> None:
        counts = {"planned": 100, "finished_at": NOW, "candidate_ids": []}
        ids.append(
            world.run(state="stopped", problem="'A' was refused: no such key.", responses=10, failed=2, **counts)
        )
        ids.append(world.run(responses=80, failed=20, **counts))
        world.run(responses=98, failed=2, **counts)
        world.run(state="cancelled", responses=1, failed=50, **counts)
        world.run(responses=1, failed=50, **counts | {"finished_at": NOW - HOUR})

    evaluated(engine, make)
    stopped, missing = look_at(engine, runs.FAILED)
    assert stopped.title == f"Run {ids[0]} on Support stopped before its end"
    assert "'A' was refused: no such key." in stopped.text
    assert "10 of 100 responses arrived" in stopped.text
    assert (stopped.link, stopped.severity) == (f"/runs?run={ids[0]}", "urgent")
    assert missing.title == f"Run {ids[1]} on Support is missing 20\u00a0% of its responses"
    assert look_at(engine, runs.FAILED, hours=2) == []
    with writing(engine) as session:
        session.execute(update(Run).where(col(Run.id) == ids[0]).values(finished_at=NOW + 2 * HOUR))
    assert len(look_at(engine, runs.FAILED, hours=3)) == 1, "it was resumed and stopped again"


def test_a_run_at_its_cap_is_told_as_that_and_not_as_failed(engine: Engine):
    watch_from_now(engine)
    problem = "The spending cap of 2 USD is reached: 1.9900 USD are spent, and the next attempt might cost more."
    evaluated(
        engine,
        lambda world: world.run(
            state="stopped", problem=problem, max_usd=2.0, planned=100, responses=60, finished_at=NOW
        ),
    )
    (found,) = look_at(engine, *RULES[1:3])
    assert found.kind == "cap_hit"
    assert found.title == "Run 1 on Support reached its spending cap of $2.00"
    assert "60 of 100 responses arrived" in found.text


def answered_run(world: Evaluated, names: dict[str, str], rates: dict[str, int] | None = None, **fields) -> int:
    run = world.run(finished_at=NOW, candidate_ids=[world.candidates[name] for name in names], **fields)
    for candidate, name in names.items():
        for prompt in ("p1", "p2"):
            tried = {"answered_by": name, "rates_id": (rates or {}).get(candidate)}
            world.attempts(run, candidate, prompt, [tried])
    return run


def test_a_model_that_answers_under_a_new_name_is_told_once_with_both_names(engine: Engine):
    watch_from_now(engine)
    ids = []

    def make(world: Evaluated) -> None:
        answered_run(world, {"A": "model-A-2026-04", "B": "model-B"})
        answered_run(world, {"B": "model-B"})
        ids.append(answered_run(world, {"A": "model-A-2026-10", "B": "model-B"}))
        ids.append(answered_run(world, {"A": "model-A-2026-10", "B": "model-B"}))

    evaluated(engine, make)
    (found,) = look_at(engine, models.RENAMED)
    assert found.title == "A now answers as model-A-2026-10"
    assert "it was model-A-2026-04" in found.text
    assert (found.data["run"], found.severity) == (ids[0], "urgent")
    query = query_of(found.link)
    assert query == {"cost_dataset": ["1"], "cost_run": [str(ids[0])], "cost_show": ["1"]}


def test_names_of_a_fallback_and_of_failed_tries_are_no_new_names(engine: Engine):
    watch_from_now(engine)

    def make(world: Evaluated) -> None:
        answered_run(world, {"A": "model-A"})
        run = answered_run(world, {"A": "model-A"})
        odd = [{"answered_by": "odd", "error_kind": "malformed"}, {"answered_by": "other", "endpoint": "fallback"}]
        world.attempts(run, "A", "p1", odd, repetition=1)

    evaluated(engine, make)
    assert look_at(engine, models.RENAMED) == []


def rates_row(session, usd: float) -> int:
    fields = {"input_usd_per_mtok": usd, "output_usd_per_mtok": 4.0, "cached_input_usd_per_mtok": None}
    row = Rates(provider="openai", model="m", source="admin", rates=fields, content_hash=str(usd), created_at=NOW)
    session.add(row)
    session.flush()
    return row.id or 0


def test_a_price_that_moved_by_more_than_one_per_cent_is_told(engine: Engine):
    watch_from_now(engine)

    def make(world: Evaluated) -> None:
        old, slightly, new = (rates_row(world.session, usd) for usd in (2.0, 2.01, 2.5))
        answered_run(world, {"A": "a", "B": "b"}, {"A": old, "B": old})
        answered_run(world, {"A": "a", "B": "b"}, {"A": new, "B": slightly})

    evaluated(engine, make)
    (found,) = look_at(engine, prices.CHANGED)
    assert found.title == "A is charged other prices"
    assert "input $2.00 → $2.50, +25 %" in found.text
    assert "output" not in found.text
    assert found.data["run"] == 2


def test_a_model_that_nobody_knows_any_more_is_told_and_one_never_known_is_not(engine: Engine):
    watch_from_now(engine)

    def make(world: Evaluated) -> None:
        before = world.run(finished_at=NOW)
        world.response(before, "A", "p1")
        run = world.run(finished_at=NOW, failed=2, planned=2)
        for name in ("A", "B"):
            world.attempts(run, name, "p1", [{"error_kind": "bad_request", "http_status": 404, "is_last": True}])

    evaluated(engine, make)
    (found,) = look_at(engine, models.RETIRED)
    assert found.title == "A's model is gone"
    assert "OpenAI answered 1 requests of run 2" in found.text or "OpenAI answered 1 request" in found.text
    assert "It is the champion" in found.text
    assert (found.link, found.severity) == ("/runs?run=2", "urgent")


def test_a_model_that_its_provider_will_retire_is_told_once(engine: Engine):
    watch_from_now(engine)
    from genai_prices import data

    provider, model = next(
        (provider.id, model.id)
        for provider in data.providers
        for model in provider.models
        if provider.id in ("openai", "anthropic", "google") and model.deprecated
    )
    assert provider in ("openai", "anthropic", "google")
    with writing(engine) as session:
        name = {"google": "gemini"}.get(provider, provider)
        session.add(Candidate(name="old", provider=name, model=model, settings={}, created_at=NOW))
        session.add(Candidate(name="new", provider="openai", model="gpt-5", settings={}, created_at=NOW))
    (found,) = look_at(engine, models.RETIRED)
    assert found.title == "old's model will be retired"
    assert query_of(found.link) == {"candidates_candidate": ["1"]}
    assert look_at(engine, models.RETIRED, hours=2) == []


def test_the_champion_is_told_to_be_no_longer_best_by_the_verdict_alone(engine: Engine):
    plant(engine, {"A": Planted(0.5), "B": Planted(0.95), "C": Planted(0.5)}, prompts=400)
    (found,) = look_at(engine, champion.NO_LONGER_BEST)
    assert found.title == "A is no longer the best choice overall on Support"
    assert "Switch from A to B" in found.text
    assert (found.link, found.severity) == ("/decisions?decisions_dataset=1", "urgent")
    assert look_at(engine, champion.NO_LONGER_BEST, hours=3) == []
    with writing(engine) as session:
        assert inbox.count(session, now=NOW) == 1
        candidates.make_champion(session, session.exec(select(Candidate.id).where(Candidate.name == "B")).one())
        assert inbox.count(session, now=NOW) == 0, "what it asks for is done"
    assert look_at(engine, champion.NO_LONGER_BEST, hours=5) == []


@pytest.mark.parametrize("is_accepted", [True, False])
def test_a_decision_on_the_verdict_acknowledges_the_alert_by_whoever_took_it(engine: Engine, is_accepted: bool):
    plant(engine, {"A": Planted(0.5), "B": Planted(0.95)}, prompts=400)
    look_at(engine, champion.NO_LONGER_BEST)
    with reading(engine) as session:
        found = deciding.verdicts(session, "Support")
    wanted = deciding.choice_of(found, found.of(None), is_accepted=is_accepted, why="")
    write(engine, lambda session: taken.take(session, wanted, person_id=7, now=NOW))
    (alert,) = alerts(engine)
    assert (alert.acknowledged_by_id, alert.acknowledged_at) == (7, NOW)


def test_the_alert_about_the_champion_says_the_sentence_of_decisions_with_its_exceptions(engine: Engine):
    bad_in_coding = {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008, share_in={"coding": 0.3})}
    plant(engine, bad_in_coding, prompts=900, repetitions=2)
    answers = {"support": 9_900.0, "coding": 100.0}
    write(engine, lambda s: settings.save(s, {}, latency_limit_ms={}, answers_a_month=answers))
    (found,) = look_at(engine, champion.NO_LONGER_BEST)
    with reading(engine) as session:
        told = deciding.verdicts_object(deciding.verdicts(session, "Support"))
    assert "but not in coding" in found.text
    assert found.text.startswith(told["verdicts"][0]["sentence"])


def test_where_candidates_are_equal_nobody_is_told_of_the_champion(engine: Engine):
    plant(engine, {"A": Planted(0.7), "B": Planted(0.7), "C": Planted(0.7)}, prompts=200)
    assert look_at(engine, champion.NO_LONGER_BEST) == []


def test_a_study_without_anything_left_to_rate_is_told_and_again_when_that_happens_again(engine: Engine):
    made = make_workspace(engine, prompts=1, candidates=2, raters=2, overlap=1)
    assert look_at(engine, queue.DRY) == []
    shown = rounds.current_round(engine, study_id=made.study, rater_id=made.raters[0], now=NOW, rng=Random(1))
    for question in made.questions:
        voting.cast(
            engine, public_id=shown.pair.assignment, rater_id=made.raters[0], question_id=question,
            outcome=Outcome.LEFT, now=NOW,
        )  # fmt: skip
    (found,) = look_at(engine, queue.DRY, hours=2)
    assert found.title == "Nothing is left to rate in Everything"
    assert found.link == f"/studies?edit={made.study}"
    acknowledge_all(engine)
    with writing(engine) as session:
        session.execute(update(Study).values(overlap=2))
    assert look_at(engine, queue.DRY, hours=3) == []
    with writing(engine) as session:
        session.execute(update(Study).values(overlap=1))
    assert len(look_at(engine, queue.DRY, hours=4)) == 1


@pytest.mark.parametrize(("agree", "is_told"), [(False, True), (True, False)])
def test_raters_who_hardly_agree_are_told_of(engine: Engine, agree: bool, is_told: bool):
    made = make_workspace(engine, prompts=120, candidates=2, raters=4)
    rng = Random(3)
    ballots = []
    for prompt in range(120):
        usual = rng.choice((Outcome.LEFT, Outcome.RIGHT))
        for rater in range(4):
            said = usual if agree and rng.random() < 0.9 else rng.choice((Outcome.LEFT, Outcome.RIGHT))
            ballots.append(Ballot(rater, 0, 1, said, prompt=prompt))
    cast(engine, made, ballots, count=False)
    found = look_at(engine, agreement.FELL)
    assert bool(found) == is_told
    if is_told:
        assert found[0].title == "Raters of Everything hardly agree on Tone"
        assert query_of(found[0].link) == {"raters_study": ["Everything"], "raters_question": ["Tone"]}
    assert look_at(engine, agreement.FELL, hours=3) == []


@pytest.mark.parametrize(("outcome", "did"), [("missed", "was missed"), ("failed", "failed")])
def test_a_schedule_that_did_not_run_is_told_once_with_the_reason(engine: Engine, outcome: str, did: str):
    watch_from_now(engine)
    with writing(engine) as session:
        times = {"next_run_at": NOW, "created_at": NOW, "changed_at": NOW}
        schedule = Schedule(name="Weekly", dataset="Support", cron="0 6 * * 0", zone="UTC", **times)
        session.add(schedule)
        session.flush()
        for number, became in enumerate((outcome, "ran", "skipped")):
            due = NOW + number * HOUR
            said = {"outcome": became, "why": "Nothing ran then.", "times": 2}
            session.add(ScheduleFire(schedule_id=schedule.id, due_at=due, fired_at=due, **said))
    (found,) = look_at(engine, missed.MISSED, hours=5)
    assert found.title == f"The schedule 'Weekly' {did}"
    assert "2 times in a row" in found.text and "Nothing ran then." in found.text
    assert found.link == "/schedules"
    assert look_at(engine, missed.MISSED, hours=6) == []
