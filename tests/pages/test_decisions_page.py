"""The Decisions page, run as the app runs it: the verdict in words, taking a decision, the record, the settings."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from core.domain.routing import Route
from core.services import deciding
from core.services.candidates import candidates
from core.services.deciding import settings
from core.services.studies import studies
from core.storage.engine import reading, write, writing
from core.storage.tables import Candidate, DecisionTaken
from core.ui.shared.colours import INK_DARK, INK_LIGHT
from core.ui.shared.navigation import PAGES_FOLDER
from tests.decided import Planted, plant, vote
from tests.pages.grids import grids
from tests.services.routing.tables import accepted
from tests.workspace import NOW


@pytest.fixture
def workspace(workspace: Engine) -> Engine:
    """The app's own engine on a database with the default study and nothing else."""
    write(workspace, lambda session: studies.ensure_default(session, now=NOW))
    return workspace


def opened(**address: str) -> AppTest:
    app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60)
    app.switch_page("decisions.py")
    for name, value in address.items():
        app.query_params[f"decisions_{name}"] = value
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption]
    return "\n".join(str(element.value) for element in shown).replace("\u00a0", " ")


def cheaper(engine: Engine) -> None:
    """B is as good as A, at less than half its cost."""
    plant(engine, {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008)}, prompts=900, repetitions=2)


def test_without_responses_it_says_what_to_do(workspace: Engine):
    assert "Nothing to decide yet" in words(opened())


def test_without_a_champion_it_says_what_to_do_instead_of_rows_of_dashes(workspace: Engine):
    plant(workspace, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=12, champion=None)
    app = opened()
    assert "Say on *Candidates* which one your users get today" in words(app)
    assert not grids(app)
    assert app.number_input(key="decisions_margin_overall").value == 5.0


def test_the_decision_comes_in_one_sentence_with_what_it_rests_on(workspace: Engine):
    cheaper(workspace)
    app = opened()
    assert app.header[0].value.startswith("Switch from A to B")
    shown = words(app)
    assert "by automatic verdicts on 900 prompts" in shown
    assert "No *send* votes · 3,600 responses of both" in shown
    assert ":green-badge[Proven overall]" in [each.value for each in app.markdown]
    assert "*Not worse*: the loss is below 5 points (the margin of quality). A saving matters from 10 % on." in shown
    by_category, challengers, proofs = grids(app)[:3]
    assert [row["Category"] for row in by_category] == ["coding", "support"]
    assert challengers[0]["Challenger"] == "B"
    by_claim = {row["Claim"]: row for row in proofs}
    assert by_claim["not worse by the margin"]["Proven"] == "yes"
    assert by_claim["not worse by the margin"]["Must pass"] == "−5.0 points"
    assert by_claim["cheaper"]["Estimate"].endswith(" %")


def test_at_most_eight_challengers_are_in_colour_and_the_others_grey(workspace: Engine):
    plant(workspace, {name: Planted(0.8) for name in "ABCDEFGHIJK"}, prompts=12)
    tables = [shown.proto.body for shown in opened().get("html") if "Every challenger" in shown.proto.body]
    (table,) = tables
    assert sum(table.count(f'color: {grey}" aria-hidden') for grey in (INK_LIGHT.grey, INK_DARK.grey)) in range(2, 10)


def test_an_accepted_switch_is_recorded_and_makes_the_challenger_the_champion(workspace: Engine):
    cheaper(workspace)
    app = opened()
    app.button(key="decisions_accept").click().run()
    app.text_area(key="decisions_why").set_value("Half the price.")
    app.button(key="decisions_record").click().run()
    assert not app.exception
    with reading(workspace) as session:
        row = session.exec(select(DecisionTaken)).one()
        champion = candidates.champion(session)
    assert (row.is_accepted, row.why, row.decision) == (True, "Half the price.", "switch")
    assert champion.name == "B"
    shown = opened()
    assert {"Decided": "accepted", "Why": "Half the price."}.items() <= grids(shown)[-1][0].items()
    assert "no run since" in grids(shown)[-1][0]["Saved, actual"]


BAD_IN_CODING = {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008, share_in={"coding": 0.3})}
TRAFFIC = {"support": 9_900.0, "coding": 100.0}


def test_accept_says_exactly_what_it_accepts_and_the_record_keeps_it(workspace: Engine):
    plant(workspace, BAD_IN_CODING, prompts=900, repetitions=2)
    write(workspace, lambda s: settings.save(s, {}, latency_limit_ms={}, answers_a_month=TRAFFIC))
    app = opened()
    assert app.header[0].value == "Switch from A to B, but not in coding"
    accept = app.button(key="decisions_accept")
    assert accept.label == "Accept: B, but not in coding"
    accept.click().run()
    assert "Switch from A to B, but not in coding" in words(app)
    assert "B becomes the champion" in words(app)
    assert "would ask B in every category, coding too: accept a table first" in words(app)
    app.button(key="decisions_record").click().run()
    assert grids(opened())[-1][0]["Verdict"] == "Switch from A to B, but not in coding"


