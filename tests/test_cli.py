"""The command line as scripts use it: in a process of its own, on a database of its own."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests import command_line

Run = Callable[..., CompletedProcess[str]]


def in_folder(folder: Path) -> Run:
    """Runs `evenhand` with the workspace in a folder."""
    database = f"sqlite:///{folder / 'evenhand.db'}"
    env = os.environ | {"EVENHAND_DATABASE_URL": database, "EVENHAND_DEMO": "0", "COLUMNS": "200"}
    return partial(command_line.evenhand, env=env)


@pytest.fixture
def evenhand(tmp_path: Path) -> Run:
    """Runs `evenhand` with an empty workspace."""
    return in_folder(tmp_path)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two prompts, two candidates' answers and three votes, and the workspace that imported them."""
    folder = tmp_path_factory.mktemp("template")
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
        (folder / f"{kind}.jsonl").write_text("\n".join(map(json.dumps, records)))
        done = in_folder(folder)("import", kind, str(folder / f"{kind}.jsonl"), "--dataset", "d")
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def files(template: Path, tmp_path: Path) -> Path:
    """A copy of all in that folder."""
    return Path(shutil.copytree(template, tmp_path, dirs_exist_ok=True))


@pytest.fixture
def filled(evenhand: Run, files: Path) -> Run:
    """Runs `evenhand` with a copy of that workspace."""
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


FORMER = b"what was exported yesterday"


@pytest.mark.regression("1.2")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("votes", "--study", "nowhere"), "no study called 'nowhere'"),
        (("votes", "--format", "xlsx"), "no export format 'xlsx'"),
        (("responses", "--study", "nowhere"), "no study called 'nowhere'"),
        (("responses", "--format", "xlsx"), "no export format 'xlsx'"),
        (("leaderboard", "--question", "nowhere"), "no question 'nowhere'"),
        (("leaderboard", "--question", "overall", "--study", "nowhere"), "no study called 'nowhere'"),
        (("leaderboard", "--question", "overall", "--format", "xlsx"), "no export format 'xlsx'"),
    ],
)
def test_an_export_that_cannot_be_leaves_the_file_as_it_was(
    filled: Run, tmp_path: Path, words: tuple[str, ...], says: str
):
    out = tmp_path / "kept.csv"
    out.write_bytes(FORMER)
    before = sorted(tmp_path.iterdir())
    done = filled("export", *words, "--out", str(out))
    assert done.returncode == 2
    assert says in done.stderr
    assert out.read_bytes() == FORMER
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.regression("1.2")
def test_an_export_to_no_folder_or_to_a_folder_says_so(filled: Run, tmp_path: Path):
    done = filled("export", "votes", "--out", str(tmp_path / "absent" / "votes.csv"))
    assert done.returncode == 2
    assert f"There is no folder '{tmp_path / 'absent'}'" in done.stderr
    assert "Traceback" not in done.stderr
    done = filled("export", "votes", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "is a folder" in done.stderr


@pytest.mark.regression("1.2")
def test_an_export_that_fails_in_the_middle_leaves_the_file_as_it_was(filled: Run, tmp_path: Path):
    out = tmp_path / "kept.jsonl"
    out.write_bytes(FORMER)
    database = sqlite3.connect(tmp_path / "evenhand.db")
    database.execute("UPDATE response SET turns = '[broken' WHERE id = (SELECT max(id) FROM response)")
    database.commit()
    database.close()
    assert filled("export", "responses", "--out", str(out)).returncode != 0
    assert out.read_bytes() == FORMER
    assert list(tmp_path.glob(".*.part")) == []


@pytest.mark.regression("1.2")
def test_an_export_that_is_killed_leaves_the_file_as_it_was(filled: Run, tmp_path: Path):
    out = tmp_path / "kept.jsonl"
    out.write_bytes(FORMER)
    database = sqlite3.connect(tmp_path / "evenhand.db")
    columns = "run_id, prompt_id, candidate_id, repetition, turns, words, content_hash, created_at"
    made = columns.replace("repetition", "i").replace("turns", "json_array(hex(zeroblob(4000)))")
    database.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
        f"INSERT INTO response ({columns}) SELECT {made} FROM response, n WHERE id = 1"
    )
    database.commit()
    database.close()
    command = [str(Path(sys.executable).with_name("evenhand")), "export", "responses", "--out", str(out)]
    address = f"sqlite:///{tmp_path / 'evenhand.db'}"
    process = subprocess.Popen(command, env=os.environ | {"EVENHAND_DATABASE_URL": address})
    while process.poll() is None:
        time.sleep(0.005)
        if any(file.stat().st_size for file in tmp_path.glob(".*.part")) or out.read_bytes() != FORMER:
            process.kill()
            break
    assert process.wait(timeout=60) == -signal.SIGKILL
    assert out.read_bytes() == FORMER


def test_an_export_keeps_the_rights_of_the_file_and_writes_to_pipes(filled: Run, tmp_path: Path):
    out, link = tmp_path / "votes.jsonl", tmp_path / "link.jsonl"
    out.write_bytes(FORMER)
    out.chmod(0o640)
    link.symlink_to(out)
    assert filled("export", "votes", "--out", str(link)).returncode == 0
    assert link.is_symlink()
    assert out.read_bytes().count(b"\n") == 3
    assert out.stat().st_mode & 0o777 == 0o640
    assert filled("export", "votes", "--out", "/dev/null").returncode == 0


def test_votes_for_a_study_that_is_not_there_make_it(filled: Run, files: Path):
    done = filled("import", "votes", str(files / "votes.jsonl"), "--study", "Spring panel", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["study"] == "Spring panel"
    assert json.loads(done.stdout)["created"] == 3
    board = json.loads(filled("leaderboard", "--question", "overall", "--study", "Spring panel", "--json").stdout)
    assert (board["study"], board["votes"]) == ("Spring panel", 3)


def test_a_table_of_odd_columns_comes_in_with_a_mapping(evenhand: Run, tmp_path: Path):
    (tmp_path / "fragen.csv").write_text("Kundenfrage;Antwort A;Antwort B\nWo?;Hier.;Dort.\nWann?;Jetzt.;\n")
    columns = ["turns=Kundenfrage", "answer:A=Antwort A", "answer:B=Antwort B"]
    options = [word for column in columns for word in ("--column", column)]
    done = evenhand("import", "responses", str(tmp_path / "fragen.csv"), *options, "--json")
    assert done.returncode == 0, done.stderr
    assert (json.loads(done.stdout)["created"], json.loads(done.stdout)["dataset"]) == (3, "fragen")


@pytest.mark.parametrize("command", [(), ("import",), ("export", "votes"), ("leaderboard",), ("invite",), ("serve",)])
def test_every_command_explains_itself(evenhand: Run, command: tuple[str, ...]):
    done = evenhand(*command, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout
