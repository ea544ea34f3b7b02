"""The analysts' pages, run as the app runs them: leaderboard, raters, responses."""

import sqlalchemy as sa
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from core.domain.votes import Outcome
from core.services import workspace as workspace_settings
from core.services.leaderboards import raters
from core.services.studies import studies
from core.storage.engine import reading, writing
from core.storage.tables import Assignment, Candidate, Pair, Remark, Response
from core.ui.raters.page import signs
from core.ui.shared import colours
from core.ui.shared.navigation import PAGES_FOLDER
from tests.ballots import Ballot, cast, make_simulated
from tests.pages.grids import grids
from tests.workspace import NOW, Workspace, make_workspace

L, R, TIE, BAD = Outcome


def opened(page: str, **address: str) -> AppTest:
    app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60)
    for name, value in address.items():
        app.query_params[name if name == "prompt" else f"{page.removesuffix('.py')}_{name}"] = value
    app.switch_page(page).run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption, *app.get("badge")]
    return "\n".join(str(getattr(element, "value", element)) for element in shown)


def a_lead(at: Workspace, votes: int = 40) -> list[Ballot]:
    """Candidate 0 mostly beats 1, which mostly beats 2."""
    order = ((0, 1), (1, 2), (2, 0))
    ballots = []
    for n in range(votes):
        for left, right in order:
            better_left = left < right
            ballots.append(Ballot(n % len(at.raters), left, right, L if better_left == (n % 7 != 0) else R, n % 6))
    return ballots


def test_the_leaderboard_gives_the_answer_in_words_then_the_numbers(workspace: Engine) -> None:
    at = make_workspace(workspace, raters=12)
    cast(workspace, at, a_lead(at))
    app = opened("leaderboard.py")
    assert app.header[0].value.startswith("candidate 0 ")
    assert "120 votes by 12 raters on *Tone* · all categories" in words(app)
    (table,) = grids(app)
    assert [row["Candidate"] for row in table] == ["candidate 0", "candidate 1", "candidate 2"]
    assert [int(row["Wins"]) + int(row["Losses"]) for row in table] == [80, 80, 80]
    assert "Settled?" in [heading.value for heading in app.subheader]
    assert "Bradley-Terry" in words(app)


def test_without_votes_the_leaderboard_says_what_to_do_next(workspace: Engine) -> None:
    make_workspace(workspace)
    app = opened("leaderboard.py")
    assert "No votes yet" in words(app)
    assert "import votes" in words(app)
    assert not grids(app)


def test_simulated_votes_are_named_wherever_they_count_and_one_switch_removes_them(workspace: Engine) -> None:
    at = make_workspace(workspace)
    make_simulated(workspace, at, 2)
    cast(workspace, at, [Ballot(0, 0, 1, L), Ballot(1, 0, 1, L), Ballot(2, 0, 1, R)])
    for page in ("leaderboard.py", "raters.py"):
        app = opened(page)
        assert "includes 1 simulated vote" in words(app), page
        app.toggle(key=f"{page.removesuffix('.py')}_simulated").set_value(False).run()
        assert not app.exception
        assert "simulated vote" not in words(app), page
    assert "includes 1 simulated vote" in words(opened("responses.py", prompt="p0"))


def test_the_workspaces_own_switch_takes_simulated_votes_out_of_every_page(workspace: Engine) -> None:
    at = make_workspace(workspace)
    make_simulated(workspace, at, 2)
    cast(workspace, at, [Ballot(0, 0, 1, L), Ballot(1, 0, 1, L), Ballot(2, 0, 1, R)])
    with writing(workspace) as session:
        workspace_settings.count_simulated(session, False)
    for page in ("leaderboard.py", "raters.py", "responses.py"):
        shown = words(opened(page))
        assert "2 votes" in shown, page
        assert "simulated vote" not in shown, page


