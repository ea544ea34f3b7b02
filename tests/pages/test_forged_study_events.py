"""An open tab of a former admin on Studies: what it still sends changes no study.

Streamlit runs the callback of a widget before the script, so before any page asks who is there.
"""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.domain.people import Role
from core.services import access, joining
from core.settings import get_settings
from core.storage.engine import reading, write
from core.storage.tables import Question, Study
from core.ui.navigation import PAGES_FOLDER
from tests.workspace import NOW, Workspace, make_workspace

ENDINGS = ("revoked", "demoted", "signed out")


@pytest.fixture
def full(workspace: Engine) -> Workspace:
    """A workspace with a study, and an admin who stays."""
    write(workspace, lambda s: access.invite(s, name="Ada", role=Role.ADMIN, now=NOW))
    return make_workspace(workspace)


@pytest.fixture
def former_admin(workspace: Engine, full: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Signs an admin in; returned: what ends that."""
    monkeypatch.setenv("EVENHAND_AUTH", "link")
    get_settings.cache_clear()
    person, token = write(workspace, lambda s: access.invite(s, name="Bo", role=Role.ADMIN, now=NOW))
    sign_in = write(workspace, lambda s: joining.redeem(s, token, NOW))
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda _self: {"evenhand_session": sign_in}))

    def end(how: str) -> None:
        match how:
            case "revoked":
                write(workspace, lambda s: access.revoke(s, person.id, now=NOW))
            case "demoted":
                write(workspace, lambda s: access.change_role(s, person.id, Role.RATER))
            case "signed out":
                write(workspace, lambda s: joining.sign_out(s, sign_in, NOW))

    return end


def studies_page(**query: str) -> AppTest:
    app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60).run()
    app.switch_page("studies.py")
    for name, found in query.items():
        app.query_params[name] = found
    app.run()
    assert not app.exception
    return app


def labelled(app: AppTest, label: str) -> list[Any]:
    return [button for button in app.button if button.label == label]


def send(app: AppTest, forged: WidgetStates, *, late: bool) -> None:
    if late:
        app.run()
    app._run(forged)
    assert not app.exception


def event(element: Any) -> WidgetStates:
    return WidgetStates(widgets=[element._widget_state])


@pytest.mark.regression("2.1")
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_former_admin_pauses_no_study(
    workspace: Engine, full: Workspace, former_admin: Callable[[str], None], ending: str, late: bool
) -> None:
    app = studies_page()
    labelled(app, "Pause")[0].click().run()
    forged = event(labelled(app, "Pause")[-1].click())
    former_admin(ending)
    send(app, forged, late=late)
    with reading(workspace) as session:
        assert session.get_one(Study, full.study).state == "open"


@pytest.mark.regression("2.1")
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_former_admin_drops_no_question(
    workspace: Engine, full: Workspace, former_admin: Callable[[str], None], ending: str, late: bool
) -> None:
    app = studies_page(edit=str(full.study))
    forged = event(labelled(app, "Drop")[0].click())
    former_admin(ending)
    send(app, forged, late=late)
    with reading(workspace) as session:
        assert all(session.get_one(Question, question).is_asked for question in full.questions)


def test_the_same_events_are_done_for_an_admin(
    workspace: Engine, full: Workspace, former_admin: Callable[[str], None]
) -> None:
    """So that the tests above cannot pass for another reason."""
    app = studies_page()
    labelled(app, "Pause")[0].click().run()
    app._run(event(labelled(app, "Pause")[-1].click()))
    app = studies_page(edit=str(full.study))
    app._run(event(labelled(app, "Drop")[0].click()))
    with reading(workspace) as session:
        assert session.get_one(Study, full.study).state == "paused"
        assert not session.get_one(Question, full.questions[0]).is_asked
