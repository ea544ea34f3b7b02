"""On which prompts candidates are compared: a slice never stands for the whole."""

import json

import pytest
from sqlalchemy import Engine

from core.services import quality
from core.services.quality import QualityReport, Scope, What
from core.services.quality import text as quality_report
from core.storage.engine import reading, writing
from core.storage.tables import Candidate, Dataset
from tests.evaluated import Evaluated

pytestmark = pytest.mark.one_database

CLEAN = {"Refusal": 1.0, "Complete": 1.0, "Contains": 1.0}
PROMPTS = 64


def compared(engine: Engine, *, champion: str | None = "Champion", slice_of: tuple[str, ...] = ("Champion", "Rival")):
    """Three candidates answered 64 prompts, half of them well; then ``slice_of`` answered four, all of them badly."""
    with writing(engine) as session:
        made = Evaluated(session)
        for number in range(PROMPTS):
            made.prompt(f"p{number:02}", ("support", "coding")[number % 2])
        for name, kind in (("Refusal", "refusal"), ("Complete", "incomplete"), ("Contains", "contains")):
            made.evaluator(name, kind)
        made.gate("Contains")
        for name in ("Champion", "Rival", "Third"):
            made.candidate(name)
            if name == champion:
                session.get_one(Candidate, made.candidates[name]).is_champion = True
        answer(made, made.run(), ("Champion", "Rival", "Third"), range(PROMPTS), good=lambda number: number % 2 == 0)
        answer(made, made.run(), slice_of, range(4), good=lambda _number: False)
    return made


def answer(made: Evaluated, run: int, names, numbers, *, good, repetitions: int = 1) -> None:
    for name in names:
        if name not in made.candidates:
            made.candidate(name)
        for number in numbers:
            for repetition in range(repetitions):
                known = {"cost_usd": 0.001, "latency_ms": 100.0}
                made.attempts(run, name, f"p{number:02}", [known], repetition)
                scores = {**CLEAN, "Contains": float(good(number))}
                text = f"{name} {number} {repetition} {run}"
                made.response(run, name, f"p{number:02}", text, scores=scores, repetition=repetition, **known)


def found(engine: Engine, made: Evaluated, **scope: object) -> QualityReport:
    with reading(engine) as session:
        return quality.report(session, Scope(made.dataset.id, **scope))


def counted(report: QualityReport) -> dict[str, tuple[int, int]]:
    """Candidate → prompts, responses, over all."""
    return {report.candidate(line.candidate_id).name: (line.prompts, line.responses) for line in report.overall()}


@pytest.mark.regression("1.6")
def test_after_a_run_of_four_prompts_everybody_is_still_compared_on_all_sixty_four(engine: Engine) -> None:
    made = compared(engine)
    report = found(engine, made)
    assert counted(report) == {"Champion": (64, 64), "Rival": (64, 64), "Third": (64, 64)}
    shares = {report.candidate(line.candidate_id).name: line.acceptable.hits for line in report.overall()}
    assert shares == {"Champion": 30, "Rival": 30, "Third": 32}, "of the four, the newest answers count"


@pytest.mark.regression("1.6")
def test_the_prompts_are_the_champions_and_a_candidate_asked_too_few_stands_apart(engine: Engine) -> None:
    made = compared(engine)
    with writing(engine) as session:
        made.session = session
        made.prompt("p64", "support")
        answer(made, made.run(), ("Slice", "Third"), [60, 61, 62, 64], good=lambda _number: True)
        answer(made, made.run(), ("Stranger",), [64], good=lambda _number: True)
        answer(made, made.run(), ("Most",), range(52), good=lambda _number: True)
    report = found(engine, made)
    assert report.compared_on[None] == 64
    names = {line.candidate_id: report.candidate(line.candidate_id).name for line in report.overall()}
    assert [names[line.candidate_id] for line in report.apart()] == ["Slice"]
    assert [(line.prompts, line.of) for line in report.apart()] == [(3, 64)], "the champion was never asked p64"
    assert [names[line.candidate_id] for line in report.compared()] == ["Champion", "Rival", "Third", "Most"]
    assert [candidate.name for candidate in report.elsewhere()] == ["Stranger"]
    assert quality.apart_in_words(report.apart()[0]) == "3 of 64"
    with reading(engine) as session:
        rows, total = quality.responses_behind(session, Scope(made.dataset.id), What("all"))
    assert total == sum(line.responses for line in report.overall())
    assert "p64" not in {row.prompt for row in rows}, "what is behind a figure is what it counts"


@pytest.mark.regression("1.6")
def test_without_a_champion_the_prompts_of_the_widest_candidate_count(engine: Engine) -> None:
    made = compared(engine, champion=None, slice_of=("Rival",))
    with writing(engine) as session:
        made.session = session
        answer(made, made.run(), ("Small",), range(8), good=lambda _number: True)
    report = found(engine, made)
    assert report.compared_on[None] == 64
    assert [report.candidate(line.candidate_id).name for line in report.apart()] == ["Small"]
    assert "there is no champion here" in quality.scope_in_words(report)


