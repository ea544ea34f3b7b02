"""What `evenhand gate --json` says equals what is computed anew from the facts that the command line exports."""

import json
import math
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from core.cli import app
from tests.decided import CATEGORIES, Planted, plant, vote
from tests.long import usual_first
from tests.services.deciding.recomputed_verdicts import A_YEAR, Compared, Estimated, compared
from tests.services.deciding.test_recomputed_verdicts import exported, sides

PLANTED = {"A": Planted(0.9, 0.02), "B": Planted(0.9, 0.01), "C": Planted(0.5, 0.03), "D": Planted(0.88, None)}
LIMITS = usual_first(("5", "10"), long=(("30", "150"), ("0", "0")))
FINEST, MOST = 0.005, 0.9


@pytest.fixture
def production(workspace: Engine) -> None:
    """Raters saw A beside B, and like it no less; D has no price."""
    made = plant(workspace, PLANTED, prompts=120)
    vote(workspace, made, ("A", "B"), {"send": (0.85, 0.9)}, raters=8, prompts=100)


def asked(candidate: str, against: str, drop: str, cost: str, category: str | None, *more: str) -> tuple[int, dict]:
    words = ["gate", "--candidate", candidate, "--against", against, "--max-drop", drop, "--max-cost", cost, "--json"]
    done = CliRunner().invoke(app, [*words, *(["--category", category] if category else []), *more])
    return done.exit_code, json.loads(done.stdout)


@pytest.mark.parametrize(("drop", "cost"), LIMITS)
def test_bounds_and_outcome_of_every_check_follow_from_the_exported_facts(
    production: None, tmp_path: Path, drop: str, cost: str
) -> None:
    files = [exported(what, tmp_path) for what in ("responses", "scores", "votes")]
    seen = set()
    for category in (None, "support"):
        there = sides(files, category, PLANTED)
        level = A_YEAR / 2 / (1 if category is None else len(CATEGORIES))
        margins = max(float(drop) / 100, FINEST), min(max(float(cost) / 100, FINEST), MOST)
        for candidate, against in (("B", "champion"), ("C", "champion"), ("D", "A"), ("A", "B"), ("B", "C")):
            other = there["A" if against == "champion" else against]
            one = compared(other, {candidate: there[candidate]}, category, margins)[candidate]
            passes, is_kept = judged(one, level, float(drop) / 100, float(cost) / 100)
            for proof in ((), ("--require-proof",)):
                code, told = asked(candidate, against, drop, cost, category, *proof)
                held(told, one, level)
                assert told["passed"] == (code == 0) == (is_kept if proof else passes), told["reason"]
                assert ("proven within" in told["reason"]) == is_kept
            seen |= {(passes, is_kept), told["quality"]["source"]}
    expected = {"5": {(True, False), (False, False)}, "30": {(True, True), "human", "automatic"}}
    assert seen >= expected.get(drop, set())


def judged(one: Compared, level: float, drop: float, cost: float) -> tuple[bool, bool]:
    """Whether nothing beyond the limits is proven, and whether both are proven to be kept."""
    quality, of_cost = one.quality(level), one.cost(level)
    assert quality is not None
    lower, upper = quality.bounds(level)
    least, most = risen(of_cost, level) if of_cost else (-1.0, math.inf)
    return not (upper < -drop or least > cost), lower >= -drop and most <= cost


def risen(found: Estimated, level: float) -> tuple[float, float]:
    """Bounds of what is added to the other's cost."""
    lower, upper = found.bounds(level)
    return math.expm1(-upper), math.expm1(-lower)


def held(told: dict, one: Compared, level: float) -> None:
    quality, cost = one.quality(level), one.cost(level)
    assert quality is not None
    lower, upper = quality.bounds(level)
    source = "human" if quality is one.human else "automatic"
    expected = {"value": quality.value, "lower": lower, "upper": upper}
    assert told["quality"]["source"] == source
    assert {name: told["quality"][name] for name in expected} == pytest.approx(expected, rel=1e-7, abs=1e-9)
    assert (told["cost_rise"] is None) == (cost is None)
    if cost is not None:
        least, most = risen(cost, level)
        assert told["cost_rise"] == pytest.approx(
            {"value": math.expm1(-cost.value), "lower": least, "upper": most}, rel=1e-7, abs=1e-9
        )
