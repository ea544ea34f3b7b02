"""Joining by link and signing out.

A join link is opened (GET) by whoever previews links in a chat, too; so only the button on its page (POST) uses
the link up. Forged, used, revoked and ended links all get the same answer.
"""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core.errors import NotAllowed
from core.services import joining
from core.settings import AuthMode, get_settings
from core.storage.engine import get_engine, reading, write
from core.ui.access import SESSION_COOKIE
from core.web.plain import plain_page

_DEAD_TITLE = "This link no longer works"


def show_join(request: Request) -> Response:
    """The page that says who the link is for, with the button that uses it."""
    with reading(get_engine()) as session:
        person = joining.invited(session, request.path_params["token"], _now())
    if person is None:
        return _dead()
    text = "You will be signed in on this browser. The link works once, so press the button where you want to work."
    return plain_page(f"Join Evenhand as {person.name}", text, button="Join")


def join(request: Request) -> Response:
    """Use the link up and give this browser its sign-in."""
    if _from_elsewhere(request):
        return _dead()
    token = request.path_params["token"]
    try:
        sign_in = write(get_engine(), lambda session: joining.redeem(session, token, _now()))
    except NotAllowed:
        return _dead()
    answer = RedirectResponse("/", status_code=303, headers={"Cache-Control": "no-store"})
    answer.set_cookie(
        SESSION_COOKIE,
        sign_in,
        max_age=joining.SIGN_IN_DAYS * 24 * 3600,
        httponly=True,
        samesite="lax",
        secure=get_settings().secure_cookies,
    )
    return answer


def show_sign_out(_request: Request) -> Response:
    """Ask first: a link alone must not sign anybody out."""
    text = "You will need a new join link to come back on this browser. Your votes stay."
    return plain_page("Sign out of Evenhand?", text, button="Sign out", home=True)


def sign_out(request: Request) -> Response:
    """End this browser's sign-in."""
    if _from_elsewhere(request):
        return plain_page("Nothing was changed", "Sign out from within Evenhand.", status=403, home=True)
    if get_settings().auth is AuthMode.OIDC:
        return RedirectResponse("/auth/logout", status_code=303)
    token = request.cookies.get(SESSION_COOKIE)
    write(get_engine(), lambda session: joining.sign_out(session, token, _now()))
    answer = plain_page("You are signed out", "Your votes are kept. To come back, open a new join link.")
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax", secure=get_settings().secure_cookies)
    return answer


def _dead() -> Response:
    return plain_page(_DEAD_TITLE, joining.LINK_IS_DEAD.partition(". ")[2], status=404)


def _from_elsewhere(request: Request) -> bool:
    """Whether another site sent this form. (Under no-referrer the Origin of our own forms is "null".)"""
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def _now() -> datetime:
    return datetime.now(UTC)


ROUTES = [
    Route("/join/{token}", show_join, methods=["GET"]),
    Route("/join/{token}", join, methods=["POST"]),
    Route("/signout", show_sign_out, methods=["GET"]),
    Route("/signout", sign_out, methods=["POST"]),
]
