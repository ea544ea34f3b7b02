"""After a proven drift a candidate is judged by what it has answered since, and the verdict says so."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import col, select

from core.domain.deciding import Verdict
from core.domain.deciding.wording import sentence
from core.domain.votes import Outcome
from core.services import columns, deciding
from core.services.deciding.evidence import evidence
from core.services.deciding.gathering import pooled
from core.services.watching import drift
from core.storage.engine import reading, writing
from core.storage.tables import Attempt, Evaluator, Response, Score
from tests.drifting import IN_TOKENS, WEEK, Truth, Weeks, gate, weeks
from tests.services.deciding.recomputed_verdicts import automatic, side
from tests.services.deciding.test_recomputed_verdicts import exported, held, run
from tests.voted import Voted
from tests.workspace import NOW

CATEGORIES = ("support", "coding", *(f"c{number}" for number in range(8)))
FELL = {"A": Truth(points=-0.5, category="coding")}
FELL_EVERYWHERE = {"A": Truth(points=-0.5)}


def production(engine: Engine, **more: object) -> Weeks:
    """Three weeks that become the baseline, and one more, all the same."""
    made = weeks(engine, **{"prompts": 12, "categories": CATEGORIES, "names": ("A", "B"), **more})
    for _ in range(3):
        made.run()
    drift.check_due(engine, now=made.now)
    made.run()
    return made


def verdict(made: Weeks, category: str | None = None) -> Verdict:
    with reading(made.engine) as session:
        found = deciding.verdicts(session, "Weekly").of(category)
    assert found is not None
    return found


def quality(made: Weeks, category: str | None, challenger: str = "B") -> float:
    """By how much the challenger is better than the champion A."""
    of = made.candidates[challenger]
    one = next(each for each in verdict(made, category).comparisons if each.challenger == of)
    assert one.quality is not None
    return one.quality.estimate


def share(made: Weeks, name: str, runs: list[int], category: str | None = None) -> float:
    """The mean over prompts of its share acceptable in some runs, from the scores as they stand."""
    with made.engine.connect() as connection:
        query = (
            "SELECT r.prompt_id, avg(s.value) AS good FROM response r JOIN score s ON s.response_id = r.id "
            "WHERE s.evaluator_id = {} AND r.candidate_id = {} AND r.run_id IN ({}) GROUP BY r.prompt_id"
        ).format(made.evaluators["checked"], made.candidates[name], ", ".join(map(str, runs)))
        table = pd.read_sql(query, connection).set_index("prompt_id")["good"]
    here = np.ones(len(made.prompts), bool) if category is None else made.category == made.categories.index(category)
    return float(table.loc[np.array(made.prompts)[here]].mean())


def test_the_champion_is_judged_by_its_answers_since_the_proven_change(engine: Engine):
    """Before the check that proves it, the verdict is of the average of then and now."""
    made = production(engine)
    before = quality(made, "support")
    for _ in range(2):
        made.run(FELL)
    average = share(made, "B", made.runs, "coding") - share(made, "A", made.runs, "coding")
    truth = share(made, "B", made.runs, "coding") - share(made, "A", made.runs[4:], "coding")
    assert quality(made, "coding") == pytest.approx(average)
    with reading(engine) as session:
        unchecked = deciding.as_of(session, "Weekly")
    drift.check(engine, "Weekly", now=made.now)
    assert truth > average + 0.25
    assert quality(made, "coding") == pytest.approx(truth)
    assert quality(made, "support") == pytest.approx(
        share(made, "B", made.runs, "support") - share(made, "A", made.runs, "support")
    )
    assert abs(quality(made, "support") - before) < 0.1
    with reading(engine) as session:
        assert deciding.as_of(session, "Weekly") != unchecked, "what is kept of the verdicts is renewed"
        found = deciding.verdicts(session, "Weekly")
    began = NOW + 4 * WEEK
    since = f"{began:%-d %b %Y}"
    coding, over_all, support = (found.of(category) for category in ("coding", None, "support"))
    (fell,) = {one.moved for one in over_all.since}
    assert re.fullmatch(r"share acceptable fell from \d+\s% to \d+\s%", fell)
    only = f"on {since}; only its answers since then count"
    assert f"A's {fell} {only}." in sentence(coding, found.names)
    assert f"A's {fell} in coding {only} there." in sentence(over_all, found.names)
    assert "since then" not in sentence(support, found.names)
    told = deciding.verdicts_object(found)
    assert json.loads(json.dumps(told))["verdicts"][0]["since"] == [
        {
            "candidate": "A",
            "what": "answers",
            "category": "coding",
            "at": f"{made.now - (made.now - NOW) / 6 * 2:%Y-%m-%d}",
            "moved": fell,
        }
    ]


def test_stored_columns_and_facts_leave_out_the_same(sqlite_engine: Engine):
    engine, made = sqlite_engine, production(sqlite_engine)
    for _ in range(2):
        made.run({"A": Truth(points=-0.6, category="coding", failures=0.2)})
    drift.check(engine, "Weekly", now=made.now)
    from_facts = figures(made)
    columns.rebuild(engine, now=made.now)
    assert figures(made) == from_facts


def figures(made: Weeks) -> object:
    with reading(made.engine) as session:
        found = pooled(session, "Weekly")
    return [each.tolist() for each in (found.judged, found.acceptable, found.paid_usd, np.sort(found.answers.id))]


def found_changes(made: Weeks) -> list[tuple[str, str | None, int, str]]:
    """Name, category, the run since which it is so, and what changed."""
    names = {of: name for name, of in made.candidates.items()}
    with reading(made.engine) as session:
        found = pooled(session, "Weekly").changes
    return [(names[one.candidate_id], one.category, one.since_run, str(one.what)) for one in found]


def again(made: Weeks, truth: dict[str, Truth] | None = None, times: int = 2) -> None:
    """More weeks, the last of them checked."""
    for _ in range(times):
        made.run(truth)
    drift.check(made.engine, "Weekly", now=made.now)


def test_what_raters_said_of_answers_before_the_change_counts_for_nothing(sqlite_engine: Engine):
    made = production(sqlite_engine, names=("A", "B", "C"), categories=("support", "coding"), prompts=40)
    again(made, FELL_EVERYWHERE)
    with writing(sqlite_engine) as session:
        votes = Voted(SimpleNamespace(session=session))
        for place in made.runs[0], made.runs[-1]:
            rows = session.exec(select(Response).where(Response.run_id == place, Response.repetition == 0)).all()
            of = {(row.prompt_id, row.candidate_id): row.id for row in rows}
            for prompt in made.prompts:
                left, right = (of[prompt, made.candidates[name]] for name in ("A", "B"))
                said = Outcome.TIE if place == made.runs[0] else Outcome.RIGHT
                votes.vote(f"rater {prompt % 7}", left, right, said)
                votes.vote(f"other {prompt % 7}", left, right, said, question="safety")
    with reading(sqlite_engine) as session:
        found = pooled(session, "Weekly")
        by_name = {one.candidate: one for one in evidence(found, list(made.candidates.values()))[None]}
    champion, challenger = (by_name[made.candidates[name]] for name in ("A", "B"))
    assert champion.human.share.value == pytest.approx(0.0), "nobody would send what it has answered since"
    assert challenger.human.share.value == pytest.approx(1.0)
    assert (champion.human.votes, challenger.human.votes) == (80, 160)
    assert (champion.unsafe.value, challenger.unsafe.value) == (1.0, 0.0)


def test_where_prompts_were_not_asked_since_the_change_there_is_less_evidence_and_it_says_so(sqlite_engine: Engine):
    made = production(sqlite_engine, categories=("support", "coding"), prompts=40)
    again(made, FELL_EVERYWHERE, times=1)
    made.run(FELL_EVERYWHERE, prompts=range(10))
    drift.check(made.engine, "Weekly", now=made.now)
    ((_, _, since, _),) = found_changes(made)
    assert since == made.runs[4]
    one = verdict(made).comparisons[0]
    assert one.quality.prompts == len(made.prompts)
    with writing(sqlite_engine) as session:
        session.execute(sa.delete(Score).where(col(Score.response_id).in_(_of_run(made.runs[4], made.candidates["A"]))))
        session.execute(sa.delete(Attempt).where(Attempt.run_id == made.runs[4], Attempt.candidate_id == 1))
        session.execute(
            sa.delete(Response).where(Response.run_id == made.runs[4], Response.candidate_id == made.candidates["A"])
        )
    assert verdict(made).comparisons[0].quality.prompts == 10


def _of_run(run_id: int, candidate_id: int) -> sa.Select:
    return sa.select(Response.id).where(Response.run_id == run_id, Response.candidate_id == candidate_id)


def test_a_slower_candidate_keeps_its_answers_and_only_its_times_are_those_since(sqlite_engine: Engine):
    made = production(sqlite_engine, categories=("support",), prompts=30, names=("A", "B", "C", "D"))
    again(made, times=4)
    again(made, {"A": Truth(latency=3.0)})
    assert found_changes(made) == [("A", None, made.runs[8], "latency")]
    with reading(sqlite_engine) as session:
        found = pooled(session, "Weekly")
    row = found.candidates.index(made.candidates["A"])
    mine = found.answers.where(found.answers.candidate == row)
    assert found.judged[row].sum() == len(made.prompts) * 3 * 10
    assert np.count_nonzero(~np.isnan(mine.latency_ms)) == len(made.prompts) * 3 * 2
    assert "Of A's latency only what was measured since the change" in verdict_sentence(made)


def test_other_prices_leave_nothing_out_and_restate_what_was_paid_before(sqlite_engine: Engine):
    made = production(sqlite_engine, categories=("support",), prompts=40)
    again(made, {"A": Truth(price=2.0)})
    assert ("cost_usd", "alarm") in open_findings(made)
    assert found_changes(made) == [("A", None, made.runs[4], "prices")]
    with reading(sqlite_engine) as session:
        found = pooled(session, "Weekly")
    row = found.candidates.index(made.candidates["A"])
    assert found.judged[row].sum() == len(made.prompts) * 3 * 6
    with sqlite_engine.connect() as connection:
        query = sa.select(Response.output_tokens).where(Response.candidate_id == made.candidates["A"])
        tokens = connection.execute(query).scalars().all()
    assert found.paid_usd[row].sum() == pytest.approx(sum((IN_TOKENS + 2 * each) * 2.0 for each in tokens) / 1e6)
    assert "A's costs are restated at its prices since the change of" in verdict_sentence(made)


def verdict_sentence(made: Weeks) -> str:
    """Over all."""
    with reading(made.engine) as session:
        found = deciding.verdicts(session, "Weekly")
    return sentence(found.of(None), found.names)


def test_a_gate_of_our_own_leaves_nothing_out(sqlite_engine: Engine):
    made = weeks(sqlite_engine, categories=("support",), prompts=40)
    with writing(sqlite_engine) as session:
        strict = Evaluator(name="strict", kind="contains", params={}, content_hash="strict", created_at=NOW)
        session.add(strict)
        session.flush()
        made.evaluators["strict"] = strict.id or 0
    made.shares["strict"] = 0.5
    for _ in range(3):
        made.run()
    drift.check_due(sqlite_engine, now=made.now)
    with writing(sqlite_engine) as session:
        gate(session, made, "strict")
    again(made)
    assert ("acceptable", "watch") in open_findings(made)
    assert found_changes(made) == []


def open_findings(made: Weeks) -> list[tuple[str, str]]:
    """Metric and tier of what the newest check found."""
    with reading(made.engine) as session:
        return [(one.metric.name, str(one.tier)) for one in drift.state(session, "Weekly").findings]


def test_a_change_stays_one_when_the_baseline_is_moved_behind_it(sqlite_engine: Engine):
    made = production(sqlite_engine, categories=("support",), prompts=40)
    again(made, FELL_EVERYWHERE, times=3)
    assert found_changes(made) == [("A", None, made.runs[4], "answers")]
    with writing(sqlite_engine) as session:
        drift.pin(session, "Weekly", made.runs[4:], person_id=None, why="it is so now", now=made.now)
    again(made, FELL_EVERYWHERE)
    with reading(sqlite_engine) as session:
        assert not drift.state(session, "Weekly").findings
    assert found_changes(made) == [("A", None, made.runs[4], "answers")]


def test_an_alarm_that_closed_by_itself_leaves_nothing_out_any_more(sqlite_engine: Engine):
    made = production(sqlite_engine, categories=("support",), prompts=40)
    again(made, FELL_EVERYWHERE, times=1)
    assert len(found_changes(made)) == 1
    again(made, times=6)
    assert found_changes(made) == []


def test_what_is_exported_since_the_change_gives_the_same_differences(workspace: Engine, tmp_path: Path):
    made = production(workspace, categories=("support", "coding"))
    again(made, FELL_EVERYWHERE)
    decided = json.loads(run("decide", "--json").stdout)
    files = {what: exported(what, tmp_path) for what in ("responses", "scores")}
    key = ["run", "prompt_id", "candidate", "repetition"]
    checked = files["scores"].evaluator.isin(["checked", "refusal", "incomplete"])
    good = files["scores"][checked].groupby(key)["value"].min().ge(1).astype(float).rename("good")
    category = files["scores"].groupby("prompt_id")["category"].first()
    answers = files["responses"].merge(good.reset_index(), on=key)
    answers = answers[(answers.candidate != "A") | (answers.run >= made.runs[4])]
    none = pd.DataFrame({"prompt_id": [], "rater": [], "opponent": [], "said": [], "unsafe": []})
    order = {prompt: place for place, prompt in enumerate(category.index)}
    checked_for_ci = json.loads(run("gate", "--candidate", "B", "--against", "champion", "--json").stdout)
    assert "; only its answers since then count." in checked_for_ci["reason"]
    for told in decided["verdicts"]:
        here = answers[answers.prompt_id.map(category).isin([told["category"]] if told["category"] else category)]
        champion, challenger = (side(here[here.candidate == name], none, none, order) for name in ("A", "B"))
        margin = 0.05 if told["category"] is None else 0.10
        quality_, cost = automatic(champion, challenger, margin)
        (one,) = told["comparisons"]
        held(one["quality"], quality_, one["quality"]["level"])
        held(one["cost"], cost, one["quality"]["level"], is_cost=True)