def test_only_switches_that_make_a_difference_are_shown(workspace: Engine) -> None:
    at = make_workspace(workspace)
    cast(workspace, at, [Ballot(0, 0, 1, L)])
    assert [toggle.label for toggle in opened("leaderboard.py").toggle] == ["Safe to peek"]
    cast(workspace, at, [Ballot(1, 0, 1, L, also={"masked": True})])
    assert [toggle.label for toggle in opened("leaderboard.py").toggle] == ["Safe to peek", "Masked pairs"]


def test_the_fixed_interval_is_narrower_and_said_to_be_for_one_look(workspace: Engine) -> None:
    at = make_workspace(workspace, raters=12)
    cast(workspace, at, a_lead(at))
    app = opened("leaderboard.py")
    peek = widths(app)
    app.toggle(key="leaderboard_peek").set_value(False).run()
    assert all(fixed < before for fixed, before in zip(widths(app), peek, strict=True))
    assert "fixed-n intervals: look once" in words(app)


def widths(app: AppTest) -> list[float]:
    """How long each candidate's interval is."""
    ends = [(row["Lower"].replace(",", ""), row["Upper"].replace(",", "")) for row in grids(app)[0]]
    return [float(upper) - float(lower) for lower, upper in ends]


def test_the_address_chooses_question_and_category(workspace: Engine) -> None:
    at = make_workspace(workspace)
    cast(workspace, at, [Ballot(0, 0, 1, L, prompt=1, question=2), Ballot(1, 0, 1, L, prompt=0, question=2)])
    app = opened("leaderboard.py", question="Send", category="coding")
    assert "1 vote by 1 rater on *Send* · coding" in words(app)


def test_an_address_that_names_nothing_here_shows_the_first_instead(workspace: Engine) -> None:
    at = make_workspace(workspace)
    cast(workspace, at, [Ballot(0, 0, 1, L)])
    app = opened("leaderboard.py", study="Gone", question="Gone", category="Gone")
    assert "1 vote by 1 rater on *Tone* · all categories" in words(app)


def test_with_a_handful_of_votes_nobody_is_put_in_order(workspace: Engine) -> None:
    at = make_workspace(workspace)
    cast(workspace, at, 2 * [Ballot(0, 0, 1, L), Ballot(1, 0, 1, L), Ballot(0, 1, 2, Outcome.BOTH_BAD)])
    app = opened("leaderboard.py")
    assert app.header[0].value == "Too few votes to rank: 6 of the 20 it takes at least."
    (table,) = grids(app)
    assert not {"Rank", "Ranks", "Rating"} & set(table[0])
    assert {row["Candidate"]: row["Both poor"] for row in table} == {
        "candidate 0": "0 of 4", "candidate 1": "2 of 6", "candidate 2": "2 of 2",
    }  # fmt: skip
    assert not app.get("plotly_chart")


def test_a_question_with_votes_comes_before_those_nobody_answered(workspace: Engine) -> None:
    at = make_workspace(workspace)
    cast(workspace, at, [Ballot(0, 0, 1, L, question=2)])
    assert opened("leaderboard.py").selectbox(key="leaderboard_question").value == "Send"


def test_of_questions_with_votes_the_one_that_verdicts_rest_on_opens(workspace: Engine) -> None:
    at = make_workspace(workspace)
    cast(workspace, at, [Ballot(0, 0, 1, L, question=question) for question in (0, 1, 2)] * 20)
    app = opened("leaderboard.py")
    assert app.selectbox(key="leaderboard_question").value == "Send"
    assert "*Overview* and *Decisions* weigh in what an answer costs" in words(app)
    app.selectbox(key="leaderboard_question").select("Tone").run()
    assert "This board is about *Tone* alone; verdicts rest on which response raters would send." in words(app)


