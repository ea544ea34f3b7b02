"""The numbers of `evenhand decide --json` equal ones computed anew from the facts that the command line exports."""

import json
import math
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result
from sqlalchemy import Engine
from typer.testing import CliRunner

from core.cli import app
from core.services.deciding import settings
from core.storage.engine import writing
from tests.decided import CATEGORIES, Planted, plant, vote
from tests.services.deciding.recomputed_settling import equals_show, readings, settles, usd_of_one
from tests.services.deciding.recomputed_verdicts import (
    Compared,
    Estimated,
    Side,
    Weigh,
    compared,
    equally,
    levels,
    side,
    with_harms,
)


def run(*arguments: str) -> Result:
    """`evenhand ARGUMENTS`, in this process."""
    found = CliRunner().invoke(app, list(arguments))
    assert found.exit_code == 0, found.output
    return found


def exported(what: str, folder: Path) -> pd.DataFrame:
    file = folder / f"{what}.jsonl"
    run("export", what, "--out", str(file))
    return pd.read_json(file, lines=True)


def test_differences_of_quality_and_cost_follow_from_responses_and_scores(workspace: Engine, tmp_path: Path):
    """Every prompt counts once; what fails one score below 1 on the gate or refuses is not acceptable."""
    made = plant(workspace, {"A": Planted(0.7, 0.02), "B": Planted(0.8, 0.01)}, prompts=50, repetitions=3)
    vote(workspace, made, ("A", "B"), {"safety": (0.9, 0.6)}, raters=6)
    decided = json.loads(run("decide", "--json").stdout)
    responses, scores = exported("responses", tmp_path), exported("scores", tmp_path)
    key = ["prompt_id", "candidate", "repetition"]
    checked = scores[scores.evaluator.isin(["checked", "refusal"])].groupby(key)["value"].min() >= 1
    facts = responses.set_index(key).assign(good=checked).reset_index()
    category = {f"p{n}": ("support", "coding")[n % 2] for n in range(50)}
    for verdict in decided["verdicts"]:
        here = facts[
            facts.prompt_id.map(category).isin([verdict["category"]] if verdict["category"] else category.values())
        ]
        by_prompt = here.groupby(["candidate", "prompt_id"]).agg(good=("good", "mean"), usd=("cost_usd", "mean"))
        good, usd = (by_prompt[name].groupby("candidate").mean() for name in ("good", "usd"))
        (one,) = verdict["comparisons"]
        assert one["quality"]["estimate"] == pytest.approx(good["B"] - good["A"], abs=1e-12)
        assert one["cost"]["estimate"] == pytest.approx(1 - usd["B"] / good["B"] / (usd["A"] / good["A"]), abs=1e-12)
        assert one["quality"]["prompts"] == here.prompt_id.nunique()


def test_the_difference_of_unsafe_answers_follows_from_the_votes(workspace: Engine, tmp_path: Path):
    made = plant(workspace, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=60)
    vote(workspace, made, ("A", "B"), {"safety": (0.9, 0.5)}, raters=6)
    (one,) = json.loads(run("decide", "--json").stdout)["verdicts"][0]["comparisons"]
    votes = exported("votes", tmp_path)
    votes = votes[votes.question == "safety"]
    unsafe = {side: votes.winner.isin([other, "both_bad"]).mean() for side, other in (("A", "right"), ("B", "left"))}
    assert one["safety"]["estimate"] == pytest.approx(unsafe["A"] - unsafe["B"], abs=1e-12)


Expected = dict[str | None, tuple[dict[str, Side], dict[str, Compared], dict[str, float]]]
GATES, CHAMPION = ("checked", "refusal"), "A"
PLANTED = {
    "A": Planted(0.9, 0.02),
    "B": Planted(0.9, 0.01, latency_ms=700.0),
    "C": Planted(0.6, 0.005),
    "D": Planted(0.88, None),
    "E": Planted(0.91, 0.021, asked=0.5),
    "F": Planted(0.95, 0.008, latency_ms=3000.0),
}


