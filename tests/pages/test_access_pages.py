"""Pages and roles: what a page file does when it is run for somebody who may not see it, and the People page."""

import ast
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.domain.people import Role
from core.services.people import joining, people
from core.services.studies import studies
from core.settings import get_settings
from core.storage.engine import reading, write
from core.storage.tables import Person
from core.ui.shared.navigation import PAGES_FOLDER, REGISTRY, PageEntry, landing_page, pages_for

SHELL = str(PAGES_FOLDER / "shell.py")
NOW = datetime.now(UTC)
EXISTING = [entry for entry in REGISTRY if entry.path.is_file()]
FORBIDDEN = [(entry, role) for entry in EXISTING for role in (None, *Role) if role is None or role < entry.role]


@pytest.fixture
def workspace(workspace: Engine) -> Engine:
    """The app's own engine on a database with the default study and nothing else."""
    write(workspace, lambda session: studies.ensure_default(session, now=NOW))
    return workspace


@pytest.fixture
def sign_in(monkeypatch: pytest.MonkeyPatch, workspace: Engine) -> Callable[[str, Role | None], int | None]:
    """Puts the app in link mode and a person's cookie in its browser, which AppTest itself cannot do."""
    monkeypatch.setenv("EVENHAND_AUTH", "link")
    get_settings.cache_clear()
    cookies: dict[str, str] = {}
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda _self: cookies))

    def as_somebody(name: str, role: Role | None) -> int | None:
        cookies.clear()
        if role is None:
            return None
        person, token = write(workspace, lambda s: people.invite(s, name=name, role=role, now=NOW))
        cookies["evenhand_session"] = write(workspace, lambda s: joining.redeem(s, token, NOW))
        return person.id

    return as_somebody


def opened(script: str | Path = SHELL) -> AppTest:
    app = AppTest.from_file(str(script), default_timeout=30).run()
    assert not app.exception
    return app


def people_page() -> AppTest:
    app = opened().switch_page("people.py").run()
    assert [title.value for title in app.title] == ["People"]
    return app


def invite_form() -> AppTest:
    return people_page().button(key="people_invite_open").click().run()


def words(app: AppTest) -> str:
    shown = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.text, *app.error, *app.code]
    return "\n".join(str(element.value) for element in shown)


def button(app: AppTest, label: str) -> object:
    return next(found for found in app.button if found.label == label)


@pytest.mark.parametrize(("entry", "role"), FORBIDDEN, ids=lambda part: getattr(part, "url_path", None) or str(part))
def test_a_page_run_for_somebody_without_its_role_shows_nothing_of_itself(
    entry: PageEntry, role: Role | None, sign_in: Callable[[str, Role | None], int | None]
) -> None:
    sign_in("Somebody", role)
    app = opened(entry.path)
    expected = "You are not signed in" if role is None else "This page is not part of your work here"
    assert [heading.value for heading in app.subheader] == [expected]
    assert not (app.title or app.button or app.dataframe or app.selectbox or app.text_input)


@pytest.mark.parametrize("entry", EXISTING, ids=lambda entry: entry.url_path)
def test_every_page_begins_by_requiring_its_role(entry: PageEntry) -> None:
    body = ast.parse(entry.path.read_text()).body
    first = next(node for node in body if not isinstance(node, ast.Import | ast.ImportFrom) and not _is_docstring(node))
    call = ast.unparse(first).removeprefix("person = ")
    assert call == f"access.require(access.Role.{entry.role.name})"


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def test_every_page_file_is_in_the_registry() -> None:
    files = {path.name for path in PAGES_FOLDER.glob("*.py")} - {"shell.py", "__init__.py"}
    assert files <= {entry.file for entry in REGISTRY}
    assert len({entry.url_path for entry in REGISTRY}) == len(REGISTRY)


@pytest.mark.parametrize("role", Role)
def test_a_role_has_the_pages_up_to_its_own_and_arrives_at_one_of_them(role: Role) -> None:
    mine = pages_for(role)
    assert mine == [entry for entry in EXISTING if entry.role <= role]
    assert landing_page(role, mine) in mine
    assert landing_page(Role.RATER, mine).url_path == "rate"


def test_in_local_mode_whoever_opens_it_is_the_admin(workspace: Engine) -> None:
    app = people_page()
    assert "Evenhand runs for you alone now" in app.info[0].value
    with reading(workspace) as session:
        assert [(p.name, p.role) for p in session.exec(select(Person))] == [("You", "admin")]


