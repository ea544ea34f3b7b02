"""Sign-in by an identity provider: roles come from our own table, by verified e-mail address.

The provider itself is not run. Its outcome, Streamlit's signed identity cookie, is made with the server's secret.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import BrowserContext, Page
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from core.domain.people import Role
from core.services.people import people
from core.storage.engine import write
from tests.browser.conftest import settle
from tests.browser.server import Server

pytestmark = pytest.mark.browser

SECRET = "a secret of this test, long enough to sign with"


@pytest.fixture(scope="module")
def oidc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in oidc mode with a provider set up, and one person who may come in."""
    folder = tmp_path_factory.mktemp("oidc")
    secrets = folder / "secrets.toml"
    server = Server(
        f"sqlite:///{folder / 'evenhand.db'}",
        folder / "server.log",
        {"EVENHAND_AUTH": "oidc", "EVENHAND_ADMIN_EMAIL": "Root@example.org"},
        options=("--secrets.files", str(secrets)),
    )
    server.claim_port()
    secrets.write_text(
        f'[auth]\nredirect_uri = "{server.address}/oauth2callback"\ncookie_secret = "{SECRET}"\n'
        f'client_id = "evenhand"\nclient_secret = "x"\n'
        f'server_metadata_url = "{server.address}/.well-known/openid-configuration"\n'
    )
    now = datetime.now(UTC)
    write(
        server.engine,
        lambda session: people.create_person(session, name="Ada", role=Role.ANALYST, now=now, email="ada@example.org"),
    )
    yield server.start()
    server.stop()


def open_as(context: BrowserContext, server: Server, path: str = "/", **claims: object) -> Page:
    page = context.new_page()
    if claims:
        identity = {"origin": server.address, "is_logged_in": True, **claims}
        signed = create_signed_value(SECRET, "_streamlit_user", json.dumps(identity))
        context.add_cookies([{"name": "_streamlit_user", "value": signed.decode(), "url": server.address}])
    page.goto(server.address + path)
    settle(page)
    return page


def test_a_stranger_is_asked_to_sign_in(oidc: Server, context: BrowserContext) -> None:
    page = open_as(context, oidc, "/people")
    page.get_by_role("heading", name="Sign in to go on").wait_for()
    assert page.get_by_role("button", name="Sign in").is_visible()


def test_a_known_address_has_its_role(oidc: Server, context: BrowserContext) -> None:
    page = open_as(context, oidc, "/people", email="Ada@Example.org", email_verified=True)
    page.get_by_role("heading", name="This page is not part of your work here").wait_for()
    assert page.get_by_text("Ada · analyst").is_visible()


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "eve@example.org", "email_verified": True},
        {"email": "ada@example.org", "email_verified": False},
        {"email": "ada@example.org"},
        {"email": "root@example.org", "email_verified": "true"},
        {"name": "Ada", "email_verified": True},
    ],
    ids=str,
)
def test_an_unknown_or_unverified_address_has_no_access(
    claims: dict[str, object], oidc: Server, context: BrowserContext
) -> None:
    page = open_as(context, oidc, **claims)
    page.get_by_role("heading", name="You have no access yet").wait_for()
    assert page.get_by_test_id("stSidebarNavLink").count() == 0


def test_the_installations_admin_address_is_the_first_admin(oidc: Server, context: BrowserContext) -> None:
    page = open_as(context, oidc, "/people?invite=yes", email="root@example.org", email_verified=True)
    page.get_by_role("heading", name="Invite people").wait_for()
    assert page.get_by_label("E-mail address").is_visible()


def test_an_identity_signed_with_another_secret_is_nobody(oidc: Server, context: BrowserContext) -> None:
    identity = json.dumps(
        {"origin": oidc.address, "is_logged_in": True, "email": "root@example.org", "email_verified": True}
    )
    forged = create_signed_value("another secret", "_streamlit_user", identity)
    context.add_cookies([{"name": "_streamlit_user", "value": forged.decode(), "url": oidc.address}])
    open_as(context, oidc, "/people").get_by_role("heading", name="Sign in to go on").wait_for()


def test_without_a_provider_the_page_says_what_is_missing(server, context: BrowserContext) -> None:  # type: ignore[no-untyped-def]
    page = open_as(context, server(EVENHAND_AUTH="oidc"))
    page.get_by_role("heading", name="Sign-in is not set up yet").wait_for()
