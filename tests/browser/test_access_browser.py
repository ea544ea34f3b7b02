"""Access in a real browser against the real server: what is not allowed is not rendered and not in a frame."""

import re
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import text

from core.domain.people import Role
from core.services.people import joining, people
from core.settings import get_settings
from core.storage.engine import get_engine, write
from core.storage.tables import Candidate
from core.ui.shared.navigation import REGISTRY, PageEntry
from core.web.health import health_routes
from core.web.lifespan import Background
from tests.browser.conftest import settle
from tests.browser.frames import Recorder
from tests.browser.server import Server
from tests.browser.visitor import asked
from tests.long import IS_LONG, usual_first

pytestmark = pytest.mark.browser

NOW = datetime.now(UTC)
CANDIDATE, PERSON = "candidate-7f3b9c1e", "Person 4d8a6e20"
EXISTING = [entry for entry in REGISTRY if entry.path.is_file()]
WHO: tuple[Role | None, ...] = (None, *Role)
REFUSED = [(entry, who) for entry in EXISTING for who in WHO if who is None or who < entry.role]
ALLOWED = [(entry, who) for entry in EXISTING for who in WHO if who is not None and who >= entry.role]


def _one_a_role(cases: list[tuple[PageEntry, Role | None]]) -> list[object]:
    """The first page of each role, and the rest for `make test-long`: starting a server or a browser takes long."""
    first = {who: entry for entry, who in reversed(cases)}
    return [pytest.param(*case, marks=() if first[case[1]] is case[0] else pytest.mark.long) for case in cases]


# What the server sends of every one of them is looked at; a browser opens one.
FOR_AN_ANALYST_FIRST = [
    pytest.param(entry, who, marks=() if (entry.url_path, who) == ("cost", Role.ANALYST) else pytest.mark.long)
    for entry, who in ALLOWED
]


def _name(part: object) -> str:
    if isinstance(part, str):
        return part
    return part.url_path if isinstance(part, PageEntry) else "anonymous" if part is None else part.word  # type: ignore[attr-defined]


def fill(server: Server) -> None:
    """A candidate and a person whose names nobody could guess, and that a refused page would show."""

    def work(session):  # type: ignore[no-untyped-def]
        session.add(Candidate(name=CANDIDATE, model=f"model-of-{CANDIDATE}", settings={}, created_at=NOW))
        people.create_person(session, name=PERSON, role=Role.RATER, now=NOW)

    write(server.engine, work)


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server in link mode that has served an admin before."""
    folder = tmp_path_factory.mktemp("warm")
    server = Server(f"sqlite:///{folder / 'evenhand.db'}", folder / "server.log", {"EVENHAND_AUTH": "link"})
    fill(server)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in link mode, with secure cookies, that tests start anew, always on one port."""
    folder = tmp_path_factory.mktemp("cold")
    env = {"EVENHAND_AUTH": "link", "EVENHAND_SECURE_COOKIES": "true"}
    server = Server(f"sqlite:///{folder / 'evenhand.db'}", folder / "server.log", env)
    fill(server)
    yield server
    server.stop()


def start_cold(server: Server) -> None:
    if server.is_running:
        server.stop()
    server.start()


@contextmanager
def without_invitations(server: Server) -> Iterator[None]:
    """Have whatever reads invitations fail."""
    with server.engine.begin() as connection:
        connection.execute(text("ALTER TABLE invitation RENAME TO invitation_away"))
    try:
        yield
    finally:
        with server.engine.begin() as connection:
            connection.execute(text("ALTER TABLE invitation_away RENAME TO invitation"))


@pytest.fixture(scope="module")
def warmed(warm: Server, profile: BrowserContext) -> Server:
    """The warm server after an admin has opened People: st.navigation has run, caches are filled."""
    profile.add_cookies([warm.sign_in("The warming admin", Role.ADMIN)])
    page = profile.new_page()
    page.goto(f"{warm.address}/people")
    page.get_by_role("heading", name="People").wait_for()
    page.close()
    profile.clear_cookies()
    return warm


def visit(context: BrowserContext, server: Server, path: str, who: Role | None) -> tuple[Page, Recorder]:
    if who is not None:
        context.add_cookies([server.sign_in(f"A {who.word} at {path} {datetime.now(UTC).timestamp()}", who)])
    page, recorder = context.new_page(), Recorder()
    recorder.attach(page)
    page.goto(server.address + path)
    settle(page)
    return page, recorder