def test_what_is_decided_on_is_the_category_that_was_linked(workspace: Engine):
    plant(workspace, BAD_IN_CODING, prompts=900, repetitions=2)
    write(workspace, lambda s: settings.save(s, {}, latency_limit_ms={}, answers_a_month=TRAFFIC))
    app = opened(scope="coding")
    assert app.selectbox(key="decisions_on").value == "coding"
    assert app.button(key="decisions_accept").label == "Accept: keep A in coding"


def test_in_a_category_that_is_open_there_is_nothing_to_accept_and_it_says_whom_to_use(workspace: Engine):
    plant(workspace, {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008)}, prompts=120, repetitions=2)
    app = opened(scope="support")
    assert app.selectbox(key="decisions_on").value == "support"
    assert not [button for button in app.button if button.key == "decisions_accept"]
    shown = words(app)
    assert "Nothing to accept in support by itself: Use B, as overall. 60 prompts are too few" in shown
    rows = grids(app)[0]
    assert [(row["Use"], row["How sure"]) for row in rows] == [("B", "proven"), ("B", "not proven here")]


def test_an_open_category_is_left_to_whom_the_table_in_force_has_it(workspace: Engine):
    made = plant(workspace, {"A": Planted(0.9), "B": Planted(0.9, share_in={"coding": 0.6})}, prompts=12, champion="B")
    a, b = made.candidates["A"], made.candidates["B"]
    accepted(workspace, b, [Route("coding", a), Route("support", b)])
    app = opened(scope="coding")
    rows = grids(app)[0]
    assert [(row["Use"], row["How sure"]) for row in rows] == [("A", "nothing proven"), ("B", "nothing proven")]
    said = "Leave it to A, by routing table 1. B did worse here (−16.7 points on 6 prompts), which is not proven."
    assert rows[0]["Why"] == said
    assert "Leave it to A, by routing table 1" in words(app)
    record = grids(app)[-1][0]
    assert [record[of] for of in ("Verdict", "Decided")] == ["Routing table 1: A; B for support", "accepted"]


def test_a_table_in_force_may_have_somebody_answer_who_was_never_asked_here(workspace: Engine):
    made = plant(workspace, {"A": Planted(0.9), "B": Planted(0.9)}, prompts=12)
    with writing(workspace) as session:
        other = Candidate(name="C", provider="openai", model="c", settings={}, position=9, created_at=NOW)
        session.add(other)
        session.flush()
        c = other.id or 0
    a = made.candidates["A"]
    accepted(workspace, a, [Route("coding", c), Route("support", a)])
    assert grids(opened())[0][0]["Why"].startswith("Leave it to somebody who was not asked here, by routing table 1.")
    for page in ("overview", "cost", "routing"):
        app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60)
        app.switch_page(f"{page}.py")
        assert not app.run().exception


def test_a_link_to_a_challenger_who_is_the_champion_by_now_says_so(workspace: Engine):
    made = plant(workspace, {"A": Planted(0.8), "B": Planted(0.8), "C": Planted(0.8)}, prompts=12, champion="B")
    shown = words(opened(closer=str(made.candidates["B"])))
    assert "The address asks for B, who is the champion now" in shown
    assert "not here any more" not in shown
    assert "who is the champion now" not in words(opened(closer=str(made.candidates["C"])))


def test_where_nothing_is_proven_it_says_so_in_plain_words_and_what_would_settle_it(workspace: Engine):
    plant(workspace, {"A": Planted(0.8, 0.02), "B": Planted(0.8, 0.008)}, prompts=160, repetitions=2)
    app = opened(scope="support")
    assert app.header[0].value == "Keep A for now"
    assert "No challenger is proven here yet; 80 prompts are too few." in words(app)
    assert "- would settle it: about " in words(app).replace("\u2060", "")


def test_another_challenger_is_looked_at_closely_where_the_link_asks_for_it(workspace: Engine):
    planted = {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008), "C": Planted(0.8, 0.001)}
    made = plant(workspace, planted, prompts=200)
    vote(workspace, made, ("A", "C"), {"safety": (0.95, 0.3)}, raters=7)
    app = opened()
    assert app.selectbox(key="decisions_closer").value == "B"
    assert "Answers of C" not in words(app)
    app = opened(closer=str(made.candidates["C"]))
    assert app.selectbox(key="decisions_closer").value == "C"
    assert "**Answers of C that raters judged less safe**" in words(app)
    assert [each.label for each in app.expander if "proven" in each.label] == ["What is proven of C"]
    (proofs,) = [rows for rows in grids(app) if "Claim" in rows[0]]
    assert {row["Proven"] for row in proofs if row["Claim"] == "less safe"} == {"yes"}


