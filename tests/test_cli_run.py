"""`evenhand run`, `resume` and `report` as scripts use them: in a process of their own, against a real server."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from core.services.importing import Kind, import_file
from core.services.scoring import evaluators
from core.storage.engine import open_engine, write
from core.storage.schema import upgrade
from tests import command_line
from tests.planted import PlantedPlan, PlantedServer, planted

Run = Callable[..., subprocess.CompletedProcess[str]]
COMMAND = [sys.executable, "-c", "from core.cli import app; app()"]
PROMPTS = 12
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[PlantedServer]:
    plan = PlantedPlan(first_visible_ms=40, total_ms=80, input_tokens=10, output_tokens=5, text="Yes.")
    with planted(plan) as running:
        yield running


@pytest.fixture(scope="module")
def template(server: PlantedServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with twelve prompts and three candidates, the last one of unknown price."""
    folder = tmp_path_factory.mktemp("template")
    prompts = [{"id": f"p{n}", "turns": [f"Question {n}?"], "reference": "Yes"} for n in range(PROMPTS)]
    model = {
        "provider": "openai",
        "model": "m",
        "base_url": server.base_url,
        "api_key_env": "MY_API_KEY",
        "max_tokens": 9,
    }
    price = {"input_usd_per_mtok": 1.0, "output_usd_per_mtok": 2.0}
    candidates = [{"name": "one", **model, **price}, {"name": "two", **model, **price}, {"name": "unpriced", **model}]
    engine = open_engine(f"sqlite:///{folder}/evenhand.db")
    upgrade(engine)
    for kind, rows in ((Kind.PROMPTS, prompts), (Kind.CANDIDATES, candidates)):
        path = folder / f"{kind}.jsonl"
        path.write_text("\n".join(map(json.dumps, rows)))
        import_file(engine, path, kind, dataset="d" if kind is Kind.PROMPTS else None, now=NOW)
    judge = {"provider": "openai", "model": "j", "base_url": server.base_url, "api_key_env": "MY_API_KEY"}
    judge |= {"may_judge_own_family": True}
    for kind, name in (("llm_judge", "Grader"), ("pairwise_judge", "Comparer")):
        write(engine, lambda session, kind=kind, name=name: evaluators.add(session, kind, name, judge, NOW))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return folder / "evenhand.db"


@pytest.fixture
def env(template: Path, tmp_path: Path) -> dict[str, str]:
    address = f"sqlite:///{shutil.copy(template, tmp_path)}"
    settings = {"EVENHAND_DATABASE_URL": address, "EVENHAND_DEMO": "0", "COLUMNS": "200"}
    return os.environ | settings | {"MY_API_KEY": "a-key-for-the-test"}


@pytest.fixture
def evenhand(env: dict[str, str]) -> Run:
    """Runs `evenhand` on a copy of that workspace."""
    return partial(command_line.evenhand, env=env)


