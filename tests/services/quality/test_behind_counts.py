"""Behind every figure there are as many responses as the figure says, for each candidate and in each category."""

import pytest
from sqlalchemy import Engine

from core.domain.votes import Outcome
from core.services import quality
from core.services.quality import KINDS, Line, QualityReport, Scope, What
from core.storage.engine import reading, writing
from tests.evaluated import Evaluated
from tests.services.quality.test_quality import CLEAN, planted
from tests.voted import Voted

COUNTED = {
    "all": lambda line: line.responses,
    "acceptable": lambda line: line.acceptable.hits,
    "not_acceptable": lambda line: line.acceptable.n - line.acceptable.hits,
    "undecided": lambda line: line.open,
    "unchecked": lambda line: line.unchecked,
    "refusals": lambda line: line.refusals,
    "incomplete": lambda line: line.incomplete,
    "blocked": lambda line: line.blocked,
    "errors": lambda line: line.errors,
    "slowest": lambda line: line.latency.n,
    "rated": lambda line: line.human.rated,
    "sent": lambda line: line.human_sent,
    "not_sent": lambda line: line.human.rated - line.human_sent,
}
"""Kind → the figure that leads to it."""
NAMED = {
    "failed": lambda line: line.failed,
    "undecided": lambda line: line.undecided,
    "unscored": lambda line: {name: score.unscored + score.missing for name, score in line.scores.items()},
}
"""Kind → its figures by the name of a gate or evaluator."""
OF_COST = {"dearest", "unpriced"}


def made(engine: Engine) -> Evaluated:
    """The planted evaluation, in which raters said of some of Alpha's and Beta's answers what they would send."""
    found = planted(engine)
    with writing(engine) as session:
        again = Evaluated.of(session, found)
        said = Voted(again)
        newer = again.run()
        again.candidate("Epsilon")
        ids = {}
        for prompt in ("s1", "s2", "c1"):
            for name in ("Alpha", "Epsilon"):
                ids[prompt, name] = again.response(newer, name, prompt, f"{name} again.", finish_reason="stop")
        again.response(newer, "Epsilon", "c2", "", finish_reason="content_filter")
        again.response(newer, "Epsilon", "s1", repetition=1, scores={**CLEAN, "Contains": "n/a"})
        for number, prompt in enumerate(("s1", "s2", "c1")):
            for rater in ("Ada", "Ben", "Cid"):
                outcome = Outcome((number + len(rater) + (rater == "Cid")) % 4)
                said.vote(rater, ids[prompt, "Alpha"], ids[prompt, "Epsilon"], outcome)
    return again


def told(engine: Engine, at: Evaluated) -> tuple[Scope, QualityReport]:
    scope = Scope(at.dataset.id or 0, all_runs=True)
    with reading(engine) as session:
        return scope, quality.report(session, scope)


def listed(engine: Engine, scope: Scope, what: What, line: Line) -> int:
    with reading(engine) as session:
        rows, total = quality.responses_behind(
            session, scope, what, candidate_ids=frozenset({line.candidate_id}), category=line.category
        )
    assert len(rows) == total
    return total


def test_every_kind_is_held_against_a_figure() -> None:
    assert {*COUNTED, *NAMED, *OF_COST} == set(KINDS)


@pytest.mark.one_database
@pytest.mark.parametrize("kind", COUNTED)
def test_there_are_as_many_as_the_figure_says(engine: Engine, kind: str) -> None:
    at = made(engine)
    scope, report = told(engine, at)
    wanted = {(line.candidate_id, line.category): COUNTED[kind](line) for line in report.lines}
    assert any(wanted.values()), "the planted data has one of each kind"
    assert {
        (line.candidate_id, line.category): listed(engine, scope, What(kind), line) for line in report.lines
    } == wanted


@pytest.mark.one_database
@pytest.mark.parametrize("kind", NAMED)
def test_there_are_as_many_as_the_figure_of_a_gate_or_evaluator_says(engine: Engine, kind: str) -> None:
    at = made(engine)
    scope, report = told(engine, at)
    wanted = {
        (line.candidate_id, line.category, name): count
        for line in report.lines
        for name, count in NAMED[kind](line).items()
    }
    assert any(wanted.values())
    of = {(line.candidate_id, line.category): line for line in report.lines}
    assert {
        (candidate, category, name): listed(engine, scope, What(kind, name), of[candidate, category])
        for candidate, category, name in wanted
    } == wanted


def test_what_is_priced_and_what_is_not_is_all_there_is(engine: Engine) -> None:
    at = made(engine)
    scope, report = told(engine, at)
    for line in report.lines:
        assert sum(listed(engine, scope, What(kind), line) for kind in OF_COST) == line.responses