NOWHERE_FIRST = [("/people.py", None), ("/ünter?page=people", Role.RATER)]
REFUSALS = ("You are not signed in", "This page is not part of your work here")


def refusal(who: Role | None) -> str:
    return REFUSALS[0] if who is None else REFUSALS[1]


def assert_refused(server: Server, entry: PageEntry, who: Role | None) -> None:
    cookie = None if who is None else server.sign_in(f"A {who.word} at {entry.url_path}", who)
    recorder = asked(server, entry.url_path, cookie)
    assert [where for where in recorder.contains(refusal(who)) if where == "frame to browser"]
    recorder.assert_absent([CANDIDATE, PERSON, entry.help, "Traceback"])


@pytest.mark.parametrize(("entry", "who"), REFUSED, ids=_name)
def test_a_page_that_is_not_allowed_is_in_no_frame_of_a_warm_server(
    entry: PageEntry, who: Role | None, warmed: Server
) -> None:
    assert_refused(warmed, entry, who)


@pytest.mark.parametrize(("entry", "who"), _one_a_role(REFUSED), ids=_name)
def test_a_page_that_is_not_allowed_is_in_no_frame_of_a_cold_server_that_it_is_first_asked_of(
    entry: PageEntry, who: Role | None, cold: Server
) -> None:
    start_cold(cold)
    assert_refused(cold, entry, who)


def test_a_visitor_without_a_browser_is_told_what_an_allowed_page_shows(warmed: Server) -> None:
    recorder = asked(warmed, "people", warmed.sign_in("An admin without a browser", Role.ADMIN))
    assert recorder.contains(PERSON)
    assert not recorder.contains(refusal(Role.ADMIN))


@pytest.mark.parametrize(("path", "who"), [("people", None), ("cost", Role.RATER), ("people", Role.ANALYST)])
def test_whoever_is_refused_sees_that_and_nothing_else(
    path: str, who: Role | None, cold: Server, context: BrowserContext
) -> None:
    if IS_LONG or not cold.is_running:
        start_cold(cold)
    page, recorder = visit(context, cold, f"/{path}", who)
    page.get_by_role("heading", name=refusal(who)).wait_for()
    assert page.get_by_role("heading").count() == 1
    assert page.get_by_role("dialog").count() == 0
    assert recorder.frames(), "no websocket frame was recorded"
    recorder.assert_absent([CANDIDATE, PERSON, "Traceback"])


@pytest.mark.parametrize(("entry", "who"), ALLOWED, ids=_name)
def test_a_page_that_is_allowed_is_sent(entry: PageEntry, who: Role, warmed: Server) -> None:
    recorder = asked(warmed, entry.url_path, warmed.sign_in(f"A {who.word} sent {entry.url_path}", who))
    assert recorder.contains(entry.help)
    recorder.assert_absent([*REFUSALS, "Page not found", "could not be shown", "Traceback"])


@pytest.mark.parametrize(("entry", "who"), FOR_AN_ANALYST_FIRST, ids=_name)
def test_a_page_that_is_allowed_opens_by_its_name(
    entry: PageEntry, who: Role, warmed: Server, context: BrowserContext
) -> None:
    page, recorder = visit(context, warmed, f"/{entry.url_path}", who)
    assert page.get_by_text("Page not found").count() == 0
    assert page.get_by_text("not part of your work").count() == 0
    assert page.get_by_text("could not be shown").count() == 0
    assert page.url.partition("?")[0] == f"{warmed.address}/{entry.url_path}"
    recorder.assert_absent(["Traceback"])


@pytest.mark.long
def test_the_recorder_sees_what_an_allowed_page_shows(warmed: Server, context: BrowserContext) -> None:
    _, recorder = visit(context, warmed, "/people", Role.ADMIN)
    assert recorder.contains(PERSON)
    with pytest.raises(AssertionError, match="reached the browser"):
        recorder.assert_absent([PERSON])


def test_a_rater_who_comes_by_the_landing_pages_name_can_go_home(warmed: Server, context: BrowserContext) -> None:
    page, _ = visit(context, warmed, "/rate", Role.RATER)
    page.get_by_role("link", name="My votes").click()
    page.wait_for_url("**/my_votes")
    page.get_by_role("link", name="Rate", exact=True).click()
    page.wait_for_url("**/rate")
    page.goto(warmed.address)
    settle(page)
    assert page.get_by_role("dialog").count() == 0
    assert page.get_by_role("link", name="My votes").is_visible()


