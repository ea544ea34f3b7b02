"""Where a rater lands who was invited to a study, whatever has become of it: never on an empty page."""

import pytest
from sqlalchemy import Engine
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.domain.people import Role
from core.services.people import joining, people
from core.services.studies import studies
from core.settings import get_settings
from core.storage.engine import write
from core.ui.shared.navigation import PAGES_FOLDER
from tests.workspace import NOW, Workspace, make_workspace


@pytest.fixture
def full(workspace: Engine) -> Workspace:
    """Prompts, responses, raters and the study over everything."""
    return make_workspace(workspace)


def make(engine: Engine, name: str, **given: object) -> int:
    given = {"state": "open", "now": NOW, "guidelines": f"Guidelines of {name}"} | given
    return write(engine, lambda session: studies.create(session, name=name, **given)).id


def set_state(engine: Engine, study: int, state: str) -> None:
    write(engine, lambda session: studies.set_state(session, study, state))


@pytest.fixture
def lands(workspace: Engine, full: Workspace, monkeypatch: pytest.MonkeyPatch):
    """Opens the app as a new rater who was invited to a study, with a link that they used."""
    monkeypatch.setenv("EVENHAND_AUTH", "link")
    get_settings.cache_clear()
    cookies: dict[str, str] = {}
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda _self: cookies))

    def as_rater_of(study: int | None) -> AppTest:
        _, token = write(workspace, lambda s: people.invite(s, name="Anna", role=Role.RATER, now=NOW, study_id=study))
        cookies["evenhand_session"] = write(workspace, lambda s: joining.redeem(s, token, NOW))
        return again(AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60))

    return as_rater_of


def again(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.subheader, *app.markdown, *app.caption]
    return "\n".join(str(element.value) for element in shown).replace("\\", "").replace(":\u2060", ":")


def test_a_rater_lands_in_the_study_of_their_link_though_it_is_not_the_first(workspace: Engine, lands):
    make(workspace, "First")
    app = lands(make(workspace, "Second"))
    assert app.selectbox(key="rate_study").options == ["Second", "First"]
    assert app.selectbox(key="rate_study").value is not None
    assert "Before you begin" in words(app)


def test_an_invited_rater_reads_that_the_draft_has_not_opened_and_then_gets_its_pairs(workspace: Engine, lands):
    study = make(workspace, "June", state="draft")
    app = lands(study)
    assert "'June', which you were invited to, has not opened yet." in words(app)
    assert not [button for button in app.button if button.label == "Start rating"]
    set_state(workspace, study, "open")
    assert "Before you begin" in words(again(app))


@pytest.mark.parametrize("state", ["paused", "closed"])
def test_an_invited_rater_reads_that_their_study_rests(workspace: Engine, lands, state: str):
    study = make(workspace, "June")
    write(
        workspace,
        lambda s: setattr(studies.get(s, study), "more_expected", "More on Monday."),
    )
    app = lands(study)
    set_state(workspace, study, state)
    said = words(again(app))
    assert "'June'" in said and f"is {state}" in said and "More on Monday." in said
    assert "Before you begin" not in said


def test_whoever_rates_another_study_meanwhile_reads_what_became_of_their_own(workspace: Engine, lands):
    make(workspace, "Other", guidelines="")
    app = lands(make(workspace, "June", state="draft"))
    assert "'June', which you were invited to, has not opened yet." in words(app)
    assert "Pair 1 of" in words(app)


def test_the_study_over_everything_is_left_to_whoever_was_invited_to_none(workspace: Engine, lands):
    assert "Pair 1 of" in words(lands(None))
