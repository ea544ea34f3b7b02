"""The Cost & quality page, run as the app runs it: the answer, its evidence, what is behind it, and what is missing."""

import csv
import io
import json

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from core.services import quality, studies
from core.services.quality import Scope
from core.storage.engine import reading, write, writing
from core.ui import quality_table, quality_words
from core.ui.navigation import PAGES_FOLDER
from tests.evaluated import Evaluated
from tests.workspace import NOW

CLEAN = {"Refusal": 1.0, "Complete": 1.0, "Contains": 1.0}


@pytest.fixture
def workspace(workspace: Engine) -> Engine:
    """The app's own engine on a database with the default study and nothing else."""
    write(workspace, lambda session: studies.ensure_default(session, now=NOW))
    return workspace


def opened(**address: str) -> AppTest:
    app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60)
    app.run().switch_page("cost.py")
    for name, value in address.items():
        app.query_params[f"cost_{name}"] = value
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption]
    return "\n".join(str(element.value) for element in shown)


def evaluated(engine: Engine, names: tuple[str, ...] = ("Dear", "Cheap", "Useless"), prompts: int = 12) -> Evaluated:
    """Dear costs ten times Cheap and is always acceptable; Cheap fails every third; Useless fails all."""
    with writing(engine) as session:
        made = Evaluated(session)
        for number in range(prompts):
            made.prompt(f"p{number}", ("support", "coding")[number % 2])
        for name, kind in (("Refusal", "refusal"), ("Complete", "incomplete"), ("Contains", "contains")):
            made.evaluator(name, kind)
        made.gate("Contains")
        run = made.run()
        for name in names:
            made.candidate(name)
            for number in range(prompts):
                cost = {"Dear": 0.01, "Cheap": 0.001, "Priceless": None}.get(name, 0.002)
                good = name in ("Dear", "Priceless") or (name != "Useless" and number % 3 > 0)
                fields = {"cost_usd": cost, "latency_ms": 1000.0 + 100 * number}
                made.attempts(run, name, f"p{number}", [fields])
                scores = {**CLEAN, "Contains": float(good)}
                made.response(run, name, f"p{number}", f"{name} answers {number}.", scores=scores, **fields)
    return made


def test_the_answer_comes_in_words_before_the_numbers(workspace: Engine) -> None:
    evaluated(workspace)
    app = opened()
    assert app.title[0].value == "Cost & quality"
    assert app.header[0].value == "Cheap costs least: \\$0.00150 per acceptable response"
    shown = words(app)
    assert "67 % (35 % to 88 %) of 12 responses acceptable" in shown
    assert "Clearly dearer: **Dear** \\$0.0100 (\\$0.0100 to" in shown
    assert "Most often acceptable: **Dear** with 100 %" in shown
    assert "No response of **Useless** is acceptable." in shown
    assert "36 responses of 3 candidates · all categories" in shown
    assert len(app.get("plotly_chart")) == 5


def test_where_nothing_costs_anything_there_is_no_scale_of_dollars(workspace: Engine) -> None:
    evaluated(workspace, ("Useless",))
    cost, share = (json.loads(chart.proto.spec)["layout"]["xaxis"] for chart in opened().get("plotly_chart")[:2])
    assert cost["visible"] is False
    assert share["visible"] is True


def test_every_figure_stands_in_the_table_and_none_is_not_unknown(workspace: Engine) -> None:
    evaluated(workspace, ("Cheap", "Useless", "Priceless"))
    table = opened().dataframe[1].value.set_index("Candidate")
    assert table["Per acceptable"].to_dict() == {"Cheap": "$0.00150", "Useless": "none", "Priceless": "unknown"}
    assert table["Spent"].to_dict() == {"Cheap": "$0.0120", "Useless": "$0.0240", "Priceless": "unknown"}
    assert table["Acceptable"].round(1).to_dict() == {"Cheap": 66.7, "Useless": 0.0, "Priceless": 100.0}
    assert table["Responses"].tolist() == [12, 12, 12]
    assert table.loc["Cheap", "Median"] == pytest.approx(1.55)


def test_an_unknown_price_is_said_to_be_so_and_where_to_enter_it(workspace: Engine) -> None:
    evaluated(workspace, ("Priceless",))
    app = opened()
    assert app.header[0].value == "What an acceptable response costs is unknown"
    assert "What **Priceless** cost is unknown. Where a price is missing, enter it on *Candidates*" in words(app)


def test_the_address_chooses_category_and_candidates(workspace: Engine) -> None:
    evaluated(workspace)
    app = opened(show="Dear")
    app.selectbox(key="cost_category").set_value("coding").run()
    assert app.header[0].value == "Dear costs \\$0.0100 per acceptable response"
    assert "6 responses of 1 candidate · coding" in words(app)
    assert app.dataframe[1].value["Candidate"].tolist() == ["Dear"]


def test_an_address_that_names_nothing_here_shows_everything(workspace: Engine) -> None:
    evaluated(workspace)
    app = opened(dataset="Gone", run="Gone", category="Gone", show="Gone", figure="Gone", behind="Gone", of="Gone")
    assert "36 responses of 3 candidates · all categories" in words(app)


