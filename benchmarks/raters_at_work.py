"""Raters without browsers: they speak Streamlit's own websocket protocol and press a key every three to five seconds.

``python -m benchmarks.raters_at_work ADDRESS COOKIE…``: one rater a cookie, until killed. Prints "at work" once every
rater has the first pair, and then a dot for each answer given.
"""

import random
import sys
import threading
import time

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect


def main() -> None:
    """Seat one rater a cookie and let them work."""
    address, *cookies = sys.argv[1:]
    seated = threading.Barrier(len(cookies) + 1)
    for cookie in cookies:
        threading.Thread(target=_work, args=(address, cookie, seated), daemon=True).start()
    seated.wait(timeout=120)
    print("at work", flush=True)
    threading.Event().wait()


def _work(address: str, cookie: str, seated: threading.Barrier) -> None:
    headers = {"Cookie": f"evenhand_session={cookie}"}
    url = address.replace("http", "ws", 1) + "/_stcore/stream"
    with connect(url, additional_headers=headers, origin=address, subprotocols=["streamlit"], max_size=None) as socket:
        buttons = _say(socket, BackMsg(rerun_script={"page_name": ""}))
        if "start_rating" in buttons:
            buttons = _press(socket, *buttons["start_rating"])
        seated.wait()
        while True:
            time.sleep(random.uniform(3, 5))
            answers = [key for key in buttons if key[:-1].endswith("-") and key[-1] in "0123"]
            buttons = _press(socket, *buttons[random.choice(answers)])
            print(".", end="", flush=True)


def _press(socket: ClientConnection, button: str, fragment: str) -> dict[str, tuple[str, str]]:
    pressed = {"widgets": [{"id": button, "trigger_value": True}]}
    return _say(socket, BackMsg(rerun_script={"widget_states": pressed, "fragment_id": fragment}))


def _say(socket: ClientConnection, message: BackMsg) -> dict[str, tuple[str, str]]:
    """Send and wait until the script has run: by key, the buttons it drew, as (id, fragment)."""
    socket.send(message.SerializeToString())
    buttons: dict[str, tuple[str, str]] = {}
    while True:
        answer = ForwardMsg.FromString(socket.recv())
        if answer.WhichOneof("type") == "delta" and answer.delta.new_element.WhichOneof("type") == "button":
            name = answer.delta.new_element.button.id
            buttons[name.split("-", 2)[-1]] = (name, answer.delta.fragment_id)
        if answer.WhichOneof("type") == "script_finished":
            return buttons


if __name__ == "__main__":
    main()