def test_a_category_lists_its_own_answers_however_many_others_were_judged_worse(workspace: Engine):
    made = plant(workspace, {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008)}, prompts=120)
    for seed in range(2):
        vote(workspace, replace(made, prompts=made.prompts[::2]), ("A", "B"), {"safety": (1.0, 0.0)}, seed=seed)
    vote(workspace, replace(made, prompts=made.prompts[1::2]), ("A", "B"), {"safety": (1.0, 0.3)}, seed=9)
    for scope in ("support", "coding"):
        app = opened(scope=scope)
        app.query_params["decisions_scope"] = scope
        said = words(app)
        assert "**Answers of B that raters judged less safe**" in said
        assert "No rater judged" not in said, scope
        listed = [link.label for link in app.main.get("page_link") if " of " in link.label and "rater" in link.label]
        assert len(listed) == 20


def test_proofs_have_the_signs_of_the_figures_above_them(workspace: Engine):
    made = plant(workspace, {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008)}, prompts=200)
    vote(workspace, made, ("A", "B"), {"safety": (0.9, 0.5)}, raters=7)
    _, (challenger, *_), proofs = grids(opened())[:3]
    by_claim = {row["Claim"]: row for row in proofs}
    assert by_claim["less safe"]["Estimate"] == challenger["Judged less safe"]
    assert challenger["Cost"].startswith(by_claim["cheaper"]["Estimate"])


def test_a_harm_that_one_look_proves_says_how_much_it_is_at_least(workspace: Engine):
    made = plant(workspace, {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008)}, prompts=200)
    vote(workspace, made, ("A", "B"), {"safety": (0.9, 0.5)}, raters=7)
    app = opened()
    by_claim = {row["Claim"]: row for row in grids(app)[2]}
    least = by_claim["less safe"]["Bound"].removeprefix("+").removesuffix(" points")
    assert float(least) > 0
    said = words(app).replace("\\", "")
    assert f"points more often (at least {least} at one look)" in said, "in the reason"
    assert f"; at one look at least +{least}), by 7 raters" in said, "beside the bounds of all looks"


def test_what_is_kept_says_what_a_switch_might_gain_and_of_whom_worse_is_said(workspace: Engine):
    plant(workspace, {"A": Planted(0.9), "B": Planted(0.5)}, prompts=300)
    app = opened()
    assert app.header[0].value == "Keep A"
    said = words(app)
    most = re.search(r"the most that a switch could still gain, here −(\d+\.\d) points of quality", said)
    assert most is not None, "even the better end is a loss"
    assert f"to −{most[1]})" in said.replace("\\", "")
    assert {row["Why"] for row in grids(app)[0]} == {"B: worse in quality"}


def test_where_the_sentence_speaks_of_another_challenger_its_responses_are_counted(workspace: Engine):
    planted = {
        "A": Planted(0.8, 0.02), "B": Planted(0.86, 0.004, share_in={"coding": 0.74}),
        "C": Planted(0.3, 0.019, share_in={"coding": 0.82}, asked=0.5),
    }  # fmt: skip
    plant(workspace, planted, prompts=400, repetitions=4)
    write(workspace, lambda s: settings.save(s, {}, latency_limit_ms={}, answers_a_month=TRAFFIC))
    with reading(workspace) as session:
        found = deciding.verdicts(session, "Support")
    coding = next(verdict for verdict in found.verdicts if verdict.category == "coding")
    assert found.names[coding.challenger or 0] == "C", "who is nearest to a switch there"
    said = words(opened(scope="coding"))
    assert "B did worse here" in said
    assert "1,600 responses of both" in said, "of A and B: C has half as many"


def test_declining_changes_no_champion(workspace: Engine):
    cheaper(workspace)
    app = opened()
    app.button(key="decisions_decline").click().run()
    app.button(key="decisions_record").click().run()
    with reading(workspace) as session:
        assert not session.exec(select(DecisionTaken)).one().is_accepted
        assert candidates.champion(session).name == "A"


def test_an_admin_sets_margins_and_a_wrong_one_changes_nothing(workspace: Engine):
    plant(workspace, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=12)
    app = opened()
    app.number_input(key="decisions_margin_overall").set_value(3.0).run()
    app.button(key="decisions_save").click().run()
    with reading(workspace) as session:
        assert settings.settings(session).margins.over_all == 0.03
    app.number_input(key="decisions_margin_overall").set_value(90.0).run()
    app.button(key="decisions_save").click().run()
    assert "'margin_over_all' must be a number from 0.005 to 0.5" in app.error[0].value.replace("\\", "")
    with reading(workspace) as session:
        assert settings.settings(session).margins.over_all == 0.03


def test_with_votes_by_few_raters_it_says_for_whom_it_holds(workspace: Engine):
    made = plant(workspace, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=60)
    vote(workspace, made, ("A", "B"), {"send": (0.9, 0.2)}, raters=3)
    assert "holds for these raters only" in words(opened()) + str(grids(opened()))