def test_any_figure_is_shown_by_candidate_and_by_category(workspace: Engine) -> None:
    evaluated(workspace)
    app = opened(figure="Share acceptable")
    by_category = {row["Candidate"]: row for row in app.dataframe[0].value.to_dict("records")}
    assert by_category["Cheap"] == {"Candidate": "Cheap", "All": "67 %", "coding": "67 %", "support": "67 %"}
    for figure in app.selectbox(key="cost_figure").options:
        app.selectbox(key="cost_figure").set_value(figure).run()
        assert not app.exception, figure


def test_behind_a_figure_are_its_responses_with_the_way_to_their_prompt(workspace: Engine) -> None:
    evaluated(workspace)
    app = opened(behind="Fails “Contains”", of="Cheap")
    behind = app.dataframe[2].value
    assert behind["Prompt"].tolist() == ["p0", "p3", "p6", "p9"]
    assert behind["Why"].unique().tolist() == ["fails Contains"]
    assert behind.loc[0, "Answer"] == "Cheap answers 0."
    assert behind.loc[0, "Open"] == "./responses?responses_dataset=Support&prompt=p0"
    for label in app.selectbox(key="cost_behind").options:
        app.selectbox(key="cost_behind").set_value(label).run()
        assert not app.exception, label


def test_a_unit_given_up_is_listed_with_what_went_wrong(workspace: Engine) -> None:
    made = evaluated(workspace)
    with writing(workspace) as session:
        made.session = session
        run = made.run(state="stopped", problem="The key in X_API_KEY was refused.")
        made.attempts(
            run, "Dear", "p0", [{"error_kind": "auth", "error_message": "401", "is_last": True, "cost_usd": 0.0}]
        )
    app = opened()
    assert f"Run {run} was stopped: The key in X\\_API\\_KEY was refused. It is not counted" in words(app)
    run_label = next(label for label in app.selectbox(key="cost_run").options if label.startswith(f"Run {run} "))
    app.selectbox(key="cost_run").set_value(run_label).run()
    assert not app.exception
    assert app.header[0].value == "No response arrived"
    assert "given up: 1 auth." in words(app)
    app.selectbox(key="cost_behind").set_value("Given up").run()
    behind = app.dataframe[2].value
    assert behind[["Verdict", "Why"]].to_numpy().tolist() == [["given up", "auth: 401"]]


def test_without_prompts_or_responses_the_page_says_what_to_do_next(workspace: Engine) -> None:
    assert "Nothing to measure yet" in words(opened())
    with writing(workspace) as session:
        Evaluated(session).prompt("p0", "support")
    shown = words(opened())
    assert "No responses yet" in shown
    assert "Re-evaluate" in shown


def test_responses_without_scores_have_no_verdict_yet(workspace: Engine) -> None:
    with writing(workspace) as session:
        made = Evaluated(session)
        made.candidate("New")
        run = made.run("import")
        for number in range(3):
            made.prompt(f"p{number}", "support")
            made.response(run, "New", f"p{number}", finish_reason=None)
    app = opened()
    assert app.header[0].value == "No response has a verdict yet"
    assert "look again in a moment" in words(app)
    table = app.dataframe[1].value
    assert table[["Per acceptable", "Spent", "No verdict"]].to_numpy().tolist() == [["unknown", "unknown", 3]]
    assert table[["Acceptable", "Attempts", "Median", "Tokens out"]].isna().all(axis=None)


def test_sixty_candidates_with_odd_names_are_shown_as_typed(workspace: Engine) -> None:
    names = tuple(
        f"*model* <b>{number}</b> $x$ :smile: with a name that goes on, version {number}" for number in range(60)
    )
    evaluated(workspace, names, prompts=3)
    app = opened()
    assert len(app.dataframe[1].value) == 60
    assert "\\*model\\*" in app.header[0].value
    assert "<b>" not in words(app)
    app.multiselect(key="cost_show").set_value([names[40]]).run()
    assert not app.exception
    assert app.dataframe[1].value["Candidate"].tolist() == [names[40]]


def test_the_download_holds_every_line_and_no_formula(workspace: Engine) -> None:
    made = evaluated(workspace, ("=cmd()", "Dear"))
    with reading(workspace) as session:
        report = quality.report(session, Scope(made.dataset.id))
    rows = list(csv.DictReader(io.StringIO(quality_table.file_of(report, "csv").decode())))
    assert {(row["candidate"], row["category"]) for row in rows} == {
        (name, category) for name in ("'=cmd()", "Dear") for category in ("", "support", "coding")
    }
    assert next(row for row in rows if row["candidate"] == "Dear")["cost_per_acceptable_usd"] == "0.01"


@pytest.mark.parametrize(
    ("usd", "written"),
    [
        (0, "$0"),
        (12.345, "$12.35"),
        (0.5, "$0.500"),
        (0.00312, "$0.00312"),
        (1.234e-7, "$0.000000123"),
        (1234.5, "$1,234.50"),
    ],
)
def test_amounts_are_written_to_three_digits(usd: float, written: str) -> None:
    assert quality_words.money(usd) == written


def test_numbers_of_an_axis_lose_zeros_that_say_nothing() -> None:
    ticks = [quality_words.tick(quality_words.money, usd) for usd in (0.02, 0.0125, 20.0, 100.0)]
    assert ticks == ["$0.02", "$0.0125", "$20", "$100"]
    assert quality_words.tick(quality_words.seconds, 1500.0) == "1.5 s"
    assert quality_words.tick(quality_words.percent, 0.5) == "50 %"
