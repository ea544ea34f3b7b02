"""Ordering and estimating a run: what is refused, and what it will take."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from core.errors import BadInput, NotFound
from core.services import runs
from core.services.runs import carry_out
from core.storage.engine import reading, writing
from core.storage.tables import Candidate, Dataset, Prompt, Run
from tests.planted import PlantedPlan, PlantedServer
from tests.services.runs.evaluations import NOW, assistant, count_of, make, order, planned, the_run, user

pytestmark = pytest.mark.one_database

NOWHERE = "http://127.0.0.1:9/v1"


def refused(engine: Engine, made: object, **changes: object) -> str:
    """Why it is refused; nothing is left behind."""
    with pytest.raises(BadInput) as caught, writing(engine) as session:
        runs.plan(session, order(made, **changes), now=NOW)
    assert count_of(engine, Run) == 0
    return str(caught.value)


def test_a_planned_run_is_queued_with_what_was_ordered(engine: Engine):
    made = make(engine, NOWHERE, NOWHERE, prompts=5)
    run_id = planned(engine, made, repetitions=3, max_usd=2.0, concurrency=7, spread_s=[0, 10, 20])
    run = the_run(engine, run_id)
    assert (run.state, run.source, run.planned) == ("queued", "evaluation", 30)
    assert (run.candidate_ids, run.prompt_ids, run.repetitions) == (list(made.candidates), None, 3)
    assert (run.max_usd, run.concurrency, run.spread_s, run.deadline_s) == (2.0, 7, [0.0, 10.0, 20.0], 120.0)
    assert (run.worker, run.started_at) == (None, None)


def test_a_slice_of_the_prompts_can_be_chosen(engine: Engine):
    made = make(engine, NOWHERE, prompts=5)
    run = the_run(engine, planned(engine, made, prompt_ids=made.prompts[1:3]))
    assert (run.planned, run.prompt_ids) == (2, list(made.prompts[1:3]))


def test_prompts_that_ask_nothing_are_left_out_unless_chosen(engine: Engine):
    made = make(engine, NOWHERE, prompts=[[user("One?")], [], [user("Two?"), assistant("It is.")]])
    run = the_run(engine, planned(engine, made))
    assert (run.planned, run.prompt_ids) == (1, [made.prompts[0]])
    with pytest.raises(BadInput, match="'p1' has no user's message"), writing(engine) as session:
        runs.plan(session, order(made, prompt_ids=made.prompts), now=NOW)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"candidate_ids": []}, "No candidate"),
        ({"repetitions": 0}, "Repetitions"),
        ({"max_usd": 0.0}, "spending cap"),
        ({"max_usd": float("nan")}, "spending cap"),
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": 100_000}, "concurrency"),
        ({"deadline_s": 0.0}, "deadline"),
        ({"repetitions": 2, "spread_s": [0.0]}, "starting times"),
        ({"repetitions": 2, "spread_s": [5.0, 1.0]}, "rising"),
        ({"prompt_ids": [999]}, "not in the dataset"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(engine: Engine, changes: dict[str, object], words: str):
    made = make(engine, NOWHERE)
    changes = {"candidate_ids": made.candidates} | changes
    from core.services.runs import RunOrder

    with pytest.raises(BadInput, match=words), writing(engine) as session:
        runs.plan(session, RunOrder(made.dataset, **changes), now=NOW)
    assert count_of(engine, Run) == 0


def test_unknown_datasets_and_candidates_are_not_found(engine: Engine):
    made = make(engine, NOWHERE)
    from core.services.runs import RunOrder

    for wrong in (RunOrder(99, made.candidates), RunOrder(made.dataset, [99])):
        with pytest.raises(NotFound), writing(engine) as session:
            runs.plan(session, wrong, now=NOW)


def test_a_cap_is_refused_where_a_price_is_unknown_and_the_candidate_is_named(engine: Engine):
    words = refused(engine, make(engine, NOWHERE, settings={}), max_usd=1.0)
    assert "'model-0'" in words
    assert "Candidates" in words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_retired": True}, "retired"),
        ({"provider": None}, "only a name"),
        ({"provider": "opnai"}, "cannot be asked: .*opnai"),
        ({"settings": {"max_tokens": "many"}}, "cannot be asked: .*max_tokens"),
    ],
)
def test_a_candidate_that_cannot_be_asked_is_refused_by_name(engine: Engine, changes: dict[str, object], words: str):
    made = make(engine, NOWHERE)
    with writing(engine) as session:
        candidate = session.get_one(Candidate, made.candidates[0])
        for name, content in changes.items():
            setattr(candidate, name, content)
        session.add(candidate)
    with pytest.raises(BadInput, match=f"'model-0'.*{words}|{words}"), writing(engine) as session:
        runs.plan(session, order(made), now=NOW)


def test_an_estimate_without_earlier_responses_rests_on_sizes(engine: Engine):
    made = make(engine, NOWHERE, NOWHERE, prompts=[[user("x" * 400)], [user("y" * 400), user("z" * 400)]])
    with reading(engine) as session:
        found = runs.estimate(session, order(made, repetitions=2), now=NOW)
    assert (found.calls, found.prompts, found.unpriced) == (12, 2, ())
    turns = [100, 100, 200 + 20]
    assert found.cost_usd == pytest.approx(4 * sum(turn * 1000 + 20 * 2000 for turn in turns) / 1e6, rel=0.01)
    assert found.most_usd > found.cost_usd
    assert found.seconds > 0


def test_an_estimate_rests_on_a_candidates_earlier_responses(engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(input_tokens=10, output_tokens=7, first_byte_ms=20, total_ms=50))
    made = make(engine, server.base_url, prompts=4)
    carry_out(engine, planned(engine, made), score=False)
    with reading(engine) as session:
        found = runs.estimate(session, order(made, concurrency=1), now=NOW)
    questions = -(-len("Question 0?") // 4)
    assert found.cost_usd == pytest.approx(4 * (questions * 1000 + 7 * 2000) / 1e6)
    assert found.seconds >= 4 * 0.05


def test_an_estimate_names_whose_price_is_unknown(engine: Engine):
    made = make(engine, NOWHERE, settings={})
    with reading(engine) as session:
        found = runs.estimate(session, order(made), now=NOW)
    assert (found.cost_usd, found.most_usd, found.unpriced) == (None, None, ("model-0",))
    assert found.calls == 4


def test_no_run_costs_more_than_the_most_it_was_said_to_cost(engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(output_tokens=20))
    made = make(engine, server.base_url, prompts=[[user("Größe? 漢字")], [user("a"), user("b")]])
    with reading(engine) as session:
        found = runs.estimate(session, order(made), now=NOW)
    ended = carry_out(engine, planned(engine, made), score=False)
    assert 0 < ended.cost_usd <= found.most_usd


@pytest.mark.regression("1.6")
def test_the_same_seed_and_size_draw_the_same_prompts_also_in_another_version(engine: Engine):
    from core.services.runs import drawn

    made = make(engine, NOWHERE, prompts=40)
    with writing(engine) as session:
        again = Dataset(name="asked", version=2, content_hash="again", created_at=NOW)
        session.add(again)
        session.flush()
        prompts = session.exec(select(Prompt).where(Prompt.dataset_id == made.dataset).order_by(col(Prompt.id).desc()))
        for prompt in prompts.all():
            session.add(Prompt(**prompt.model_dump(exclude={"id", "dataset_id"}), dataset_id=again.id))
        session.flush()
        names = dict(session.exec(select(Prompt.id, Prompt.external_id)).all())
        few, many = (drawn(session, made.dataset, size=size, seed=3) for size in (8, 16))
        there = drawn(session, again.id, size=8, seed=3)
        other = drawn(session, made.dataset, size=8, seed=4)
    assert few == sorted(few) and set(few) < set(many)
    assert {names[each] for each in few} == {names[each] for each in there}
    assert set(few) != set(other)
    assert set(few) != set(sorted(made.prompts)[:8])


def test_what_cannot_be_drawn_is_refused(engine: Engine):
    from core.services.runs import drawn

    made = make(engine, NOWHERE, prompts=[[user("One?")], [assistant("nothing asked")]])
    with reading(engine) as session:
        assert drawn(session, made.dataset, size=5) == [made.prompts[0]]
        with pytest.raises(BadInput, match="At least one prompt"):
            drawn(session, made.dataset, size=0)
        with pytest.raises(BadInput, match="no prompt in gone"):
            drawn(session, made.dataset, size=1, categories=("gone",))


def test_endpoints_are_asked_at_once_so_a_second_one_takes_no_longer(engine: Engine):
    made = make(engine, NOWHERE, "http://127.0.0.1:8/v1", prompts=40)
    with reading(engine) as session:
        one = runs.estimate(session, replace(order(made), candidate_ids=made.candidates[:1], concurrency=4), now=NOW)
        both = runs.estimate(session, replace(order(made), concurrency=4), now=NOW)
    assert both.seconds == pytest.approx(one.seconds)
    assert both.calls == 2 * one.calls
