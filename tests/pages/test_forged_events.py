"""An open tab of somebody who was revoked, demoted or signed out: what it still sends is not done.

Streamlit runs the callback of a widget before the script, and finds it for a widget that is no longer drawn, too. So
an event is sent as a browser of the attacker's would: once in place of the next click, once after the page was gone.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.domain.people import Role
from core.services.people import joining, people
from core.settings import get_settings
from core.storage.engine import reading, write
from core.storage.tables import Assignment, Person, Question, Run, Study, Vote
from core.ui.shared.navigation import PAGES_FOLDER
from tests.echo import EchoServer
from tests.long import usual_first
from tests.workspace import NOW, Workspace, make_workspace

SHELL = str(PAGES_FOLDER / "shell.py")
ENDINGS = ("revoked", "demoted", "signed out")
USUAL = (("demoted", False), ("revoked", True))
FORGED = pytest.mark.parametrize(
    ("ending", "late"),
    usual_first(*USUAL, long=tuple(way for way in product(ENDINGS, (False, True)) if way not in USUAL)),
)
"""How access was lost, and whether the event comes once the page is gone. One test tries all ways in the usual run."""


class Visitor:
    """Somebody's browser in link mode, with a tab of the app."""

    def __init__(self, engine: Engine, cookies: dict[str, str], name: str, role: Role) -> None:
        self.engine = engine
        self.person, token = write(engine, lambda s: people.invite(s, name=name, role=role, now=NOW))
        self.sign_in = write(engine, lambda s: joining.redeem(s, token, NOW))
        cookies["evenhand_session"] = self.sign_in
        self.app = AppTest.from_file(SHELL, default_timeout=60).run()
        assert not self.app.exception

    def at(self, page: str, **query: str) -> AppTest:
        """Their tab, on that page."""
        self.app.switch_page(page)
        for name, found in query.items():
            self.app.query_params[name] = found
        self.app.run()
        assert not self.app.exception
        return self.app

    def loses_access(self, how: str) -> None:
        """What somebody else does to them, or they in another tab."""
        match how:
            case "revoked":
                write(self.engine, lambda s: people.revoke(s, self.person.id, now=NOW))
            case "demoted":
                write(self.engine, lambda s: people.change_role(s, self.person.id, Role.RATER))
            case "signed out":
                write(self.engine, lambda s: joining.sign_out(s, self.sign_in, NOW))


@pytest.fixture
def full(workspace: Engine) -> Workspace:
    """A workspace with responses to rate and a study over them."""
    return make_workspace(workspace)


@pytest.fixture
def visitor(monkeypatch: pytest.MonkeyPatch, workspace: Engine, full: Workspace) -> Callable[..., Visitor]:
    """Signs somebody in, on a workspace with responses to rate and another admin who stays."""
    monkeypatch.setenv("EVENHAND_AUTH", "link")
    get_settings.cache_clear()
    cookies: dict[str, str] = {}
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda _self: cookies))
    write(workspace, lambda s: people.invite(s, name="Ada", role=Role.ADMIN, now=NOW))
    return lambda name, role: Visitor(workspace, cookies, name, role)


def event(element: Any) -> WidgetStates:
    """What the browser sends of that widget."""
    return WidgetStates(widgets=[element._widget_state])


def button(app: AppTest, label: str) -> Any:
    return next(found for found in app.button if found.label == label)


def to_pause(app: AppTest) -> WidgetStates:
    """What the dialog sends that pauses the first study, once it is open."""
    button(app, "Pause").click().run()
    return event([found for found in app.button if found.label == "Pause"][-1].click())


def sent(app: AppTest, forged: WidgetStates, *, after_the_page_was_gone: bool) -> None:
    if after_the_page_was_gone:
        app.run()
    app._run(forged)
    assert not app.exception


@pytest.mark.regression("2.1")
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_former_admin_cannot_make_an_admin(
    workspace: Engine, visitor: Callable[..., Visitor], ending: str, late: bool
) -> None:
    accomplice = write(workspace, lambda s: people.invite(s, name="Cy", role=Role.RATER, now=NOW))[0]
    bo = visitor("Bo", Role.ADMIN)
    app = bo.at("people.py")
    app.selectbox[0].set_value(accomplice.id).run()
    forged = event(next(found for found in app.selectbox if found.label == "Role").set_value("admin"))
    bo.loses_access(ending)
    sent(app, forged, after_the_page_was_gone=late)
    with reading(workspace) as session:
        assert session.get_one(Person, accomplice.id).role == "rater"


