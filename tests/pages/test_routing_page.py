"""The Routing page, run as the app runs it: the answer in words, proposing, deciding, limits, and what stands empty."""

import re

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from core.services import routing as service
from core.services.deciding import settings as deciding_settings
from core.services.routing import VersionState, listed, outcomes, propose_due
from core.services.routing import settings as limits
from core.services.studies import studies
from core.storage.engine import reading, write
from core.storage.tables import RoutesDecided
from core.ui.routing import page
from core.ui.shared.navigation import PAGES_FOLDER
from tests.decided import Planted, plant
from tests.pages.grids import grids, links
from tests.workspace import NOW

ODD = "<b>*B*</b> :red[x] $1$ | `y`"


@pytest.fixture
def workspace(workspace: Engine) -> Engine:
    """The app's own engine on a database with the default study and nothing else."""
    write(workspace, lambda session: studies.ensure_default(session, now=NOW))
    return workspace


def opened(page: str = "routing.py") -> AppTest:
    app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60)
    app.switch_page(page)
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption]
    return "\n".join(str(element.value) for element in shown).replace("\u00a0", " ")


def cheaper(engine: Engine, name: str = "B") -> None:
    """B is as good as A in support at a quarter of its cost, and far worse in coding; C has no price."""
    candidates = {
        "A": Planted(0.9, 0.02), name: Planted(0.9, 0.005, share_in={"coding": 0.4}), "C": Planted(0.88, None),
    }  # fmt: skip
    plant(engine, candidates, prompts=300, repetitions=2)


def pressed(app: AppTest, key: str) -> AppTest:
    app.button(key=f"routing_{key}").click().run()
    assert not app.exception
    return app


def states(engine: Engine) -> list[VersionState]:
    with reading(engine) as session:
        return [one.state for one in listed(session, "Support")]


def test_without_responses_or_a_champion_it_says_what_to_do(workspace: Engine):
    assert "Nothing to route yet" in words(opened())
    plant(workspace, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=6, champion=None)
    assert "No champion is named" in words(opened())


def test_the_answer_comes_first_with_what_changes_and_what_if(workspace: Engine):
    cheaper(workspace)
    app = opened()
    assert app.header[0].value == "Give support to B; keep A in coding."
    moves, whole, policies = grids(app)[:3]
    assert [(row["Category"], row["From"], row["To"]) for row in moves] == [("support", "A", "B")]
    assert "cheaper" in moves[0]["Cost per acceptable"]
    assert [(row["Category"], row["Primary"]) for row in whole] == [
        ("coding", "A"), ("support", "B"), ("everything else", "A"),
    ]  # fmt: skip
    by_name = {row["Who answers"]: row for row in policies}
    assert by_name["C"]["Per 1,000 answers"] == "unknown"
    assert by_name["A · champion"]["Per 1,000 answers"] == "$20.00"
    assert "Nobody has accepted a table yet" in words(app)