@pytest.mark.parametrize(
    ("path", "who"),
    [
        pytest.param(path, who, marks=() if (path, who) in NOWHERE_FIRST else pytest.mark.long)
        for who in (None, Role.RATER)
        for path in ("/people.py", "/ünter?page=people", "/nonsense", "/_home", "/shell", "/<b>")
    ],
    ids=_name,
)
def test_an_address_that_does_not_exist_shows_nothing_of_any_page(
    path: str, who: Role | None, warmed: Server, context: BrowserContext
) -> None:
    _, recorder = visit(context, warmed, path, who)
    recorder.assert_absent([CANDIDATE, PERSON, "Traceback"])


@pytest.mark.parametrize("path", ["/pages/people", "/pages/people.py", "/people/x", "/core/settings.py"])
def test_an_address_below_a_page_is_answered_by_a_page_of_ours(path: str, warmed: Server) -> None:
    status, _, body = warmed.get(path)
    assert status == 404 and "There is no such page" in body


def test_a_join_link_survives_previews_and_signs_in_once(warmed: Server, page: Page) -> None:
    link = warmed.invite("Åsa <b>Berg</b>", Role.RATER)
    path = link.removeprefix(warmed.address)
    for _ in range(3):
        assert warmed.get(path)[0] == 200
    recorder = Recorder()
    recorder.attach(page)
    page.goto(link)
    assert page.get_by_role("heading").inner_text() == "Join Evenhand as Åsa <b>Berg</b>"
    page.keyboard.press("Enter")
    page.wait_for_url(warmed.address + "/")
    settle(page)
    cookie = next(cookie for cookie in page.context.cookies() if cookie["name"] == "evenhand_session")
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    token = path.rsplit("/", 1)[1]
    assert not [
        where
        for where in recorder.contains(token)
        if "/join/" not in where and where != "request GET" and where != "request POST"
    ]
    assert warmed.get(path)[0] == 404


def test_cookies_are_secure_where_the_installation_says_so(cold: Server) -> None:
    if not cold.is_running:
        cold.start()
    path = cold.invite("Anna", Role.RATER).removeprefix(cold.address)
    status, headers, _ = cold.get(path, method="POST")
    assert status == 303 and headers["location"] == "/"
    assert {"HttpOnly", "SameSite=lax", "Secure"} <= set(headers["set-cookie"].split("; "))


def test_forged_used_expired_and_revoked_links_get_one_and_the_same_answer(warmed: Server) -> None:
    used, revoked, expired = (warmed.invite(f"{kind} {NOW}", Role.RATER) for kind in ("used", "revoked", "expired"))
    with_token = [link.rsplit("/", 1)[1] for link in (used, revoked, expired)]
    assert warmed.get(f"/join/{with_token[0]}", method="POST")[0] == 303
    _end_revoked(warmed, with_token[1])
    _let_expire(warmed, with_token[2])
    answers = set()
    for token in ("forged", "x" * 4000, "%27%20OR%201%3D1%20--", "%3Cb%3E", *with_token):
        for method in ("GET", "POST"):
            status, headers, body = warmed.get(f"/join/{token}", method=method)
            assert "set-cookie" not in headers and headers["cache-control"] == "no-store"
            answers.add((status, body))
    assert len(answers) == 1
    status, body = answers.pop()
    assert status == 404 and "Ask the person who sent it for a new one." in body


@pytest.mark.parametrize("token", ["%00", "..%2f..%2fpeople", "%5c%5chost"])
def test_a_token_that_no_address_may_hold_is_a_bad_request(token: str, warmed: Server) -> None:
    for method in ("GET", "POST"):
        status, headers, _ = warmed.get(f"/join/{token}", method=method)
        assert status in (400, 404) and "set-cookie" not in headers


def _end_revoked(server: Server, token: str) -> None:
    def work(session):  # type: ignore[no-untyped-def]
        people.revoke(session, joining.invited(session, token, datetime.now(UTC)).id, now=NOW)

    write(server.engine, work)


def _let_expire(server: Server, token: str) -> None:
    with server.engine.begin() as connection:
        connection.execute(
            text("UPDATE invitation SET expires_at = :then WHERE token_hash = :hash"),
            {"then": (NOW - timedelta(days=1)).replace(tzinfo=None), "hash": joining.hash_token(token)},
        )


