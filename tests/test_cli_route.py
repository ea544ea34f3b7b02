"""`evenhand route` and `evenhand export routes`: the answer, who gave it, exit codes, and files for gateways."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from sqlalchemy import Engine
from typer.testing import CliRunner

from core.cli import app
from core.domain.routing import Route
from tests.planted import Outcome, PlantedPlan, PlantedServer, planted
from tests.services.routing.tables import accepted, candidates


def run(*arguments: str, text: str | None = None) -> Result:
    """`evenhand ARGUMENTS`, in this process."""
    return CliRunner().invoke(app, list(arguments), input=text)


@pytest.fixture(scope="module")
def server() -> PlantedServer:
    with planted() as one:
        yield one


@pytest.fixture
def table(workspace: Engine, server: PlantedServer) -> Engine:
    """A at a server, B at none; B answers coding, with A behind it."""
    server.use(PlantedPlan(text="On Friday.", input_tokens=10, output_tokens=5))
    a, b = candidates(workspace, server.base_url, "http://127.0.0.1:9/v1")
    accepted(workspace, a, [Route("support", a, (b,), 5000.0), Route("coding", b, (a,), 5000.0)])
    return workspace


def test_the_answer_goes_to_stdout_and_who_gave_it_to_stderr(table: Engine):
    found = run("route", "--category", "support", "Where is my parcel?")
    assert (found.exit_code, found.stdout) == (0, "On Friday.\n")
    assert found.stderr.startswith("A answered in ") and "$0.0200" in found.stderr and "version 1" in found.stderr


def test_the_prompt_may_come_on_stdin_and_json_tells_the_whole_way(table: Engine, server: PlantedServer):
    result = run("route", "--category", "coding", "--json", text="Mend my loop.\n")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert (found["candidate"], found["primary"], found["fell_back_because"]) == ("A", "B", "failed")
    assert [(one["candidate"], one["was_sent"]) for one in found["tries"]] == [("B", True), ("A", True)]
    assert (found["version"], found["category"], found["text"]) == (1, "coding", "On Friday.")
    assert found["cost_usd"] == pytest.approx(0.02)
    assert {"latency_ms", "first_visible_ms", "timeout_ms", "outcome"} <= found.keys()
    assert [call.prompt for call in server.journal()] == ["Mend my loop.\n"]


def test_without_a_category_the_champion_answers(table: Engine):
    assert json.loads(run("route", "--json", "Hello?").stdout)["category"] is None


def test_a_category_that_is_not_there_an_empty_prompt_and_a_wrong_format_end_with_2(table: Engine):
    wrong = run("route", "--category", "suport", "Hello?")
    assert wrong.exit_code == 2
    assert "no route for 'suport'. Did you mean 'support'? It has: support, coding." in wrong.stderr
    assert run("route", "--category", "support", text=" ").exit_code == 2
    assert run("export", "routes", "--format", "xml").exit_code == 2
    assert run("route", "--dataset", "Nowhere", "Hello?").exit_code == 2


def test_where_nobody_answers_it_ends_with_1_and_says_why(table: Engine, server: PlantedServer):
    server.use(PlantedPlan(outcomes=(Outcome("status", status=400),)))
    found = run("route", "--category", "support", "Hello?")
    assert found.exit_code == 1
    assert "Nobody answered for support" in found.stderr


def test_routes_are_exported_in_every_format(table: Engine, tmp_path: Path):
    assert json.loads(run("export", "routes").stdout)["routes"][0]["primary"] == "A"
    file = tmp_path / "routes.yaml"
    assert run("export", "routes", "--format", "litellm", "--out", str(file)).exit_code == 0
    assert yaml.safe_load(file.read_text())["router_settings"]["fallbacks"]
    assert json.loads(run("export", "routes", "--format", "portkey").stdout)["strategy"]["mode"] == "conditional"
