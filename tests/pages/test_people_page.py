"""The People page as an admin uses it in link mode: several invited at once, a link renewed in one click."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from core.domain.people import Role
from core.domain.votes import Outcome
from core.services.people import joining, people
from core.services.studies import studies, voting
from core.settings import get_settings
from core.storage.engine import reading, write
from core.storage.tables import Person
from tests.pages.test_access_pages import opened, sign_in, words  # noqa: F401 - a fixture
from tests.pairs import pair_in_hand
from tests.workspace import Workspace, make_workspace

NOW = datetime.now(UTC)


@pytest.fixture
def full(workspace: Engine) -> Workspace:
    """Prompts, responses, three raters, and the study over everything."""
    return make_workspace(workspace)


@pytest.fixture
def admin(sign_in: Callable, full: Workspace) -> None:  # noqa: F811
    """The one who looks at the page."""
    sign_in("Ada", Role.ADMIN)


def people_page(**query: str) -> AppTest:
    app = opened()
    app.switch_page("people.py")
    for name, found in query.items():
        app.query_params[name] = found
    app.run()
    assert not app.exception
    return app


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return words(app).replace("\\", "").replace(":\u2060", ":")


def names(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return sorted(session.exec(select(Person.name).where(Person.kind == "human")))


def person_named(engine: Engine, name: str) -> Person:
    with reading(engine) as session:
        return session.exec(select(Person).where(Person.name == name)).one()


def offered(engine: Engine, name: str) -> list[str]:
    with reading(engine) as session:
        person = session.exec(select(Person).where(Person.name == name)).one()
        return [study.name for study in studies.for_rater(session, person.id)]


def test_several_are_invited_to_a_study_with_a_message_for_each(workspace: Engine, admin: None):
    study = write(workspace, lambda s: studies.create(s, name="June", now=NOW, state="open")).id
    write(workspace, lambda s: studies.create(s, name="Other", now=NOW, state="open"))
    app = people_page(invite="yes", people_how="Several people", study=str(study))
    app.text_area(key="people_invite_list").input("Anna Weber <anna@example.org>; *Bo* :smile:\ncy@example.org").run()
    assert "3 read: Anna Weber (anna@example.org) · *Bo* :smile: · cy@example.org" in said(app)
    press(app, "people_invite_all")
    assert "**3 people are invited.**" in said(app)
    messages = [code.value for code in app.code]
    assert len(messages) == 3 and "'June': 36 pairs, about" in messages[0]
    assert [button.label for button in app.get("download_button")] == ["Download all messages"]
    token = messages[1].rsplit("/join/", 1)[1]
    write(workspace, lambda session: joining.redeem(session, token, NOW))
    assert offered(workspace, "*Bo* :smile:") == ["June", "Other"]
    press(app, "people_link_done")
    assert app.title[0].value == "People" and not app.code
    assert "invited to June" in said(app)


def test_a_list_with_bad_lines_is_not_sent_and_stays_in_its_field(workspace: Engine, admin: None):
    before = names(workspace)
    app = people_page(invite="yes", people_how="Several people")
    app.text_area(key="people_invite_list").input("Anna\nno@host\nAda").run()
    press(app, "people_invite_all")
    error = app.error[0].value.replace("\\", "").replace(":\u2060", ":")
    assert "Line 2, 'no@host'" in error and "Line 3: 'Ada' is here already." in error
    assert names(workspace) == before
    assert app.text_area(key="people_invite_list").value == "Anna\nno@host\nAda"


def test_a_name_that_is_taken_is_not_lost_from_the_form(workspace: Engine, admin: None):
    app = people_page(invite="yes")
    app.text_input(key="people_invite_name").input("Ada")
    next(button for button in app.button if button.label == "Make link").click().run()
    assert "Name: there is already somebody called 'Ada'." in app.error[0].value.replace(":\u2060", ":")
    assert app.text_input(key="people_invite_name").value == "Ada"


def test_a_link_is_renewed_in_one_click_and_somebody_who_voted_is_not_called_not_joined(
    workspace: Engine, admin: None, full: Workspace
):
    rater = full.raters[0]
    shown = pair_in_hand(workspace, study_id=full.study, rater_id=rater, now=NOW, rng=random.Random(0))
    voting.cast(
        workspace,
        public_id=shown.public_id,
        rater_id=rater,
        question_id=full.questions[0],
        outcome=Outcome.LEFT,
        now=NOW,
    )
    app = people_page()
    assert "Not joined" not in said(app)
    assert "Signed out · comes back with a new link · 1 vote" in said(app)
    press(app, f"people_link_{rater}")
    token = app.code[0].value.rsplit("/join/", 1)[1]
    with reading(workspace) as session:
        assert joining.invited(session, token, NOW + timedelta(seconds=1)).id == rater
    assert "Was here before · new link until" in said(app)


def test_one_may_give_oneself_a_link_for_another_browser(workspace: Engine, admin: None):
    me = person_named(workspace, "Ada")
    app = press(people_page(), f"people_link_{me.id}")
    assert "Send this link to Ada." in said(app)


def test_somebody_is_led_to_another_study_and_gets_a_message(workspace: Engine, admin: None, full: Workspace):
    study = write(
        workspace, lambda s: studies.create(s, name="June", now=NOW, state="open", person_ids=full.raters[:1])
    )
    rater = full.raters[1]
    app = press(people_page(), f"people_change_{rater}")
    app.selectbox(key=f"people_study_{rater}").set_value(study.id).run()
    assert not app.exception
    assert "'June': 36 pairs" in app.code[1].value
    assert offered(workspace, "rater 1")[0] == "June"


def test_where_people_sign_in_by_address_nothing_speaks_of_links(
    workspace: Engine, admin: None, full: Workspace, monkeypatch: pytest.MonkeyPatch
):
    from core.ui.shared import access as ui_access

    me = person_named(workspace, "Ada")
    monkeypatch.setenv("EVENHAND_AUTH", "oidc")
    get_settings.cache_clear()
    monkeypatch.setattr(ui_access, "_oidc_person", lambda: me)
    app = people_page()
    assert "May sign in" in said(app) and "link" not in said(app)
    assert not [button for button in app.button if button.label == "New link"]
    app = people_page(invite="yes", people_how="Several people")
    app.text_area(key="people_invite_list").input("Bo").run()
    assert "the e-mail address is missing" in app.error[0].value.replace("\\", "")
    app.text_area(key="people_invite_list").input("Bo <bo@example.org>").run()
    press(app, "people_invite_all")
    assert "Bo can sign in now with that address." in said(app)
    assert "/join/" not in app.code[0].value and "Sign in as bo@example.org here:" in app.code[0].value
    write(workspace, lambda session: people.revoke(session, person_named(workspace, "Bo").id, now=NOW))
    bo = person_named(workspace, "Bo").id
    app = press(people_page(), f"people_link_{bo}")
    assert person_named(workspace, "Bo").revoked_at is None


def test_in_local_mode_it_says_that_nobody_can_join(workspace: Engine, full: Workspace):
    assert "so nobody can join" in people_page(invite="yes").info[0].value
