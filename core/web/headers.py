"""What every answer carries, and who is answered at all in local mode; plain ASGI, so streams stay streams."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.services.people.loopback import is_loopback_address, is_loopback_host
from core.settings import AuthMode, get_settings
from core.web.origins import socket_addresses
from core.web.plain import plain_page

_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' {sockets}; frame-src 'self' blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Addresses hold join tokens.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
# Addresses of more than one part that somebody answers; Streamlit would serve its page, broken, at all others.
_NESTED = ("_stcore", "static", "media", "component", "app", "auth", "join")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


class SecurityHeaders:
    """Adds the headers above to every HTTP answer, where an answer's own header wins; answers lost addresses."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and dress the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        policy = _POLICY.format(sockets=" ".join(socket_addresses(scope)))

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", policy)
                for name, wanted in HEADERS.items():
                    headers.setdefault(name, wanted)
                _secure_cookies(message)
                # What pages hand out as downloads may name candidates: no shared cache may keep it.
                if scope["path"].startswith("/media/"):
                    headers["Cache-Control"] = "private, no-store"
            await send(message)

        if _is_nowhere(scope["path"]):
            page = plain_page("There is no such page", "The address may be mistyped.", status=404, home=True)
            await page(scope, receive, dressed)
            return
        await self.app(scope, receive, dressed)


class LocalOnly:
    """In local mode, where whoever comes is the admin, answers nobody but this machine itself.

    A foreign Host (DNS rebinding) and a proxy's headers are refused like a foreign address.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 (or refuse the websocket) unless the request stays on this machine."""
        local_mode = get_settings().auth is AuthMode.LOCAL
        if scope["type"] in ("http", "websocket") and local_mode and not stays_here(scope):
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1008})
                return
            await plain_page("Not from here", REFUSAL, status=403)(scope, receive, send)
            return
        await self.app(scope, receive, send)


REFUSAL = (
    "This Evenhand is set up for one person on one machine, and answers only there (http://127.0.0.1 or "
    "http://localhost). To let others in, its owner starts it with EVENHAND_AUTH=link and sends them join links."
)


def _secure_cookies(message: Message) -> None:
    """Mark every cookie that is set, Streamlit's too, where the app is reached by https."""
    if not get_settings().secure_cookies:
        return
    message["headers"] = [
        (name, content + b"; Secure" if name.lower() == b"set-cookie" and not _is_secure(content) else content)
        for name, content in message["headers"]
    ]


def _is_secure(cookie: bytes) -> bool:
    return any(part.strip().lower() == b"secure" for part in cookie.split(b";"))


def _is_nowhere(path: str) -> bool:
    first, _, rest = path.strip("/").partition("/")
    return bool(rest) and first not in _NESTED


def stays_here(scope: Scope) -> bool:
    """Whether a request comes from this machine itself: by address, by the Host it names, and through no proxy."""
    headers = Headers(scope=scope)
    client = scope.get("client")
    if client is not None and not is_loopback_address(client[0]):
        return False
    if any(name in headers for name in _FORWARDED):
        return False
    return is_loopback_host(headers.get("host", ""))