def test_an_invitation_shows_its_link_once_and_the_link_works(workspace: Engine, sign_in: Callable) -> None:
    sign_in("Ada", Role.ADMIN)
    app = invite_form()
    app.text_input(key="people_invite_name").input("Dr. Åsa *Berg* :smile:")
    app.radio(key="people_invite_role_one").set_value("analyst")
    button(app, "Make link").click()
    app.run()
    assert not app.exception
    token = app.code[0].value.rsplit("/join/", 1)[1]
    assert "Send this link to Dr. Åsa *Berg* :smile:." in words(app)
    app.button(key="people_link_done").click().run()
    assert token not in words(app)
    cookie = write(workspace, lambda session: joining.redeem(session, token, NOW))
    with reading(workspace) as session:
        person = joining.person_of(session, cookie, NOW)
    assert person is not None and (person.name, person.role) == ("Dr. Åsa *Berg* :smile:", "analyst")


def test_an_invitation_that_cannot_be_made_says_why(sign_in: Callable) -> None:
    sign_in("Ada", Role.ADMIN)
    app = invite_form()
    app.text_input(key="people_invite_name").input("Ada")
    button(app, "Make link").click()
    app.run()
    assert "already somebody called" in app.error[0].value and not app.code


def test_a_role_is_changed_and_the_access_ended_from_the_page(workspace: Engine, sign_in: Callable) -> None:
    bo = sign_in("Bo", Role.RATER)
    sign_in("Ada", Role.ADMIN)
    app = people_page()
    app.selectbox(key="people_chosen").set_value(bo).run()
    app.selectbox(key=f"people_role_{bo}").set_value("analyst").run()
    assert _person(workspace, bo).role == "analyst"
    app.button(key=f"people_revoke_{bo}").click().run()
    assert _person(workspace, bo).revoked_at is None
    app.button(key="people_revoke_yes").click().run()
    assert not app.exception
    assert _person(workspace, bo).revoked_at is not None
    assert button(app, "Let back in")


def test_the_page_offers_no_change_of_oneself(sign_in: Callable) -> None:
    ada = sign_in("Ada", Role.ADMIN)
    sign_in("Bo", Role.ADMIN)
    app = people_page()
    assert app.selectbox(key="people_chosen").options == ["Ada"]
    assert ada is not None


def test_a_revoked_person_loses_the_page_at_the_next_click(workspace: Engine, sign_in: Callable) -> None:
    sign_in("Ada", Role.ADMIN)
    bo = sign_in("Bo", Role.ADMIN)
    app = people_page()
    write(workspace, lambda session: people.revoke(session, bo, now=NOW))
    app.run()
    assert not app.title and "You are not signed in" in words(app)


def test_a_demoted_person_loses_the_page_at_the_next_click(workspace: Engine, sign_in: Callable) -> None:
    sign_in("Ada", Role.ADMIN)
    bo = sign_in("Bo", Role.ADMIN)
    app = people_page()
    write(workspace, lambda session: people.change_role(session, bo, Role.RATER))
    app.run()
    assert "People" not in [title.value for title in app.title] and "Ada" not in words(app)


def test_somebody_else_in_the_same_tab_finds_nothing_of_the_former_person(sign_in: Callable) -> None:
    sign_in("Ada", Role.ADMIN)
    app = people_page()
    app.session_state["a_draft"] = "Ada's"
    app.run()
    assert app.session_state["a_draft"] == "Ada's"
    sign_in("Bo", Role.ADMIN)
    app.run()
    assert "a_draft" not in app.session_state


def test_signing_out_says_what_it_takes_to_come_back_and_then_ends_the_sign_in(sign_in: Callable) -> None:
    sign_in("Ada", Role.ADMIN)
    app = people_page()
    app.button(key="shell_sign_out").click().run()
    assert "You will need **a new join link** to come back" in words(app)
    app.button(key="shell_sign_out_no").click().run()
    assert [title.value for title in app.title] == ["People"] and "a new join link" not in words(app)
    app.button(key="shell_sign_out").click().run()
    app.button(key="shell_sign_out_yes").click().run()
    assert "You are not signed in" in words(app)


def _person(engine: Engine, person_id: int) -> Person:
    with reading(engine) as session:
        return people.find_person(session, person_id)
