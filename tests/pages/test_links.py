"""Links to pages: choices by id, defaults too; what a link lost is said; what is chosen goes along; moments hold."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from core.domain.votes import Outcome
from core.services.studies import studies
from core.storage.engine import reading, write, writing
from core.storage.tables import Candidate, Dataset, Gate, Prompt, Response, Run, Score, Study
from core.ui.shared.navigation import PAGES_FOLDER
from tests.ballots import Ballot, cast
from tests.decided import Planted, plant, vote
from tests.long import crossed
from tests.pages.grids import grids
from tests.workspace import NOW, make_workspace

L, R, TIE, BAD = Outcome
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "'; DROP TABLE vote; --",
    "9" * 400,
    "-1",
    "../../etc",
    "\u202e[x](javascript:1)",
)


def opened(page: str, **address: Any) -> AppTest:
    app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    app.switch_page(f"{page}.py").run()
    assert not app.exception
    return app


def said(app: AppTest) -> list[str]:
    return [caption.value for caption in app.caption if "of this link" in caption.value]


def address(app: AppTest) -> dict[str, str]:
    return {name: found if isinstance(found, str) else found[-1] for name, found in app.query_params.items()}


@pytest.fixture
def two_datasets(workspace: Engine) -> Engine:
    """*Support*, answered and voted on; then *Newer*, answered too; then *Empty*, which nobody answered."""
    made = plant(workspace, {"A": Planted(1.0, 0.02), "B": Planted(1.0, 0.01)}, prompts=8)
    vote(workspace, made, ("A", "B"), {"send": (0.9, 0.5), "tone": (0.9, 0.5)})
    with writing(workspace) as session:
        newer, empty = (Dataset(name=name, content_hash=name, created_at=NOW) for name in ("Newer", "Empty"))
        session.add_all([newer, empty])
        session.flush()
        prompt = Prompt(
            dataset_id=newer.id, external_id="n0", category="support", content_hash="n0", tags=[], constraints={},
            messages=[{"role": "user", "content": "How?"}],
        )  # fmt: skip
        run = Run(dataset_id=newer.id, source="evaluation", state="done", created_at=NOW, candidate_ids=[1, 2])
        session.add_all([prompt, run])
        session.flush()
        told = {"turns": ["So."], "words": 1, "finish_reason": "stop", "cost_usd": 0.01, "created_at": NOW}
        for number in made.candidates.values():
            ids = {"run_id": run.id, "prompt_id": prompt.id, "candidate_id": number, "content_hash": str(number)}
            session.add(Response(**ids, **told))
    return workspace


CHOICES = {
    "leaderboard": ("study", "question", "category", "peek"),
    "raters": ("study", "question"),
    "cost": ("dataset", "run", "category", "shared", "behind", "of"),
    "decisions": ("dataset", "scope"),
    "responses": ("dataset", "category"),
    "drift": ("dataset",),
}


@pytest.mark.parametrize("page", CHOICES)
def test_every_choice_stands_in_the_address_by_itself_and_a_link_with_it_shows_the_same(
    two_datasets: Engine, page: str
) -> None:
    app = opened(page, **{f"{page}_dataset": "1"} if page == "decisions" else {})
    found = {name: value for name, value in address(app).items() if name.startswith(f"{page}_")}
    assert set(found) >= {f"{page}_{name}" for name in CHOICES[page]}
    for kind in ("study", "question", "dataset"):
        assert found.get(f"{page}_{kind}", "1").isdecimal(), f"the {kind} stands there by id"
    again = opened(page, **found)
    assert not said(again)
    assert [box.value for box in again.selectbox] == [box.value for box in app.selectbox]
    assert {name: value for name, value in address(again).items() if name in found} == found


def test_the_usual_dataset_is_the_one_with_the_newest_responses_and_never_an_empty_one(two_datasets: Engine) -> None:
    for page in ("cost", "responses", "decisions", "drift"):
        assert opened(page).selectbox(key=f"{page}_dataset").value == "Newer", page


@pytest.mark.parametrize(
    ("page", "asked", "shown"),
    [
        ("cost", {"dataset": "Support", "category": "coding"}, {"dataset": "1"}),
        ("responses", {"dataset": "Support"}, {"dataset": "1"}),
        ("decisions", {"dataset": "Support"}, {"dataset": "1"}),
        ("drift", {"dataset": "Support"}, {"dataset": "1"}),
        ("leaderboard", {"study": "Everything", "question": "Send"}, {"study": "1", "question": "3"}),
        ("raters", {"study": "Everything", "question": "Send"}, {"study": "1", "question": "3"}),
    ],
)
def test_old_links_with_names_are_read_and_written_anew_by_id(
    two_datasets: Engine, page: str, asked: dict[str, str], shown: dict[str, str]
) -> None:
    app = opened(page, **{f"{page}_{name}": value for name, value in asked.items()})
    assert not said(app)
    assert {name: address(app)[f"{page}_{name}"] for name in shown} == shown


def test_a_renamed_dataset_study_and_candidate_keep_their_links(two_datasets: Engine) -> None:
    with writing(two_datasets) as session:
        session.get_one(Dataset, 1).name = "Renamed"
        session.get_one(Study, 1).name = "Other"
        session.get_one(Candidate, 2).name = "Bee"
    cost = opened("cost", cost_dataset="1", cost_show="2", cost_run="1")
    assert cost.selectbox(key="cost_dataset").value == "Renamed"
    assert cost.multiselect(key="cost_show").value == ["Bee"]
    assert opened("leaderboard", leaderboard_study="1").selectbox(key="leaderboard_study").value == "Other"


@pytest.mark.parametrize(
    ("page", "odd"), crossed(["cost", "leaderboard", "decisions", "responses", "drift", "raters"], HOSTILE)
)
def test_what_a_link_names_and_is_not_here_is_said_in_one_sentence_and_harmless(
    two_datasets: Engine, page: str, odd: str
) -> None:
    what = "study" if page in ("leaderboard", "raters") else "dataset"
    app = opened(page, **{f"{page}_{what}": odd})
    (sentence,) = said(app)
    assert f"The {what} of this link (“" in sentence and "is not here any more; showing *" in sentence
    assert len(sentence) < 400 and "<img" not in sentence and "](javascript" not in sentence
    assert odd not in address(app).values(), "the address says what is shown"
    app.run()
    assert not said(app), "it is said once"


def test_a_removed_candidate_category_run_question_prompt_and_study_are_each_said(two_datasets: Engine) -> None:
    app = opened("cost", cost_dataset="1", cost_run="99", cost_category="Sport", cost_show=["99", "1"])
    sentences = said(app)
    assert any("run of this link (“99”)" in each and "*Newest of each*" in each for each in sentences)
    assert any("category of this link (“Sport”)" in each and "*All categories*" in each for each in sentences)
    assert any("candidates of this link (“99”) are not here any more; showing *A*" in each for each in sentences)
    assert app.multiselect(key="cost_show").value == ["A"]
    (sentence,) = said(opened("leaderboard", leaderboard_question="77"))
    assert "question of this link (“77”)" in sentence
    (sentence,) = said(opened("responses", responses_dataset="1", prompt="p99"))
    assert "prompt of this link (“p99”)" in sentence and "showing *p0*" in sentence
    (sentence,) = said(opened("studies", edit="77"))
    assert "study of this link (“77”)" in sentence
    (sentence,) = said(opened("runs", run="77"))
    assert "run of this link (“77”)" in sentence and "showing *run 2*" in sentence


def test_another_study_brings_its_own_questions_without_a_word(two_datasets: Engine) -> None:
    other = write(two_datasets, lambda session: studies.create(session, name="Other", now=NOW, state="open"))
    app = opened("leaderboard", leaderboard_question="3")
    app.selectbox(key="leaderboard_study").select("Other").run()
    assert not said(app) and address(app)["leaderboard_study"] == str(other.id)
    with reading(two_datasets) as session:
        mine = {str(each.id) for each in studies.questions(session, other.id or 0)}
    assert address(app)["leaderboard_question"] in mine


def test_what_is_chosen_goes_along_and_what_came_by_itself_does_not(two_datasets: Engine) -> None:
    app = opened("cost")
    app.switch_page("decisions.py").run()
    assert app.selectbox(key="decisions_dataset").value == "Newer"
    app.switch_page("cost.py").run()
    app.selectbox(key="cost_dataset").select("Support").run()
    app.selectbox(key="cost_category").select("coding").run()
    app.multiselect(key="cost_show").set_value(["B"]).run()
    for page in ("decisions", "responses", "drift"):
        app.query_params.clear()
        app.switch_page(f"{page}.py").run()
        assert app.selectbox(key=f"{page}_dataset").value == "Support", page
    app.query_params.clear()
    app.switch_page("responses.py").run()
    assert app.selectbox(key="responses_category").value == "coding"
    app.query_params.clear()
    app.switch_page("cost.py").run()
    assert app.multiselect(key="cost_show").value == ["B"] and address(app)["cost_show"] == "2"


def ballots(n: int, flipped: bool) -> list[Ballot]:
    return [Ballot(k % 3, 0, 1, R if flipped or k % 4 == 0 else L, k % 6) for k in range(n)]


def test_a_pinned_board_is_that_of_then_says_so_and_leads_to_now(workspace: Engine) -> None:
    at = make_workspace(workspace, raters=3)
    cast(workspace, at, ballots(30, flipped=False))
    before = grids(opened("leaderboard"))
    cast(workspace, at, ballots(60, flipped=True))
    app = opened("leaderboard", as_of="30.1.12")
    assert grids(app) == before
    (line,) = [caption.value for caption in app.caption if "as the link asks" in caption.value]
    assert "Shown as of vote no. 30, as the link asks; 60 votes since." in line
    app.button(key="pins_now").click().run()
    assert "as_of" not in app.query_params and grids(app) != before
    assert not [caption.value for caption in app.caption if "as the link asks" in caption.value]


@pytest.mark.parametrize(
    ("page", "odd"),
    crossed(
        ["leaderboard", "cost", "decisions"],
        ["x", "1", "30.1", "30.1.1.1", "-1.1.1", "999999.1.1", "<b>1.1.1", "1" * 16 + ".1.1"],
    ),
)
def test_a_moment_that_makes_no_sense_is_said_and_now_is_shown(two_datasets: Engine, page: str, odd: str) -> None:
    app = opened(page, as_of=odd)
    assert any("moment of this link" in each and "*what is here now*" in each for each in said(app))
    assert "as_of" not in app.query_params


def test_pinned_figures_and_verdicts_are_those_of_then_and_what_cannot_be_is_named(two_datasets: Engine) -> None:
    moment = {"as_of": "16.2.32", "cost_dataset": "1", "decisions_dataset": "1"}
    before = {page: grids(opened(page, **moment)) for page in ("cost", "decisions")}
    assert before == {page: grids(opened(page, **moment)) for page in before}
    with writing(two_datasets) as session:
        run = session.get_one(Run, 1)
        later = Run(**run.model_dump(exclude={"id"}))
        session.add(later)
        session.flush()
        for row in session.exec(select(Response).where(Response.run_id == 1)).all():
            fields = row.model_dump(exclude={"id", "run_id", "cost_usd"})
            new = Response(**fields, run_id=later.id, cost_usd=row.candidate_id**4 * (row.cost_usd or 0))
            session.add(new)
            session.flush()
            for score in session.exec(select(Score).where(Score.response_id == row.id)).all():
                session.add(Score(**score.model_dump(exclude={"id", "response_id"}), response_id=new.id))
    for page, figures in before.items():
        app = opened(page, **moment)
        assert grids(app) == figures, page
        assert any("and run no. 2, as the link asks; 1 run since." in each.value for each in app.caption), page
        assert grids(opened(page, **{name: value for name, value in moment.items() if name != "as_of"})) != figures
    assert not opened("decisions", **moment).button(key="decisions_save").disabled
    app = opened("cost", **moment, seen="16.2.32.000000000000000.00000000.000000")
    assert any("Changed since, and counted as it is now: gates" in each.value for each in app.caption)


def test_an_unpinned_link_says_what_came_since_and_leads_to_what_it_was(workspace: Engine) -> None:
    at = make_workspace(workspace, raters=3)
    cast(workspace, at, ballots(30, flipped=False))
    cast(workspace, at, ballots(12, flipped=True))
    app = opened("leaderboard", seen="30.1.12..00000000.000000")
    (line,) = [caption.value for caption in app.caption if "Since this link was made" in caption.value]
    assert line.endswith("Since this link was made: 12 votes.")
    app.button(key="pins_then").click().run()
    assert address(app)["as_of"] == "30.1.12"
    assert "30 votes by 3 raters" in "\n".join(caption.value for caption in app.caption)
    for odd in ("", "x", "30.1.12", "99999.1.1..00000000.000000", "30.1.12.zzz.00000000.000000"):
        assert not [each for each in opened("leaderboard", seen=odd).caption if "Since this link" in each.value]


def test_retired_gates_are_told_by_name_where_the_link_knew_them(two_datasets: Engine) -> None:
    with writing(two_datasets) as session:
        session.execute(sa.update(Gate).values(retired_at=NOW))
    app = opened("cost", cost_dataset="1", seen="16.2.32.000000000000000.00000000.000000")
    assert any("Changed since, and counted as it is now: gates" in each.value for each in app.caption)
