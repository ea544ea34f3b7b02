"""Which pages may speak to the app: its own. Everything else a browser sends is refused before Streamlit sees it.

Streamlit compares names of hosts only, so a page on any other port of this machine would pass; and to learn which
names it has, it asks an address on the internet, with the whole server waiting.
"""

import logging
import re
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from core.settings import Settings, get_settings
from core.web.plain import plain_page

_log = logging.getLogger(__name__)
_READING = ("GET", "HEAD", "OPTIONS")
_PORTS = {"http": 80, "https": 443}
_PAGES_OF = {"ws": "http", "wss": "https"}
_HOST = re.compile(r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_FROM_US = ("same-origin", "none")
_NOT_OURS = (
    "This request came from a page that is not this Evenhand's, so nothing was done. Open Evenhand by its own address. "
    "Behind a proxy, whoever runs it sets EVENHAND_BASE_URL to the address that people use."
)
Origin = tuple[str, str, int]


class OurOriginsOnly:
    """Refuses every websocket and every writing request of a page that is not ours: scheme, host and port must agree.

    Browsers say which page sends a request; what says nothing is no browser, and no page is behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what reads, or comes from a page of ours; refuse the rest."""
        is_socket = scope["type"] == "websocket"
        if not is_socket and (scope["type"] != "http" or scope["method"] in _READING):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if _is_ours(scope, headers, is_socket=is_socket):
            await self.app(_as_asked_for(scope, headers) if is_socket else scope, receive, send)
            return
        _log.warning("refused: a page of %r asked for %r", headers.get("origin", "")[:200], scope["path"][:200])
        if is_socket:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await plain_page("Not from here", _NOT_OURS, status=403)(scope, receive, send)


def socket_addresses(scope: Scope) -> list[str]:
    """Where a page that this request asks for may open a websocket: our own addresses, as a policy names them."""
    found = []
    for scheme, host, port in sorted(_ours(scope, Headers(scope=scope))):
        if ":" not in host:  # a policy cannot name an address of IPv6; there 'self' must do
            socket = "wss" if scheme == "https" else "ws"
            found.append(f"{socket}://{host}" + ("" if port == _PORTS[scheme] else f":{port}"))
    return found


def _is_ours(scope: Scope, headers: Headers, *, is_socket: bool) -> bool:
    said = headers.getlist("origin")
    is_same_site = headers.get("sec-fetch-site", "none") in _FROM_US
    if not said:
        return is_same_site
    if len(said) > 1:
        return False
    if said[0] == "null":  # a form of a page that may tell nobody where it is
        return not is_socket and headers.get("sec-fetch-site") == "same-origin"
    return _parsed(said[0]) in _ours(scope, headers)


def _ours(scope: Scope, headers: Headers) -> set[Origin]:
    """The origins of our own pages: as this request addresses us, and as the installation is reached."""
    scheme = _PAGES_OF.get(scope.get("scheme", "http"), scope.get("scheme", "http"))
    named = {_parsed(f"{scheme}://{host}") for host in headers.getlist("host")[:1]}
    return {origin for origin in {*named, _reached_at(get_settings())} if origin is not None}


def _reached_at(settings: Settings) -> Origin | None:
    """The origin that the installation was given; its default says nothing of where it really is."""
    if "base_url" not in settings.model_fields_set:
        return None
    address = urlsplit(settings.base_url)
    return _parsed(f"{address.scheme}://{address.netloc}")


def _parsed(origin: str) -> Origin | None:
    """Scheme, host and port of an origin, whole and nothing else; None for everything else."""
    try:
        parts = urlsplit(origin.lower())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not _is_bare(parts) or parts.hostname is None or port == 0:
        return None
    return parts.scheme, parts.hostname.rstrip("."), port or _PORTS[parts.scheme]


def _is_bare(parts: SplitResult) -> bool:
    return _HOST.fullmatch(parts.netloc) is not None and not (parts.path or parts.query or parts.fragment)


def _as_asked_for(scope: Scope, headers: Headers) -> Scope:
    """The handshake with its Host as the page named it, which a proxy may have changed.

    Where the two differ, Streamlit would go on to ask the internet for its own address.
    """
    origin = headers.get("origin")
    if origin is None or urlsplit(origin).netloc == headers.get("host"):
        return scope
    kept = [(name, content) for name, content in scope["headers"] if name != b"host"]
    return {**scope, "headers": [*kept, (b"host", urlsplit(origin).netloc.encode("latin-1"))]}
