"""`evenhand drift`: what is open as text and JSON, exit 1 on demand, and moving the baseline."""

import json

import pytest
from click.testing import Result
from sqlalchemy import Engine
from typer.testing import CliRunner

from core.cli import app
from tests.drifting import Truth, Weeks, weeks
from tests.prepared import prepared


def run(*arguments: str) -> Result:
    """`evenhand ARGUMENTS`, in this process."""
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def fallen(workspace: Engine) -> Weeks:
    """A fell far after a baseline of three runs."""
    return prepared(workspace, "a fall after a baseline", _fallen)


def _fallen(engine: Engine) -> Weeks:
    made = weeks(engine)
    for _ in range(3):
        made.run()
    assert run("drift").exit_code == 0
    made.run({"A": Truth(points=-0.5)}, finished_at=made.now)
    return made


def test_json_holds_baseline_checks_findings_and_what_can_be_seen(fallen: Weeks):
    result = run("drift", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["dataset"] == "Weekly"
    assert found["baseline"]["runs"] == [1, 2, 3]
    assert [check["run"] for check in found["checks"]] == [4]
    assert found["checks"][0]["findings"] == len(found["findings"]) > 0
    one = next(each for each in found["findings"] if (each["metric"], each["category"]) == ("acceptable", None))
    assert (one["candidate"], one["tier"], one["causes"], one["since_run"]) == ("A", "alarm", ["provider"], 4)
    assert one["lower"] < one["change"] < one["upper"] < 0
    assert {"before", "after", "p", "prompts", "sentence"} <= one.keys()
    assert {"metric", "category", "size"} <= found["smallest_visible"][0].keys()


def test_text_says_alarms_first_and_exit_1_is_for_who_asks(fallen: Weeks):
    text = run("drift")
    assert text.exit_code == 0
    assert "Weekly: " in text.stdout
    assert "as of run 4." in text.stdout
    assert text.stdout.index("Alarms:\n  A's share acceptable fell") < text.stdout.index("Overall, an alarm")
    assert run("drift", "--fail-on-alarm").exit_code == 1


def test_pinning_moves_the_baseline_and_the_alarm_is_gone(fallen: Weeks):
    for _ in range(3):
        fallen.run({"A": Truth(points=-0.5)})
    result = run("drift", "pin", "4", "5", "6", "--why", "the new model is here to stay")
    assert (result.exit_code, result.stdout) == (0, "Later runs of 'Weekly' are compared with runs 4, 5 and 6.\n")
    found = json.loads(run("drift", "--json").stdout)
    assert (found["baseline"]["runs"], found["baseline"]["why"]) == ([4, 5, 6], "the new model is here to stay")
    assert run("drift", "--fail-on-alarm").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dataset", "Nothing"], "no dataset 'Nothing'"),
        (["pin", "99"], "There is no run 99."),
    ],
)
def test_bad_input_ends_with_2_and_says_what_is_wrong(fallen: Weeks, arguments: list[str], said: str):
    result = CliRunner().invoke(app, ["drift", *arguments])
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_dataset_without_a_baseline_says_what_is_missing(workspace: Engine):
    weeks(workspace).run()
    result = run("drift")
    assert result.exit_code == 0
    assert (
        "There is no baseline yet: 1 whole run so far, about 5 more answers to each prompt are wanted." in result.stdout
    )
