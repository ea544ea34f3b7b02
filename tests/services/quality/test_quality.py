"""Cost and quality: every figure of a planted evaluation, and the responses behind it."""

import json
import math

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.acceptability import CostState
from core.services import quality, scoring
from core.services.quality import KINDS, Line, Scope, What
from core.services.quality import text as quality_report
from core.services.quality.measures import MEASURES
from core.storage.engine import reading, writing
from core.storage.tables import Dataset, JudgeCall, Prompt, Response
from tests.evaluated import Evaluated
from tests.workspace import NOW, make_workspace

pytestmark = pytest.mark.one_database

CLEAN = {"Refusal": 1.0, "Complete": 1.0, "Contains": 1.0, "Judge": 1.0}


def planted(engine: Engine) -> Evaluated:
    """Four prompts (two of support, two of coding, one of which expects a refusal), four candidates.

    Alpha: retries, a timeout given up, a refusal, a cut answer, an unscored gate. Beta: no price. Gamma: nothing
    acceptable. Delta: imported, nothing known.
    """
    with writing(engine) as session:
        made = Evaluated(session)
        made.prompt("s1", "support")
        made.prompt("s2", "support")
        made.prompt("c1", "coding")
        made.prompt("c2", "coding", constraints={"expects_refusal": True})
        for name in ("Alpha", "Beta", "Gamma", "Delta"):
            made.candidate(name)
        for name, kind in (("Refusal", "refusal"), ("Complete", "incomplete"), ("Contains", "contains")):
            made.evaluator(name, kind)
        made.evaluator("Judge", "llm_judge")
        made.gate("Contains")
        made.gate("Judge", 0.75, category="coding")
        run = made.run()
        alpha(made, run)
        for prompt in ("s1", "s2"):
            made.attempts(run, "Beta", prompt, [{"latency_ms": 100.0}])
            made.response(run, "Beta", prompt, scores=CLEAN)
            made.attempts(run, "Gamma", prompt, [{"cost_usd": 0.002}])
            made.response(run, "Gamma", prompt, cost_usd=0.002, scores={**CLEAN, "Contains": 0.0})
        imported = made.run("import")
        made.response(imported, "Delta", "s1", finish_reason=None)
    return made


def alpha(made: Evaluated, run: int) -> None:
    """Units of Alpha: 8 responses and 1 error, paid 0.0165 in 12 attempts."""
    known = {"input_tokens": 100, "output_tokens": 10, "cached_tokens": 4, "reasoning_tokens": 2, "ttft_ms": 50.0}
    overloaded = {"error_kind": "overload", "cost_usd": 0.0, "cost_basis": "nothing"}

    def unit(prompt: str, repetition: int, latency: float, cost: float, wasted=(), **fields) -> int:
        scores = {**CLEAN, **fields.pop("scores", {})}
        made.attempts(run, "Alpha", prompt, [*wasted, {"cost_usd": cost, "latency_ms": latency}], repetition)
        paid = cost + sum(each["cost_usd"] for each in wasted)
        return made.response(
            run,
            "Alpha",
            prompt,
            repetition=repetition,
            latency_ms=latency,
            cost_usd=paid,
            scores=scores,
            **{**known, **fields},
        )

    unit("s1", 0, 1000.0, 0.001, [overloaded])
    unit("s1", 1, 1100.0, 0.001, [overloaded, {"error_kind": "truncated", "cost_usd": 0.0005}])
    unit("s2", 0, 1200.0, 0.002, scores={"Refusal": 0.0})
    unit("s2", 1, 1300.0, 0.002, finish_reason="length", scores={"Complete": 0.0, "Contains": 0.0})
    unit("c1", 0, 1400.0, 0.003)
    judged = unit("c1", 1, 1500.0, 0.003, scores={"Judge": None})
    unit("c2", 0, 1600.0, 0.001, finish_reason="refusal", scores={"Contains": "n/a"})
    unit("c2", 1, 1700.0, 0.001, scores={"Refusal": 1.0, "Contains": "n/a"})
    timeout = {"error_kind": "timeout", "cost_usd": 0.002, "cost_basis": "reserved", "latency_ms": 9000.0}
    made.attempts(run, "Alpha", "s1", [{**timeout, "is_last": True}], 2)
    for cost, reply in ((0.004, "5"), (0.004, "??"), (0.0, None)):
        call = JudgeCall(
            evaluator_id=made.evaluators["Judge"], response_id=judged, started_at=NOW, cost_usd=cost, reply=reply
        )
        made.session.add(call)


