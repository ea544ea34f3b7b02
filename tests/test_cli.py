"""The command line as scripts use it: in a process of its own, on a database of its own."""

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests import command_line

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def evenhand(tmp_path: Path) -> Run:
    """Runs `evenhand` with an empty workspace."""
    database = f"sqlite:///{tmp_path / 'evenhand.db'}"
    env = os.environ | {"EVENHAND_DATABASE_URL": database, "EVENHAND_DEMO": "0", "COLUMNS": "200"}
    return partial(command_line.evenhand, env=env)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with two prompts, two candidates' answers and three votes."""
    rows = {
        "prompts": [{"id": f"p{n}", "category": "support", "turns": [f"Question {n}?"]} for n in range(2)],
        "responses": [
            {"prompt_id": f"p{n}", "candidate": name, "text": f"{name} says {n}."} for n in range(2) for name in "ab"
        ],
        "votes": [
            {"prompt_id": "p0", "left": "a", "right": "b", "winner": "left", "rater": "r"},
            {"prompt_id": "p1", "left": "b", "right": "a", "winner": "tie", "rater": "r"},
            {"prompt_id": "p0", "left": "a", "right": "b", "winner": "both_bad", "rater": "s"},
        ],
    }
    for kind, records in rows.items():
        (tmp_path / f"{kind}.jsonl").write_text("\n".join(map(json.dumps, records)))
    return tmp_path


@pytest.fixture
def filled(evenhand: Run, files: Path) -> Run:
    for kind in ("prompts", "responses", "votes"):
        done = evenhand("import", kind, str(files / f"{kind}.jsonl"), "--dataset", "d")
        assert done.returncode == 0, done.stderr
    return evenhand


def test_the_leaderboard_object_has_the_fields_that_scripts_rely_on(filled: Run):
    board = json.loads(filled("leaderboard", "--question", "overall", "--json").stdout)
    entries = board.pop("entries")
    assert board == {"study": "Everything", "question": "overall", "category": None, "votes": 3, "raters": 2}
    assert [entry["candidate"] for entry in entries] == ["a", "b"]
    assert {key: entries[0][key] for key in ("rank", "votes", "wins", "losses", "ties", "both_bad")} == {
        "rank": 1,
        "votes": 3,
        "wins": 1,
        "losses": 0,
        "ties": 1,
        "both_bad": 1,
    }
    assert all(entry["lower"] < entry["rating"] < entry["upper"] for entry in entries)
    assert all({"rank_lower", "rank_upper"} <= set(entry) for entry in entries)


def test_a_plain_board_is_bradley_terry_and_nothing_else(filled: Run):
    entries = json.loads(filled("leaderboard", "--question", "overall", "--plain", "--json").stdout)["entries"]
    assert entries[0]["rating"] + entries[1]["rating"] == pytest.approx(2000)
    assert entries[0]["rating"] - entries[1]["rating"] == pytest.approx(120.4119983)  # odds of 2 wins to 1


def test_the_same_file_twice_changes_nothing(filled: Run, files: Path):
    again = filled("import", "votes", str(files / "votes.jsonl"), "--json")
    assert json.loads(again.stdout)["already_imported"] is True
    assert json.loads(filled("leaderboard", "--question", "overall", "--json").stdout)["votes"] == 3


def test_bad_input_ends_with_two_and_says_what_where_and_how(filled: Run, files: Path):
    (files / "bad.jsonl").write_text('{"prompt_id": "p0", "left": "a", "right": "b", "winner": "A"}')
    done = filled("import", "votes", str(files / "bad.jsonl"), "--dataset", "d")
    assert done.returncode == 2
    assert "bad.jsonl, line 1, field 'winner'" in done.stderr
    assert "Nothing was imported." in done.stderr
    assert filled("leaderboard", "--question", "charm").returncode == 2
    assert filled("invite", "Dr Adler", "--role", "king").returncode == 2
    assert filled("serve", "--host", "0.0.0.0").returncode == 2


def test_exported_votes_can_be_read_again(filled: Run, files: Path):
    out = files / "out.jsonl"
    assert filled("export", "votes", "--format", "jsonl", "--out", str(out)).returncode == 0
    assert len(out.read_text().splitlines()) == 3
    table = filled("export", "leaderboard", "--question", "overall").stdout.splitlines()
    assert table[0].startswith("candidate,rating,lower,upper")


def test_an_invitation_prints_a_link_that_works_once(filled: Run):
    invited = json.loads(filled("invite", "Dr Adler", "--role", "rater", "--json").stdout)
    assert invited["role"] == "rater"
    assert invited["link"].startswith("http://127.0.0.1:8501/join/")


def test_a_rebuild_changes_no_board(filled: Run):
    before = filled("leaderboard", "--question", "overall", "--json").stdout
    assert filled("rebuild").returncode == 0
    assert filled("leaderboard", "--question", "overall", "--json").stdout == before


@pytest.mark.parametrize("command", [(), ("import",), ("export", "votes"), ("leaderboard",), ("invite",), ("serve",)])
def test_every_command_explains_itself(evenhand: Run, command: tuple[str, ...]):
    done = evenhand(*command, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout
