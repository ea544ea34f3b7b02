"""The Cost & quality page, run as the app runs it: the answer, its evidence, what is behind it, and what is missing."""

import csv
import io
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import Engine, update
from streamlit.testing.v1 import AppTest

from core.domain.words import money, percent, seconds
from core.services import quality
from core.services.deciding.gathering import pooled
from core.services.quality import Scope, What, measures, run_name
from core.services.quality.text import report_rows
from core.services.studies import studies
from core.storage.engine import reading, write, writing
from core.storage.tables import Attempt, Candidate, Response, Run
from core.ui.quality import table as quality_table
from core.ui.shared.navigation import PAGES_FOLDER
from core.ui.shared.scale import labels, ticks
from tests.evaluated import Evaluated
from tests.pages.grids import grids, links
from tests.test_how_tos import block
from tests.workspace import NOW

CLEAN = {"Refusal": 1.0, "Complete": 1.0, "Contains": 1.0}


@pytest.fixture
def workspace(workspace: Engine) -> Engine:
    """The app's own engine on a database with the default study and nothing else."""
    write(workspace, lambda session: studies.ensure_default(session, now=NOW))
    return workspace


def figures(app: AppTest) -> list[list[dict[str, str]]]:
    """The tables of all figures: of those that are compared, and of those that stand apart."""
    return [rows for rows in grids(app) if "Per 1,000 automatically acceptable" in rows[0]]


def listed(app: AppTest) -> list[dict[str, str]]:
    """The responses behind the chosen figure."""
    return next(rows for rows in grids(app) if "By gates" in rows[0])


def opened(**address: str | list[str]) -> AppTest:
    app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60)
    app.switch_page("cost.py")
    for name, value in address.items():
        app.query_params[f"cost_{name}"] = value
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption]
    return "\n".join(str(element.value) for element in shown).replace("\u00a0", " ")


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
    assert app.header[0].value == "Cheap costs least per acceptable response: \\$1.50 per 1,000"
    shown = words(app)
    assert "67 % (35 % to 88 %) of 12 responses acceptable" in shown
    assert "Clearly dearer: **Dear** \\$10.00 (\\$10.00 to" in shown
    assert "Most often acceptable: **Dear** with 100 %" in shown
    assert "No response of **Useless** is acceptable." in shown
    assert "36 responses of 3 candidates · all categories" in shown
    assert len(app.get("plotly_chart")) == 4, "times that nobody knows are a sentence"


def test_a_measure_is_one_entry_and_its_formula(workspace: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    made = dict(vars(measures))
    exec(block("core/services/quality/measures.py"), made)
    monkeypatch.setattr(measures, "MEASURES", (*measures.MEASURES, made["EACH"]))
    evaluated(workspace)
    app = opened(figure="Spent a response")
    assert {row["Candidate"]: row["Each"] for row in figures(app)[0]}["Cheap"] == "$0.00100"
    chart = json.loads(app.get("plotly_chart")[-1].proto.spec)
    assert {"$0.00100", "$0.0100"} <= {note["text"] for note in chart["layout"]["annotations"]}
    with reading(workspace) as session:
        rows = report_rows(quality.report(session, Scope(1)))
    assert rows[0]["cost_each_usd"] == pytest.approx(0.01)


def test_what_is_known_of_nobody_is_a_sentence_and_no_empty_chart(workspace: Engine) -> None:
    evaluated(workspace, ("Priceless", "Another"), prompts=6)
    with writing(workspace) as session:
        session.execute(update(Response).values(cost_usd=None, latency_ms=None))
        session.execute(update(Attempt).values(cost_usd=None, latency_ms=None))
    app = opened(figure="Refusals")
    assert words(app).count("Both candidates: unknown.") == 3
    assert "Filled: median" not in words(app), "nothing explains a chart that is not there"
    (share,) = app.get("plotly_chart")
    assert json.loads(share.proto.spec)["layout"]["xaxis"]["visible"] is True


def test_without_an_acceptable_response_there_is_no_scale_of_dollars(workspace: Engine) -> None:
    evaluated(workspace, ("Useless",))
    assert "Useless: none." in words(opened())


def test_every_figure_stands_in_the_table_and_none_is_not_unknown(workspace: Engine) -> None:
    evaluated(workspace, ("Cheap", "Useless", "Priceless"))
    table = {row["Candidate"]: row for row in figures(opened())[0]}
    wanted = ("Per 1,000 automatically acceptable", "Spent", "Automatically acceptable", "Responses")
    assert {name: tuple(row[head] for head in wanted) for name, row in table.items()} == {
        "Cheap": ("$1.50", "$0.0120", "66.7 %", "12"),
        "Useless": ("none", "$0.0240", "0.0 %", "12"),
        "Priceless": ("unknown", "unknown", "100.0 %", "12"),
    }
    assert table["Cheap"]["Median"] == "1.55 s"


def test_an_unknown_price_is_said_to_be_so_and_where_to_enter_it(workspace: Engine) -> None:
    evaluated(workspace, ("Priceless",))
    app = opened()
    assert app.header[0].value == "What acceptable responses cost is unknown"
    assert "What **Priceless** cost is unknown. Where a price is missing, enter it on *Candidates*" in words(app)


def test_the_address_chooses_category_and_candidates(workspace: Engine) -> None:
    evaluated(workspace)
    app = opened(show="Dear")
    app.selectbox(key="cost_category").set_value("coding").run()
    assert app.header[0].value == "Dear costs \\$10.00 per 1,000 acceptable responses"
    assert "6 responses of 1 candidate · coding" in words(app)
    assert [row["Candidate"] for row in figures(app)[0]] == ["Dear"]


def test_an_address_that_names_nothing_here_shows_everything(workspace: Engine) -> None:
    evaluated(workspace)
    app = opened(dataset="Gone", run="Gone", category="Gone", show="Gone", figure="Gone", behind="Gone", of="Gone")
    assert "36 responses of 3 candidates · all categories" in words(app)


def test_any_figure_is_shown_by_candidate_and_by_category(workspace: Engine) -> None:
    evaluated(workspace)
    app = opened(figure="Share automatically acceptable")
    by_category = {row["Candidate"]: row for row in grids(app)[0]}
    assert by_category["Cheap"] == {"Candidate": "Cheap", "All": "67 %", "coding": "67 %", "support": "67 %"}
    for figure in app.selectbox(key="cost_figure").options:
        app.selectbox(key="cost_figure").set_value(figure).run()
        assert not app.exception, figure


def test_behind_a_figure_are_its_responses_with_the_way_to_each(workspace: Engine) -> None:
    made = evaluated(workspace)
    app = opened(behind="Fails “Contains”", of="Cheap")
    behind = listed(app)
    assert [row["Prompt"] for row in behind] == ["p0", "p3", "p6", "p9"]
    assert {row["Why"] for row in behind} == {"lacks the reference answer"}
    assert behind[0]["Answer"] == "Cheap answers 0."
    with reading(workspace) as session:
        response = session.get_one(Response, 13)
    assert (response.prompt_id, response.candidate_id) == (made.prompts["p0"], made.candidates["Cheap"])
    assert "./responses?responses_dataset=1&prompt=p0&response=13" in links(app)
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
    (behind,) = listed(app)
    assert (behind["By gates"], behind["Why"]) == ("given up", "auth: 401")
    assert "./responses?responses_dataset=1&prompt=p0" in links(app)


@pytest.mark.parametrize(("kind", "tells"), [("auth", False), ("quota", False), ("server_error", True)])
def test_a_refused_key_says_nothing_of_the_candidate_and_a_server_that_fails_does(
    workspace: Engine, kind: str, tells: bool
) -> None:
    made = evaluated(workspace)
    with writing(workspace) as session:
        made.session = session
        run = made.run(state="stopped", problem="It was refused.")
        failed = {"error_kind": kind, "error_message": "no", "is_last": True, "cost_usd": 0.0}
        for prompt in made.prompts:
            made.attempts(run, "Dear", prompt, [failed])
    with reading(workspace) as session:
        found = quality.report(session, Scope(1, all_runs=True))
        verdicts = pooled(session, "Support")
        wrong = quality.responses_behind(session, Scope(1, all_runs=True), What("not_acceptable"))[1]
    dear = next(line for line in found.overall() if line.candidate_id == made.candidates["Dear"])
    assert dear.errors == 12, "shown either way"
    assert (dear.acceptable.n, dear.human.responses) == ((24, 24) if tells else (12, 12))
    assert verdicts.judged.sum() == 36 + 12 * tells
    assert wrong == 4 + 12 + 12 * tells, "the list holds as many as the figures"


def test_without_prompts_or_responses_the_page_says_what_to_do_next(workspace: Engine) -> None:
    assert "Nothing to measure yet" in words(opened())
    with writing(workspace) as session:
        Evaluated(session).prompt("p0", "support")
    shown = words(opened())
    assert "has answered" in shown
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
    ((line,),) = figures(app)
    assert line["No verdict"] == "3"
    unknown = (
        "Per 1,000 automatically acceptable",
        "Spent",
        "Automatically acceptable",
        "Attempts",
        "Median",
        "Tokens out",
    )
    assert {line[head] for head in unknown} == {"unknown"}


def test_one_of_a_thing_is_told_in_the_singular(workspace: Engine) -> None:
    with writing(workspace) as session:
        made = Evaluated(session)
        made.candidate("New")
        made.prompt("p0", "support")
        made.response(made.run("import"), "New", "p0", finish_reason=None)
    shown = words(opened())
    assert "1 response of 1 candidate" in shown
    assert "1 response without a verdict" in shown


def test_sixty_candidates_with_odd_names_are_shown_as_typed(workspace: Engine) -> None:
    names = tuple(
        f"*model* <b>{number}</b> $x$ :smile: with a name that goes on, version {number}" for number in range(60)
    )
    evaluated(workspace, names, prompts=3)
    app = opened(figure="Errors")
    assert len(figures(app)[0]) == 60
    assert "\\*model\\*" in app.header[0].value
    assert "<b>" not in words(app)
    assert "Each of the first 20 candidates: 0 %." in words(app)
    app.multiselect(key="cost_show").set_value([names[40]]).run()
    assert not app.exception
    assert [row["Candidate"] for row in figures(app)[0]] == [names[40]]


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
        (0.99999, "$1.00"),
        (0.099999, "$0.100"),
    ],
)
def test_amounts_are_written_to_three_digits(usd: float, written: str) -> None:
    assert money(usd) == written


def test_numbers_of_an_axis_lose_zeros_that_say_nothing() -> None:
    assert labels(money, (0.02, 0.0125, 0.1, 20.0, 100.0)) == ["$0.02", "$0.0125", "$0.10", "$20", "$100"]
    assert labels(money, (0.09, 0.10, 0.11)) == ["$0.09", "$0.10", "$0.11"]
    assert labels(money, (4.5, 5.0, 5.5)) == ["$4.50", "$5.00", "$5.50"]
    assert labels(money, (10.0, 20.0, 30.0)) == ["$10", "$20", "$30"]
    assert labels(seconds, [1500.0]) == ["1.5 s"]
    assert labels(percent, [0.5]) == ["50\u00a0%"]


def choose_part(app: AppTest, part: str) -> None:
    """Open a part of the Candidates page, however it is drawn."""
    drawn = [radio for radio in app.radio if part in radio.options]
    if drawn:
        drawn[0].set_value(part).run()
    else:
        app.session_state["candidates_show"] = part
        app.run()
    assert not app.exception


def labelled(widgets: Iterable[Any], label: str) -> Any:
    return next(widget for widget in widgets if widget.label == label)


def test_the_page_opens_after_any_walk_over_pages_with_parts_and_choices(workspace: Engine) -> None:
    evaluated(workspace)
    app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60).run()
    walk = "candidates cost leaderboard candidates responses datasets cost runs cost raters studies cost"
    for page in walk.split():
        app.switch_page(f"{page}.py").run()
        assert not app.exception, page
        assert not app.error, page
        if page == "candidates":
            for part in ("Prices", "Candidates", "Prices"):
                choose_part(app, part)
        if page == "cost":
            assert app.title[0].value == "Cost & quality"
            assert "acceptable response" in app.header[0].value
            labelled(app.multiselect, "Candidates").set_value(["Dear"]).run()
            labelled(app.selectbox, "Category").set_value("coding").run()
            assert "6 responses of 1 candidate · coding" in words(app)


