"""What fails most often: counted as *Cost & quality* lists it, each with an example."""

import pytest
from sqlalchemy import Engine

from core.services import quality
from core.services.overview import Failure, failures
from core.services.quality import Scope
from core.storage.engine import reading, writing
from tests.decided import Planted, plant, vote
from tests.evaluated import Evaluated

pytestmark = pytest.mark.one_database


def found(engine: Engine, dataset: int, candidate: int) -> list[Failure]:
    with reading(engine) as session:
        report = quality.report(session, Scope(dataset))
        line = next(line for line in report.overall() if line.candidate_id == candidate)
        return failures(session, Scope(dataset), line)


def listed(engine: Engine, dataset: int, candidate: int, failure: Failure) -> int:
    with reading(engine) as session:
        chosen = frozenset({candidate})
        return quality.responses_behind(session, Scope(dataset), failure.what, candidate_ids=chosen)[1]


def test_the_most_frequent_three_come_first_with_one_response_each(engine: Engine):
    with writing(engine) as session:
        world = Evaluated(session)
        world.evaluator("right", "contains")
        world.evaluator("refusal", "refusal")
        world.gate("right")
        world.candidate("A", is_champion=True)
        run = world.run()
        for number in range(10):
            world.prompt(f"p{number}", "support")
            good = {"right": 1.0 if number > 2 else 0.0, "refusal": 0.0 if number in (3, 4) else 1.0}
            reason = "length" if number > 4 else "stop"
            world.response(run, "A", f"p{number}", f"Answer {number}.", scores=good, finish_reason=reason)
        world.prompt("p10", "support")
        world.attempts(run, "A", "p10", [{"error_kind": "timeout", "error_message": "no answer"}])
        dataset, a = world.dataset.id or 0, world.candidates["A"]
    told = found(engine, dataset, a)
    assert [(one.what.kind, one.what.name, one.count, one.of) for one in told] == [
        ("failed", "cut short", 5, 10), ("failed", "right", 3, 10), ("failed", "refuses", 2, 10),
    ]  # fmt: skip
    assert [one.example.prompt for one in told if one.example] == ["p5", "p0", "p3"]
    assert [listed(engine, dataset, a, one) for one in told] == [5, 3, 2]


def test_what_experts_would_not_send_is_a_failure_of_the_rated_ones(engine: Engine):
    made = plant(engine, {"A": Planted(1.0), "B": Planted(1.0)}, prompts=20)
    vote(engine, made, ("A", "B"), {"send": (0.2, 0.9)}, raters=4)
    (told,) = found(engine, made.dataset, made.candidates["A"])
    assert (told.what.kind, told.of) == ("not_sent", 20)
    assert told.count == listed(engine, made.dataset, made.candidates["A"], told) > 10
    assert told.example is not None and told.example.said


def test_whoever_fails_nowhere_has_no_failures(engine: Engine):
    made = plant(engine, {"A": Planted(1.0)}, prompts=4)
    assert found(engine, made.dataset, made.candidates["A"]) == []
