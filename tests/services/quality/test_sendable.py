"""What experts would send, as a line of figures and in words: measured, inferred, automatic, or not known."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from core.domain.acceptability import CostState, Rests
from core.domain.votes import Outcome
from core.services import quality
from core.services.quality import Line, QualityReport, Scope, What, measures, words
from core.services.quality.text import report_object, report_rows, report_text
from core.storage.engine import reading, writing
from core.storage.tables import Dataset
from tests.evaluated import Evaluated
from tests.voted import Voted

pytestmark = pytest.mark.one_database

CLEAN = {"Refusal": 1.0, "Complete": 1.0}
Outcomes = Callable[[int], Outcome]


def world(
    engine: Engine, *, prompts: int = 40, names: tuple[str, ...] = ("A", "B"), raters: int = 1,
    says: Outcomes | None = lambda number: Outcome.LEFT, rated: int = 10**6, cost: float | None = 0.01,
    gate: bool = True,
) -> Evaluated:  # fmt: skip
    """Candidates that answer every prompt; on the first ``rated`` raters say of A beside B what ``says`` tells.

    With a ``gate`` every second prompt has one, and every answer passes it.
    """
    with writing(engine) as session:
        made = Evaluated(session)
        for name, kind in (("Refusal", "refusal"), ("Complete", "incomplete"), ("Contains", "contains")):
            made.evaluator(name, kind)
        if gate:
            made.gate("Contains")
        run = made.run()
        for name in names:
            made.candidate(name)
        votes = Voted(made)
        for number in range(prompts):
            made.prompt(f"p{number}", "support")
            ids = []
            for name in names:
                made.attempts(run, name, f"p{number}", [{"cost_usd": cost, "latency_ms": 100.0}])
                score = 1.0 if number % 2 else "n/a"
                text = f"{name} answers {number}."
                known = {"cost_usd": cost, "latency_ms": 100.0, "scores": {**CLEAN, "Contains": score}}
                ids.append(made.response(run, name, f"p{number}", text, **known))
            for rater in range(raters if says and len(ids) > 1 and number < rated else 0):
                votes.vote(f"Rater {rater}", ids[0], ids[1], says(number))
    return made


def found(engine: Engine, made: Evaluated) -> QualityReport:
    with reading(engine) as session:
        return quality.report(session, Scope(made.dataset.id))


def lines(engine: Engine, made: Evaluated) -> dict[str, Line]:
    report = found(engine, made)
    return {report.candidate(line.candidate_id).name: line for line in report.overall()}


def text(engine: Engine, made: Evaluated) -> str:
    with reading(engine) as session:
        return report_text(session, session.get_one(Dataset, made.dataset.id))


def test_measured_and_inferred_are_told_apart(engine: Engine) -> None:
    made = world(engine, raters=3, says=lambda number: Outcome.LEFT if number % 4 else Outcome.RIGHT)
    a, b = lines(engine, made)["A"], lines(engine, made)["B"]
    assert (a.human.rests, a.human.rated, a.human_sent, a.human.raters) == (Rests.VOTES, 40, 30, 3)
    assert (b.human_sent, b.human.value) == (10, pytest.approx(0.25))
    assert words.inferred(a).startswith("experts would send 75\u00a0% (")
    assert words.inferred(a).endswith(
        "; holds for these 3 raters only (30 of 40 rated by simple majority; the share counts every vote, "
        "each opponent alike)"
    )
    assert a.human_cost.value == pytest.approx(0.01 / 0.75)
    assert a.human_cost.lower < a.human_cost.value < a.human_cost.upper
    assert a.human.estimate is None, "what is kept for who looks next must not grow with the votes"


def test_below_thirty_rated_the_automatic_figure_stands_named_as_such(engine: Engine) -> None:
    made = world(engine, rated=12, says=lambda number: Outcome.BOTH_BAD)
    line = lines(engine, made)["A"]
    assert (line.human.rests, line.human.rated) == (Rests.AUTOMATIC, 12)
    assert (line.human.value, line.human.lower) == (line.acceptable.value, line.acceptable.lower)
    assert line.human_cost == line.cost_per_acceptable
    assert words.inferred(line).endswith("automatic, 12 rated are too few")
    assert measures.HUMAN.of(line).written == "100\u00a0% automatic"
    assert "experts rated 12 of each, too few: the automatic figures stand." in text(engine, made)


def test_without_votes_everything_says_that_it_is_automatic(engine: Engine) -> None:
    made = world(engine, says=None)
    report, line = found(engine, made), lines(engine, made)["A"]
    assert (report.said, line.human.rests, words.inferred(line)[-10:]) == (0, Rests.AUTOMATIC, "none rated")
    assert not [each for each in measures.shown(report) if each.needs_votes]
    assert "No expert has said yet" in text(engine, made)
    row = report_rows(report)[0]
    assert (row["humanly_acceptable"], row["humanly_acceptable_rests"]) == (1.0, "automatic")


def test_one_rater_is_one_rater(engine: Engine) -> None:
    line = lines(engine, world(engine, says=lambda number: Outcome(number % 3)))["A"]
    assert line.human.holds_for_these_raters_only
    assert "; holds for this rater only (" in words.inferred(line)


def test_where_experts_would_send_nothing_it_costs_none(engine: Engine) -> None:
    made = world(engine, says=lambda number: Outcome.BOTH_BAD)
    line = lines(engine, made)["A"]
    assert (line.human.value, line.human_cost.state, line.human_cost.value) == (0.0, CostState.NONE, None)
    assert line.human.upper > 0.02, "forty failures do not prove that there are none"
    assert line.human_cost.lower > 0.01
    assert "none" in text(engine, made)


def test_an_unknown_price_leaves_the_share_known_and_the_cost_unknown(engine: Engine) -> None:
    line = lines(engine, world(engine, cost=None))["A"]
    assert (line.human.value, line.human_cost.state) == (1.0, CostState.UNKNOWN)
    assert line.cost_per_point.state is CostState.UNKNOWN


def test_one_prompt_gives_figures_and_no_interval(engine: Engine) -> None:
    line = lines(engine, world(engine, prompts=1))["A"]
    assert (line.human.rests, line.human.value, line.human.lower, line.human.rated) == (Rests.AUTOMATIC, 1.0, None, 1)
    assert words.inferred(line) == "100\u00a0%, automatic, 1 rated is too few"


def test_one_candidate_alone_is_never_beside_another_and_has_no_votes(engine: Engine) -> None:
    made = world(engine, names=("A",))
    (line,) = found(engine, made).overall()
    assert (line.human.rests, line.human.rated) == (Rests.AUTOMATIC, 0)


def test_unchecked_responses_are_counted_and_the_checked_ones_have_a_share_of_their_own(engine: Engine) -> None:
    made = world(engine, says=None)
    with writing(engine) as session:
        made.session = session
        made.prompt("cut", "support")
        made.response(made.run(), "A", "cut", finish_reason="length", scores={**CLEAN, "Contains": 0.0})
    line = lines(engine, made)["A"]
    assert (line.responses, line.unchecked, line.checked.n, line.checked.hits) == (41, 20, 21, 20)
    assert (line.acceptable.hits, line.acceptable.n) == (40, 41)
    assert words.unchecked(line).startswith("20 of 41 unchecked: no gate applies; of 21 checked 95\u00a0% (")
    assert "unchecked" in measures.ACCEPTABLE.of(line).detail
    assert "40 of 81 unchecked: no gate applies, so they count on form alone." in text(engine, made)
    with reading(engine) as session:
        rows, total = quality.responses_behind(session, Scope(made.dataset.id), What("unchecked"))
        told = report_object(session, session.get_one(Dataset, made.dataset.id))
    assert (total, {row.is_checked for row in rows}) == (40, {False})
    assert [each["unchecked"] for each in told["candidates"] if each["category"] is None] == [20, 20]


def test_without_any_gate_nothing_is_checked(engine: Engine) -> None:
    line = lines(engine, world(engine, prompts=3, says=None, gate=False))["A"]
    assert (line.unchecked, line.checked.value, line.acceptable.value) == (3, None, 1.0)
    assert words.unchecked(line) == "3 of 3 unchecked: no gate applies"


def test_behind_what_experts_would_send_are_the_rated_responses_with_their_answers(engine: Engine) -> None:
    made = world(engine, prompts=4, raters=2, says=lambda number: Outcome.LEFT if number else Outcome.BOTH_BAD)
    alone = {"candidate_ids": frozenset({made.candidates["A"]})}
    with reading(engine) as session:
        rated, sent, not_sent = (
            quality.responses_behind(session, Scope(made.dataset.id), What(kind), **alone)[0]
            for kind in ("rated", "sent", "not_sent")
        )
    assert [row.prompt for row in rated] == ["p0", "p1", "p2", "p3"]
    assert [row.prompt for row in sent] == ["p1", "p2", "p3"]
    assert [row.said for row in not_sent] == [(("Rater 0", False), ("Rater 1", False))]


def test_the_summary_is_plain_means_of_what_scores_quality(engine: Engine) -> None:
    with writing(engine) as session:
        made = Evaluated(session)
        kinds = {"Refusal": "refusal", "Contains": "contains", "Judge": "llm_judge", "Swearing": "profanity"}
        for name, kind in kinds.items():
            made.evaluator(name, kind)
        made.candidate("A")
        run = made.run()
        for number, (contains, judge) in enumerate([(1.0, 0.5), ("n/a", 0.25), (None, 0.75)]):
            made.prompt(f"p{number}", "support")
            latency = 100.0 * (number + 1)
            made.attempts(run, "A", f"p{number}", [{"cost_usd": 0.03, "latency_ms": latency}])
            flags = {"Refusal": 0.0, "Swearing": 0.0}
            made.response(
                run,
                "A",
                f"p{number}",
                scores={**flags, "Contains": contains, "Judge": judge},
                cost_usd=0.03,
                latency_ms=latency,
            )
    report, line = found(engine, made), lines(engine, made)["A"]
    assert report.of_quality == ["Contains", "Judge"]
    assert (line.quality.scored, line.quality.mean) == (4, pytest.approx(0.625))
    assert line.cost_per_point.value == pytest.approx(0.03 / 62.5)
    assert line.latency.mean == 200.0
    with reading(engine) as session:
        told = report_object(session, session.get_one(Dataset, made.dataset.id))["candidates"][0]
    assert json.loads(json.dumps(told))["average_quality"] == pytest.approx(62.5)
    assert told["average_latency_ms"] == 200.0
    assert told["cost_per_quality_point_usd"] == pytest.approx(0.00048)
    assert "Averaged: Contains, Judge." in " ".join(text(engine, made).split())


def test_without_a_point_of_quality_a_point_costs_none_and_nothing_is_divided_by_zero(engine: Engine) -> None:
    with writing(engine) as session:
        made = Evaluated(session)
        made.evaluator("Contains", "contains")
        made.prompt("p", "support")
        run = made.run()
        for name, score in (("Zero", 0.0), ("Unscored", None)):
            made.candidate(name)
            made.attempts(run, name, "p", [{"cost_usd": 0.03}])
            made.response(run, name, "p", cost_usd=0.03, scores={"Contains": score})
    by_name = lines(engine, made)
    assert {name: line.cost_per_point.state for name, line in by_name.items()} == dict.fromkeys(
        ("Zero", "Unscored"), CostState.NONE
    )
    assert (by_name["Zero"].quality.mean, by_name["Unscored"].quality.mean) == (0.0, None)
    with reading(engine) as session:
        told = report_object(session, session.get_one(Dataset, made.dataset.id))["candidates"]
    assert {each["cost_per_quality_point_usd"] for each in told} == {None}


def test_imported_answers_that_cannot_be_placed_are_said_to_count_for_none(engine: Engine) -> None:
    made = world(engine, prompts=2, says=None)
    with writing(engine) as session:
        made.session = session
        run = made.run("import")
        for repetition in range(2):
            made.response(run, "A", "p0", f"Text {repetition}.", repetition=repetition, scores=CLEAN)
        Voted(made, "Imported").imported("Ann", "p0", "A", "B", Outcome.TIE)
    report = found(engine, made)
    assert (report.said, report.unplaced) == (1, 1), "B's answer is known, and which of A's was read is not"
    assert "1 imported answer left out" in text(engine, made)
