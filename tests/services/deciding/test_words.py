"""The decision in words: one sentence everywhere, with its exceptions, and whom each category should get and why."""

import re

import pytest
from sqlalchemy import Engine

from core.domain.deciding import Decision
from core.domain.overview import Routed
from core.services import deciding
from core.services.deciding import Verdicts, settings, verdicts_object, verdicts_text, words
from core.storage.engine import reading, write
from tests.decided import Planted, plant, vote

pytestmark = pytest.mark.one_database
TRAFFIC = {"support": 9_900.0, "coding": 100.0}
BAD_IN_CODING = {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008, share_in={"coding": 0.3})}


def found(
    engine: Engine,
    candidates: dict[str, Planted],
    *,
    prompts: int,
    repetitions: int,
    traffic: dict[str, float] = TRAFFIC,
) -> Verdicts:
    """The verdicts on them, where nearly all answers are of support."""
    plant(engine, candidates, prompts=prompts, repetitions=repetitions)
    write(engine, lambda s: settings.save(s, {}, latency_limit_ms={}, answers_a_month=traffic))
    with reading(engine) as session:
        return deciding.verdicts(session, "Support")


def test_a_switch_says_where_it_does_not_reach_wherever_it_is_said(engine: Engine):
    told = found(engine, BAD_IN_CODING, prompts=900, repetitions=2)
    whole = told.verdicts[0]
    assert whole.decision is Decision.SWITCH
    head, reason = words.parts(told, whole)
    assert head == "Switch from A to B, but not in coding"
    assert words.sentence(told, whole) == f"{head}: {reason}"
    assert verdicts_object(told)["verdicts"][0]["sentence"] == words.sentence(told, whole)
    assert f"overall: {head}: " in verdicts_text(told).replace("\n    ", " ")
    assert words.accepted(told, whole) == "B, but not in coding"


def test_in_a_terminal_the_table_in_force_says_who_answers_what_and_what_stays_so(engine: Engine):
    told = found(engine, {"A": Planted(0.9), "B": Planted(0.9)}, prompts=12, repetitions=1)
    other = next(of for of, name in told.names.items() if name == "B")
    text = verdicts_text(told, Routed(3, {"coding": other})).replace("\n    ", " ")
    assert "Routing table 3 is in force: A; B for coding." in text
    assert "coding: Leave it to B, by routing table 3. Whether A may answer it is open." in text
    assert "Routing table" not in verdicts_text(told)


def test_what_a_table_keeps_from_the_champion_says_what_speaks_against_it(engine: Engine):
    made = plant(engine, {"A": Planted(0.9), "B": Planted(0.9, share_in={"coding": 0.4})}, prompts=24, champion="B")
    by_table = Routed(1, {"coding": made.candidates["A"]})

    def coding() -> tuple[str, words.Sure]:
        with reading(engine) as session:
            told = deciding.verdicts(session, "Support")
        here = next(verdict for verdict in told.verdicts if verdict.category == "coding")
        assert here.decision is Decision.NOT_ENOUGH
        return words.in_category(told, here, by_table)[1], words.sure(told, here, by_table)

    said, sure = coding()
    assert re.fullmatch(r"B did worse here \(−\d+\.\d points on 12 prompts\), which is not proven\.", said)
    assert sure is words.Sure.OPEN
    vote(engine, made, ("A", "B"), {"safety": (1.0, 0.0)}, raters=12)
    said, sure = coding()
    assert said.startswith("Safety votes prove B less safe here than A: judged so 100.0 points more often (at least ")
    assert sure is words.Sure.PROVEN


def test_a_category_says_who_gets_it_and_why_and_the_busiest_comes_first(engine: Engine):
    told = found(engine, BAD_IN_CODING, prompts=900, repetitions=2)
    support, coding = words.by_traffic(told)
    assert (support.category, coding.category) == ("support", "coding")
    assert words.in_category(told, coding)[0] == "Keep A"
    assert words.accepted(told, coding) == "keep A in coding"
    assert words.against(told, coding, told.verdicts[0].challenger or 0).startswith("B is worse, −")


def test_an_open_category_follows_the_overall_verdict_and_says_how_few_its_prompts_are(engine: Engine):
    many = {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008)}
    told = found(engine, many, prompts=120, repetitions=2, traffic={})
    whole = told.verdicts[0]
    assert whole.decision is Decision.SWITCH
    is_open = [one for one in told.verdicts if one.category and one.decision is Decision.NOT_ENOUGH]
    assert is_open
    for verdict in is_open:
        said = words.in_category(told, verdict)
        assert said == ("Use B, as overall", "60 prompts are too few to prove it alone.")
        assert words.sure(told, verdict) == "not proven here"
    assert words.sure(told, whole) == "proven"


def test_where_nothing_is_proven_it_says_so(engine: Engine):
    told = found(engine, {"A": Planted(0.8, 0.02), "B": Planted(0.8, 0.02)}, prompts=12, repetitions=1)
    assert {words.sure(told, verdict) for verdict in told.verdicts} == {"nothing proven"}


def test_a_latency_over_its_limit_is_measured_and_not_proven(engine: Engine):
    plant(engine, {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008)}, prompts=120, repetitions=2)
    write(engine, lambda s: settings.save(s, {}, latency_limit_ms={"": 1.0}, answers_a_month={}))
    with reading(engine) as session:
        told = deciding.verdicts(session, "Support")
    assert words.sure(told, told.verdicts[0]) == "measured"


def test_it_says_how_much_of_the_traffic_and_of_the_prompts_the_exceptions_are(engine: Engine):
    told = found(engine, BAD_IN_CODING, prompts=900, repetitions=2)
    assert words.weights(told) == (
        "The overall verdict weighs by answers a month: coding, where B is not recommended, is 1\u00a0% of the answers "
        "but 50\u00a0% of the prompts."
    )
