"""Costs per acceptable response, and what decisions saved, equal ones computed anew from exported facts."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from core.services import deciding
from core.services.deciding import taken
from core.storage.engine import reading, write, writing
from core.storage.tables import Candidate, Run
from tests.evaluated import Evaluated
from tests.services.deciding.recomputed_costs import of_runs, saving, times_out, usd_of_acceptable
from tests.services.quality.exported import all_facts, printed
from tests.services.quality.recomputed import Facts
from tests.workspace import NOW

CATEGORIES = ("support", "coding")
CANDIDATES = ("Champion", "Rival", "Unpriced", "Failing", "Newcomer")
LATER = NOW + timedelta(days=7)


def plant(made: Evaluated, run: int, names: tuple[str, ...], rng: np.random.Generator) -> None:
    """Each answers most prompts; attempts fail, some units are given up, some answers have no verdict."""
    for name in names:
        for prompt in made.prompts:
            for repetition in range(2):
                unit(made, run, name, prompt, repetition, rng)


def unit(made: Evaluated, run: int, name: str, prompt: str, repetition: int, rng: np.random.Generator) -> None:
    price = None if name == "Unpriced" else float(rng.lognormal(-5, 0.5))
    lost = {"error_kind": "timeout" if name == "Rival" else "overload", "cost_usd": float(rng.lognormal(-7, 0.5))}
    if rng.random() < 0.1:
        made.attempts(run, name, prompt, [lost, {**lost, "is_last": True}], repetition)
        return
    wasted = [lost] if rng.random() < 0.3 else []
    made.attempts(run, name, prompt, [*wasted, {"cost_usd": price, "is_last": True}], repetition)
    cost = None if price is None else price + sum(each["cost_usd"] for each in wasted)
    told = None if rng.random() < 0.1 else float(name != "Failing" and rng.random() < 0.7)
    text = f"{name} answers {prompt}, {repetition}, in {run}."
    made.response(run, name, prompt, text, repetition=repetition, cost_usd=cost, scores={"checked": told})


@pytest.fixture
def made(workspace: Engine) -> Evaluated:
    rng = np.random.default_rng(5)
    with writing(workspace) as session:
        made = Evaluated(session)
        for number in range(24):
            made.prompt(f"p{number}", CATEGORIES[number % 2])
        for name in CANDIDATES:
            made.candidate(name, is_champion=name == "Champion")
        made.evaluator("checked", "contains")
        made.gate("checked")
        plant(made, made.run(), CANDIDATES[:4], rng)
        plant(made, made.run(), ("Champion", "Rival"), rng)
    return made


def exported() -> Facts:
    """All runs of the newest dataset."""
    return all_facts("Champion", ("checked",))


def told_by_decide() -> dict[str, Any]:
    (told,) = printed("decide", "--json")
    return told


def found_verdicts(engine: Engine) -> deciding.Verdicts:
    told_by_decide()  # scores what is not scored yet
    with reading(engine) as session:
        return deciding.verdicts(session, "Support")


def same(found: float | None, expected: float | None) -> None:
    assert found == (None if expected is None else pytest.approx(expected, rel=1e-9))


def test_costs_per_acceptable_follow_from_all_attempts_of_all_runs(made: Evaluated, workspace: Engine) -> None:
    told, facts = told_by_decide(), exported()
    by_category = {verdict["category"]: verdict["cost_per_acceptable_usd"] for verdict in told["verdicts"]}
    assert set(by_category) == {None, *CATEGORIES}
    for category, costs in by_category.items():
        assert set(costs) == set(CANDIDATES[:4])
        for name, usd in costs.items():
            same(usd, usd_of_acceptable(facts, name, category))
        assert [costs[name] for name in ("Unpriced", "Failing")] == [None, None]
    assert told["answers_without_verdict"] > 0
    assert told["decisions"] == []
    held_to_timeouts(told, facts)


def held_to_timeouts(told: dict[str, Any], facts: Facts) -> None:
    """Who is given up at timeouts has an unsteady latency."""
    for verdict in told["verdicts"]:
        unsteady = {one["candidate"] for one in verdict["readings"] if one["reading"] == "unsteady latency"}
        assert unsteady == {name for name in CANDIDATES[:4] if times_out(facts, name, verdict["category"])} == {"Rival"}


def test_savings_predicted_and_actual_follow_from_the_runs_before_and_since(made: Evaluated, workspace: Engine) -> None:
    """The champion is asked again in coding alone, the newcomer for the first time; what is taken is kept as it was."""
    found, before = found_verdicts(workspace), exported()
    for verdict in found.verdicts:
        for one in verdict.comparisons:
            write(workspace, lambda session, verdict=verdict, one=one: take(session, found, verdict, one.challenger))
    since = asked_again(workspace, made)
    decisions = told_by_decide()["decisions"]
    facts = exported()
    after = of_runs(facts, since)
    assert len(decisions) == 3 * 3
    for one in decisions:
        category, both = one["category"], (one["champion"], one["challenger"])
        was, is_now = (usd_of_acceptable(before, of, category) for of in both)
        same(one["champion_usd"], was)
        same(one["challenger_usd"], is_now)
        same(one["saved_predicted"], saving(was, is_now))
        champion, challenger = (usd_of_acceptable(after, of, category) for of in both)
        same(one["saved_actual"], saving(champion or was, challenger))
    known = {(one["challenger"], one["category"]): one["saved_actual"] for one in decisions}
    assert known["Rival", "support"] is not None and known["Rival", "coding"] is not None
    assert known["Unpriced", None] is None and known["Failing", None] is None


def take(session, found: deciding.Verdicts, verdict, challenger: int):
    choice = taken.Choice(
        found.dataset, verdict.category, found.champion or 0, challenger, verdict.decision, False, "", {},
        *(found.costs_usd[verdict.category][of] for of in (found.champion or 0, challenger)),
    )  # fmt: skip
    return taken.take(session, choice, person_id=None, now=NOW + timedelta(hours=1))


def asked_again(engine: Engine, made: Evaluated) -> set[int]:
    """A run a week later, in which the champion is asked about coding only."""
    rng = np.random.default_rng(6)
    with writing(engine) as session:
        again = Evaluated.of(session, made)
        row = Run(dataset_id=1, source="evaluation", state="done", created_at=LATER)
        session.add(row)
        session.flush()
        run = row.id or 0
        plant(again, run, ("Rival", "Unpriced", "Failing"), rng)
        for prompt in list(made.prompts)[1::2]:
            unit(again, run, "Champion", prompt, 0, rng)
        assert session.get(Candidate, made.candidates["Champion"]) is not None
    return {run}
