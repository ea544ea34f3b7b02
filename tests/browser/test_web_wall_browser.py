"""What reaches the server before any page: whose websockets, whose requests, whose uploads."""

import http.client
import json
import os
import socket
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from core.domain.people import Role
from core.services.people import joining, people
from core.storage.engine import write
from tests.browser.conftest import settle
from tests.browser.server import Server, free_port
from tests.browser.visitor import asked
from tests.prepared import demo_of_a_week

pytestmark = pytest.mark.browser
TOKEN = "token-0123456789"


@dataclass
class Session:
    """A visitor's session: its websocket, its id, and the cookie it came with."""

    server: Server
    socket: ClientConnection
    id: str
    cookie: str

    def put(self, content: bytes, *, session_id: str | None = None, cookie: str | None = None) -> int:
        """Upload a file as the browser does, to an address of one's own making; the answer's status."""
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="f.jsonl"\r\n'
        body = f"{head}Content-Type: text/plain\r\n\r\n".encode() + content + f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Origin": self.server.address,
            "Cookie": self.cookie if cookie is None else cookie,
        }
        return _sent(self.server, self.address(session_id), body, headers)

    def address(self, session_id: str | None = None) -> str:
        """Where a file of the session goes."""
        return f"/_stcore/upload_file/{session_id or self.id}/{uuid.uuid4()}"


def _sent(server: Server, path: str, body: bytes, headers: dict[str, str]) -> int:
    xsrf = _xsrf(server)
    headers = {**headers, "Cookie": f"{headers['Cookie']}; _streamlit_xsrf={xsrf}", "X-Xsrftoken": xsrf}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request("PUT", path, body, headers)
        return connection.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        return connection.getresponse().status
    finally:
        connection.close()


def _xsrf(server: Server) -> str:
    _, headers, _ = server.get("/_stcore/host-config")
    if "set-cookie" not in headers:
        _, headers, _ = server.get("/_stcore/health")
    return headers["set-cookie"].split(";")[0].partition("=")[2]


@contextmanager
def session(server: Server, page_name: str, who: Role | None = None, view: str = "Import") -> Iterator[Session]:
    """Open a page over a real websocket, as somebody of this role, and wait until it stands."""
    cookie = ""
    if who is not None:
        found = server.sign_in(f"{who.word} {uuid.uuid4().hex[:6]}", who)
        cookie = f"{found['name']}={found['value']}"
    headers = {"Origin": server.address, "Cookie": cookie}
    address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    with connect(address, additional_headers=headers, subprotocols=["streamlit"], max_size=None) as line:  # type: ignore[list-item]
        opening = BackMsg()
        opening.rerun_script.page_name = page_name
        # By its name now and by its name before widgets were named by their pages.
        opening.rerun_script.query_string = f"datasets_show={view}&show={view}"
        line.send(opening.SerializeToString())
        session_id = ""
        while True:
            message = ForwardMsg.FromString(line.recv(timeout=60))  # type: ignore[arg-type]
            if message.WhichOneof("type") == "new_session":
                session_id = message.new_session.initialize.session_id
            if message.WhichOneof("type") == "script_finished":
                break
        yield Session(server, line, session_id, cookie)


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server in link mode."""
    folder = tmp_path_factory.mktemp("linked")
    server = Server(f"sqlite:///{folder / 'evenhand.db'}", folder / "server.log", {"EVENHAND_AUTH": "link"})
    yield server.start()
    server.stop()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server in local mode."""
    folder = tmp_path_factory.mktemp("local")
    server = Server(f"sqlite:///{folder / 'evenhand.db'}", folder / "server.log")
    yield server.start()
    server.stop()


@pytest.fixture(scope="module")
def proxied(make_lasting_server: Callable[..., Server]) -> Server:
    """One server in link mode that people reach by another address, with a token for its metrics."""
    address = {"EVENHAND_BASE_URL": "https://evenhand.example", "EVENHAND_METRICS_TOKEN": TOKEN}
    return make_lasting_server(EVENHAND_AUTH="link", **address).start()


@pytest.mark.regression("2.2")
@pytest.mark.parametrize(("page_name", "who"), [("", None), ("rate", Role.RATER), ("datasets", Role.ANALYST)])
def test_whoever_was_shown_no_uploader_uploads_nothing(page_name: str, who: Role | None, linked: Server) -> None:
    with session(linked, page_name, who) as visitor:
        assert visitor.put(b"{}") == 403


