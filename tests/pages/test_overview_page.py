"""The Overview page, run as the app runs it: its truth in every state of a workspace, and where its figures lead."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, select
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.domain.overview import Marks
from core.domain.people import Role
from core.domain.routing import Route
from core.services import deciding, routing
from core.services.candidates import candidates
from core.services.deciding import settings as deciding_settings
from core.services.deciding import taken
from core.services.overview import see
from core.services.people import joining, people
from core.services.studies import studies
from core.services.workspace import DEMO_OPENING, forget, save
from core.settings import get_settings
from core.storage.engine import reading, write, writing
from core.storage.tables import Dataset, OverviewVisit, Person, Prompt, Score
from core.ui.overview import again, changed
from core.ui.overview.closer import CHARTS, FAILURES
from core.ui.shared.navigation import PAGES_FOLDER
from tests.decided import Planted, Production, plant, vote
from tests.evaluated import Evaluated
from tests.pages.grids import grids
from tests.services.routing.tables import accepted
from tests.workspace import NOW

HOSTILE = "<img src=x onerror=alert(1)> :red[x] **bold** $1$ `code` [a](http://b.example)"
CHEAPER = {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008)}


@pytest.fixture
def workspace(workspace: Engine) -> Engine:
    """The app's own engine on a database with the default study and nothing else."""
    write(workspace, lambda session: studies.ensure_default(session, now=NOW))
    return workspace


def opened(**address: str) -> AppTest:
    app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def links(app: AppTest) -> dict[str, str]:
    """By what is said, without escapes: where it leads."""
    found = {}
    for link in app.main.get("page_link"):
        found[plain(link.proto.label)] = f"{link.proto.page}?{link.proto.query_string}"
    return found


def plain(text: str) -> str:
    return text.replace("\\", "").replace("\u2060", "").replace("\u00a0", " ")


def words(app: AppTest) -> str:
    shown = [*app.main.title, *app.main.header, *app.main.subheader, *app.main.markdown, *app.main.caption]
    return plain("\n".join([*(str(element.value) for element in shown), *links(app)]))


def switching(engine: Engine) -> Production:
    """B is as good as A, at less than half its cost."""
    return plant(engine, CHEAPER, prompts=900, repetitions=2)


def test_whoever_is_no_rater_arrives_here(workspace: Engine):
    del workspace
    assert opened().main.title[0].value == "Overview"


def test_an_empty_workspace_says_so_and_what_comes_first(workspace: Engine):
    del workspace
    app = opened()
    assert "Nothing to decide yet" in words(app)
    assert "Import prompts" in words(app)
    app.button(key="overview_go").click().run()
    assert app.main.title[0].value == "Data"


def test_the_decision_comes_first_and_every_line_leads_to_its_comparison(workspace: Engine):
    switching(workspace)
    app = opened()
    assert app.main.header[0].value.endswith("Switch from A to B :green-badge[Proven overall]")
    found = links(app)
    whole = next(said for said in found if "by automatic verdicts on 900 prompts" in said)
    assert "No *send* votes · 3,600 responses of both" in whole
    assert found[whole] == "decisions?decisions_dataset=Support&decisions_scope=Overall"
    for category in ("coding", "support"):
        assert f"decisions?decisions_dataset=Support&decisions_scope={category}" in found.values()


BAD_IN_CODING = {"A": Planted(0.8, 0.02), "B": Planted(0.82, 0.008, share_in={"coding": 0.3})}


def mostly_support(engine: Engine) -> Production:
    """B is cheaper and as good in support, where nearly all answers are, and bad in coding; C is cheap and bad."""
    made = plant(engine, BAD_IN_CODING | {"C": Planted(0.2, 0.001)}, prompts=900, repetitions=2)
    answers = {"coding": 100.0, "support": 9_900.0}
    write(engine, lambda s: deciding_settings.save(s, {}, latency_limit_ms={}, answers_a_month=answers))
    return made


def test_where_a_table_is_in_force_it_says_who_answers_by_it(workspace: Engine):
    made = mostly_support(workspace)
    assert "which is in force" not in words(opened())
    routing.propose_due(workspace, now=NOW)
    write(workspace, lambda s: routing.decide(s, 1, is_accepted=True, why="", person_id=None, now=NOW))
    assert "By routing table 1, which is in force, B answers support." in words(opened())
    write(workspace, lambda s: candidates.make_champion(s, made.candidates["B"]))
    said = words(opened())
    assert "By routing table 1, which is in force, A answers coding." in said
    assert "B; A for coding, by routing table 1" in said, "who answers today, and what that costs"
    assert "Keep B, and A in coding by routing table 1" in said, "the heading"
    assert re.search(r"routing table 1: B; A for coding\. Predicted to save \S+ a month\.", said)
    assert "B, without the routing table; why not stands below" in said
    why = next(line for line in said.splitlines() if "Why not B everywhere?" in line)
    assert "In coding: Switch from B to A: it is better, +" in why, "it alone would cost less than the table"
    assert re.search(r"\*\*Accepted\*\*: routing table 1: B; A for coding\.", said), "among the decisions taken"
    assert "Keep B" in said and "Leave it to A" not in said, "900 prompts prove A better in coding: the verdict says so"


def test_a_category_that_is_open_stays_with_whom_the_table_in_force_has_it(workspace: Engine):
    made = plant(workspace, {"A": Planted(0.9), "B": Planted(0.9, share_in={"coding": 0.6})}, prompts=12, champion="B")
    a, b = made.candidates["A"], made.candidates["B"]
    accepted(workspace, b, [Route("coding", a), Route("support", b)])
    said = words(opened()).replace("*", "")
    assert "Leave it to A, by routing table 1 (nothing proven). B did worse here (−16.7 points on 6 prompts)" in said
    assert "Keep B for now (nothing proven)" in said, "in support"


def test_the_decision_is_the_sentence_of_decisions_with_its_exceptions(workspace: Engine):
    mostly_support(workspace)
    with reading(workspace) as session:
        told = deciding.verdicts_object(deciding.verdicts(session, "Support"))
    head = told["verdicts"][0]["sentence"].partition(": ")[0]
    assert head == "Switch from A to B, but not in coding"
    assert opened().main.header[0].value.endswith(f"{head} :green-badge[Proven overall]")


def test_categories_say_who_gets_them_and_the_busiest_comes_first(workspace: Engine):
    mostly_support(workspace)
    rows = [said for said, where in links(opened()).items() if "decisions_scope=" in where and said.startswith("**")]
    rows = [said for said in rows if not said.startswith("**Why")]
    assert [said.partition(".**")[0] for said in rows] == ["**Switch from A to B (proven)", "**Keep A (proven)"]


def test_why_not_answers_for_the_cheapest_and_for_the_recommended_one_everywhere(workspace: Engine):
    mostly_support(workspace)
    found = [said for said in links(opened()) if said.startswith("**Why not")]
    assert found[0].startswith("**Why not C?** Overall: C is worse, ")
    (coding,) = [said for said in links(opened()) if said.startswith("**Why not B everywhere?** In coding: B is worse")]
    assert "decisions_scope=coding" in links(opened())[coding] and "decisions_closer=2" in links(opened())[coding]
    assert "60 % less" not in words(opened())
    assert "less, as A keeps 1 category" in words(opened())


def test_where_the_recommended_one_fails_is_told_too(workspace: Engine):
    mostly_support(workspace)
    shown = words(opened(overview_show=FAILURES))
    assert shown.index("Where A fails most") < shown.index("Where B fails most")


def test_the_chart_says_why_it_and_the_verdict_may_differ(workspace: Engine):
    mostly_support(workspace)
    assert "coding, where B is not recommended, is 1 % of the answers but 50 % of the prompts" in words(
        opened(overview_show=CHARTS)
    )


def test_while_answers_are_scored_the_page_shows_what_came(workspace: Engine):
    plant(workspace, CHEAPER, prompts=60)
    with writing(workspace) as session:
        scores = [one.model_dump() for one in session.exec(select(Score)).all()]
        session.execute(sa.delete(Score))
    app = opened()
    assert "No verdict yet" in str(app.main.header[0].value)
    assert "Wait a moment: answers are being scored" in words(app)
    write(workspace, lambda session: session.add_all([Score(**one) for one in scores]))
    assert "No verdict yet" not in str(opened().main.header[0].value)


def test_until_the_demo_is_checked_for_drift_the_page_looks_again(workspace: Engine, monkeypatch: pytest.MonkeyPatch):
    switching(workspace)
    looked: list[tuple[int, bool]] = []
    monkeypatch.setattr(again, "_look", lambda dataset, drawn: looked.append(drawn))
    opened()
    assert looked == []
    write(workspace, lambda session: save(session, DEMO_OPENING, True))
    opened()
    ((scored, is_opening),) = set(looked)
    assert scored > 0 and is_opening
    assert (again.how_far_scored("Support"), again._is_opening()) == (scored, True)
    write(workspace, lambda session: forget(session, DEMO_OPENING))
    assert (again.how_far_scored("Support"), again._is_opening()) == (scored, False)


def test_what_a_month_costs_stands_beside_what_it_would(workspace: Engine):
    switching(workspace)
    answers = {"support": 10_000.0, "coding": 5_000.0}
    write(workspace, lambda s: deciding_settings.save(s, {}, latency_limit_ms={}, answers_a_month=answers))
    app = opened()
    shown, found = words(app), links(app)
    assert "What a month costs" in shown
    assert found["$300.00"].startswith("cost?cost_dataset=Support&at=cost_at_month&cost_show=A")
    assert found["$120.00"].startswith("cost?cost_dataset=Support&at=cost_at_month&cost_show=B")
    assert "−$180.00" in found
    assert "60 % less" in shown
    assert "For 15,000 answers a month" in shown


def test_without_traffic_it_is_a_thousand_answers_and_the_way_to_enter_it(workspace: Engine):
    switching(workspace)
    shown = words(opened())
    assert "What 1,000 answers cost" in shown
    assert "an admin enters answers a month on Decisions" in shown


def test_the_step_is_one_button_that_leads_there(workspace: Engine):
    switching(workspace)
    app = opened()
    assert "Accept or decline the switch to B" in words(app)
    app.button(key="overview_go").click().run()
    assert app.main.title[0].value == "Decisions"


def test_without_a_champion_it_says_so_and_names_no_cost_of_today(workspace: Engine):
    plant(workspace, {"A": Planted(0.8), "B": Planted(0.8)}, champion=None, prompts=12)
    shown = words(opened())
    assert "No champion is named, so there is nothing to compare with." in shown
    assert "No champion is named, so there is no cost of today" in shown
    assert "Say which candidate is in production" in shown
    assert "fails most" not in shown


def test_one_candidate_alone_is_told_alone(workspace: Engine):
    plant(workspace, {"A": Planted(0.8)}, prompts=12)
    shown = words(opened())
    assert "There is no challenger here." in shown
    assert "Define a challenger" in shown
    assert "Only A has both figures" in shown


def test_unknown_prices_are_said_and_never_nothing(workspace: Engine):
    plant(workspace, {"A": Planted(0.8, None), "B": Planted(0.8, None)}, prompts=12)
    shown = words(opened())
    assert "What A cost is unknown: a price is missing." in shown
    assert "What A and B cost is unknown" in shown
    assert "Cheaper, each" not in shown
    assert "There is nothing to draw: no cost is known." in words(opened(overview_show=CHARTS))
    assert "$0" not in shown


def test_nobody_is_cheaper_than_what_nobody_knows(workspace: Engine):
    plant(workspace, {"A": Planted(0.8, None), "B": Planted(0.8, 0.001)}, prompts=12)
    shown = words(opened())
    assert "What A cost is unknown: a price is missing." in shown
    assert "Cheaper, each" not in shown


def test_no_acceptable_response_is_a_sentence_and_no_chart(workspace: Engine):
    plant(workspace, {"A": Planted(0.0), "B": Planted(0.0)}, prompts=12)
    app = opened(overview_show=CHARTS)
    assert "There is nothing to draw: no response is acceptable, so none has a cost." in words(app)
    assert [chart.proto.id.rpartition("-")[2] for chart in app.main.get("plotly_chart")] == ["latency"]