@pytest.mark.regression("2.1")
@FORGED
def test_a_former_admin_cannot_revoke_anybody(
    workspace: Engine, visitor: Callable[..., Visitor], ending: str, late: bool
) -> None:
    other = write(workspace, lambda s: people.invite(s, name="Cy", role=Role.RATER, now=NOW))[0]
    bo = visitor("Bo", Role.ADMIN)
    app = bo.at("people.py")
    app.selectbox[0].set_value(other.id).run()
    next(found for found in app.button if (found.key or "").endswith(f"revoke_{other.id}")).click().run()
    forged = event(button(app, "Revoke access").click())
    bo.loses_access(ending)
    sent(app, forged, after_the_page_was_gone=late)
    with reading(workspace) as session:
        assert session.get_one(Person, other.id).revoked_at is None


@pytest.mark.regression("2.1")
@FORGED
def test_a_former_analyst_cannot_spend_money(
    workspace: Engine, visitor: Callable[..., Visitor], echo: EchoServer, ending: str, late: bool
) -> None:
    from core.services.candidates.candidates import CandidateDraft, define

    draft = CandidateDraft(name="Mini", provider="openai", model="mini", base_url=echo.address)
    write(workspace, lambda s: define(s, draft, now=NOW))
    bo = visitor("Bo", Role.ANALYST)
    app = bo.at("leaderboard.py")
    button(app, "Re-evaluate").click().run()
    assert not app.exception
    run = next(found for found in app.button if found.key == "re_evaluate_run")
    assert not run.disabled
    forged = event(run.click())
    bo.loses_access(ending)
    sent(app, forged, after_the_page_was_gone=late)
    with reading(workspace) as session:
        assert session.exec(select(Run).where(Run.source == "evaluation")).all() == []


@pytest.mark.regression("2.1")
@pytest.mark.parametrize(
    ("ending", "late"),
    usual_first(("revoked", False), ("signed out", True), long=(("revoked", True), ("signed out", False))),
)
def test_a_former_raters_next_key_is_no_vote(
    workspace: Engine, visitor: Callable[..., Visitor], ending: str, late: bool
) -> None:
    bo = visitor("Bo", Role.RATER)
    forged = event(button(bo.app, "A").click())
    bo.loses_access(ending)
    sent(bo.app, forged, after_the_page_was_gone=late)
    with reading(workspace) as session:
        assert session.exec(select(Vote)).all() == []
        assert session.exec(select(Assignment.state).where(Assignment.rater_id == bo.person.id)).one() == "leased"


@pytest.mark.regression("2.1")
@FORGED
def test_a_former_admin_pauses_no_study(
    workspace: Engine, full: Workspace, visitor: Callable[..., Visitor], ending: str, late: bool
) -> None:
    bo = visitor("Bo", Role.ADMIN)
    app = bo.at("studies.py")
    forged = to_pause(app)
    bo.loses_access(ending)
    sent(app, forged, after_the_page_was_gone=late)
    with reading(workspace) as session:
        assert session.get_one(Study, full.study).state == "open"


@pytest.mark.regression("2.1")
@FORGED
def test_a_former_admin_drops_no_question(
    workspace: Engine, full: Workspace, visitor: Callable[..., Visitor], ending: str, late: bool
) -> None:
    bo = visitor("Bo", Role.ADMIN)
    app = bo.at("studies.py", edit=str(full.study))
    forged = event(button(app, "Drop").click())
    bo.loses_access(ending)
    sent(app, forged, after_the_page_was_gone=late)
    with reading(workspace) as session:
        assert all(session.get_one(Question, question).is_asked for question in full.questions)


def test_the_same_events_are_done_for_those_who_may(
    workspace: Engine, full: Workspace, visitor: Callable[..., Visitor]
) -> None:
    """So that the tests above cannot pass for another reason."""
    bo = visitor("Bo", Role.RATER)
    bo.app._run(event(button(bo.app, "A").click()))
    with reading(workspace) as session:
        assert len(session.exec(select(Vote)).all()) == 1
    cy = visitor("Cy", Role.ADMIN)
    app = cy.at("people.py")
    app.selectbox[0].set_value(bo.person.id).run()
    app._run(event(next(found for found in app.selectbox if found.label == "Role").set_value("analyst")))
    with reading(workspace) as session:
        assert session.get_one(Person, bo.person.id).role == "analyst"
    app = cy.at("studies.py")
    app._run(to_pause(app))
    app = cy.at("studies.py", edit=str(full.study))
    app._run(event(button(app, "Drop").click()))
    with reading(workspace) as session:
        assert session.get_one(Study, full.study).state == "paused"
        assert not session.get_one(Question, full.questions[0]).is_asked