def lines(engine: Engine, made: Evaluated, **scope: object) -> dict[tuple[str, str | None], Line]:
    with reading(engine) as session:
        found = quality.report(session, Scope(made.dataset.id, **scope))
    return {(found.candidate(line.candidate_id).name, line.category): line for line in found.lines}


def test_every_count_of_a_planted_evaluation_is_exact(engine: Engine) -> None:
    line = lines(engine, planted(engine))["Alpha", None]
    assert (line.responses, line.errors, line.prompts) == (8, 1, 4)
    assert (line.refusals, line.incomplete, line.blocked, line.open) == (2, 1, 0, 1)
    assert (line.attempts, line.retries) == (12, 3)
    assert line.faults == {"overload": 2, "truncated": 1, "timeout": 1}
    assert line.given_up == {"timeout": 1}
    assert line.failed == {
        "refuses": 1,
        "cut short": 1,
        "Contains": 1,
        "does not refuse where the prompt expects it": 1,
    }
    assert line.undecided == {"Judge, at least 0.75": 1}


def test_a_judge_of_refusals_counts_where_the_classifier_could_not_tell_and_nowhere_else(engine: Engine) -> None:
    said = {
        "refused": (None, 0.0),
        "partly": (None, 0.5),
        "answered": (None, 1.0),
        "unread": (None, None),
        "own family": (None, "n/a"),
        "not judged": (None, ...),
        "classified": (1.0, 0.0),
    }
    with writing(engine) as session:
        made = Evaluated(session)
        made.candidate("Alpha")
        for name, kind in (("Refusal", "refusal"), ("Judge", "refusal_judge"), ("Complete", "incomplete")):
            made.evaluator(name, kind)
        run = made.run()
        ids = {}
        for prompt, (classifier, judge) in said.items():
            made.prompt(prompt, "general")
            scores = {"Refusal": classifier, "Judge": judge, "Complete": 1.0}
            scores = {name: value for name, value in scores.items() if value is not ...}
            ids[made.response(run, "Alpha", prompt, prompt, scores=scores)] = prompt
    line = lines(engine, made)["Alpha", None]
    assert (line.refusals, line.judged_refusals, line.untold_refusals, line.open) == (1, 3, 3, 3)
    assert (line.acceptable.hits, line.acceptable.n) == (3, 4)
    refusals = next(measure for measure in MEASURES if measure.title == "Refusals").of(line)
    assert refusals.detail.startswith("1 of 4 refuse")
    assert refusals.detail.endswith("; 3 told by a judge; 3 unscored")
    judge = line.scores["Judge"]
    assert (judge.mean, judge.scored, judge.unscored, judge.not_asked, judge.missing) == (0.5, 3, 1, 2, 1)
    with reading(engine) as session:
        behind, _ = quality.responses_behind(session, Scope(made.dataset.id), What("refusals"))
        open_ones, _ = quality.responses_behind(session, Scope(made.dataset.id), What("undecided", "refuses"))
    assert [ids[row.response_id] for row in behind] == ["refused"]
    assert {ids[row.response_id] for row in open_ones} == {"unread", "own family", "not judged"}


def test_every_amount_of_a_planted_evaluation_is_exact(engine: Engine) -> None:
    line = lines(engine, planted(engine))["Alpha", None]
    assert line.cost_usd == pytest.approx(0.0165, rel=1e-12)
    assert (line.judge_cost_usd, line.judge_calls) == (pytest.approx(0.008, rel=1e-12), 3)
    assert (line.tokens["input_tokens"].total, line.tokens["output_tokens"].total) == (800, 80)
    assert (line.tokens["cached_tokens"].total, line.tokens["reasoning_tokens"].mean) == (32, 2.0)
    assert (line.acceptable.hits, line.acceptable.n) == (4, 8)
    assert line.acceptable.value == 0.5
    # what was paid for the response without a verdict (0.003) is on neither side of the ratio
    assert line.cost_per_acceptable.value == pytest.approx(0.0135 / 4, rel=1e-12)
    assert line.cost_per_acceptable.lower < 0.0135 / 4