def last(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    return json.loads(done.stdout.splitlines()[-1])


def test_a_run_prints_its_id_first_and_what_came_of_it_last(evenhand: Run):
    done = evenhand("run", "--dataset", "d", "--candidate", "one", "--repeats", "2", "--max-usd", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "1"
    cost_usd = 2 * PROMPTS * (10 * 1.0 + 5 * 2.0) / 1e6
    expected = {"run": 1, "status": "done", "responses": 24, "attempts": 24, "failed": 0}
    result = last(done)
    assert result.pop("cost_usd") == pytest.approx(cost_usd, rel=1e-9)
    assert result == expected


def test_an_unknown_price_is_unknown_and_no_cap_can_be_kept_on_it(evenhand: Run):
    refused = evenhand("run", "--dataset", "d", "--candidate", "unpriced", "--max-usd", "1")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "price of 'unpriced'" in refused.stderr and "Candidates" in refused.stderr
    done = evenhand("run", "--dataset", "d", "--candidate", "unpriced", "--prompts", "3", "--json")
    assert (last(done)["responses"], last(done)["cost_usd"]) == (3, None)


def test_a_run_that_reaches_its_cap_ends_with_one_and_goes_on_with_a_higher_one(evenhand: Run):
    stopped = evenhand("run", "--dataset", "d", "--candidate", "one", "--max-usd", "0.0002", "--json")
    assert stopped.returncode == 1
    first = last(stopped)
    assert first["status"] == "stopped" and 0 < first["responses"] < PROMPTS and first["cost_usd"] <= 0.0002
    done = evenhand("resume", str(first["run"]), "--max-usd", "1", "--json")
    assert (done.returncode, last(done)["responses"]) == (0, PROMPTS)


@pytest.mark.regression("1.8")
def test_a_cap_can_be_taken_away_when_a_run_goes_on(evenhand: Run):
    stopped = evenhand("run", "--dataset", "d", "--candidate", "one", "--max-usd", "0.0002", "--json")
    run = str(last(stopped)["run"])
    both = evenhand("resume", run, "--max-usd", "1", "--no-cap")
    assert both.returncode == 2 and "give one of them" in both.stderr
    spent = evenhand("resume", run, "--max-usd", "0.00001")
    assert spent.returncode == 2 and "spent already" in spent.stderr
    done = evenhand("resume", run, "--no-cap", "--json")
    assert (done.returncode, last(done)["responses"]) == (0, PROMPTS), done.stderr


@pytest.mark.regression("1.6")
def test_a_report_compares_on_the_same_prompts_and_says_which(evenhand: Run):
    assert evenhand("run", "--dataset", "d", "--candidate", "one", "--candidate", "two").returncode == 0
    few = ("--candidate", "two", "--candidate", "unpriced", "--prompts", "2")
    assert evenhand("run", "--dataset", "d", *few).returncode == 0
    report = json.loads(evenhand("report", "--dataset", "d", "--json").stdout)
    responses = {row["candidate"]: row["responses"] for row in report["candidates"] if row["category"] is None}
    assert responses == {"one": PROMPTS, "two": PROMPTS, "unpriced": 2}
    assert report["scope"]["said"].startswith(f"{PROMPTS} prompts of one, which was asked the most")
    assert {"candidate": "unpriced", "category": None, "asked": 2, "of": PROMPTS} in report["scope"]["apart"]
    text = " ".join(evenhand("report", "--dataset", "d").stdout.split())
    assert "Compared on 12 prompts of one" in text and "unpriced 2 of 12." in text
    shared = json.loads(evenhand("report", "--dataset", "d", "--shared", "--json").stdout)
    assert {row["responses"] for row in shared["candidates"]} == {2}


def test_what_cannot_be_found_is_named_with_what_is_there(evenhand: Run):
    done = evenhand("run", "--dataset", "d", "--candidate", "x")
    assert done.returncode == 2 and "'one', 'two'" in done.stderr
    nowhere = evenhand("resume", "99")
    assert nowhere.returncode == 2 and "99" in nowhere.stderr


def test_a_killed_run_resumes_and_is_whole(evenhand: Run, env: dict[str, str]):
    command = [*COMMAND, "run", "--dataset", "d", "--repeats", "2", "--concurrency", "2", "--json"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        run_id = process.stdout.readline().strip()
        time.sleep(0.6)
        process.send_signal(signal.SIGKILL)
    done = evenhand("resume", run_id, "--json")
    assert done.returncode == 0, done.stderr
    assert (last(done)["status"], last(done)["responses"]) == ("done", 3 * 2 * PROMPTS)


def test_the_report_has_the_fields_that_scripts_rely_on(evenhand: Run):
    assert evenhand("run", "--dataset", "d", "--candidate", "one", "--candidate", "unpriced").returncode == 0
    report = json.loads(evenhand("report", "--dataset", "d", "--json").stdout)
    assert report["dataset"] == "d"
    by_candidate = {row["candidate"]: row for row in report["candidates"] if row["category"] is None}
    one = by_candidate["one"]
    assert set(one) == {
        "candidate", "category", "responses", "errors", "refusals", "incomplete", "attempts", "latency_ms", "ttft_ms",
        "input_tokens", "output_tokens", "cost_usd", "acceptable", "cost_per_acceptable_usd", "scores",
        "unchecked", "acceptable_where_checked", "humanly_acceptable", "cost_per_humanly_acceptable_usd",
        "average_latency_ms", "average_quality", "cost_per_quality_point_usd",
    }  # fmt: skip
    assert (one["responses"], one["attempts"], one["errors"]) == (PROMPTS, PROMPTS, 0)
    assert (one["input_tokens"], one["output_tokens"]) == (10 * PROMPTS, 5 * PROMPTS)
    assert one["acceptable"]["value"] == 1.0
    assert one["cost_per_acceptable_usd"]["value"] == pytest.approx(20e-6)
    unpriced = by_candidate["unpriced"]
    assert unpriced["cost_usd"] is None and unpriced["cost_per_acceptable_usd"]["value"] is None


def test_a_judge_whose_replies_cannot_be_read_says_so_and_grades_nothing(evenhand: Run):
    run = evenhand("run", "--dataset", "d", "--candidate", "one", "--candidate", "two", "--prompts", "2", "--json")
    assert run.returncode == 0, run.stderr
    report = json.loads(evenhand("report", "--dataset", "d", "--json").stdout)
    assert {row["scores"].get("Grader") for row in report["candidates"]} == {None}
    compared = json.loads(evenhand("judge", "1", "--evaluator", "Comparer", "--json").stdout)
    assert (compared["calls"], compared["unparsed"], compared["cost_usd"]) == (4, 4, None), compared
    unknown = evenhand("judge", "1", "--evaluator", "Nobody")
    assert unknown.returncode == 2 and "'Grader', 'Comparer'" in unknown.stderr
    again = json.loads(evenhand("judge", "--study", "Everything", "--evaluator", "Comparer", "--json").stdout)
    assert again["calls"] == 4, "a reply that could not be read is not asked for again"
    both = ("judge", "1", "--study", "Everything", "--evaluator", "Comparer")
    for wrong in (("judge", "--evaluator", "Comparer"), both):
        assert evenhand(*wrong).returncode == 2
    grades = evenhand("judge", "--study", "Everything", "--evaluator", "Grader")
    assert grades.returncode == 2 and "does not compare pairs" in grades.stderr