def test_what_fails_leads_to_the_responses_and_to_an_example(workspace: Engine):
    made = plant(workspace, {"A": Planted(0.5), "B": Planted(0.9)}, prompts=40)
    vote(workspace, made, ("A", "B"), {"send": (0.3, 0.9)}, raters=4)
    found = links(opened(overview_show=FAILURES))
    failed = next(said for said in found if "Fails “checked”" in said)
    assert "cost_behind=Fails+%E2%80%9Cchecked%E2%80%9D&cost_of=A" in found[failed]
    assert any(said.startswith("**Experts would not send**") for said in found)
    assert any(re.fullmatch(r"responses\?response=\d+", address) for address in found.values())


def test_the_amounts_of_a_month_are_those_that_their_page_shows(workspace: Engine):
    switching(workspace)
    answers = {"support": 10_000.0, "coding": 5_000.0}
    write(workspace, lambda s: deciding_settings.save(s, {}, latency_limit_ms={}, answers_a_month=answers))
    page, _, query = links(opened())["$120.00"].partition("?")
    proof = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60)
    proof.switch_page(f"{page}.py")
    for name, values in parse_qs(query).items():
        proof.query_params[name] = values
    proof.run()
    assert not proof.exception
    assert "A month at 15,000 answers" in words(proof)
    (rows,) = [found for found in grids(proof) if "A month" in found[0]]
    assert [(row["Candidate"], row["A month"]) for row in rows] == [("B", "$120.00")]
    assert rows[0] == {
        "Candidate": "B", "A month": "$120.00", "Beside A": "−$180.00 (60 % less)", "coding (5,000)": "$40.00",
        "support (10,000)": "$80.00",
    }  # fmt: skip
    (arrive,) = [each for each in proof.get("bidi_component") if each.proto.component_name == "evenhand_arrive"]
    assert '"cost_at_month"' in arrive.proto.json


def test_votes_stand_beside_the_decision(workspace: Engine):
    made = plant(workspace, CHEAPER, prompts=60)
    vote(workspace, made, ("A", "B"), {"send": (0.8, 0.8)}, raters=5)
    why = "Automatic, as 60 *send* votes by 5 raters prove neither that it is worse nor that it is not"
    assert f"{why} · 120 responses of both" in words(opened())


def test_a_latency_limit_names_who_is_over_it(workspace: Engine):
    plant(workspace, {"A": Planted(0.8, 0.02, 1000.0), "B": Planted(0.8, 0.01, 4000.0)}, prompts=20)
    write(workspace, lambda s: deciding_settings.save(s, {}, latency_limit_ms={"": 2000.0}, answers_a_month={}))
    assert "Over the limit of 2.00 s at p95: B 4.80 s" in words(opened(overview_show=CHARTS))


def test_hostile_names_are_shown_as_they_were_typed(workspace: Engine):
    plant(workspace, {HOSTILE: Planted(0.8, 0.02), "B": Planted(0.82, 0.008)}, prompts=60, champion=HOSTILE)
    app = opened()
    labels = [link.proto.label for link in app.main.get("page_link")]
    said = [*labels, *(str(each.value) for each in (*app.main.markdown, *app.main.caption, *app.main.header))]
    for text in said:
        assert "<img" not in text
        assert "**bold**" not in text
        assert ":red[" not in text


def test_sixty_candidates_stay_one_line_a_category_and_two_charts(workspace: Engine):
    many = {f"candidate {number:02d}": Planted(0.3 + number / 100, 0.001 * (1 + number)) for number in range(60)}
    plant(workspace, many, prompts=12, champion="candidate 30")
    app = opened()
    leading = [address for address in links(app).values() if "decisions_scope" in address]
    assert len([address for address in leading if "decisions_scope=Overall" not in address]) == 2
    assert len(opened(overview_show=CHARTS).main.get("plotly_chart")) == 2


def test_a_decision_that_was_taken_stands_with_its_saving(workspace: Engine):
    switching(workspace)

    def take(session: Session) -> None:
        found = deciding.verdicts(session, "Support")
        taken.take(
            session, deciding.choice_of(found, found.verdicts[0], is_accepted=False, why=""), person_id=None, now=NOW
        )

    write(workspace, take)
    said = next(said for said in links(opened()) if said.startswith("**Declined**"))
    assert "Switch from A to B, overall" in said
    assert "predicted 61 %" in said or "predicted 60 %" in said or "predicted 59 %" in said
    assert "no run since" in said


def test_the_visit_moves_once_the_browser_says_that_the_page_is_looked_at_and_not_before(workspace: Engine):
    made = plant(workspace, CHEAPER, prompts=12)
    app = opened().run().run()
    assert "You are here for the first time." in words(app)
    with reading(workspace) as session:
        assert session.exec(select(OverviewVisit)).all() == []
        person = session.exec(select(Person).where(Person.kind == "human")).one()
    write(workspace, lambda s: see(s, person.id or 0, "Support", Marks(run=1), NOW - timedelta(days=3)))
    vote(workspace, made, ("A", "B"), {"send": (0.8, 0.8)}, raters=5)
    shown = words(opened())
    assert "12 new votes by 5 raters" in shown
    assert "You were last here" in shown


def test_whoever_is_no_admin_is_told_who_does_an_admins_step(workspace: Engine, monkeypatch: pytest.MonkeyPatch):
    plant(workspace, {"A": Planted(0.8), "B": Planted(0.8)}, champion=None, prompts=12)
    monkeypatch.setenv("EVENHAND_AUTH", "link")
    get_settings.cache_clear()
    _, token = write(workspace, lambda s: people.invite(s, name="Anna", role=Role.ANALYST, now=NOW))
    cookies = {"evenhand_session": write(workspace, lambda s: joining.redeem(s, token, NOW))}
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda _self: cookies))
    app = opened()
    assert "An admin does this on *Candidates*." in words(app)
    assert not [button for button in app.main.button if button.key == "overview_go"]


def test_the_step_opens_the_dialog_of_a_new_run(workspace: Engine):
    with writing(workspace) as session:
        world = Evaluated(session)
        world.prompt("p0", "support")
        world.candidate("A", is_champion=True)
    app = opened()
    assert "Evaluate the candidates" in words(app)
    app.button(key="overview_re_evaluate").click().run()
    assert not app.exception
    assert "No candidate can be asked as things are" in plain("\n".join(str(each.value) for each in app.markdown))


def test_a_new_version_that_nobody_answered_yet_hides_nothing(workspace: Engine):
    plant(workspace, CHEAPER, prompts=60)
    before = links(opened())
    with writing(workspace) as session:
        newer = Dataset(name="Support", version=2, content_hash="newer", created_at=NOW)
        session.add(newer)
        session.flush()
        asked = [{"role": "user", "content": "New?"}]
        told = {"external_id": "new", "category": "support", "content_hash": "new", "messages": asked, "tags": []}
        session.add(Prompt(dataset_id=newer.id, **told))
    after = links(opened())
    assert [said for said in before if said.startswith("$")] == [said for said in after if said.startswith("$")]
    assert any("cost_dataset=Support&" in address for address in after.values())


def test_an_old_link_to_the_leaderboard_that_was_the_landing_page_leads_there(workspace: Engine):
    del workspace
    app = opened(leaderboard_category="support")
    assert app.main.title[0].value == "Leaderboard"


def test_a_dataset_that_is_gone_is_said(workspace: Engine):
    plant(workspace, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=12)
    assert "The dataset of this link (“Gone”) is not here any more" in words(opened(overview_dataset="Gone"))


def test_noting_a_look_needs_somebody_who_may_look(workspace: Engine, monkeypatch: pytest.MonkeyPatch):
    plant(workspace, CHEAPER, prompts=12)
    turned_away: Callable[[object], None] = lambda _role: None  # noqa: E731
    monkeypatch.setattr(changed.access, "current_person", lambda: None)
    monkeypatch.setattr(changed.access, "_turn_away", turned_away)
    changed.note_seen()
    with reading(workspace) as session:
        assert session.exec(select(OverviewVisit)).all() == []
