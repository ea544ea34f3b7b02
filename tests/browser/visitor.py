"""A visitor without a browser: opens an address and speaks the app's own protocol, far quicker than chromium does.

What is not shown to somebody must not be sent to them either, and what is sent is all that this visitor looks at.
"""

from collections.abc import Iterable

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from tests.browser.frames import Recorder
from tests.browser.server import Server
from tests.speed import patience_s

WITHIN_S = patience_s(60)


def asked(server: Server, url_path: str, cookie: dict[str, str] | None = None) -> Recorder:
    """What ``server`` sends to whoever opens /``url_path`` with this cookie, until the page stands."""
    recorder = Recorder()
    _, headers, body = server.get(f"/{url_path}")
    recorder.seen += [("headers", repr(headers).encode()), ("body", body.encode())]
    address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    sent = {"Origin": server.address} | ({"Cookie": f"{cookie['name']}={cookie['value']}"} if cookie else {})
    with connect(address, additional_headers=sent, subprotocols=["streamlit"], max_size=None) as socket:  # type: ignore[list-item]
        opening = BackMsg()
        opening.rerun_script.page_name = url_path
        socket.send(opening.SerializeToString())
        recorder.seen += [("frame to browser", frame) for frame in _frames(socket)]
    return recorder


def _frames(socket: ClientConnection) -> Iterable[bytes]:
    """Up to the end of the script, and what still comes within a moment of it."""
    wait_s = WITHIN_S
    while True:
        try:
            frame = socket.recv(timeout=wait_s)
        except TimeoutError:
            assert wait_s < WITHIN_S, "the page never came to its end"
            return
        assert isinstance(frame, bytes)
        yield frame
        if ForwardMsg.FromString(frame).WhichOneof("type") == "script_finished":
            wait_s = 0.3
