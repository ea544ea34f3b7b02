"""Verdicts on what was answered and voted: pooled by content, and sound where there is little."""

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import col, select

from core.domain.deciding import Because, Decision
from core.domain.deciding.wording import sentence
from core.services import deciding
from core.services.deciding import Verdicts, settings
from core.services.deciding.gathering import pooled
from core.storage.engine import reading, writing
from core.storage.tables import Candidate, Dataset, Evaluator, Prompt, Response, Run, Score
from tests.decided import Planted, plant, vote
from tests.workspace import NOW


def decided(engine: Engine, dataset: str = "Support") -> Verdicts:
    with reading(engine) as session:
        return deciding.verdicts(session, dataset)


def test_a_much_cheaper_and_equal_challenger_is_switched_to_over_all(sqlite_engine: Engine):
    plant(sqlite_engine, {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008)}, prompts=900, repetitions=2)
    found = decided(sqlite_engine)
    verdict = found.of(None)
    assert verdict.decision is Decision.SWITCH
    said = sentence(verdict, found.names)
    assert said.startswith("Switch from A to B: ")
    assert "cheaper per acceptable response" in said
    object_ = deciding.verdicts_object(found)
    assert object_["champion"] == "A"
    assert [one["category"] for one in object_["verdicts"]] == [None, "coding", "support"]
    assert object_["verdicts"][0]["comparisons"][0]["cost"]["estimate"] == pytest.approx(0.6, abs=0.06)


def test_a_worse_challenger_is_not_switched_to_however_cheap(sqlite_engine: Engine):
    plant(sqlite_engine, {"A": Planted(0.9, 0.02), "B": Planted(0.6, 0.002)}, prompts=300)
    verdict = decided(sqlite_engine).of(None)
    assert (verdict.decision, verdict.because) == (Decision.KEEP, Because.WORSE)


def test_safety_votes_that_prove_it_worse_keep_the_champion(sqlite_engine: Engine):
    made = plant(sqlite_engine, {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008)}, prompts=900)
    vote(sqlite_engine, made, ("A", "B"), {"safety": (0.95, 0.5)}, raters=8)
    verdict = decided(sqlite_engine).of(None)
    assert (verdict.decision, verdict.because) == (Decision.KEEP, Because.LESS_SAFE)


def test_raters_decide_about_quality_where_they_can(sqlite_engine: Engine):
    made = plant(sqlite_engine, {"A": Planted(0.8, 0.02), "B": Planted(0.8, 0.02)}, prompts=800)
    vote(sqlite_engine, made, ("A", "B"), {"send": (0.9, 0.3)}, raters=12)
    verdict = decided(sqlite_engine).of(None)
    assert (verdict.decision, verdict.because) == (Decision.KEEP, Because.WORSE)
    assert verdict.comparisons[0].quality.source == "human"
    assert verdict.comparisons[0].quality.estimate == pytest.approx(-0.6, abs=0.1)


def test_a_challenger_above_its_latency_limit_is_no_switch(sqlite_engine: Engine):
    plant(sqlite_engine, {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008, 9000)}, prompts=900, repetitions=2)
    with writing(sqlite_engine) as session:
        settings.save(session, {}, latency_limit_ms={"": 5000.0}, answers_a_month={})
    verdict = decided(sqlite_engine).of(None)
    assert (verdict.decision, verdict.because) == (Decision.KEEP, Because.TOO_SLOW)


def test_an_unknown_price_is_never_cheaper(sqlite_engine: Engine):
    plant(sqlite_engine, {"A": Planted(0.8, 0.02), "B": Planted(0.82, None)}, prompts=900, repetitions=2)
    found = decided(sqlite_engine)
    verdict = found.of(None)
    assert verdict.decision is not Decision.SWITCH
    assert verdict.comparisons[0].cost is None
    assert "not comparable" in deciding.verdicts_text(found)


@pytest.mark.parametrize(
    ("candidates", "champion", "prompts"),
    [
        ({"A": Planted(0.8)}, "A", 20),
        ({"A": Planted(0.8), "B": Planted(0.8)}, None, 20),
        ({"A": Planted(0.8), "B": Planted(0.8)}, "A", 1),
        ({"A": Planted(0.0), "B": Planted(0.0)}, "A", 20),
        ({"A": Planted(1.0), "B": Planted(0.0)}, "A", 20),
        ({"A": Planted(0.8, None), "B": Planted(0.8, None)}, "A", 20),
    ],
)
def test_every_command_says_what_it_can_and_cannot_say(
    sqlite_engine: Engine, candidates: dict[str, Planted], champion: str | None, prompts: int
):
    plant(sqlite_engine, candidates, champion=champion, prompts=prompts)
    found = decided(sqlite_engine)
    assert found.of(None).decision is not Decision.SWITCH
    text = deciding.verdicts_text(found)
    assert "overall: " in text
    assert "nan" not in text
    assert "inf" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_nothing_was_answered(sqlite_engine: Engine):
    with writing(sqlite_engine) as session:
        session.add(Dataset(name="Empty", content_hash="e", created_at=NOW))
    found = decided(sqlite_engine, "Empty")
    assert not found.verdicts
    assert "No responses yet" in deciding.verdicts_text(found)


def test_versions_and_runs_are_pooled_by_the_content_of_prompts(engine: Engine):
    made = plant(engine, {"A": Planted(1.0, 0.01), "B": Planted(1.0, 0.01)}, prompts=4)
    with writing(engine) as session:
        second = Dataset(name="Support", version=2, content_hash="2", created_at=NOW)
        session.add(second)
        session.flush()
        same = Prompt(
            dataset_id=second.id, external_id="p0", category="support", content_hash="p0", tags=[],
            messages=[{"role": "user", "content": "p0?"}],
        )  # fmt: skip
        run = Run(dataset_id=second.id, source="evaluation", created_at=NOW)
        session.add_all([same, run])
        session.flush()
        session.add(
            Response(
                run_id=run.id, prompt_id=same.id, candidate_id=made.candidates["A"], turns=["Another."], words=1,
                content_hash="another", finish_reason="stop", cost_usd=0.05, created_at=NOW,
            )
        )  # fmt: skip
    with reading(engine) as session:
        found = pooled(session, "Support")
    assert found.judged.shape == (2, 4)
    assert found.judged[0].tolist() == [2, 1, 1, 1] or found.judged[0].tolist() == [1, 1, 1, 1]


def test_a_retired_candidate_is_no_challenger(sqlite_engine: Engine):
    made = plant(sqlite_engine, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=20)
    with writing(sqlite_engine) as session:
        session.get_one(Candidate, made.candidates["B"]).is_retired = True
    assert decided(sqlite_engine).of(None).because is Because.NO_CHALLENGER


def test_a_challenger_that_is_still_being_scored_is_not_worse(sqlite_engine: Engine):
    """Its failures are known before its passes."""
    made = plant(sqlite_engine, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=200)
    with writing(sqlite_engine) as session:
        refusal = session.exec(select(Evaluator.id).where(Evaluator.kind == "refusal")).one()
        of_b = select(Response.id).where(Response.candidate_id == made.candidates["B"])
        session.execute(sa.delete(Score).where(col(Score.evaluator_id) == refusal, col(Score.response_id).in_(of_b)))
    found = decided(sqlite_engine)
    assert found.of(None).decision is Decision.NOT_ENOUGH
    assert found.open_answers == 200
    assert "200 answers without a verdict" in deciding.verdicts_text(found)