@pytest.mark.regression("1.5")
def test_what_the_address_asks_for_and_is_not_here_is_said_and_the_rest_is_shown(workspace: Engine) -> None:
    evaluated(workspace)
    gone = {"dataset": "Gone *set*", "run": "Run 99 · evaluation", "category": "Sport", "show": "Nobody"}
    app = opened(**gone)
    assert "36 responses of 3 candidates · all categories" in words(app)
    said = [caption.value for caption in app.caption if "not here any more" in caption.value]
    assert len(said) == 4
    assert "dataset of this link (“Gone \\*set\\*”) is not here any more; showing *Support*" in said[0]
    app.run()
    assert "not here any more" not in words(app), "it is said once"


def test_a_link_to_a_run_stays_good_whatever_becomes_of_the_run(workspace: Engine) -> None:
    evaluated(workspace)
    with reading(workspace) as session:
        (run,) = quality.runs(session, 1)
    with writing(workspace) as session:
        session.get_one(Run, run.id).state = "stopped"
    app = opened(run=run_name(run))
    assert app.selectbox(key="cost_run").value.startswith(f"Run {run.id} ")
    assert "not here any more" not in words(app)


def sliced(engine: Engine) -> Evaluated:
    """Three candidates on twelve prompts; then a run of two prompts by one of them and by a fourth."""
    made = evaluated(engine)
    with writing(engine) as session:
        made.session = session
        session.get_one(Candidate, made.candidates["Dear"]).is_champion = True
        made.candidate("Fourth")
        run = made.run()
        for name in ("Dear", "Fourth"):
            for number in (0, 1):
                fields = {"cost_usd": 0.0001, "latency_ms": 500.0}
                made.attempts(run, name, f"p{number}", [fields])
                made.response(run, name, f"p{number}", f"{name} anew {number}", scores=CLEAN, **fields)
    return made


def test_who_costs_least_is_no_verdict_and_the_page_leads_to_it(workspace: Engine) -> None:
    made = evaluated(workspace)
    assert not leads(opened()), "without a champion there is no verdict"
    with writing(workspace) as session:
        session.get_one(Candidate, made.candidates["Dear"]).is_champion = True
    verdict, recommended = leads(opened())
    assert verdict.label.startswith("That is no verdict yet: whether Cheap may take over from Dear")
    asked = parse_qs(verdict.query_string)
    assert asked["decisions_closer"] == [str(made.candidates["Cheap"])]
    app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60)
    app.switch_page("decisions.py")
    for name, value in asked.items():
        app.query_params[name] = value
    app.run()
    assert app.selectbox(key="decisions_closer").value == "Cheap"
    assert recommended.label.startswith("What the verdicts recommend")
    assert parse_qs(recommended.query_string) == {"overview_dataset": asked["decisions_dataset"]}
    with writing(workspace) as session:
        for name in ("Dear", "Cheap"):
            session.get_one(Candidate, made.candidates[name]).is_champion = name == "Cheap"
    assert [one.label[:10] for one in leads(opened())] == ["What the v"], "the champion costs least"


def leads(app: AppTest) -> list[Any]:
    """The links of the page that lead to a verdict, and to what it recommends."""
    return [link.proto for link in app.main.get("page_link") if "erdict" in link.proto.label]


@pytest.mark.regression("1.6")
def test_a_slice_replaces_nothing_and_who_was_asked_it_alone_stands_apart(workspace: Engine) -> None:
    sliced(workspace)
    app = opened()
    shown = words(app)
    assert "36 responses of 3 candidates" in shown
    assert app.header[0].value.startswith("Cheap costs least"), "the cheaper one is not ranked: two prompts are too few"
    assert "Compared on 12 prompts of the champion Dear, newest run of each, with all repetitions." in shown
    assert "apart below: **Fourth** 2 of 12." in shown
    compared, apart = figures(app)
    assert [row["Prompts"] for row in (*compared, *apart)] == ["12 of 12"] * 3 + ["2 of 12"]
    assert [row["Candidate"] for row in apart] == ["Fourth"]


