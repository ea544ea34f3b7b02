"""The Runs page and Re-evaluate as an analyst uses them."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from core import clock
from core.domain.words import duration, money
from core.services import runs
from core.services.runs import RunOrder
from core.storage.engine import reading, writing
from core.storage.tables import Attempt, Candidate, Dataset, Response, Run
from core.ui.runs.re_evaluate_order import proposed_cap
from core.ui.shared.navigation import PAGES_FOLDER
from tests import command_line
from tests.echo import EchoServer
from tests.pages.grids import grids
from tests.statements import statements
from tests.workspace import NOW, Workspace, make_workspace

SHELL = str(PAGES_FOLDER / "shell.py")


@pytest.fixture
def at(workspace: Engine, echo: EchoServer) -> Workspace:
    """Two candidates that answer and are priced, one retired, one without its key; six prompts in two categories."""
    made = make_workspace(workspace)
    price = {"input_usd_per_mtok": 1000.0, "output_usd_per_mtok": 1000.0}
    with writing(workspace) as session:
        models = list(session.exec(select(Candidate).order_by(Candidate.position)))
        for model in models:
            model.provider, model.model = "openai", "echo-text"
            model.settings = {"base_url": f"{echo.address}/v1", "max_tokens": 20} | (
                price if model.position < 2 else {}
            )
        models[0].is_champion = True
        models[3].settings = models[3].settings | {"api_key_env": "OPENAI_API_KEY"}
        models[2].is_retired = True
    return made


def opened(page: str = "runs.py", **address: str) -> AppTest:
    app = AppTest.from_file(SHELL, default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    app.switch_page(page).run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    kinds = ("title", "header", "subheader", "markdown", "caption", "warning", "info", "error", "toast", "badge")
    shown = [element for kind in kinds for element in app.get(kind)]
    bars = [bar.proto.text for bar in app.get("progress")]
    return "\n".join([str(getattr(element, "value", element)) for element in shown] + bars)


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def order(engine: Engine, at: Workspace, **changes: Any) -> RunOrder:
    with reading(engine) as session:
        dataset = session.exec(select(Dataset.id)).one()
    return replace(RunOrder(dataset or 0, at.candidates[:2]), **changes)


def a_run(engine: Engine, at: Workspace, *, answers: int = 0, max_usd: float | None = None, **values: Any) -> int:
    """A run in the database alone: its first ``answers`` units are there."""
    with writing(engine) as session:
        run = runs.plan(session, order(engine, at, max_usd=max_usd), now=NOW)
        units = [(candidate, prompt) for prompt in at.prompts for candidate in at.candidates[:2]]
        for n, (candidate, prompt) in enumerate(units[:answers]):
            session.add(
                Response(
                    run_id=run.id,
                    prompt_id=prompt,
                    candidate_id=candidate,
                    turns=["Yes."],
                    words=1,
                    content_hash=str(n),
                    latency_ms=900.0 + n,
                    cost_usd=0.01,
                    finish_reason="stop",
                    created_at=NOW,
                )
            )
        run.responses, run.started_at = answers, NOW
        for name, value in values.items():
            setattr(run, name, value)
        return run.id or 0


def the_run(engine: Engine, run_id: int) -> Run:
    with reading(engine) as session:
        return session.get_one(Run, run_id)


def test_without_runs_the_page_explains_re_evaluate(workspace: Engine) -> None:
    shown = words(opened())
    assert "No runs yet" in shown
    assert "*Re-evaluate* in the sidebar" in shown


def test_a_run_that_goes_on_shows_what_is_done_left_spent_and_can_be_cancelled(
    workspace: Engine, at: Workspace
) -> None:
    run_id = a_run(
        workspace, at, answers=4, state="running", worker="elsewhere/1 1 a",
        heartbeat_at=clock.now() + timedelta(hours=1), cost_usd=0.04, max_usd=2.5,
    )  # fmt: skip
    app = opened()
    shown = words(app)
    assert f"Run {run_id} · tests" in shown
    assert "running" in shown
    assert "**4 of 12** · 8 left" in shown
    assert "\\$0.0400 spent of a cap of \\$2.50" in shown
    rows = grids(app)[0]
    assert [row["Responses"] for row in rows] == ["2 of 6", "2 of 6"]
    assert [row["Candidate"] for row in rows] == ["candidate 0 · champion", "candidate 1"]
    press(app, f"runs_cancel_{run_id}")
    assert the_run(workspace, run_id).state == "cancelled"
    assert "being cancelled" in words(app)
    with writing(workspace) as session:
        session.get_one(Run, run_id).worker = None
    app.run()
    assert "8 left, resume to go on" in words(app)
    assert app.button(key=f"runs_resume_{run_id}")


def test_an_interrupted_run_says_that_it_goes_on_by_itself(workspace: Engine, at: Workspace) -> None:
    a_run(workspace, at, answers=1, state="running", worker="elsewhere/1 1 a", heartbeat_at=NOW)
    assert "it goes on by itself in a moment" in words(opened())


def test_a_run_stopped_at_its_cap_says_so_and_goes_on_with_one_that_is_enough(workspace: Engine, at: Workspace) -> None:
    problem = "The spending cap of 0.5 USD is reached. Raise the cap and resume."
    run_id = a_run(workspace, at, answers=3, max_usd=0.5, state="stopped", problem=problem)
    app = opened()
    assert "The spending cap of 0.5 USD is reached" in app.warning[0].value
    cap = app.number_input[0].value
    with reading(workspace) as session:
        assert cap == runs.cap_to_end(session, run_id, now=clock.now()) >= 1.0
    press(app, f"runs_resume_{run_id}")
    run = the_run(workspace, run_id)
    assert run.max_usd == cap
    assert run.state in ("queued", "running", "done")
    assert "goes on" in words(app)


def test_a_cap_of_nothing_is_refused_and_the_run_stays_as_it_was(workspace: Engine, at: Workspace) -> None:
    run_id = a_run(workspace, at, answers=3, max_usd=0.5, state="stopped", problem="The spending cap is reached.")
    app = opened()
    app.number_input[0].set_value(0.0).run()
    press(app, f"runs_resume_{run_id}")
    assert "must be more than 0 USD" in app.error[0].value
    assert (the_run(workspace, run_id).state, the_run(workspace, run_id).max_usd) == ("stopped", 0.5)


def test_failures_are_told_by_kind_with_what_to_do_and_can_be_tried_again(workspace: Engine, at: Workspace) -> None:
    run_id = a_run(workspace, at, answers=10, state="done", failed=2)
    with writing(workspace) as session:
        for n, kind in enumerate(("auth", "auth", "timeout")):
            session.add(
                Attempt(
                    run_id=run_id,
                    prompt_id=at.prompts[n],
                    candidate_id=at.candidates[0],
                    error_kind=kind,
                    error_message="no *such* $key$",
                    is_last=kind == "auth",
                    started_at=NOW,
                    finished_at=NOW,
                    cost_usd=0,
                )
            )
    app = opened()
    shown = words(app)
    assert "**Key refused** · 2 calls by candidate 0, **2 given up**" in shown
    assert "Set the right key where Evenhand runs" in shown
    assert "**Timeout** · 1 call by candidate 0, all tried again" in shown
    table = next(frame.value for frame in app.dataframe if "The last message" in frame.value)
    assert table["The last message"].tolist() == ["no *such* $key$"] * 2
    assert app.button(key=f"runs_resume_{run_id}").label == "Try the 2 given up again"
    press(app, f"runs_resume_{run_id}")
    with reading(workspace) as session:
        assert session.exec(select(Attempt.id).where(Attempt.is_last)).all() == []


def test_a_run_that_is_done_offers_nothing_to_press_and_leads_on(workspace: Engine, at: Workspace) -> None:
    run_id = a_run(workspace, at, answers=12, state="done", finished_at=NOW + timedelta(minutes=4))
    app = opened()
    assert "ended after 4 min" in words(app)
    keys = {button.key for button in app.button}
    assert not keys & {f"cancel_{run_id}", f"resume_{run_id}"}
    links = {link.proto.label: link.proto.query_string for link in app.get("page_link")}
    assert list(links) == ["Responses", "Cost & quality", "Rate pairs"]
    asked = {name: found[0] for name, found in parse_qs(links["Cost & quality"]).items()}
    cost = opened("cost.py", **asked)
    assert cost.selectbox(key="cost_run").value.startswith(f"Run {run_id} ")


def test_the_address_chooses_the_run_and_one_that_is_gone_is_said_to_be(workspace: Engine, at: Workspace) -> None:
    first = a_run(workspace, at, answers=12, state="done")
    a_run(workspace, at, answers=2, state="cancelled")
    assert f"Run {first} · tests" in words(opened(run=str(first)))
    for odd in ("999", "x", "-1"):
        app = opened(run=odd)
        assert "Run 3 · tests" in words(app)
        assert f"The run of this link (“{odd}”) is not here any more; showing *run 3*" in words(app).replace("\\", "")
        assert app.query_params["run"] == "3"


def test_an_import_is_listed_as_what_it_is(workspace: Engine, at: Workspace) -> None:
    app = opened()
    shown = words(app)
    assert "imported" in shown
    assert "24 responses by 4 candidates" in shown
    assert not app.get("progress")


def test_an_unknown_price_is_said_and_never_shown_as_nothing(workspace: Engine, at: Workspace) -> None:
    a_run(workspace, at, answers=2, state="done", unpriced=2)
    assert "2 calls of unknown price spent" in words(opened())


def test_below_a_run_stands_what_changed_since_the_one_before(workspace: Engine, at: Workspace) -> None:
    before = a_run(workspace, at, answers=12, state="done")
    after = a_run(workspace, at, answers=12, state="done")
    assert f"**Nothing changed clearly** between run {before} and run {after}" in words(opened())
    alone = opened(run="1")
    assert "What changed" in [heading.value for heading in alone.subheader], "an import is compared like any run"


def re_evaluate(page: str = "leaderboard.py") -> AppTest:
    return press(opened(page), "re_evaluate")


def test_re_evaluate_says_what_it_takes_before_it_begins(workspace: Engine, at: Workspace) -> None:
    app = re_evaluate()
    shown = words(app)
    assert "**12 calls** · 2 candidates × 6 prompts" in shown
    assert "**candidate 3**: OPENAI\\_API\\_KEY is not set." in shown
    assert "candidate 2" not in shown, "it is retired"
    app.selectbox(key="re_evaluate_slice_1").set_value("At random").run()
    app.number_input(key="re_evaluate_number_1").set_value(2).run()
    app.number_input(key="re_evaluate_repetitions").set_value(3).run()
    assert "**12 calls** · 2 candidates × 2 prompts × 3 times each" in words(app)
    app.toggle(key="re_evaluate_spread").set_value(True).run()
    assert "over 16 h" in words(app)
    with reading(workspace) as session:
        assert session.exec(select(Run).where(Run.source == "evaluation")).first() is None


def test_re_evaluate_plans_the_run_and_the_page_follows_it_to_its_end(workspace: Engine, at: Workspace) -> None:
    app = re_evaluate()
    app.multiselect(key="re_evaluate_categories_1").set_value(["coding"]).run()
    cap = app.number_input(key="re_evaluate_cap").value
    press(app, "re_evaluate_run")
    with reading(workspace) as session:
        run = session.exec(select(Run).where(Run.source == "evaluation")).one()
    assert (run.planned, run.candidate_ids, run.max_usd) == (6, list(at.candidates[:2]), cap)
    assert run.requested_by_id is not None
    assert [title.value for title in app.title] == ["Runs"]
    assert f"Run {run.id} · tests" in words(app)
    wait_for(lambda: the_run(workspace, run.id or 0).state == "done")
    app = opened(run=str(run.id))
    assert "**6 of 6** · nothing left to do" in words(app)
    assert "acceptable of 6 scored" in words(app)
    assert all(row["Acceptable"].endswith("of 3") for row in grids(app)[0])


def wait_for(is_so: Callable[[], bool], within_s: float = 60.0) -> None:
    import time

    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.1)


def test_what_cannot_be_run_is_said_in_the_dialog_and_nothing_is_lost(workspace: Engine, at: Workspace) -> None:
    app = re_evaluate()
    app.number_input(key="re_evaluate_cap").set_value(0.0).run()
    press(app, "re_evaluate_run")
    assert "must be more than 0 USD" in words(app)
    assert app.number_input(key="re_evaluate_cap").value == 0.0
    for candidate in at.candidates[:2]:
        app.checkbox(key=f"re_evaluate_candidate_{candidate}").uncheck()
    app.run()
    assert "Choose at least one candidate." in words(app)
    assert app.button(key="re_evaluate_run").disabled


def test_an_unknown_price_is_said_before_the_run_and_allows_no_cap(workspace: Engine, at: Workspace) -> None:
    with writing(workspace) as session:
        for model in session.exec(select(Candidate)):
            model.settings = {name: value for name, value in model.settings.items() if "usd" not in name}
    app = re_evaluate()
    assert "Cost **unknown**, and no cap can be kept: no price is known of **candidate 0**" in words(app)
    assert "re_evaluate_cap" not in {field.key for field in app.number_input}
    assert not app.button(key="re_evaluate_run").disabled


def test_an_empty_workspace_is_told_what_is_missing(workspace: Engine) -> None:
    assert "There are no prompts to ask yet" in words(re_evaluate("runs.py"))


def test_the_sidebar_tells_of_the_run_that_goes_on_and_of_the_last(workspace: Engine, at: Workspace) -> None:
    run_id = a_run(workspace, at, answers=3, state="running", worker="elsewhere/1 1 a", heartbeat_at=clock.now())
    assert f"Run {run_id} · 3 of 12" in words(opened("leaderboard.py"))
    with writing(workspace) as session:
        run = session.get_one(Run, run_id)
        run.state, run.finished_at, run.cost_usd = "done", clock.now() - timedelta(hours=2), 4.12
    assert "Last run 2 h ago · 2 candidates · \\$4.12" in words(opened("leaderboard.py"))


def test_the_rating_pages_have_no_re_evaluate(workspace: Engine, at: Workspace) -> None:
    for page in ("rate.py", "my_votes.py"):
        assert "re_evaluate" not in {button.key for button in opened(page).button}


def test_a_proposed_cap_is_above_what_is_expected_and_short() -> None:
    from core.services.runs import RunEstimate

    for expected, most, calls in ((0.0021, 0.04, 96), (3.17, 80.0, 1000), (0.00001, 0.02, 1), (250.0, 900.0, 10**6)):
        cap = proposed_cap(RunEstimate(calls, 1, expected, most, 1.0))
        assert max(most, 2 * expected) <= cap
        assert cap >= expected + 2 * most / calls
        assert len(f"{cap:g}".replace(".", "").strip("0")) <= 3


def test_money_and_time_are_written_short_and_never_as_nothing() -> None:
    amounts = [money(usd) for usd in (None, 0.0, 1e-9, 0.0000123, 0.0021, 0.5, 12.345, 1234.0)]
    assert amounts == ["unknown", "$0", "$0.00000000100", "$0.0000123", "$0.00210", "$0.500", "$12.35", "$1,234.00"]
    times = [duration(seconds) for seconds in (0.2, 45, 170, 5_000, 8_000, 40_000, 400_000)]
    assert times == ["1 s", "45 s", "3 min", "83 min", "2 h 13 min", "11 h", "5 days"]


def the_cap(app: AppTest) -> Any:
    return next(field for field in app.number_input if field.label.startswith("Spending cap"))


@pytest.mark.regression("1.8")
def test_a_cap_that_is_emptied_on_resume_is_gone(workspace: Engine, at: Workspace) -> None:
    problem = "The spending cap of 0.5 USD is reached."
    run_id = a_run(workspace, at, answers=3, max_usd=0.5, state="stopped", problem=problem)
    app = opened()
    the_cap(app).set_value(None).run()
    assert the_cap(app).value is None
    next(button for button in app.button if button.label == "Resume").click().run()
    assert the_run(workspace, run_id).max_usd is None
    assert the_run(workspace, run_id).state in ("queued", "running", "done")


def test_a_run_without_a_cap_can_be_given_one_when_it_goes_on(workspace: Engine, at: Workspace) -> None:
    run_id = a_run(workspace, at, answers=3, state="cancelled")
    app = opened()
    assert the_cap(app).value is None
    the_cap(app).set_value(3.0).run()
    press(app, f"runs_resume_{run_id}")
    assert the_run(workspace, run_id).max_usd == 3.0


@pytest.mark.regression("1.8")
def test_a_cap_that_is_emptied_before_a_run_is_none_and_not_zero(workspace: Engine, at: Workspace) -> None:
    app = re_evaluate()
    the_cap(app).set_value(None).run()
    assert the_cap(app).value is None
    press(app, "re_evaluate_run")
    with reading(workspace) as session:
        assert session.exec(select(Run.max_usd).where(Run.source == "evaluation")).one() is None


@pytest.mark.regression("1.8")
def test_the_cap_that_is_proposed_is_no_less_than_the_most_that_is_said(workspace: Engine, at: Workspace) -> None:
    app = re_evaluate()
    with reading(workspace) as session:
        most = runs.estimate(session, order(workspace, at), now=clock.now()).most_usd
    assert the_cap(app).value >= most
    assert f"\\${most:.2f} if every answer were as long as it may be" in words(app)


@pytest.mark.regression("1.6")
def test_the_page_and_the_command_draw_the_same_prompts(workspace: Engine, at: Workspace) -> None:
    app = re_evaluate()
    next(box for box in app.selectbox if box.label == "Prompts").set_value("At random").run()
    next(field for field in app.number_input if field.label == "How many").set_value(3).run()
    press(app, "re_evaluate_run")
    database = {"EVENHAND_DATABASE_URL": str(workspace.url), "EVENHAND_DEMO": "0"}
    command = ("run", "--dataset", "tests", "--candidate", "candidate 0", "--prompts", "3", "--json")
    done = command_line.evenhand(*command, env=os.environ | database)
    assert done.returncode == 0, done.stderr
    with reading(workspace) as session:
        drawn = session.exec(select(Run.prompt_ids).where(Run.source == "evaluation").order_by(Run.id)).all()
    assert drawn[0] == drawn[1]
    other = command_line.evenhand(*command, "--seed", "5", env=os.environ | database)
    assert other.returncode == 0, other.stderr


@pytest.mark.regression("1.9")
def test_the_page_asks_the_database_no_more_often_for_sixty_runs_than_for_five(
    workspace: Engine, at: Workspace
) -> None:
    for _ in range(5):
        a_run(workspace, at, answers=12, state="done")
    few = queries_of(workspace, opened)
    for _ in range(55):
        a_run(workspace, at, answers=12, state="done")
    assert queries_of(workspace, opened) <= few + 2


def queries_of(engine: Engine, work: Callable[[], object]) -> int:
    with statements(engine) as said:
        work()
    return sum(statement.startswith("SELECT") for statement in said)


STORIES = {
    "queued": ({"state": "queued"}, "queued", "8 left, begins in a moment"),
    "running": ({"state": "running"}, "running", "8 left"),
    "cancelling": ({"state": "cancelled"}, "being cancelled", "8 left, what is on its way is being ended"),
    "cancelled": ({"state": "cancelled", "worker": None}, "cancelled", "8 left, resume to go on"),
    "stopped by its cap": (
        {"state": "stopped", "worker": None, "problem": "The spending cap is reached."},
        "stopped",
        "8 left, resume to go on",
    ),
    "failed": ({"state": "done", "worker": None, "failed": 8}, "done", "nothing left to ask, 8 given up"),
    "done": ({"state": "done", "worker": None, "answers": 12}, "done", "nothing left to do"),
    "resumed": ({"state": "queued", "worker": None}, "queued", "8 left, begins in a moment"),
}


@pytest.mark.regression("3")
@pytest.mark.parametrize("name", list(STORIES))
def test_card_table_and_selector_tell_one_story(workspace: Engine, at: Workspace, name: str) -> None:
    values, state, left = STORIES[name]
    held = {"worker": "elsewhere/1 1 a", "heartbeat_at": clock.now() + timedelta(hours=1)}
    run_id = a_run(workspace, at, **({"answers": 4, "attempts": 13, "planned": 12} | held | values))
    app = opened()
    run = the_run(workspace, run_id)
    done = f"{run.responses + run.failed} of 12"
    bar = app.get("progress")[0].proto
    assert bar.text.startswith(f"**{done}** · {left}")
    assert "13 calls" in words(app)
    selector = next(box for box in app.selectbox if box.label == "Run")
    assert f"· {state}, {done} ·" in selector.options[0]
    row = app.dataframe[-1].value.set_index("Run").loc[run_id]
    assert (row["State"], row["Calls"], row["Responses"]) == (state, "13", run.responses)
    assert row["Left"].startswith(left)
    assert row["Done"] == bar.value == int(100 * (run.responses + run.failed) / 12)
    resumable = any(button.label == "Resume" for button in app.button)
    assert resumable == ("resume to go on" in words(app))
    assert not (resumable and "nothing left" in words(app))