def test_a_lead_that_is_not_proven_is_one_conclusion(workspace: Engine) -> None:
    at = make_workspace(workspace)
    cast(workspace, at, 3 * [Ballot(n % 3, 0, 1, L if n % 3 else R) for n in range(12)])
    app = opened("leaderboard.py")
    said = [line.value for line in app.markdown if "if these votes are looked at this once" in str(line.value)]
    assert len(said) == 1 and ("Not proven yet" in said[0] or "Too close to call" in said[0])
    assert "check_circle" not in said[0]


def test_candidates_that_never_met_are_shown_apart(workspace: Engine) -> None:
    at = make_workspace(workspace)
    cast(workspace, at, 7 * [Ballot(0, 0, 1, L), Ballot(1, 0, 1, L), Ballot(0, 2, 3, L)])
    app = opened("leaderboard.py")
    assert len(app.header) == 2
    assert "Group 1 of 2" in words(app)
    assert len(app.get("plotly_chart")) == 2
    assert "cannot be compared" in words(app)


def test_sixty_candidates_with_odd_names_are_shown_as_typed(workspace: Engine) -> None:
    at = make_workspace(workspace, prompts=2, candidates=60)
    with writing(workspace) as session:
        for number, candidate in enumerate(session.execute(sa.select(Candidate)).scalars()):
            candidate.name = f"*model* <b>{number}</b> $x$ :smile: with a name that goes on and on, version {number}"
    cast(workspace, at, [Ballot(n % 3, n, n + 1, L if n % 3 else R) for n in range(59)])
    app = opened("leaderboard.py")
    assert len(grids(app)[0]) == 60
    assert "\\*model\\*" in app.header[0].value
    assert "<b>" not in app.header[0].value
    chosen = app.multiselect(key="leaderboard_show").options[40]
    app.multiselect(key="leaderboard_show").set_value([chosen]).run()
    assert not app.exception


def test_the_raters_page_tells_of_each_rater_and_leads_to_what_they_flagged(workspace: Engine) -> None:
    at = make_workspace(workspace, prompts=30)
    cast(workspace, at, [Ballot(rater, 0, 1, L if n % 3 else R, n) for n in range(30) for rater in (0, 1)])
    a_flag(workspace, at, "names a *customer*")
    app = opened("raters.py")
    table = app.dataframe[0].value
    assert table["Rater"].tolist() == ["rater 0", "rater 1"]
    assert table["Agrees"].tolist() == [100.0, 100.0]
    assert table["Same again"].isna().all()
    assert app.header[0].value == "α 1.00 (1.00 to 1.00)"
    assert "names a \\*customer\\*" in words(app)
    assert [link.label for link in app.get("page_link")] == ["p1"]
    assert opened("responses.py", dataset="tests", prompt="p1").selectbox(key="responses_prompt_chosen").value == "p1"


def a_flag(engine: Engine, at: Workspace, note: str) -> None:
    with writing(engine) as session:
        asked = sa.select(Response.id).where(Response.prompt_id == at.prompts[1]).order_by(Response.candidate_id)
        left, right = session.execute(asked).scalars().all()[:2]
        first, second = at.candidates[:2]
        pair = Pair(
            study_id=at.study,
            prompt_id=at.prompts[1],
            first_response_id=left,
            second_response_id=right,
            first_candidate_id=first,
            second_candidate_id=second,
        )
        session.add(pair)
        session.flush()
        rated = Assignment(
            public_id="x",
            study_id=at.study,
            pair_id=pair.id,
            rater_id=at.raters[0],
            left_response_id=left,
            right_response_id=right,
            created_at=NOW,
            leased_until=NOW,
        )
        session.add(rated)
        session.flush()
        session.add(Remark(assignment_id=rated.id, rater_id=at.raters[0], kind="flag", note=note, created_at=NOW))


def test_without_votes_the_raters_page_says_what_to_do_next(workspace: Engine) -> None:
    make_workspace(workspace)
    assert "as soon as two of them have rated the same pair" in words(opened("raters.py"))