@pytest.mark.regression("2.2")
def test_an_admin_who_has_not_opened_the_uploader_uploads_nothing_and_then_may(linked: Server) -> None:
    for page_name, view in (("people", "Import"), ("datasets", "Gates")):
        with session(linked, page_name, Role.ADMIN, view) as visitor:
            assert visitor.put(b"{}") == 403
    with session(linked, "datasets", Role.ADMIN) as visitor:
        assert visitor.put(b"{}") == 204


@pytest.mark.regression("2.2")
def test_nobody_else_uploads_to_the_session_of_an_admin(linked: Server) -> None:
    with session(linked, "datasets", Role.ADMIN) as admin, session(linked, "rate", Role.RATER) as rater:
        assert rater.put(b"{}", session_id=admin.id) == 403
        assert rater.put(b"{}", session_id=admin.id, cookie="") == 403
        assert admin.put(b"{}") == 204


@pytest.mark.regression("2.2")
@pytest.mark.parametrize("how", ["revoked", "demoted", "signed out"])
def test_who_may_import_no_more_uploads_no_more(how: str, linked: Server) -> None:
    keeper = f"keeper {uuid.uuid4().hex[:6]}"
    linked.sign_in(keeper, Role.ADMIN)
    with session(linked, "datasets", Role.ADMIN) as admin:
        assert admin.put(b"{}") == 204
        token = admin.cookie.partition("=")[2]
        now = datetime.now(UTC)

        def end(database: object) -> None:
            person = joining.person_of(database, token, now)  # type: ignore[arg-type]
            assert person is not None and person.id is not None
            if how == "revoked":
                people.revoke(database, person.id, now=now)  # type: ignore[arg-type]
            elif how == "demoted":
                people.change_role(database, person.id, Role.RATER)  # type: ignore[arg-type]
            else:
                joining.sign_out(database, token, now)  # type: ignore[arg-type]

        write(linked.engine, end)
        assert admin.put(b"{}") == 403


def test_a_session_that_has_ended_takes_no_upload(linked: Server) -> None:
    with session(linked, "datasets", Role.ADMIN) as admin:
        pass
    assert admin.put(b"{}") in (400, 403)


@pytest.mark.regression("2.2")
def test_the_files_of_one_session_are_bounded(linked: Server) -> None:
    with session(linked, "datasets", Role.ADMIN) as admin:
        answers = [admin.put(b"{}") for _ in range(40)]
        assert answers[0] == 204 and answers[-1] == 413
    with session(linked, "datasets", Role.ADMIN) as another:
        assert another.put(b"{}") == 204


@pytest.mark.regression("2.2")
def test_an_upload_lies_on_disk_and_not_in_memory(linked: Server) -> None:
    size = 200_000_000
    with session(linked, "datasets", Role.ADMIN) as admin:
        assert admin.put(b"{}") == 204
        before = _memory(linked)
        assert admin.put(b"x" * size) == 204
        assert _memory(linked) - before < size / 4
        assert _open_files(linked) >= size


def test_a_file_that_is_too_large_is_refused_while_it_comes(linked: Server) -> None:
    with session(linked, "datasets", Role.ADMIN) as admin:
        for length in ("600000000", "many"):
            headers = {"Content-Length": length, "Origin": linked.address, "Cookie": admin.cookie}
            status, _, body = linked.get(admin.address(), method="PUT", headers=headers)
            assert (status, "command line" in body) in ((413, True), (400, False))


def _memory(server: Server) -> int:
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def _open_files(server: Server) -> int:
    """The bytes of the deleted files that the server holds open."""
    assert server.process is not None
    total = 0
    for each in Path(f"/proc/{server.process.pid}/fd").iterdir():
        try:
            if "(deleted)" in str(each.readlink()):
                total += each.stat().st_size
        except OSError:
            continue
    return total


def test_a_file_that_is_chosen_in_a_browser_is_looked_into_and_imported(
    linked: Server, context: BrowserContext, tmp_path: Path
) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_text("".join(json.dumps({"id": f"p{n}", "turns": [f"Question {n}"]}) + "\n" for n in range(5)))
    context.add_cookies([linked.sign_in("An importer", Role.ADMIN)])
    page = context.new_page()
    page.goto(f"{linked.address}/datasets?datasets_show=Import&show=Import")
    settle(page)
    with page.expect_response(lambda answer: "/upload_file/" in answer.url and answer.request.method == "PUT") as put:
        page.locator("input[type=file]").first.set_input_files(str(file))
    assert put.value.status == 204
    settle(page)
    assert page.get_by_text("prompts.jsonl").count() > 0
    page.get_by_role("button", name="Import").last.click()
    page.get_by_text("5 prompts").first.wait_for()


def handshake(server: Server, origin: str | None, host: str = "") -> int:
    """The status of a handshake, 101 where it is accepted; ``host``: what it names as Host, by default the server."""
    sent = {} if origin is None else {"Origin": origin}
    address = f"ws://{host or f'127.0.0.1:{server.port}'}/_stcore/stream"
    line = socket.create_connection(("127.0.0.1", server.port))
    try:
        with connect(address, additional_headers=sent, subprotocols=["streamlit"], sock=line, proxy=None):  # type: ignore[list-item]
            return 101
    except InvalidStatus as error:
        return error.response.status_code


@pytest.mark.regression("2.4")
@pytest.mark.parametrize("mode", ["local", "link"])
def test_a_page_on_another_port_or_name_opens_no_websocket(mode: str, local: Server, linked: Server) -> None:
    server = local if mode == "local" else linked
    port, other = server.port, free_port()
    foreign = [
        f"http://127.0.0.1:{other}",
        f"http://localhost:{other}",
        f"http://localhost:{port}",
        f"https://127.0.0.1:{port}",
        "http://127.0.0.1",
        "http://0.0.0.0",
        f"http://127.0.0.1:{port}.evil.example",
        f"http://evil@127.0.0.1:{port}",
        "null",
        "file://",
        "",
        f"http://127.0.0.1:{port}/x",
    ]
    assert {origin: handshake(server, origin) for origin in foreign} == dict.fromkeys(foreign, 403)
    assert handshake(server, f"http://127.0.0.1:{port}") == 101
    assert handshake(server, f"http://localhost:{port}", host=f"localhost:{port}") == 101
    assert handshake(server, f"http://[::1]:{port}", host=f"[::1]:{port}") == 101


@pytest.mark.regression("2.4")
def test_a_page_on_another_port_of_this_machine_does_not_become_the_admin(local: Server, page: Page) -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    class Attacker(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<h1>a page of somebody else</h1>")

        def log_message(self, *args: object) -> None:
            pass

    attacker = HTTPServer(("127.0.0.1", 0), Attacker)
    Thread(target=attacker.serve_forever, daemon=True).start()
    page.goto(f"http://127.0.0.1:{attacker.server_address[1]}/")
    script = """address => new Promise(done => {
        const socket = new WebSocket(address, ["streamlit"]);
        socket.onopen = () => done("open"); socket.onerror = () => done("refused"); })"""
    try:
        assert page.evaluate(script, f"ws://127.0.0.1:{local.port}/_stcore/stream") == "refused"
        assert page.evaluate(script, f"ws://localhost:{local.port}/_stcore/stream") == "refused"
    finally:
        attacker.shutdown()
    page.goto(local.address)
    assert page.evaluate(script, f"ws://127.0.0.1:{local.port}/_stcore/stream") == "open"


@pytest.mark.regression("2.4")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_writing_request_of_another_page_is_refused(method: str, linked: Server, local: Server) -> None:
    path = linked.invite(f"target {method}", Role.RATER).removeprefix(linked.address)
    foreign = [f"http://127.0.0.1:{free_port()}", f"http://localhost:{linked.port}", "https://evil.example", "null"]
    for origin in foreign:
        for where in (path, "/signout", "/_stcore/upload_file/x/y", "/_stcore/agent/interact", "/"):
            assert linked.get(where, method=method, headers={"Origin": origin})[0] == 403, (origin, where)
        assert local.get("/signout", method=method, headers={"Origin": origin})[0] == 403
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert linked.get("/signout", method=method, headers=cross)[0] == 403
    assert linked.get(path)[0] == 200, "the link was not used up"
    assert linked.get("/signout", headers={"Origin": "https://evil.example"})[0] == 200, "to read is no harm"


def test_our_own_forms_work_whatever_the_browser_says_of_itself(linked: Server) -> None:
    ways = [
        {"Origin": linked.address},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin"},
        {},
    ]
    for headers in ways:
        path = linked.invite(f"joins {headers}", Role.RATER).removeprefix(linked.address)
        assert linked.get(path, method="POST", headers=headers)[0] == 303, headers


def test_the_forms_of_our_own_pages_tell_where_they_are(linked: Server, page: Page) -> None:
    link = linked.invite("By browser", Role.RATER)
    page.goto(link)
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name="Join").press("Enter")
    assert sent.value.all_headers()["origin"] == linked.address
    page.wait_for_url(f"{linked.address}/")


