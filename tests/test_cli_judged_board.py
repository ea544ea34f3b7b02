"""`evenhand leaderboard --judge`: the same object with what the judge did."""

import json
import os
from pathlib import Path

import pytest

from core.storage.engine import open_engine
from core.storage.schema import upgrade
from tests.command_line import evenhand
from tests.services.leaderboards.test_narrowing import add, judge_all, voted


def test_the_object_says_what_the_judge_did_and_a_name_that_states_nothing_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'evenhand.db'}"
    engine = open_engine(url)
    upgrade(engine)
    judge_all(engine, at := voted(engine), add(engine, name="strict judge").id)
    assert at.prompts
    engine.dispose()
    env = os.environ | {"EVENHAND_DATABASE_URL": url, "EVENHAND_DEMO": "0"}
    asked = ("leaderboard", "--question", "tone", "--fixed", "--json")
    alone = json.loads(evenhand(*asked, env=env).stdout)
    narrowed = json.loads(evenhand(*asked, "--judge", "strict judge", env=env).stdout)
    judge = narrowed.pop("judge")
    assert (judge["name"], judge["labelled"], judge["unlabelled"]) == ("strict judge", 90, 360)
    assert 0.3 < judge["correlation"] < 1 and judge["gain"] > 1
    assert narrowed.keys() == alone.keys() and narrowed["votes"] == alone["votes"]
    widths = [sum(e["upper"] - e["lower"] for e in board["entries"]) for board in (narrowed, alone)]
    assert (widths[1] / widths[0]) ** 2 == pytest.approx(judge["gain"], rel=1e-6)
    refused = evenhand(*asked, "--judge", "nobody", env=env)
    assert refused.returncode == 2 and "Who does: 'strict judge'" in refused.stderr
    plain = evenhand(*asked, "--plain", "--judge", "strict judge", env=env)
    assert plain.returncode == 2 and "No judge can narrow a plain board" in plain.stderr