def test_a_category_that_was_asked_whole_is_compared_there(engine: Engine) -> None:
    made = compared(engine)
    with writing(engine) as session:
        made.session = session
        answer(made, made.run(), ("Coder",), range(1, PROMPTS, 2), good=lambda _number: True)
    report = found(engine, made)
    coder = made.candidates["Coder"]
    assert {line.category: (line.prompts, line.of) for line in report.lines if line.candidate_id == coder} == {
        None: (32, 64),
        "coding": (32, 32),
    }
    assert coder in {line.candidate_id for line in report.compared("coding")}
    assert coder in {line.candidate_id for line in report.apart()}


@pytest.mark.regression("1.6")
def test_the_newest_run_of_a_prompt_counts_with_all_its_repetitions(engine: Engine) -> None:
    made = compared(engine, slice_of=())
    with writing(engine) as session:
        made.session = session
        answer(made, made.run(), ("Champion",), range(4), good=lambda _number: True, repetitions=3)
    assert counted(found(engine, made))["Champion"] == (64, 60 + 4 * 3)


def test_one_step_narrows_all_to_the_prompts_that_all_were_asked(engine: Engine) -> None:
    made = compared(engine)
    with writing(engine) as session:
        made.session = session
        answer(made, made.run(), ("Slice",), range(2, 8), good=lambda _number: True)
        answer(made, made.run(), ("Stranger",), range(40, 44), good=lambda _number: True)
    assert found(engine, made, shared=True).overall() == []
    chosen = frozenset(made.candidates[name] for name in ("Champion", "Rival", "Slice"))
    report = found(engine, made, shared=True, among=chosen)
    assert counted(report) == {"Champion": (6, 6), "Rival": (6, 6), "Third": (6, 6), "Slice": (6, 6)}
    assert report.apart() == []
    assert quality.scope_in_words(report).startswith("6 prompts that all 3 candidates were asked, newest run of each")


def test_one_run_and_all_runs_are_what_they_say_and_tell_who_was_asked_less(engine: Engine) -> None:
    made = compared(engine)
    with writing(engine) as session:
        made.session = session
        cut = made.run(state="stopped")
        answer(made, cut, ("Champion",), range(2), good=lambda _number: True)
        answer(made, cut, ("Rival",), range(PROMPTS), good=lambda _number: True)
    one = found(engine, made, run_id=cut)
    assert counted(one) == {"Champion": (2, 2), "Rival": (64, 64)}
    assert [line.prompts for line in one.apart()] == [2], "the champion is no measure where it was cut short itself"
    assert quality.scope_in_words(one) == f"64 prompts, run {cut}, with all repetitions"
    everything = found(engine, made, all_runs=True)
    assert counted(everything)["Rival"] == (64, 64 + 4 + 64)


def test_answers_and_attempts_of_a_cell_come_from_the_same_run(engine: Engine) -> None:
    made = compared(engine)
    champion = made.candidates["Champion"]
    line = next(line for line in found(engine, made).overall() if line.candidate_id == champion)
    assert (line.responses, line.attempts) == (64, 64)
    assert line.cost_usd == pytest.approx(0.064)


@pytest.mark.regression("1.6")
def test_report_and_export_follow_the_same_scope_and_say_it(engine: Engine) -> None:
    made = compared(engine)
    with writing(engine) as session:
        made.session = session
        answer(made, made.run(), ("Slice",), range(4), good=lambda _number: True)
    with reading(engine) as session:
        dataset = session.get_one(Dataset, made.dataset.id)
        told = quality_report.report_object(session, dataset)
        text = quality_report.report_text(session, dataset)
        rows = quality_report.report_rows(quality.report(session, Scope(made.dataset.id)))
    assert json.loads(json.dumps(told)) == told
    said = "64 prompts of the champion Champion, newest run of each, with all repetitions"
    assert told["scope"]["said"] == said
    assert {"candidate": "Slice", "category": None, "asked": 4, "of": 64} in told["scope"]["apart"]
    overall = [(row["candidate"], row["responses"]) for row in told["candidates"] if row["category"] is None]
    assert overall == [("Champion", 64), ("Rival", 64), ("Third", 64), ("Slice", 4)]
    assert f"Compared on {said}." in " ".join(text.split())
    assert "standing apart (marked *), not to be ranked: Slice 4 of 64." in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 100
    apart = next(row for row in rows if row["candidate"] == "Slice" and row["category"] is None)
    assert (apart["prompts_asked"], apart["prompts_compared_on"], apart["stands_apart"]) == (4, 64, True)
    assert apart["scope"] == said
