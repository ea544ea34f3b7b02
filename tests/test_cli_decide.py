"""`evenhand decide` and `evenhand gate`: verdicts as text and JSON, and a check that fails only on proof."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine
from sqlmodel import select
from typer.testing import CliRunner

from core.cli import app
from core.services import columns, scoring
from core.storage.engine import open_engine, reading
from core.storage.tables import Score
from tests.decided import Planted, plant
from tests.workspace import NOW


def run(*arguments: str) -> Result:
    """`evenhand ARGUMENTS`, in this process."""
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory, _migrated_file: Path) -> Path:
    """B is as good as A at less than half its cost; C is far worse and costs little; D has no price. All is scored."""
    file = Path(shutil.copy(_migrated_file, tmp_path_factory.mktemp("production") / "evenhand.db"))
    engine = open_engine(f"sqlite:///{file}")
    plant(
        engine,
        {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008), "C": Planted(0.5, 0.001), "D": Planted(0.81, None)},
        prompts=900,
        repetitions=2,
    )
    scoring.ensure_defaults(engine, now=NOW)
    scoring.score_missing(engine, dataset_id=1, run_id=None, now=NOW)
    columns.rebuild(engine, now=NOW)
    engine.dispose()
    return file


@pytest.fixture
def switched(workspace: Engine, production: Path) -> Engine:
    """The app on a copy of that production."""
    shutil.copy(production, str(workspace.url.database))
    return workspace


def test_decide_prints_every_verdict_and_json_every_number(switched: Engine):
    text = run("decide")
    assert text.exit_code == 0
    assert "overall: Switch from A to B" in text.stdout
    found = json.loads(run("decide", "--json").stdout)
    over_all = found["verdicts"][0]
    assert (over_all["decision"], over_all["challenger"]) == ("switch", "B")
    assert over_all["sentence"].startswith("Switch from A to B")
    by_name = {one["challenger"]: one for one in over_all["comparisons"]}
    assert by_name["C"]["decision"] == "keep"
    assert by_name["D"]["cost"] is None
    assert {"estimate", "lower", "upper", "se", "level", "prompts", "source"} <= by_name["B"]["quality"].keys()


@pytest.mark.parametrize(
    ("arguments", "exit_code", "said"),
    [
        (["--candidate", "B"], 0, "PASS: B against A: quality"),
        (["--candidate", "B", "--require-proof"], 0, "proven within the limits"),
        (["--candidate", "C"], 1, "FAIL: C against A: proven beyond the limit: quality −"),
        (["--candidate", "C", "--max-drop", "60"], 0, "PASS: C against A"),
        (["--candidate", "D"], 0, "open: cost"),
        (["--candidate", "D", "--require-proof"], 1, "open: cost"),
        (["--candidate", "A", "--against", "B"], 1, "cost per acceptable +1"),
        (["--candidate", "B", "--category", "coding"], 0, "B against A in coding"),
        (["--candidate", "Nobody"], 2, "Nobody"),
        (["--candidate", "A"], 2, "Name another one with --against"),
        (["--candidate", "B", "--category", "poetry"], 2, "Its categories: coding, support"),
    ],
)
def test_the_gate_fails_where_a_loss_is_proven(switched: Engine, arguments: list[str], exit_code: int, said: str):
    done = run("gate", *arguments)
    assert done.exit_code == exit_code, done.output
    assert said in done.output
    assert len(done.output.strip().splitlines()) == 1


def test_without_a_champion_the_gate_scores_what_is_not_scored_and_says_how_to_name_one(workspace: Engine):
    plant(workspace, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=3, champion=None)
    done = run("gate", "--candidate", "B")
    assert done.exit_code == 2
    assert "name a candidate with --against" in done.output
    assert json.loads(run("gate", "--candidate", "B", "--against", "A", "--json").stdout)["passed"] is True
    with reading(workspace) as session:
        assert len(session.exec(select(Score)).all()) > 2 * 6