def test_what_was_computed_before_somebody_comes_is_what_they_see(
    workspace: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheaper(workspace)
    page.compute_first(workspace)

    def anew(session: object, dataset: str) -> None:
        raise AssertionError("the page computed it anew")

    monkeypatch.setattr(service, "view", anew)
    assert opened().header[0].value == "Give support to B; keep A in coding."


def test_beside_one_model_for_all_it_says_why_not_and_what_accepting_does(workspace: Engine):
    cheaper(workspace)
    app = opened()
    said = [link.proto.label.replace("\\", "") for link in app.get("page_link")]
    (why_not,) = [label for label in said if "everywhere?" in label]
    assert why_not.startswith("**Why not B everywhere?** In coding worse in quality (")
    assert "% acceptable, A " in why_not
    assert any("accept the overall verdict on Decisions after that" in label for label in said)
    assert "which nobody does" in words(app), "an oracle is explained where it stands"


def test_a_month_is_one_number_on_overview_and_on_routing(workspace: Engine):
    cheaper(workspace)
    answers = {"support": 9000.0, "coding": 1000.0}
    write(workspace, lambda s: deciding_settings.save(s, {}, latency_limit_ms={}, answers_a_month=answers))
    found = re.search(r"newest run paid: \[(\S+) now, (\S+) expected\]", words(opened()).replace("\\", ""))
    assert found is not None
    app = opened("overview.py")
    there = {link.proto.label.replace("\\", "") for link in app.get("page_link")}
    assert {found[1], found[2]} <= there


def test_each_figure_leads_to_its_category_and_candidate_by_id(workspace: Engine):
    cheaper(workspace)
    app = opened()
    behind = [link for link in links(app) if link.startswith("./cost?") and "cost_behind" in link]
    scope = "./cost?cost_dataset=1&at=cost_at_behind&cost_run=1&cost_category=support"
    assert f"{scope}&cost_behind=Automatically+acceptable&cost_of=2" in behind
    assert "./decisions?decisions_dataset=Support&decisions_scope=coding" in links(app)
    app.selectbox(key="routing_who").set_value("C").run()
    made_of = next(grid for grid in grids(app) if "Prompts" in grid[0])
    assert [row["Who answers"] for row in made_of] == ["C", "C"]
    assert {row["Per 1,000 answers"] for row in made_of} == {"unknown"}


def test_where_nobody_is_proven_better_it_keeps_the_champion(workspace: Engine):
    plant(workspace, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=40)
    app = opened()
    assert app.header[0].value.startswith("Keep A everywhere")
    assert not [row for grid in grids(app) for row in grid if "From" in row]


def test_a_table_is_proposed_accepted_with_a_reason_and_in_force(workspace: Engine):
    cheaper(workspace)
    app = pressed(opened(), "propose")
    assert states(workspace) == [VersionState.PROPOSED]
    pressed(app, "accept")
    app.text_area(key="routing_why").set_value("A quarter of the price.")
    pressed(app, "record")
    assert states(workspace) == [VersionState.IN_FORCE]
    assert "not here any more" not in words(app), "what was above is in force now, and no link was followed"
    with reading(workspace) as session:
        row = session.exec(select(RoutesDecided)).one()
    assert (row.is_accepted, row.why, row.person_id is not None) == (True, "A quarter of the price.", True)
    shown = opened()
    assert shown.header[0].value.startswith("Keep the table in force")
    in_force = next(grid for grid in grids(shown) if "Primary" in grid[0])
    assert in_force[1]["Primary"] == "B"
    versions = next(grid for grid in grids(shown) if "State" in grid[0])
    assert {"State": "in force", "Why": "A quarter of the price."}.items() <= versions[0].items()


def test_what_was_proposed_by_itself_can_be_declined_and_then_asked_for(workspace: Engine):
    cheaper(workspace)
    propose_due(workspace, now=NOW)
    app = pressed(pressed(opened(), "decline"), "record")
    assert states(workspace) == [VersionState.DECLINED]
    pressed(app, "propose")
    assert states(workspace) == [VersionState.PROPOSED, VersionState.DECLINED]


def test_somebody_who_decided_meanwhile_is_told_of(workspace: Engine):
    cheaper(workspace)
    propose_due(workspace, now=NOW)
    app = pressed(opened(), "accept")
    other = pressed(pressed(opened(), "accept"), "record")
    assert not other.error
    pressed(app, "record")
    assert "was decided on already" in app.error[0].value.replace("\\", "")
    assert states(workspace) == [VersionState.IN_FORCE]


def test_an_admin_sets_limits_and_a_wrong_one_changes_nothing(workspace: Engine):
    plant(workspace, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=12)
    app = opened()
    app.number_input(key="routing_refusals").set_value(10.0).run()
    app.number_input(key="routing_spend").set_value(500.0).run()
    pressed(app, "save")
    with reading(workspace) as session:
        kept = limits.own(session)
    assert (kept.refusals, kept.spend_usd_a_month) == (0.1, 500.0)
    assert "$500.00 a month" in words(opened()).replace("\\", "")
    assert "cannot be checked" in words(opened())


def test_requests_that_were_routed_stand_there_by_category(workspace: Engine):
    made = plant(workspace, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=12)
    a, b = made.candidates.values()
    for answered, fell in ((a, None), (b, "too_slow"), (None, "failed")):
        row = {
            "dataset": "Support", "proposed_id": None, "category": None, "primary_id": a, "answered_id": answered,
            "fell_back_because": fell, "tries": [], "latency_ms": 500.0, "first_visible_ms": None, "cost_usd": None,
            "created_at": NOW,
        }  # fmt: skip
        outcomes.record(workspace, row)
    shown = grids(opened())
    sums = next(grid for grid in shown if "Nobody" in grid[0])[0]
    assert (sums["Requests"], sums["Primary"], sums["Fallback"], sums["Nobody"]) == ("3", "1 (33 %)", "1", "1")
    assert sums["Cost"] == "unknown"
    newest = next(grid for grid in shown if "Instead of" in grid[0])
    assert [row["Instead of"] for row in newest] == ["A: it failed", "A: it was too slow", "–"]


def test_names_that_are_markup_are_shown_as_typed_and_sixty_candidates_fit(workspace: Engine):
    cheaper(workspace, ODD)
    app = opened()
    assert "\\*B\\*" in app.header[0].value
    assert grids(app)[0][0]["To"] == ODD


def test_sixty_candidates_are_folded_below_the_best(workspace: Engine):
    others = {f"candidate {number:02d}": Planted(0.5 + number / 200) for number in range(59)}
    plant(workspace, {"A": Planted(0.8), **others}, prompts=12)
    app = opened()
    assert "52 more candidates" in [one.label for one in app.expander]
    assert len(next(grid for grid in grids(app) if "Who answers" in grid[0])) == 9
