"""The Responses page as one comes to it from a figure: the response is marked, with all that speaks for and against."""

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from core.domain.votes import Outcome
from core.services.leaderboards import tallies, weighting
from core.services.studies import studies
from core.storage.engine import write, writing
from core.storage.tables import Assignment, Candidate, Remark, Response, Score, Vote
from core.ui.shared.navigation import PAGES_FOLDER
from tests.evaluated import Evaluated
from tests.pages.grids import grids, links
from tests.voted import Voted
from tests.workspace import NOW

CLEAN = {"Refusal": 1.0, "Complete": 1.0, "Right number": 1.0}
WRONG = "the final number is 4.2, 3.96 was wanted"
L, R, TIE, BAD = Outcome


@pytest.fixture
def workspace(workspace: Engine) -> Engine:
    """The app's own engine on a database with the default study and nothing else."""
    write(workspace, lambda session: studies.ensure_default(session, now=NOW))
    return workspace


def plant(engine: Engine, *, candidates: int = 2) -> dict[tuple[int, str, str], int]:
    """Two runs of two prompts and an import; (run, prompt, candidate) → the response. B fails, and Ada said so."""
    with writing(engine) as session:
        made = Evaluated(session)
        for prompt, category in (("p0", "support"), ("p1", "coding")):
            made.prompt(prompt, category)
        kinds = {"Refusal": "refusal", "Complete": "incomplete", "Right number": "number_match"}
        for name, kind in kinds.items():
            made.evaluator(name, kind)
        made.gate("Right number")
        names = [chr(ord("A") + number) if number < 26 else f"Z{number}" for number in range(candidates)]
        for name in names:
            made.candidate(name)
        ids = {}
        for run in (made.run(), made.run()):
            for prompt in made.prompts:
                for name in names:
                    scores = {**CLEAN, "Right number": float(name != "B")}
                    text = f"{name} on {prompt} in run {run}."
                    ids[run, prompt, name] = made.response(run, name, prompt, text, scores=scores)
                    if name == "B":
                        failed = session.get_one(Score, (ids[run, prompt, name], made.evaluators["Right number"]))
                        failed.reason = WRONG
        said = Voted(made)
        vote = said.vote("Ada", ids[1, "p1", "B"], ids[1, "p1", "A"], R, time_on_pair_ms=42_000, too_fast=True)
        given = session.get_one(Assignment, session.get_one(Vote, vote).assignment_id)
        note = {"assignment_id": given.id, "rater_id": given.rater_id, "created_at": NOW}
        session.add(Remark(kind="comment", note="B is better: A is [wrong](http://bad.example)", **note))
    return ids


def opened(**address: str) -> AppTest:
    app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60)
    app.switch_page("responses.py")
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption, *app.get("badge")]
    return "\n".join(str(getattr(element, "value", element)) for element in shown)


def test_a_response_in_the_address_chooses_dataset_prompt_and_run_and_is_marked(workspace: Engine) -> None:
    ids = plant(workspace)
    app = opened(response=str(ids[1, "p1", "B"]))
    assert app.selectbox(key="responses_prompt_chosen").value == "p1"
    assert app.selectbox(key="responses_run").value.startswith("Run 1 ")
    shown = words(app)
    assert shown.count("chosen") == 1
    assert "2 responses" in shown
    assert app.query_params["response"] in ([str(ids[1, "p1", "B"])], str(ids[1, "p1", "B"]))
    (arrive,) = [each for each in app.get("bidi_component") if each.proto.component_name == "evenhand_arrive"]
    assert f'"{ids[1, "p1", "B"]}-1"' in arrive.proto.json


def test_its_card_says_why_it_is_not_acceptable_and_has_every_score_vote_and_note(workspace: Engine) -> None:
    ids = plant(workspace)
    app = opened(response=str(ids[1, "p1", "B"]))
    shown = words(app)
    assert f"**Lacks the right number**: {WRONG}" in shown
    assert "| Right number :red[gate, fails] | **0** | the final number is 4.2, 3.96 was wanted |" in shown
    assert "| Refusal | **1** | – |" in shown
    (votes,) = [rows for rows in grids(app) if "Shown as" in rows[0]]
    wanted = {"Question": "Send", "Answer": "the other", "Beside": "A", "Shown as": "A", "Rater": "Ada"}
    assert wanted.items() <= votes[0].items()
    assert (votes[0]["Took"], votes[0]["Noted"]) == ("42 s", "too fast")
    assert f"./responses?response={ids[1, 'p1', 'A']}" in links(app)
    assert "B\\ is" not in shown and "B is better" in shown
    assert "[wrong](http" not in shown, "what a rater typed is no markup"
    assert "names both" in shown


def test_of_several_turns_it_says_how_long_the_last_is_which_limits_hold(workspace: Engine) -> None:
    ids = plant(workspace)
    with writing(workspace) as session:
        found = session.get_one(Response, ids[2, "p1", "B"])
        found.turns, found.words = ["one two three", "four five"], 5
    shown = words(opened(response=str(ids[2, "p1", "B"])))
    assert "5 words, 2 of them in the last turn" in shown
    assert shown.count("in the last turn") == 1, "a single turn is all there is"


def test_the_other_cards_are_folded_and_look_nothing_up(workspace: Engine) -> None:
    ids = plant(workspace)
    app = opened(response=str(ids[2, "p0", "A"]))
    folded = {each.label: each.proto.expanded for each in app.expander}
    assert folded["0 votes, 0 notes"] and not folded["Votes and notes"]
    assert "No rater has said anything of this response yet." in words(app)
    assert words(app).count("What it said") == 1


