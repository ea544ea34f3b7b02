"""The Cost & quality page where experts have voted: their figures first, beside the automatic ones."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from core.domain.votes import Outcome
from core.services.studies import studies
from core.services.workspace import count_simulated
from core.storage.engine import write, writing
from core.storage.tables import Person
from tests.evaluated import Evaluated
from tests.pages.grids import grids
from tests.pages.test_cost_page import figures, opened, words
from tests.voted import Voted
from tests.workspace import NOW

CLEAN = {"Refusal": 1.0, "Complete": 1.0, "Contains": 1.0}
Says = Callable[[int], Outcome]


@pytest.fixture
def workspace(workspace: Engine) -> Engine:
    """The app's own engine on a database with the default study and nothing else."""
    write(workspace, lambda session: studies.ensure_default(session, now=NOW))
    return workspace


def voted(engine: Engine, *, prompts: int = 40, rated: int = 40, raters: int = 3, says: Says | None = None) -> Any:
    """Gates pass all of both; of Cheap experts would send a quarter, of Dear all, unless they say otherwise."""
    says = says or (lambda number: Outcome.RIGHT if number % 4 else Outcome.TIE)
    with writing(engine) as session:
        made = Evaluated(session)
        for name, kind in (("Refusal", "refusal"), ("Complete", "incomplete"), ("Contains", "contains")):
            made.evaluator(name, kind)
        made.gate("Contains", category="coding")
        run, votes = made.run(), Voted(made)
        for name in ("Cheap", "Dear"):
            made.candidate(name)
        for number in range(prompts):
            made.prompt(f"p{number}", ("support", "coding")[number % 2])
            ids = []
            for name, cost in (("Cheap", 0.001), ("Dear", 0.002)):
                known = {"cost_usd": cost, "latency_ms": 500.0}
                made.attempts(run, name, f"p{number}", [known])
                ids.append(made.response(run, name, f"p{number}", f"{name} {number}.", scores=CLEAN, **known))
            for rater in range(raters if number < rated else 0):
                votes.vote(f"Rater {rater}", ids[0], ids[1], says(number))
    return votes


def charts(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def test_the_answer_rests_on_experts_and_says_what_was_measured(workspace: Engine) -> None:
    voted(workspace)
    app = opened()
    assert app.header[0].value == "Dear costs least per response that experts would send: \\$2.00 per 1,000"
    shown = words(app)
    assert "per 1,000**: experts would send 100 % (" in shown
    assert "; holds for these 3 raters only (40 of 40 rated by simple majority; the share counts" in shown
    assert "Lowest price per answer: **Cheap**, \\$1.00 per 1,000 answers, of which experts would send 25 % (" in shown
    assert "Gates alone let 100 % (" in shown and "of **Dear** pass, \\$2.00 per 1,000." in shown
    assert "Clearly dearer: **Cheap** \\$4.00" in shown
    assert "80 rated by experts" in shown
    assert "40 of 80 unchecked: no gate applies, so they pass or fail on form alone." in shown
    assert "simulated" not in shown


def test_both_figures_are_drawn_and_the_experts_stand_first_in_the_table(workspace: Engine) -> None:
    voted(workspace)
    app = opened()
    cost, share = charts(app)[:2]
    assert [each.value for each in app.subheader][:2] == [
        "Cost per 1,000 humanly acceptable responses",
        "Humanly acceptable",
    ]
    assert {note["text"] for note in share["layout"]["annotations"]} == {"100\u00a0%", "25\u00a0%"}
    assert len([trace for trace in cost["data"] if trace["mode"] == "markers"]) >= 4, "filled and hollow, of both"
    row = {row["Candidate"]: row for row in figures(app)[0]}["Cheap"]
    assert list(row)[1:4] == ["Per 1,000 humanly acceptable", "95 % interval", "Humanly acceptable"]
    told = ("Per 1,000 humanly acceptable", "Humanly acceptable", "Rated", "Automatically acceptable", "Unchecked")
    assert tuple(row[head] for head in told) == ("$4.00", "25 %", "10 of 40", "100.0 %", "20")


def test_where_too_few_are_rated_the_answer_is_automatic_and_says_so(workspace: Engine) -> None:
    voted(workspace, rated=5)
    app = opened()
    assert app.header[0].value == "Cheap costs least per acceptable response: \\$1.00 per 1,000"
    assert "Too few rated for a figure of what experts would send (Cheap 5 and 1 more; 30 are needed each)" in words(
        app
    )
    assert [each.value for each in app.subheader][:2] == [
        "Cost per 1,000 automatically acceptable responses",
        "Share automatically acceptable",
    ]
    assert {row["Humanly acceptable"] for row in figures(app)[0]} == {"100 % automatic"}


def test_without_votes_no_column_is_about_them_and_the_page_says_why(workspace: Engine) -> None:
    voted(workspace, rated=0)
    app = opened()
    assert "No expert has said yet which of these responses they would send" in words(app)
    assert not [head for head in figures(app)[0][0] if "umanly" in head or head == "Rated"]
    assert "Rated by experts" not in app.selectbox(key="cost_behind").options


def test_in_a_category_with_too_few_rated_the_automatic_figures_answer(workspace: Engine) -> None:
    voted(workspace)
    app = opened(category="coding")
    assert "costs least per acceptable response" in app.header[0].value
    assert "(Cheap 20 and 1 more; 30 are needed each)" in words(app)


def test_experts_who_would_send_nothing_leave_no_cost(workspace: Engine) -> None:
    voted(workspace, says=lambda number: Outcome.BOTH_BAD)
    app = opened()
    assert app.header[0].value == "Experts would send no response, so none has a cost"
    assert "0 of 40 rated by simple majority" in words(app)


def test_behind_the_experts_figure_are_the_rated_responses_with_who_said_what(workspace: Engine) -> None:
    voted(workspace)
    app = opened(behind="Experts would not send", of="Cheap")
    behind = next(rows for rows in grids(app) if "By gates" in rows[0])
    assert len(behind) == 30
    assert behind[0]["Raters"] == "0 of 3 would send: Rater 0 no, Rater 1 no, Rater 2 no"
    for label in app.selectbox(key="cost_behind").options:
        app.selectbox(key="cost_behind").set_value(label).run()
        assert not app.exception, label


def test_a_new_vote_and_votes_that_count_no_more_are_seen_at_once(workspace: Engine) -> None:
    votes = voted(workspace, raters=1)
    app = opened()
    assert "holds for this rater only" in words(app)
    with writing(workspace) as session:
        votes.made.session = session
        session.get_one(Person, votes.raters["Rater 0"]).kind = "simulated"
        votes.imported("Ann", "p0", "Cheap", "Dear", Outcome.BOTH_BAD)
    assert "holds for these 2 raters only" in words(app.run())
    assert "Simulated: 80 of 82 times that a rater said of a response here whether to send it" in words(app)
    write(workspace, lambda session: count_simulated(session, False))
    assert "(Cheap 1 and 1 more; 30 are needed each)" in words(app.run())


def test_the_usual_summary_names_what_is_averaged(workspace: Engine) -> None:
    voted(workspace, rated=0)
    app = opened()
    assert "Cost per quality point: cost of 1,000 responses ÷ mean score in points of 0 to 100." in words(app)
    assert "Averaged: Contains." in words(app)
    summary = next(rows for rows in grids(app) if "Cost per quality point" in rows[0] and "Spent" in rows[0])
    assert {row["Candidate"]: row["Cost per quality point"] for row in summary} == {
        "Cheap": "$0.0100",
        "Dear": "$0.0200",
    }