@pytest.mark.regression("1.6")
def test_one_click_narrows_to_the_prompts_that_all_were_asked_and_stands_in_the_address(workspace: Engine) -> None:
    sliced(workspace)
    app = opened()
    labelled(app.toggle, "Only prompts that all were asked").set_value(True).run()
    assert "8 responses of 4 candidates" in words(app)
    assert "Compared on 2 prompts that all 4 candidates were asked" in words(app)
    assert "8 responses of 4 candidates" in words(opened(shared="true"))
    some = opened(shared="true", show=["Cheap", "Useless"])
    assert "24 responses of 2 candidates" in words(some)
    assert "12 prompts that both candidates were asked" in words(some)


@pytest.mark.regression("1.5")
def test_other_pages_say_too_what_their_address_asks_for_in_vain(workspace: Engine) -> None:
    evaluated(workspace)
    stale = {
        "leaderboard": {"leaderboard_study": "Gone study"},
        "raters": {"raters_question": "Gone question"},
        "responses": {"responses_dataset": "Gone set", "prompt": "gone prompt"},
    }
    for page, address in stale.items():
        app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60).run().switch_page(f"{page}.py")
        for name, value in address.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, page
        for value in address.values():
            assert f"“{value}”" in words(app), page


def test_another_champion_is_the_measure_at_once(workspace: Engine) -> None:
    made = sliced(workspace)
    app = opened()
    assert "12 prompts of the champion Dear" in words(app)
    with writing(workspace) as session:
        for name in ("Dear", "Fourth"):
            session.get_one(Candidate, made.candidates[name]).is_champion = name == "Fourth"
    assert "2 prompts of the champion Fourth" in words(app.run())


@pytest.mark.parametrize(
    ("least", "most", "is_log"),
    [(0.3, 0.9, False), (0.0, 0.008, False), (-3.0, 970.0, False), (0.0011, 0.0019, True), (0.002, 30.0, True)],
)
def test_an_axis_has_three_round_numbers_or_more_and_no_two_are_written_alike(
    least: float, most: float, is_log: bool
) -> None:
    at = ticks(least, most, is_log=is_log)
    assert 3 <= len(at) <= 6
    assert all(least <= value <= most for value in at)
    for written in (percent, money, seconds):
        assert len(set(labels(written, at))) == len(at)


def test_figure_by_figure_opens_on_one_that_differs_and_its_choice_has_a_name(workspace: Engine) -> None:
    evaluated(workspace, ("Cheap", "Dear"))
    app = opened()
    choice = app.selectbox(key="cost_figure")
    assert choice.label == "Figure" and choice.value not in ("Errors", "Share automatically acceptable")
    (table,) = (rows for rows in grids(app) if "All" in rows[0])
    assert len({row["All"] for row in table}) > 1


def test_what_overlaps_is_not_called_a_test_and_the_lowest_price_says_of_what(workspace: Engine) -> None:
    evaluated(workspace, ("Cheap", "Useless"))
    with writing(workspace) as session:
        session.execute(update(Response).where(Response.cost_usd == 0.002).values(cost_usd=0.0002))
        session.execute(update(Attempt).where(Attempt.cost_usd == 0.002).values(cost_usd=0.0002))
    shown = words(opened())
    assert "Lowest price per answer: **Useless**, \\$0.200 per 1,000 answers, of which 0 % (" in shown
    assert "are acceptable." in shown and "clearly cheaper" not in shown


def test_a_figure_of_zeros_is_a_sentence(workspace: Engine) -> None:
    evaluated(workspace, ("Cheap", "Dear"))
    app = opened(figure="Errors")
    assert "Both candidates: 0 %." in words(app)
    assert len(app.get("plotly_chart")) == 3, "cost, share and latency; of time to first token nothing is known"
    assert not [rows for rows in grids(app) if "All" in rows[0]], "nor a table of zeros"


def test_a_name_with_a_dollar_sign_stands_as_typed_beside_amounts(workspace: Engine) -> None:
    evaluated(workspace, ("Cheap", "pays $1$ each"))
    shown = words(opened())
    assert "**pays \\$1\\$ each**" in shown
    assert "\\\\$" not in shown