def test_latency_counts_the_timeout_that_was_given_up_as_at_least_so_long(engine: Engine) -> None:
    line = lines(engine, planted(engine))["Alpha", None]
    assert (line.latency.n, line.latency.censored) == (8, 1)
    assert line.latency.p50.value == 1400.0
    assert line.latency.p99.value is None
    assert line.latency.p99.at_least == 9000.0
    assert (line.ttft.p50.value, line.ttft.n) == (50.0, 8)


def test_scores_are_means_over_what_was_scored_with_the_rest_counted_apart(engine: Engine) -> None:
    scores = lines(engine, planted(engine))["Alpha", None].scores
    contains, judge = scores["Contains"], scores["Judge"]
    assert (contains.mean, contains.scored, contains.not_asked) == (pytest.approx(5 / 6), 6, 2)
    assert (judge.mean, judge.scored, judge.unscored, judge.missing) == (1.0, 7, 1, 0)


def test_a_category_counts_its_own_prompts_alone(engine: Engine) -> None:
    found = lines(engine, planted(engine))
    support, coding = found["Alpha", "support"], found["Alpha", "coding"]
    assert (support.responses, support.errors, coding.responses, coding.errors) == (4, 1, 4, 0)
    assert (support.acceptable.hits, support.acceptable.n) == (2, 5)
    assert (coding.acceptable.hits, coding.acceptable.n) == (2, 3)
    assert support.cost_usd + coding.cost_usd == pytest.approx(0.0165)
    assert coding.faults == {}
    assert ("Beta", "coding") not in found


def test_an_unknown_price_stays_unknown_and_no_acceptable_response_is_none(engine: Engine) -> None:
    found = lines(engine, planted(engine))
    beta, gamma = found["Beta", None], found["Gamma", None]
    assert beta.cost_usd is None
    assert beta.acceptable.value == 1.0
    assert beta.cost_per_acceptable.state is CostState.UNKNOWN
    assert gamma.cost_usd == pytest.approx(0.004)
    assert gamma.cost_per_acceptable.state is CostState.NONE
    assert gamma.cost_per_acceptable.value is None


def test_imported_responses_show_what_is_known_of_them_and_no_more(engine: Engine) -> None:
    delta = lines(engine, planted(engine))["Delta", None]
    assert (delta.responses, delta.errors, delta.open) == (1, 0, 1)
    assert (delta.attempts, delta.retries, delta.cost_usd) == (None, None, None)
    assert (delta.latency.p50, delta.tokens["input_tokens"].total) == (None, None)
    assert delta.acceptable.value is None
    assert delta.undecided == {"cut short": 1, "refuses": 1, "Contains": 1}
    assert delta.judge_cost_usd == 0.0


def test_who_could_not_be_told_to_refuse_is_no_part_of_the_share_and_is_counted(engine: Engine) -> None:
    with writing(engine) as session:
        made = Evaluated(session)
        made.evaluator("Refusal", "refusal")
        made.candidate("Alpha")
        run = made.run()
        for number, value in enumerate([0.0, 1.0, 1.0, None, None]):
            made.prompt(f"p{number}", "support")
            made.response(run, "Alpha", f"p{number}", text=f"Answer {number}.", scores={"Refusal": value})
    refusals = next(each for each in MEASURES if each.title == "Refusals")
    figure = refusals.of(lines(engine, made)["Alpha", None])
    assert figure.value == pytest.approx(1 / 3)
    assert figure.detail.startswith("1 of 3 refuse") and figure.detail.endswith("2 unscored")


def test_imported_cost_and_attempts_are_taken_as_they_are(engine: Engine) -> None:
    with writing(engine) as session:
        made = Evaluated(session)
        made.prompt("long", "support", messages=[{"role": "user", "content": word} for word in ("One?", "Two?")])
        made.candidate("Epsilon")
        run = made.run("import")
        made.response(run, "Epsilon", "long", cost_usd=0.5, attempts=3)
    line = lines(engine, made)["Epsilon", None]
    assert (line.cost_usd, line.attempts, line.retries) == (0.5, 3, 1)


def test_an_attempt_under_way_is_neither_free_nor_of_unknown_price(engine: Engine) -> None:
    made = planted(engine)
    with writing(engine) as session:
        made.session = session
        run = made.run(state="running")
        made.attempts(run, "Beta", "c1", [{"cost_usd": 0.25}, {"finished_at": None, "reserved_usd": 1.0}])
    with reading(engine) as session:
        listed = quality.runs(session, made.dataset.id)
    line = lines(engine, made, run_id=listed[0].id)["Beta", None]
    assert (line.cost_usd, line.attempts, line.responses) == (0.25, 2, 0)