def test_another_site_can_neither_join_nor_sign_out_for_somebody(warmed: Server) -> None:
    path = warmed.invite("A target", Role.RATER).removeprefix(warmed.address)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert warmed.get(path, method="POST", headers=elsewhere)[0] == 403
    assert warmed.get("/signout", method="POST", headers=elsewhere)[0] == 403
    assert warmed.get(path)[0] == 200


def test_signing_out_by_address_asks_first_and_ends_the_sign_in(warmed: Server, context: BrowserContext) -> None:
    page = context.new_page()
    cookie = warmed.sign_in("Leaving", Role.RATER)
    context.add_cookies([cookie])
    page.goto(f"{warmed.address}/signout")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="You are signed out").wait_for()
    assert "evenhand_session" not in {found["name"] for found in context.cookies()}
    context.add_cookies([cookie])
    page.goto(warmed.address)
    page.get_by_role("heading", name="You are not signed in").wait_for()


def test_a_revoked_person_loses_an_open_tab_at_the_next_click(warmed: Server, context: BrowserContext) -> None:
    page, _ = visit(context, warmed, "/people", Role.ADMIN)
    token = next(found["value"] for found in context.cookies() if found["name"] == "evenhand_session")

    def revoke(session):  # type: ignore[no-untyped-def]
        people.revoke(session, joining.person_of(session, token, datetime.now(UTC)).id, now=datetime.now(UTC))

    write(warmed.engine, revoke)
    page.get_by_role("link", name="My votes").click()
    page.get_by_role("heading", name="You are not signed in").wait_for()
    assert page.get_by_text(PERSON).count() == 0


def test_no_token_is_in_the_log(server: Callable[..., Server]) -> None:
    running = server(EVENHAND_AUTH="link")
    first = re.findall(r"/join/(\S+)", running.output())
    assert len(first) == 1, "the first start prints one link, for the admin who reads it there"
    tokens = [running.invite("Anna", Role.RATER).rsplit("/", 1)[1], "forged-" + "f" * 40]
    for token in tokens:
        for method in ("GET", "POST", "PUT"):
            running.get(f"/join/{token}", method=method)
    tokens.append("while-broken-" + "b" * 40)
    with without_invitations(running):
        for method in ("GET", "POST"):
            assert running.get(f"/join/{tokens[-1]}", method=method)[0] == 500
    running.stop()
    assert "invitation" in running.output(), "the failure itself is in the log"
    for token in tokens:
        assert token not in running.output()