@pytest.mark.regression("2.4")
def test_behind_a_proxy_the_address_that_people_use_is_ours(proxied: Server) -> None:
    began = datetime.now(UTC)
    for host in ("evenhand.example", f"127.0.0.1:{proxied.port}", "backend:8501"):
        assert handshake(proxied, "https://evenhand.example", host=host) == 101, host
        assert handshake(proxied, "https://evenhand.example:443", host=host) == 101, host
    for origin in ("http://evenhand.example:8501", "https://evenhand.example:444", "https://evil.example"):
        assert handshake(proxied, origin, host="evenhand.example") == 403, origin
    path = proxied.invite("By proxy", Role.RATER).rpartition("/join/")[2]
    headers = {"Origin": "https://evenhand.example", "Host": "backend:8501"}
    assert proxied.get(f"/join/{path}", method="POST", headers=headers)[0] == 303
    assert (datetime.now(UTC) - began).total_seconds() < 20


WATCH = """
import os, sys
def watch(event, args):
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in ("socket.connect", "socket.sendto", "socket.gethostbyname"):
        address = args[1] if event != "socket.gethostbyname" else args[0]
        host = address[0] if isinstance(address, tuple) else address
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host is None or host in ("localhost", "::1", "", "0.0.0.0", "::") or host.startswith(("127.", "/", "\\0")):
        return
    with open(os.environ["WATCHED"], "a") as log:
        log.write(f"{event} {host}\\n")
sys.addaudithook(watch)
"""


@pytest.mark.regression("2.4")
@pytest.mark.parametrize("address", ["127.0.0.1", pytest.param("0.0.0.0", marks=pytest.mark.long)])
def test_no_request_leaves_this_machine(address: str, tmp_path: Path) -> None:
    from core.ui.shared.navigation import REGISTRY

    (tmp_path / "sitecustomize.py").write_text(WATCH)
    watched = tmp_path / "watched.log"
    port = free_port()
    env = {"WATCHED": str(watched), "PYTHONPATH": str(tmp_path), "EVENHAND_DEMO": "0"}
    if address != "127.0.0.1":
        env["EVENHAND_AUTH"] = "link"
    running = Watched(f"sqlite:///{tmp_path / 'evenhand.db'}", tmp_path / "server.log", env, port=port)
    running.options = ("--server.address", address)
    demo_of_a_week(running.engine)
    running.start()
    try:
        assert handshake(running, "http://127.0.0.1:1") == 403
        assert handshake(running, "https://evil.example") == 403
        assert handshake(running, running.address) == 101
        cookie = running.sign_in("An admin", Role.ADMIN) if address != "127.0.0.1" else None
        for entry in REGISTRY:
            assert asked(running, entry.url_path, cookie).contains(entry.help)
        assert running.get("/healthz")[0] == 200
    finally:
        running.stop()
    assert not watched.exists(), watched.read_text()


@dataclass
class Watched(Server):
    """A server in a process that was begun anew, so that what it loads at its very start is watched, too."""

    def start(self) -> "Server":
        """Start it and wait until it answers."""
        import subprocess

        settings = {"EVENHAND_DATABASE_URL": self.database, "EVENHAND_BASE_URL": self.address, **self.env}
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(self.port)]
        with self.log.open("w") as log:
            started = subprocess.Popen(
                [*command, *self.options], env={**os.environ, **settings}, stdout=log, stderr=log
            )
        self.process = _Started(started)  # type: ignore[assignment]
        self._wait()
        return self