@pytest.mark.parametrize(
    "hostile", ["99999", "0", "-1", "1e3", "9" * 19, "9" * 400, "٣", "1; DROP TABLE vote", "<b>x</b>", "1.5", " 1"]
)
def test_a_response_that_is_not_there_is_said_and_the_rest_stands(workspace: Engine, hostile: str) -> None:
    plant(workspace)
    app = opened(response=hostile, prompt="p1")
    assert "The response of this link" in words(app)
    assert "not here any more" in words(app)
    assert app.selectbox(key="responses_prompt_chosen").value == "p1"
    assert "response" not in app.query_params
    assert "chosen" not in words(app)


def test_an_address_that_contradicts_itself_is_led_by_the_response(workspace: Engine) -> None:
    ids = plant(workspace)
    address = {"prompt": "p0", "responses_category": "support", "responses_search": "p0", "responses_run": "2"}
    app = opened(response=str(ids[1, "p1", "A"]), **address)
    assert app.selectbox(key="responses_prompt_chosen").value == "p1"
    assert app.selectbox(key="responses_run").value.startswith("Run 1 ")
    assert app.text_input(key="responses_search").value == ""
    assert words(app).count("chosen") == 1


def test_who_goes_on_to_another_prompt_leaves_the_mark_behind(workspace: Engine) -> None:
    ids = plant(workspace)
    app = opened(response=str(ids[1, "p0", "A"]))
    app.button(key="responses_prompt-Next").click().run()
    assert app.selectbox(key="responses_prompt_chosen").value == "p1"
    assert "response" not in app.query_params
    assert "chosen" not in words(app)


def test_among_sixty_candidates_the_page_with_the_response_is_turned_up_once(workspace: Engine) -> None:
    ids = plant(workspace, candidates=60)
    app = opened(response=str(ids[2, "p0", "Z46"]), responses_page="1", responses_show="1")
    assert "**Z46**" in words(app) and words(app).count("chosen") == 1
    app.query_params["responses_page"] = "1"
    app.run()
    assert "**A**" in words(app) and "**Z46**" not in words(app)


def test_a_response_of_a_single_import_needs_no_run_to_choose(workspace: Engine) -> None:
    with writing(workspace) as session:
        made = Evaluated(session)
        made.prompt("p", "support")
        for name in ("A", "B"):
            made.candidate(name)
        first = made.response(made.run("import"), "A", "p", finish_reason=None)
        made.response(made.run("import"), "B", "p", finish_reason=None)
    app = opened(response=str(first))
    assert not [each for each in app.selectbox if each.key == "responses_run"]
    assert "2 responses" in words(app) and words(app).count("chosen") == 1


def test_by_default_the_newest_answer_of_each_candidate_is_shown_and_all_when_asked(workspace: Engine) -> None:
    plant(workspace)
    app = opened(prompt="p0")
    assert "2 responses" in words(app)
    answers = [each.proto.json for each in app.get("bidi_component") if each.key.startswith("responses_answer")]
    assert len(answers) == 2 and all("in run 2." in answer for answer in answers)
    app.selectbox(key="responses_run").set_value("All runs").run()
    assert "4 responses" in words(app)


def test_a_deleted_response_is_said_to_be_gone(workspace: Engine) -> None:
    ids = plant(workspace)
    gone = ids[2, "p0", "B"]
    with writing(workspace) as session:
        for score in CLEAN:
            number = list(CLEAN).index(score) + 1
            session.delete(session.get_one(Score, (gone, number)))
        session.flush()
        session.delete(session.get_one(Response, gone))
    app = opened(response=str(gone), prompt="p0")
    assert f"The response of this link (“{gone}”) is not here any more" in words(app)
    assert "1 response" in words(app) or "2 responses" in words(app)


def board(engine: Engine, **address: str) -> AppTest:
    with writing(engine) as session:
        for study in studies.listed(session):
            tallies.rebuild(session, study.id or 0)
    weighting.refresh_all(engine, now=NOW)
    app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60)
    app.switch_page("leaderboard.py")
    for name, value in address.items():
        app.query_params[f"leaderboard_{name}"] = value
    app.run()
    assert not app.exception
    return app


def test_behind_a_number_of_the_board_are_the_pairs_with_the_way_to_their_responses(workspace: Engine) -> None:
    ids = plant(workspace)
    with writing(workspace) as session:
        b = session.get_one(Response, ids[1, "p1", "B"]).candidate_id
        assert session.get_one(Candidate, b).name == "B"
    app = board(workspace, study="2", question="6", of=str(b), votes="lost")
    assert "1 vote on 1 pair of responses" in words(app)
    (pairs,) = [rows for rows in grids(app) if "Beside" in rows[0]]
    assert {"Prompt": "p1", "Beside": "A", "Won": "0", "Lost": "1"}.items() <= pairs[0].items()
    for name in ("A", "B"):
        assert any(link.endswith(f"response={ids[1, 'p1', name]}") for link in links(app))
    app.selectbox(key="leaderboard_votes").set_value("Wins").run()
    assert not app.exception
    assert "None." in words(app)


def test_before_anybody_is_chosen_no_vote_is_looked_up(workspace: Engine) -> None:
    plant(workspace)
    app = board(workspace, study="2", question="6")
    assert "Choose a number in the table above" in words(app)
    assert not [rows for rows in grids(app) if "Beside" in rows[0]]