def test_a_bare_uvicorn_keeps_tokens_out_of_its_access_log(capfd: pytest.CaptureFixture[str]) -> None:
    import logging

    from core.web.log import set_up_logs

    set_up_logs()
    logger = logging.getLogger("uvicorn.access")
    handler = logging.StreamHandler()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", "/join/secret-token?x=1", "1.1", 200)
    logger.removeHandler(handler)
    logged = capfd.readouterr().err
    assert "GET /join/…" in logged and "secret-token" not in logged


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "192.168.1.10:8501"},
        {"X-Forwarded-For": "203.0.113.9"},
        {"X-Forwarded-Host": "evenhand.example"},
        {"Forwarded": "for=203.0.113.9"},
    ],
    ids=str,
)
def test_in_local_mode_nobody_from_elsewhere_is_answered(headers: dict[str, str], local: Server) -> None:
    for path in ("/", "/people", "/healthz", "/metrics", "/_stcore/host-config"):
        status, _, body = local.get(path, headers=headers)
        assert status == 403 and "EVENHAND_AUTH=link" in body
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    assert local.get("/_stcore/stream", headers={**upgrade, **headers})[0] == 403


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server in local mode."""
    folder = tmp_path_factory.mktemp("local")
    server = Server(f"sqlite:///{folder / 'evenhand.db'}", folder / "server.log")
    yield server.start()
    server.stop()


def test_in_local_mode_this_machine_is_the_admin(local: Server, page: Page) -> None:
    page.goto(f"{local.address}/people")
    page.get_by_text("Evenhand runs for you alone now").wait_for()


def test_a_websocket_of_another_origin_is_refused(local: Server) -> None:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Origin": "https://evil.example",
    }
    assert local.get("/_stcore/stream", headers=headers)[0] == 403


@pytest.mark.parametrize("path", ["/", "/people", "/join/x", "/signout", "/healthz", "/metrics", "/no/such/thing"])
def test_every_answer_carries_the_security_headers(path: str, warmed: Server) -> None:
    _, headers, _ = warmed.get(path)
    assert headers["x-content-type-options"] == "nosniff"
    # Forms of our own must be able to say that they are ours; nobody else is told an address.
    assert headers["referrer-policy"] in ("no-referrer", "same-origin")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src" in headers["content-security-policy"]


def test_health_and_metrics_say_how_it_is_and_name_nobody(warmed: Server) -> None:
    status, _, body = warmed.get("/healthz")
    assert (status, body) == (200, '{"status":"ok","database":"ok","scheduler":"ok"}')
    status, _, body = warmed.get("/metrics")
    assert status == 200
    assert CANDIDATE not in body and PERSON not in body
    samples = dict(line.rsplit(" ", 1) for line in body.splitlines() if not line.startswith("#"))
    assert float(samples["evenhand_candidates"]) == 1 and float(samples["evenhand_people"]) >= 2
    assert float(samples["evenhand_scheduler_running"]) == 1 and float(samples["evenhand_uptime_seconds"]) > 0


def test_health_fails_where_no_scheduler_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    healthz = health_routes(Background())[0].endpoint
    answer = healthz(None)
    assert answer.status_code == 503 and b'"scheduler":"stopped"' in answer.body


def test_the_scheduler_runs_as_long_as_the_server_and_no_longer(
    monkeypatch: pytest.MonkeyPatch, sqlite_database: str
) -> None:
    monkeypatch.setenv("EVENHAND_DATABASE_URL", sqlite_database)
    monkeypatch.setenv("EVENHAND_DEMO", "0")
    get_settings.cache_clear()
    get_engine.cache_clear()
    background = Background()

    async def serve() -> int:
        async with background.lifespan(None):
            assert background.is_running
            return health_routes(background)[0].endpoint(None).status_code

    # In a thread of its own: playwright keeps an event loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(anyio.run, serve).result() == 200
    assert not background.is_running
    get_settings.cache_clear()
    get_engine.cache_clear()


def test_a_page_that_fails_shows_an_incident_and_no_traceback(warm: Server, context: BrowserContext) -> None:
    context.add_cookies([warm.sign_in("Ada", Role.ADMIN)])
    page, recorder = context.new_page(), Recorder()
    recorder.attach(page)
    with without_invitations(warm):
        page.goto(f"{warm.address}/people")
        page.get_by_text("This page could not be shown.").wait_for()
    incident = re.search(r"Incident ([0-9a-f]{6})", page.inner_text("body"))
    assert incident is not None
    recorder.assert_absent(["Traceback", "OperationalError", "no such table", "site-packages", "FROM invitation"])
    assert f"incident {incident[1]}" in warm.output() and "no such table" in warm.output()


def test_the_server_stops_cleanly_and_starts_again_on_its_database(server: Callable[..., Server]) -> None:
    running = server(EVENHAND_AUTH="link")
    person = running.sign_in("Ada", Role.ADMIN)
    # uvicorn winds everything up and then lets the signal end the process.
    assert running.stop() in (0, -signal.SIGTERM)
    running.start()
    assert running.get("/healthz")[0] == 200
    assert running.output().count("/join/") == 1, "an admin has a way in, so no second link is printed"
    assert person["value"] not in running.output() and "Traceback" not in running.output()


@pytest.mark.parametrize("scheme", usual_first("light", long=("dark",)))
def test_axe_finds_nothing_serious_on_the_way_in(scheme: str, warmed: Server, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{warmed.address}/people")
    settle(page)
    assert_accessible(page)
    for path in (warmed.invite(f"axe {scheme}", Role.RATER).removeprefix(warmed.address), "/join/dead", "/signout"):
        page.goto(warmed.address + path)
        assert_accessible(page)


# Streamlit's own list of pages has list markup that axe objects to; pages can neither add to it nor mend it.
STREAMLITS_OWN = {"exclude": [["[data-testid='stSidebarNav']"], ["[data-testid='stHeader']"]]}


def assert_accessible(page: Page) -> None:
    found = Axe().run(page, context=STREAMLITS_OWN).response["violations"]
    serious = [
        (rule["id"], [node["html"][:200] for node in rule["nodes"]])
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]
    assert not serious