def test_one_question_can_be_looked_at_alone(workspace: Engine) -> None:
    at = make_workspace(workspace)
    cast(workspace, at, [Ballot(r, 0, 1, L, p, question=q) for r in (0, 1) for p in (0, 1) for q in (0, 1)])
    app = opened("raters.py")
    assert "8 votes by 2 raters" in words(app)
    assert "Everybody gave one and the same answer" in words(app)
    app.selectbox(key="raters_question").set_value("Safety").run()
    assert "4 votes by 2 raters" in words(app)


def test_the_responses_page_shows_all_answers_unblinded_and_what_is_not_known(workspace: Engine) -> None:
    at = make_workspace(workspace)
    cast(workspace, at, [Ballot(0, 0, 1, L), Ballot(1, 1, 0, BAD)])
    app = opened("responses.py")
    shown = words(app)
    assert all(f"**candidate {number}**" in shown for number in range(4))
    assert "latency, first token, tokens out, tokens in, cost, finish reason not known" in shown
    assert {"One won": "1", "Both poor": "1"}.items() <= grids(app)[0][0].items()
    drawn = [shown for shown in app.get("bidi_component") if shown.key.startswith(("responses_a", "responses_r"))]
    assert len(drawn) == 5


def test_what_a_model_thought_is_folded_away_before_its_answer(workspace: Engine) -> None:
    make_workspace(workspace, candidates=2)
    assert "Thoughts" not in [each.label for each in opened("responses.py").expander]
    with writing(workspace) as session:
        response = session.exec(sa.select(Response).order_by(Response.id)).scalars().first()
        response.reasoning = ["Let me think."]
    (thoughts,) = [each for each in opened("responses.py").expander if each.label == "Thoughts"]
    assert not thoughts.proto.expanded


def test_the_next_prompt_is_a_press_away_and_stands_in_the_address(workspace: Engine) -> None:
    make_workspace(workspace)
    app = opened("responses.py")
    app.button(key="responses_prompt-Next").click().run()
    assert app.query_params["prompt"] in ("p1", ["p1"])
    assert app.selectbox(key="responses_prompt_chosen").value == "p1"
    assert not app.button(key="responses_prompt-Previous").disabled


def test_a_search_without_a_find_says_so(workspace: Engine) -> None:
    make_workspace(workspace)
    app = opened("responses.py")
    app.text_input(key="responses_search").set_value("zebra").run()
    assert not app.exception
    assert "No prompt matches" in words(app)


def test_an_empty_workspace_is_told_to_import(workspace: Engine) -> None:
    with writing(workspace) as session:
        studies.ensure_default(session, now=NOW)
    assert "Import prompts and responses" in words(opened("responses.py"))
    assert "No votes yet" in words(opened("leaderboard.py"))
    assert "No votes yet" in words(opened("raters.py"))


def test_colours_stay_apart_and_at_most_eight_are_shown() -> None:
    assert len(set(colours.LIGHT)) == len(set(colours.DARK)) == colours.MOST_COLOURED
    assert colours.coloured([3, 1, 2]) == {1, 2, 3}
    many = list(range(40))
    assert colours.coloured(many) == set(range(8))
    assert colours.coloured(many, {39, 20}) == {39, 20}
    assert len(colours.coloured(many, set(range(20)))) == 8
    clash = colours.coloured([0, 8, 16, *range(24, 40)])
    assert len({position % 8 for position in clash}) == len(clash)


def test_nothing_of_raters_is_worth_a_look_where_chance_explains_it(workspace: Engine) -> None:
    at = make_workspace(workspace, prompts=30)
    cast(
        workspace,
        at,
        [Ballot(0, 0, 1, L if n % 2 else R, n) for n in range(30)] + [Ballot(1, 0, 1, L, n) for n in range(30)],
    )
    with reading(workspace) as session:
        rows = {row.name: row for row in raters.report(session, studies.questions(session, at.study)).rows}
    assert signs(rows["rater 0"]) == []
    assert signs(rows["rater 1"], of=2) == ["leans to A"]