@dataclass
class _Started:
    """A process of ``subprocess`` with the face of one of ``multiprocessing``."""

    process: "object"

    def is_alive(self) -> bool:
        return self.process.poll() is None  # type: ignore[attr-defined]

    def terminate(self) -> None:
        self.process.terminate()  # type: ignore[attr-defined]

    def kill(self) -> None:
        self.process.kill()  # type: ignore[attr-defined]

    def join(self, timeout: float | None = None) -> None:
        self.process.wait(timeout)  # type: ignore[attr-defined]

    @property
    def exitcode(self) -> int | None:
        return self.process.returncode  # type: ignore[attr-defined, no-any-return]


@pytest.mark.regression("2.8")
def test_cookies_are_secure_where_the_base_url_is_https(proxied: Server) -> None:
    path = proxied.invite("Anna", Role.RATER).rpartition("/join/")[2]
    status, headers, _ = proxied.get(f"/join/{path}", method="POST")
    assert status == 303 and "Secure" in headers["set-cookie"].split("; ")
    for each in ("/_stcore/host-config", "/_stcore/health"):
        assert "Secure" in proxied.get(each)[1].get("set-cookie", "Secure").split("; ")


@pytest.mark.long
def test_cookies_are_as_the_installation_says(server: Callable[..., Server], linked: Server) -> None:
    plain = server(EVENHAND_AUTH="link", EVENHAND_BASE_URL="https://evenhand.example", EVENHAND_SECURE_COOKIES="false")
    for running in (plain, linked):
        path = running.invite("Anna", Role.RATER).rpartition("/join/")[2]
        assert "Secure" not in running.get(f"/join/{path}", method="POST")[1]["set-cookie"].split("; ")


@pytest.mark.regression("2.8")
def test_the_policy_names_our_own_sockets_alone(linked: Server, proxied: Server) -> None:
    policy = proxied.get("/", headers={"Host": "evenhand.example"})[1]["content-security-policy"]
    assert "wss://evenhand.example" in _sources(policy)
    assert not {"ws:", "wss:", "*"} & set(_sources(policy))
    assert _sources(linked.get("/")[1]["content-security-policy"]) == ["'self'", f"ws://127.0.0.1:{linked.port}"]
    for host in ("x; script-src *", "a b", "x,y", "*", "é"):
        odd = linked.get("/", headers={"Host": host.encode("utf-8").decode("latin-1")})
        assert odd[0] == 400 or set(_sources(odd[1]["content-security-policy"])) <= {
            "'self'", f"ws://127.0.0.1:{linked.port}",
        }  # fmt: skip


def _sources(policy: str) -> list[str]:
    part = next(part for part in policy.split("; ") if part.startswith("connect-src "))
    return part.split()[1:]


@pytest.mark.regression("2.8")
def test_metrics_need_this_machine_or_the_token(proxied: Server, linked: Server) -> None:
    assert linked.get("/metrics")[0] == 200
    for headers in ({"X-Forwarded-For": "203.0.113.9"}, {"Forwarded": "for=203.0.113.9"}, {"Host": "evenhand.example"}):
        status, answered, body = linked.get("/metrics", headers=headers)
        assert status == 401 and answered["www-authenticate"] == "Bearer" and "evenhand_" not in body
    elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    for said in ("Bearer wrong", "Bearer ", f"Basic {TOKEN}", "Bearer é"):
        given = {**elsewhere, "Authorization": said.encode().decode("latin-1")}
        assert proxied.get("/metrics", headers=given)[0] == 401, said
    right = {**elsewhere, "Authorization": f"Bearer {TOKEN}"}
    assert proxied.get("/metrics", headers=right)[0] == 200


@pytest.mark.regression("2.8")
def test_metrics_are_counted_at_most_every_fifteen_seconds(server: Callable[..., Server]) -> None:
    running = server(EVENHAND_AUTH="link")
    first = _people(running)
    running.sign_in("Somebody new", Role.RATER)
    assert _people(running) == first


def _people(server: Server) -> float:
    _, _, body = server.get("/metrics")
    return float(next(line for line in body.splitlines() if line.startswith("evenhand_people ")).split()[1])