@pytest.fixture(params=[pytest.param(240, marks=pytest.mark.long), 90])
def production(workspace: Engine, request: pytest.FixtureRequest) -> int:
    """Raters like B and C less than gates do, and find F unsafe; D has no price, E was asked half."""
    prompts = request.param
    made = plant(workspace, PLANTED, prompts=prompts)
    vote(workspace, made, ("A", "B"), {"send": (0.9, 0.85), "safety": (0.9, 0.9)}, raters=8, prompts=prompts * 2 // 3)
    vote(workspace, made, ("A", "C"), {"send": (0.9, 0.5)}, raters=8, prompts=prompts // 2, seed=1)
    vote(workspace, made, ("F", "A"), {"send": (0.9, 0.9), "safety": (0.6, 0.95)}, raters=7, prompts=40, seed=2)
    with writing(workspace) as session:
        settings.save(session, {"rater_hour_usd": 30.0}, latency_limit_ms={}, answers_a_month={})
    return prompts


def sides(files: list[pd.DataFrame], category: str | None, names: Iterable[str]) -> dict[str, Side]:
    """Every candidate in a category, from exported responses, scores and votes."""
    responses, scores, votes = files
    votes = votes.reindex(columns=["prompt_id", "rater", "question", "left", "right", "winner"])
    key = ["prompt_id", "candidate", "repetition"]
    good = scores[scores.evaluator.isin(GATES)].groupby(key)["value"].min().ge(1).astype(float).rename("good")
    of_prompt = scores.groupby("prompt_id")["category"].first()
    table = responses.merge(good.reset_index(), on=key).reindex(columns=[*key, "good", "cost_usd", "latency_ms"])
    here = [each[each.prompt_id.map(of_prompt).isin([category] if category else of_prompt)] for each in (table, votes)]
    order = {prompt: place for place, prompt in enumerate(dict.fromkeys(responses.prompt_id))}
    return {name: side_of(name, *here, order) for name in names}


def side_of(name: str, responses: pd.DataFrame, votes: pd.DataFrame, order: dict[str, int]) -> Side:
    found = []
    for mine, other in (("left", "right"), ("right", "left")):
        said = votes[votes[mine] == name]
        sent, unsafe = said.winner.isin([mine, "tie"]), said.winner.isin([other, "both_bad"])
        told = {"opponent": said[other], "said": sent.astype(float), "unsafe": unsafe.astype(float)}
        found.append(said[["prompt_id", "rater", "question"]].assign(**told))
    both = pd.concat(found)
    return side(
        responses[responses.candidate == name], both[both.question == "send"], both[both.question == "safety"], order
    )


def expected(folder: Path, names: Iterable[str] = tuple(PLANTED)) -> Expected:
    """By category: the candidates, each challenger's comparison, and its level."""
    found: Expected = {}
    files = [exported(what, folder) for what in ("responses", "scores", "votes")]
    for category in (None, *CATEGORIES):
        there = sides(files, category, names)
        challengers = {name: one for name, one in there.items() if name != CHAMPION}
        known = compared(there[CHAMPION], challengers, category)
        known = with_harms(known, found[None][1] if found else known)
        error = 0.05 / 2 if category is None else 0.05 / 2 / len(CATEGORIES)
        found[category] = there, known, levels(known, error)
    return found


def held(told: dict | None, one: Estimated | None, level: float, *, is_cost: bool = False) -> None:
    """A difference as `decide --json` tells it against the one computed anew."""
    assert (told is None) == (one is None)
    if told is None or one is None:
        return
    lower, upper = one.bounds(level)
    figures = {"estimate": one.value, "lower": lower, "upper": upper}
    if is_cost:
        figures = {name: -math.expm1(-figure) for name, figure in figures.items()}
    figures["se"] = one.se * (1 - figures["estimate"]) if is_cost else one.se
    for name, figure in figures.items():
        assert told[name] == pytest.approx(figure, rel=1e-7, abs=1e-9), name
    assert (told["prompts"], told["raters"], told["level"]) == (one.prompts, one.raters, pytest.approx(level))


def test_every_difference_decision_reading_and_advice_follows_from_the_exported_files(production: int, tmp_path: Path):
    decided = json.loads(run("decide", "--json").stdout)
    found = expected(tmp_path)
    assert {verdict["category"] for verdict in decided["verdicts"]} == set(found)
    seen = {each for verdict in decided["verdicts"] for each in held_to_the_facts(verdict, *found[verdict["category"]])}
    needs = held_to_settle(decided, found)
    votes = exported("votes", tmp_path)
    listed = {
        told["challenger"] for verdict in decided["verdicts"] for place, told in enumerate(verdict["comparisons"])
        if (told["decision"] == "switch" and not place) or told["because"] == "safety votes prove it worse"
    }  # fmt: skip
    assert decided["judgements_by_raters"] == 2 * len(votes)
    assert set(decided["called_unsafe"]) == listed
    for name, answers in decided["called_unsafe"].items():
        sides_of = {side: votes[(votes[side] == name) & (votes.question == "safety")] for side in ("left", "right")}
        said = pd.concat([
            sides_of[side].assign(unsafe=sides_of[side].winner.isin([other, "both_bad"]))
            for side, other in (("left", "right"), ("right", "left"))
        ])  # fmt: skip
        counted = said.groupby("prompt_id")["unsafe"].agg(["sum", "size"])
        assert len(answers) == min(int((counted["sum"] > 0).sum()), 20)
        for each in answers:
            assert (each["raters"], each["of"]) == tuple(counted.loc[each["prompt"]])
    if production > 200:
        assert {decision for decision, _ in seen} >= {"switch", "keep", "not enough evidence"}
        assert {source for _, source in seen} == {"human", "automatic"}
        assert needs >= {"prompts", "votes", "raters"}


def held_to_the_facts(verdict: dict, _: object, known: dict, level_of: dict) -> set[tuple[str, str]]:
    """Decisions and sources of one verdict, after each figure was found to equal the one computed anew."""
    assert {told["challenger"] for told in verdict["comparisons"]} == set(known)
    for told in verdict["comparisons"]:
        one, level = known[told["challenger"]], level_of[told["challenger"]]
        held(told["automatic"], one.automatic, level)
        held(told["human"], one.human, level)
        held(told["quality"], one.quality(level), level)
        held(told["cost"], one.cost(level), level, is_cost=True)
        held(told["safety"], one.safety, 0.05)
        assert told["decision"] == one.decision(level), told
        held_to_claims(told, one, level)
    return {(told["decision"], told["quality"]["source"]) for told in verdict["comparisons"]}


def held_to_claims(told: dict, one: Compared, level: float) -> None:
    """Every claim with its bound, and whether it is proven."""
    quality, cost = one.quality(level), one.cost(level)
    expected_: dict[str, tuple[float, bool]] = {}
    if quality is not None:
        (lower, upper), proven = quality.bounds(level), quality.holds(level)
        bounds_ = {"not worse": lower, "better": lower, "worse": upper, "not better": upper}
        expected_ |= {
            f"{claim} by the margin" if claim.startswith("not") else claim: (bound, proven[claim])
            for claim, bound in bounds_.items()
        }
    if cost is not None:
        (lower, upper), proven = cost.bounds(level), cost.holds(level)
        expected_ |= {
            "cheaper": (-math.expm1(-lower), proven["better"]),
            "dearer": (-math.expm1(-upper), proven["worse"]),
        }
    if one.safety is not None:
        upper = one.safety.plain_upper()
        lower = 2 * one.safety.value - upper
        expected_ |= {"less safe": (upper, one.safety.is_harm()), "safer": (lower, lower > 0)}
    assert {proof["claim"] for proof in told["proofs"]} == set(expected_)
    for proof in told["proofs"]:
        bound, is_proven = expected_[proof["claim"]]
        assert (proof["bound"], proof["is_proven"]) == (pytest.approx(bound, rel=1e-7, abs=1e-9), is_proven)


def held_to_settle(decided: dict, found: dict, weigh: Weigh = equally) -> set[str]:
    """What was advised, after each advice was found to hold; ``weigh``: what prompts count."""
    seen = set()
    for verdict in decided["verdicts"]:
        there, known, level_of = found[verdict["category"]]
        margin = 0.05 if verdict["category"] is None else 0.10
        told = {(each["candidate"], each["reading"]) for each in verdict["readings"]}
        assert told == readings(there, known, level_of, margin)
        for told in verdict["comparisons"]:
            name = told["challenger"]
            one, level, both = known[name], level_of[name], (there[CHAMPION], there[name])
            for way in (told["settlement"] or {"ways": []})["ways"]:
                amounts = way["amount"], min(0.97 * way["amount"], way["amount"] - 1)
                chances = [settles(way["need"], amount, one, both, level, weigh) for amount in amounts]
                assert chances[0] > 0.765 and chances[1] < 0.835, (name, way, chances)
                each = usd_of_one(way["need"], both, 30.0, weigh=weigh)
                assert way["usd"] == (None if each is None else pytest.approx(each * way["amount"]))
                seen.add(way["need"])
            if told["settlement"] and one.automatic:
                least = told["settlement"]["prompts_for_power"]
                assert equals_show(one.automatic, least, level)
                assert not equals_show(one.automatic, int(0.98 * least), level) or least == one.automatic.prompts
    return seen


def test_more_responses_to_each_prompt_give_the_promised_chance(workspace: Engine, tmp_path: Path):
    plant(workspace, {"A": Planted(0.7, 0.01), "B": Planted(0.7, 0.007)}, prompts=160, repetitions=2)
    (verdict, *_) = json.loads(run("decide", "--json").stdout)["verdicts"]
    seen = held_to_settle({"verdicts": [verdict]}, expected(tmp_path, ("A", "B")))
    assert "responses to each prompt" in seen
