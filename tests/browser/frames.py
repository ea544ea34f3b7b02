"""Everything that reaches a browser or leaves it, recorded: HTTP bodies, addresses, and websocket frames."""

import re
from collections.abc import Iterable
from contextlib import suppress

from playwright.sync_api import Error, Page, Request, Response, WebSocket

# Streamlit's own bundles are the same for everybody and large.
_BUNDLES = re.compile(r"/static/(js|css|media)/|\.woff2$")


class Recorder:
    """Collects what its pages exchange with the server, as (where, bytes), in the order it was seen."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, bytes]] = []
        self.hosts: set[str] = set()
        self._bodies: list[Response] = []

    def attach(self, page: Page) -> None:
        """Record ``page`` from now on; attach before it opens an address."""
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("websocket", self._websocket)

    def everything(self) -> list[tuple[str, bytes]]:
        """All that was recorded so far."""
        for response in self._bodies:
            # A redirect has no body, and a page that was left behind keeps none.
            with suppress(Error):
                self.seen.append((f"body of {response.url}", response.body()))
        self._bodies.clear()
        return self.seen

    def frames(self) -> list[bytes]:
        """What came over websockets."""
        return [content for where, content in self.seen if where.startswith("frame to browser")]

    def contains(self, needle: str | bytes) -> list[str]:
        """Where ``needle`` occurs, in UTF-8 or UTF-16, whatever its case."""
        text = needle if isinstance(needle, bytes) else needle.encode()
        shapes = {text.lower(), text.decode().lower().encode("utf-16-le")}
        return [where for where, content in self.everything() if any(shape in content.lower() for shape in shapes)]

    def assert_absent(self, needles: Iterable[str | bytes]) -> None:
        """Fail when one of ``needles`` occurs anywhere, or when there was nothing to look at."""
        assert self.everything(), "nothing was recorded"
        found = {str(needle): places for needle in needles if (places := self.contains(needle))}
        assert not found, f"reached the browser: {found}"

    def _request(self, request: Request) -> None:
        self.hosts.add(request.url.split("/")[2].rsplit(":", 1)[0] if "//" in request.url else request.url[:20])
        sent = request.post_data_buffer or b""
        self.seen.append((f"request {request.method}", request.url.encode() + b"\n" + sent))

    def _response(self, response: Response) -> None:
        with suppress(Error):
            headers = "\n".join(f"{name}: {content}" for name, content in response.headers.items())
            self.seen.append((f"headers of {response.url}", headers.encode()))
        if not _BUNDLES.search(response.url):
            self._bodies.append(response)

    def _websocket(self, socket: WebSocket) -> None:
        self.seen.append(("websocket address", socket.url.encode()))
        socket.on("framereceived", lambda frame: self.seen.append(("frame to browser", _bytes(frame))))
        socket.on("framesent", lambda frame: self.seen.append(("frame to server", _bytes(frame))))


def _bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame
