"""Joining by link and signing out.

A join link is opened (GET) by whoever previews links in a chat, too; so only the button on its page (POST) uses
the link up. Forged, used, revoked and ended links all get the same answer, but for their signed-in owner, whom any of
theirs leads in.
"""

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core import clock
from core.errors import NotAllowed
from core.services.people import joining
from core.settings import AuthMode, get_settings
from core.storage.engine import get_engine, reading, write
from core.storage.tables import Person
from core.ui.shared.access import SESSION_COOKIE
from core.web.plain import plain_page

_DEAD_TITLE = "This link no longer works"
_INSTEAD_OF = "instead_of"


def show_join(request: Request) -> Response:
    """The page that says who the link is for, with the button that uses it; its signed-in owner is led in."""
    if not_by_link := _not_by_link():
        return not_by_link
    invited, me, is_mine = _who(request.path_params["token"], request.cookies.get(SESSION_COOKIE))
    if is_mine:
        return _lead_in()
    if invited is None:
        return _dead(signed_in=me is not None)
    if me is not None:
        return _ask(invited, me)
    text = "You will be signed in on this browser. The link works once, so press the button where you want to work."
    return plain_page(f"Join Evenhand as {invited.name}", text, button="Join")


def join(request: Request) -> Response:
    """Use the link up and give this browser its sign-in; somebody else's sign-in is replaced only when they agreed."""
    if _from_elsewhere(request):
        return _dead()
    if not_by_link := _not_by_link():
        return not_by_link
    token, cookie = request.path_params["token"], request.cookies.get(SESSION_COOKIE)
    invited, me, is_mine = _who(token, cookie)
    if is_mine:
        return _lead_in()
    if invited is not None and me is not None and request.query_params.get(_INSTEAD_OF) != str(me.id):
        return _ask(invited, me)
    return _joined(token, cookie)


def _who(token: str, cookie: str | None) -> tuple[Person | None, Person | None, bool]:
    """Whom the link is good for now, who is signed in here, and whether it was ever theirs."""
    with reading(get_engine()) as session:
        me = joining.person_of(session, cookie, clock.now())
        owner = joining.owner(session, token)
        is_mine = me is not None and owner is not None and owner.id == me.id
        return joining.invited(session, token, clock.now()), me, is_mine


def _joined(token: str, cookie: str | None) -> Response:
    def work(session: Session) -> str:
        sign_in = joining.redeem(session, token, clock.now())
        joining.sign_out(session, cookie, clock.now())
        return sign_in

    try:
        sign_in = write(get_engine(), work)
    except NotAllowed:
        return _dead()
    answer = _lead_in()
    answer.set_cookie(
        SESSION_COOKIE,
        sign_in,
        max_age=joining.SIGN_IN_DAYS * 24 * 3600,
        httponly=True,
        samesite="lax",
        secure=get_settings().secure_cookies,
    )
    return answer


def show_sign_out(request: Request) -> Response:
    """Ask first: a link alone must not sign anybody out. Whoever is not signed in is not asked."""
    if nobody := _nobody_to_sign_out(request):
        return nobody
    again = {
        AuthMode.LINK: "You will need a new join link to come back on this browser; the one you came with is used up.",
        AuthMode.OIDC: "You come back by signing in with your e-mail address.",
    }
    text = f"{again[get_settings().auth]} Your votes stay."
    return plain_page("Sign out of Evenhand?", text, button="Sign out", home="Stay signed in")


def sign_out(request: Request) -> Response:
    """End this browser's sign-in."""
    if _from_elsewhere(request):
        return plain_page("Nothing was changed", "Sign out from within Evenhand.", status=403, home=True)
    if nobody := _nobody_to_sign_out(request):
        return nobody
    if get_settings().auth is AuthMode.OIDC:
        return RedirectResponse("/auth/logout", status_code=303)
    token = request.cookies.get(SESSION_COOKIE)
    write(get_engine(), lambda session: joining.sign_out(session, token, clock.now()))
    answer = plain_page(
        "You are signed out",
        "Your votes are kept. To come back, open a new join link: whoever invited you makes one on the People page.",
    )
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax", secure=get_settings().secure_cookies)
    return answer


def _nobody_to_sign_out(request: Request) -> Response | None:
    """That nobody is signed in on this browser; None where somebody is, or where only Streamlit knows (OIDC)."""
    auth = get_settings().auth
    if auth is AuthMode.LOCAL:
        text = "Evenhand runs for one person on this machine, so there is nothing to sign out of."
        return plain_page("Nobody needs to sign in here", text, home=True)
    if auth is AuthMode.LINK and _who("", request.cookies.get(SESSION_COOKIE))[1] is None:
        text = "To sign in, open your join link: whoever invited you makes one on the People page."
        return plain_page("You are not signed in", text)
    return None


def _not_by_link() -> Response | None:
    """Why nobody joins by link here; None where people do."""
    auth = get_settings().auth
    if auth is AuthMode.LINK:
        return None
    if auth is AuthMode.OIDC:
        text = "Evenhand knows you by the e-mail address of your organisation. Open it and sign in with that."
        return plain_page("Join links are not used here", text, status=404, home=True)
    text = (
        "It runs for one person on one machine. Its owner starts it with EVENHAND_AUTH=link; then this link works, "
        "if it has not ended by then."
    )
    return plain_page("Nobody can join this Evenhand yet", text, status=404)


def _lead_in() -> RedirectResponse:
    return RedirectResponse("/", status_code=303, headers={"Cache-Control": "no-store"})


def _ask(invited: Person, me: Person) -> Response:
    """Somebody else is signed in on this browser: they decide."""
    text = (
        f"This browser is signed in as {me.name}, and the link is for {invited.name}. If you go on, {me.name} is "
        "signed out here and needs a new join link to come back. Nobody's votes are lost."
    )
    title, button = f"Join as {invited.name} instead?", f"Join as {invited.name}"
    return plain_page(title, text, button=button, query=f"{_INSTEAD_OF}={me.id}", home=f"Stay {me.name}")


def _dead(*, signed_in: bool = False) -> Response:
    return plain_page(_DEAD_TITLE, joining.LINK_IS_DEAD.partition(". ")[2], status=404, home=signed_in)


def _from_elsewhere(request: Request) -> bool:
    """Whether another site sent this form. (Under no-referrer the Origin of our own forms is "null".)"""
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


ROUTES = [
    Route("/join/{token}", show_join, methods=["GET"]),
    Route("/join/{token}", join, methods=["POST"]),
    Route("/signout", show_sign_out, methods=["GET"]),
    Route("/signout", sign_out, methods=["POST"]),
]
