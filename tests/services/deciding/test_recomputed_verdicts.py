"""The numbers of `evenhand decide --json` equal ones computed anew from the facts that the command line exports."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result
from sqlalchemy import Engine
from typer.testing import CliRunner

from core.cli import app
from tests.decided import Planted, plant, vote


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
