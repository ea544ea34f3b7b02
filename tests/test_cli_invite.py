"""`evenhand invite` as scripts use it: to a study, by list, where people sign in by address."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core.services.people import joining
from core.services.studies import studies
from core.storage.engine import open_engine, reading, write
from tests.command_line import evenhand
from tests.workspace import make_workspace


@pytest.fixture
def engine(sqlite_database: str) -> Engine:
    """A workspace with responses and the study 'June'."""
    engine = open_engine(sqlite_database)
    make_workspace(engine)
    write(engine, lambda session: studies.create(session, name="June", now=joining_time()))
    return engine


def joining_time() -> datetime:
    return datetime.now(UTC)


def call(engine: Engine, *args: str, auth: str = "link"):
    address = engine.url.render_as_string(hide_password=False)
    env = {"EVENHAND_DATABASE_URL": address, "EVENHAND_AUTH": auth, "EVENHAND_DEMO": "0"}
    return evenhand("invite", *args, env=env)


def test_an_invitation_names_its_study(engine: Engine):
    done = call(engine, "Anna", "--study", "June", "--json")
    made = json.loads(done.stdout)
    assert (made["name"], made["role"], made["study"]) == ("Anna", "rater", "June") and done.stderr == ""
    with reading(engine) as session:
        person = joining.invited(session, made["link"].rsplit("/", 1)[1], joining_time())
    assert person is not None
    write(engine, lambda s: studies.set_state(s, studies.named(s, "June").id, "open"))
    with reading(engine) as session:
        assert [study.name for study in studies.for_rater(session, person.id)] == ["June"]


def test_a_list_is_invited_all_or_nobody(engine: Engine, tmp_path: Path):
    people = tmp_path / "people.txt"
    people.write_text("Anna <anna@example.org>\nno@host\n")
    refused = call(engine, "--list", str(people))
    assert refused.returncode == 2 and "Line 2, 'no@host'" in refused.stderr and refused.stdout == ""
    people.write_text("Anna <anna@example.org>\nBo\n")
    rows = list(csv.DictReader(io.StringIO(call(engine, "--list", str(people), "--study", "June").stdout)))
    assert [row["name"] for row in rows] == ["Anna", "Bo"]
    assert all(row["link"] in row["message"] and row["study"] == "June" for row in rows)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("Anna", "--study", "Never"), "no study called 'Never'"),
        ((), "Give either the NAME"),
        (("Anna", "--list", "people.txt"), "Give either the NAME"),
        (("--list", "absent.txt"), "absent.txt"),
    ],
)
def test_what_cannot_be_done_ends_with_two_and_says_why(engine: Engine, args: tuple[str, ...], says: str):
    done = call(engine, *args)
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr


def test_where_people_sign_in_by_address_there_is_no_link(engine: Engine):
    assert "E-mail address: it is empty" in call(engine, "Anna", auth="oidc").stderr
    made = json.loads(call(engine, "Anna", "--email", "anna@example.org", "--json", auth="oidc").stdout)
    assert made["link"] is None and "Sign in as anna@example.org" in made["message"]


def test_in_local_mode_it_says_that_nobody_can_join(engine: Engine):
    assert "Nobody can join yet" in call(engine, "Anna", auth="local").stderr