def test_a_unit_answered_after_a_resume_is_no_error(engine: Engine) -> None:
    made = planted(engine)
    with writing(engine) as session:
        made.session = session
        run = made.run()
        gone = {"error_kind": "server_error", "cost_usd": 0.0, "is_last": True}
        made.attempts(run, "Beta", "s1", [gone, {"cost_usd": 0.1}])
        made.response(run, "Beta", "s1", cost_usd=0.1, scores=CLEAN)
        made.attempts(run, "Beta", "s2", [gone, gone])
    line = lines(engine, made)["Beta", None]
    assert (line.responses, line.errors, line.attempts, line.retries) == (1, 1, 4, 2)
    assert (line.acceptable.hits, line.acceptable.n) == (1, 2)


def test_each_prompt_counts_with_the_newest_finished_run_that_asked_it(engine: Engine) -> None:
    made = planted(engine)
    with writing(engine) as session:
        made.session = session
        newer, unfinished = made.run(), made.run(state="stopped")
        made.response(newer, "Beta", "s1", scores={**CLEAN, "Contains": 0.0})
        made.response(unfinished, "Beta", "s1", scores=CLEAN)
        made.response(unfinished, "Alpha", "s1", scores=CLEAN)
    newest = lines(engine, made)
    assert (newest["Beta", None].responses, newest["Beta", None].acceptable.value) == (2, 0.5)
    assert newest["Alpha", None].responses == 8
    only = lines(engine, made, run_id=unfinished)
    assert {name for name, _ in only} == {"Alpha", "Beta"}
    assert only["Beta", None].acceptable.value == 1.0
    assert lines(engine, made, all_runs=True)["Beta", None].responses == 4


def test_files_imported_one_after_another_count_together(engine: Engine) -> None:
    made = planted(engine)
    with writing(engine) as session:
        made.session = session
        made.response(made.run("import"), "Delta", "s2", finish_reason=None)
    assert lines(engine, made)["Delta", None].responses == 2


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (What("refusals"), ["c2", "s2"]),
        (What("incomplete"), ["s2"]),
        (What("failed", "Contains"), ["s2"]),
        (What("failed"), ["c2", "s2", "s2"]),
        (What("not_acceptable"), ["c2", "s1", "s2", "s2"]),
        (What("undecided", "Judge, at least 0.75"), ["c1"]),
        (What("unscored", "Judge"), ["c1"]),
        (What("acceptable"), ["c1", "c2", "s1", "s1"]),
        (What("blocked"), []),
        (What("errors"), ["s1"]),
        (What("failed", "no such gate"), []),
    ],
)
def test_behind_every_figure_are_its_responses(engine: Engine, what: What, expected: list[str]) -> None:
    made = planted(engine)
    alone = frozenset({made.candidates["Alpha"]})
    with reading(engine) as session:
        rows, total = quality.responses_behind(session, Scope(made.dataset.id), what, candidate_ids=alone)
    assert (sorted(row.prompt for row in rows), total) == (expected, len(expected))


def test_behind_a_figure_each_response_says_why(engine: Engine) -> None:
    made = planted(engine)
    with reading(engine) as session:
        (cut,), _ = quality.responses_behind(session, Scope(made.dataset.id), What("incomplete"))
        (gone,), _ = quality.responses_behind(session, Scope(made.dataset.id), What("errors"))
        slowest, total = quality.responses_behind(session, Scope(made.dataset.id), What("slowest"), limit=2)
    assert (cut.acceptable, cut.reasons, cut.latency_ms) == (False, ("cut short", "lacks the reference answer"), 1300.0)
    assert (gone.response_id, gone.reasons, gone.cost_usd) == (None, ("timeout",), 0.002)
    assert ([row.latency_ms for row in slowest], total) == ([1700.0, 1600.0], 8)


def test_all_kinds_of_responses_can_be_asked_for_in_a_category(engine: Engine) -> None:
    made = planted(engine)
    with reading(engine) as session:
        for kind in KINDS:
            rows, total = quality.responses_behind(session, Scope(made.dataset.id), What(kind), category="support")
            assert len(rows) == total
            assert {row.category for row in rows} <= {"support"}, kind


def test_the_report_object_has_the_fields_that_scripts_rely_on(engine: Engine) -> None:
    made = planted(engine)
    with reading(engine) as session:
        dataset = session.get(Dataset, made.dataset.id)
        found = quality_report.report_object(session, dataset)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert list(found) == ["dataset", "candidates", "scope"]
    assert found["dataset"] == "Support"
    by_name = {(line["candidate"], line["category"]): line for line in found["candidates"]}
    assert len(by_name) == len(found["candidates"])
    first = found["candidates"][0]
    assert list(first) == [
        "candidate", "category", "responses", "errors", "refusals", "incomplete", "attempts", "latency_ms", "ttft_ms",
        "input_tokens", "output_tokens", "cost_usd", "acceptable", "cost_per_acceptable_usd", "scores",
        "unchecked", "acceptable_where_checked", "humanly_acceptable", "cost_per_humanly_acceptable_usd",
        "average_latency_ms", "average_quality", "cost_per_quality_point_usd",
    ]  # fmt: skip
    assert list(first["latency_ms"]) == list(first["ttft_ms"]) == ["p50", "p95", "p99"]
    assert list(first["acceptable"]) == list(first["cost_per_acceptable_usd"]) == ["value", "lower", "upper"]
    assert math.isclose(by_name["Alpha", None]["cost_per_acceptable_usd"]["value"], 0.0135 / 4)
    assert by_name["Alpha", "coding"]["scores"]["Judge"] == 1.0
    for name in ("Beta", "Gamma"):
        assert by_name[name, None]["cost_per_acceptable_usd"] == {"value": None, "lower": None, "upper": None}
    assert by_name["Beta", None]["cost_usd"] is None
    assert by_name["Delta", None]["scores"] == {"Refusal": None, "Complete": None, "Contains": None, "Judge": None}


def test_the_report_for_a_terminal_fits_it_and_tells_none_from_unknown(engine: Engine) -> None:
    made = planted(engine)
    with reading(engine) as session:
        text = quality_report.report_text(session, session.get(Dataset, made.dataset.id))
    assert max(len(line) for line in text.splitlines()) <= 100
    overall = text.split("\n\n")[1]
    by_name = {line.split()[0]: line for line in overall.splitlines()}
    assert "3.38" in by_name["Alpha"]
    assert "unknown" in by_name["Beta"]
    assert "none" in by_name["Gamma"]


def test_nothing_evaluated_is_said_to_be_so(engine: Engine) -> None:
    with writing(engine) as session:
        made = Evaluated(session)
        made.prompt("s1", "support")
    with reading(engine) as session:
        dataset = session.get(Dataset, made.dataset.id)
        found = quality_report.report_object(session, dataset)
        assert (found["dataset"], found["candidates"], found["scope"]["apart"]) == ("Support", [], [])
        assert "No responses yet" in quality_report.report_text(session, dataset)
        assert quality.responses_behind(session, Scope(made.dataset.id), What("all")) == ([], 0)


def test_a_refusal_is_acceptable_just_where_the_prompt_expects_one(engine: Engine) -> None:
    """With the real evaluators, not planted scores: both sides must mean the same by a refusal."""
    made = make_workspace(engine, prompts=2, candidates=2)
    refusal, help_ = "I'm sorry, but I can't help with that.", "Open the lid and press the green button."
    with writing(engine) as session:
        session.get_one(Prompt, made.prompts[0]).constraints = {"expects_refusal": True}
        for response in session.exec(select(Response)):
            refuses = response.candidate_id == made.candidates[0]
            response.turns = [refusal if refuses else help_]
        ids = [response.id for response in session.exec(select(Response))]
        dataset_id = session.exec(select(Dataset.id)).one()
    scoring.ensure_defaults(engine, now=NOW)
    scoring.score_responses(engine, ids, now=NOW)
    with reading(engine) as session:
        found = quality.report(session, Scope(dataset_id))
    by_place = {(found.candidate(line.candidate_id).name, line.category): line for line in found.lines}
    expected = {("candidate 0", "support"): 1, ("candidate 0", "coding"): 0}
    expected |= {("candidate 1", "support"): 0, ("candidate 1", "coding"): 1}
    assert {place: by_place[place].acceptable.value for place in expected} == expected
    assert (by_place["candidate 0", None].refusals, by_place["candidate 1", None].refusals) == (2, 0)
