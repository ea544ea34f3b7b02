"""In a real chromium: texts are shown as meant, both at the same depth, and nothing leaves this machine.

The page runs without our Content-Security-Policy: what is held back here, rendering alone holds back.
"""

import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page

from core.settings import PROJECT_ROOT
from tests.browser.conftest import settle
from tests.browser.server import free_port
from tests.long import usual_first

pytestmark = pytest.mark.browser

AWAY = "http://198.51.100.7"
HOSTILE = rf"""
Costs $5 today and $10 tomorrow, :red[x] :smile: -> :material/home:

<script>window.hacked = 1</script><img src=x onerror="window.hacked=1"><svg onload="window.hacked=1">
<iframe src="{AWAY}/frame"></iframe><link rel=stylesheet href="{AWAY}/a.css"><style>@import "{AWAY}/b.css";</style>

![pixel]({AWAY}/pixel.png) ![data](data:image/svg+xml,<svg onload=alert(1)>) [policy]({AWAY}/policy "Policy")
[bad](javascript:window.hacked=1) <{AWAY}/auto> {AWAY}/bare

```html
<img src="{AWAY}/code.png" onerror="window.hacked=1">
```

\(\href{{javascript:window.hacked=1}}{{\text{{<img src="{AWAY}/m.png" onerror="window.hacked=1">}}}}\)
"""
MEANT = r"""
# Heading

one line
next line

| Plan | Price |
|------|------:|
| Pro  | $10   |

1. first
   - nested
     - deeper
5. fifth

Inline \(a^2\), display \[\frac{1}{2}\] and
$$
\sqrt{x}
$$
"""
CODE = {
    "python": "def f(): pass", "javascript": "const x = 1", "typescript": "let x: string", "java": "class A {}",
    "c": "int x = 1;", "cpp": "int x = 1;", "csharp": "class A {}", "go": "func f() {}", "rust": "fn f() {}",
    "ruby": "def f; end", "php": "<?php echo 1;", "sql": "SELECT 1", "bash": "if true; then :; fi",
    "html": "<p class='a'>x</p>", "json": '{"a": null}', "yaml": "a: 1",
}  # fmt: skip
TEXTS = {
    "hostile": HOSTILE,
    "meant": MEANT,
    "code": "\n\n".join(f"```{language}\n{code}\n```" for language, code in CODE.items()),
    "rtl": "مرحبا بك\n\n1. أولا\n2. ثانيا\n\nHello again",
    "unseen": "zero\u200bwidth \u202eoverride\u202c nul\x00 bell\x07 lone\ud800 tag\U000e0041 end",
    "huge": "word **bold** `code`\n" * 5000,
    "deep": "".join(f"{'  ' * depth}- level {depth}\n" for depth in range(500)),
}
LONG = "A sentence that takes some room on the page. " * 300
PAIRS = [
    [{"user": "Is it **dear**?", "a": "No.", "b": LONG}],
    [{"user": "And now?", "a": LONG, "b": LONG + LONG}, {"user": "Sure?", "a": "Yes.", "b": "No."}],
    [{"user": "Show all", "a": MEANT, "b": "\n\n".join(TEXTS[name] for name in ("code", "rtl", "hostile"))}],
]


@dataclass
class Watch:
    """What a tab asked for that is not on this machine, and what it complained of."""

    away: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("request", lambda request: self._asked(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))

    def _asked(self, url: str) -> None:
        if not re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|data:font|blob:", url):
            self.away.append(url)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page of this module answers."""
    shown = tmp_path_factory.mktemp("rendering") / "shown.json"
    shown.write_text(json.dumps({"texts": TEXTS, "pairs": PAIRS}), encoding="utf-8")
    port = free_port()
    app = Path(__file__).with_name("rendering_app.py")
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)]
    command += ["--server.headless", "true", "--browser.gatherUsageStats", "false", "--", str(shown)]
    process = subprocess.Popen(command, cwd=PROJECT_ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        _wait_until_it_answers(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended at start"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/_stcore/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
        finally:
            connection.close()
    raise AssertionError("the server did not answer")


@pytest.fixture
def watch(page: Page) -> Watch:
    """Follows the tab from its first request."""
    watch = Watch()
    watch.follow(page)
    return watch


def open_text(page: Page, address: str, name: str) -> Locator:
    page.goto(f"{address}/?text={name}")
    card = page.locator("article")
    card.wait_for()
    settle(page)
    return card


def open_pair(page: Page, address: str, number: int) -> None:
    page.goto(f"{address}/?pair={number}")
    page.locator("article").first.wait_for()
    settle(page)


def test_hostile_text_runs_nothing_asks_for_nothing_and_is_all_there(page: Page, address: str, watch: Watch) -> None:
    card = open_text(page, address, "hostile")
    text = card.inner_text()
    for written in (
        "Costs $5 today and $10 tomorrow, :red[x] :smile: -> :material/home:",
        '<script>window.hacked = 1</script><img src=x onerror="window.hacked=1"><svg onload="window.hacked=1">',
        f'<iframe src="{AWAY}/frame"></iframe>',
        f"pixel ({AWAY}/pixel.png)",
        f'policy ({AWAY}/policy "Policy")',
        "[bad](javascript:window.hacked=1)",
        f"{AWAY}/auto {AWAY}/bare",
        f'<img src="{AWAY}/code.png" onerror="window.hacked=1">',
    ):
        assert written in text
    for link in card.locator(".link").all():
        link.click()
    page.wait_for_timeout(1000)
    assert page.evaluate("window.hacked") is None
    assert card.locator("a, img, script, style, iframe, svg, link, [onerror], [onload], [href], [src]").count() == 0
    assert watch.away == []
    assert watch.complaints == []


def test_what_markdown_means_is_shown(page: Page, address: str, watch: Watch) -> None:
    card = open_text(page, address, "meant")
    assert "one line\nnext line" in card.inner_text()
    assert card.get_by_role("heading", name="Heading").get_attribute("class") == "h1"
    assert card.get_by_role("cell").all_inner_texts() == ["Pro", "$10"]
    assert card.locator("ul ul li").inner_text() == "deeper"
    assert card.locator("ol > li").last.evaluate("item => item.value") == 5
    formulas = card.locator("math")
    assert formulas.count() == 3
    for formula in formulas.all():
        box = formula.bounding_box()
        assert box is not None
        assert box["width"] > 5
        assert formula.evaluate("node => node.namespaceURI") == "http://www.w3.org/1998/Math/MathML"
    assert watch.complaints == []


def test_code_in_sixteen_languages_is_coloured_and_complete(page: Page, address: str) -> None:
    card = open_text(page, address, "code")
    assert card.locator("pre").all_inner_texts() == [f"{code}\n" for code in CODE.values()]
    ink = card.evaluate("card => getComputedStyle(card).color")
    for block in card.locator("pre code").all():
        colours = block.locator("span").evaluate_all("spans => spans.map(span => getComputedStyle(span).color)")
        assert any(colour != ink for colour in colours)


def test_right_to_left_paragraphs_and_lists_run_right_to_left(page: Page, address: str) -> None:
    card = open_text(page, address, "rtl")
    directions = card.locator("p, ol").evaluate_all("nodes => nodes.map(node => getComputedStyle(node).direction)")
    assert directions == ["rtl", "rtl", "rtl", "rtl", "ltr"]


def test_unseen_characters_cannot_reorder_and_are_labelled_in_raw_text(page: Page, address: str) -> None:
    card = open_text(page, address, "unseen")
    assert card.inner_text().endswith("nul\ufffd bell\ufffd lone\ufffd tag\U000e0041 end")
    page.get_by_text("Raw text").click()
    card.locator("pre.raw").wait_for()
    labels = card.locator(".unseen").evaluate_all("spans => spans.map(span => span.dataset.code)")
    assert labels == ["U+200B", "U+202E", "U+202C", "U+0000", "U+0007", "U+D800", "U+E0041"]
    visible = card.locator(".unseen").first.evaluate("span => getComputedStyle(span, '::before').content")
    assert visible == '"U+200B"'
    exact = card.locator("pre").evaluate("pre => pre.textContent")
    assert exact == TEXTS["unseen"].replace("\x00", "\ufffd").replace("\ud800", "\ufffd")


@pytest.mark.parametrize("name", usual_first("huge", long=("deep",)))
def test_a_hundred_thousand_characters_and_deep_nesting_are_whole(page: Page, address: str, name: str) -> None:
    card = open_text(page, address, name)
    text = card.locator(".text").evaluate("node => node.textContent")
    assert text.count("word") == TEXTS[name].count("word")
    assert text.count("level") == TEXTS[name].count("level")


def test_both_responses_are_named_equally_wide_and_begin_at_the_same_height(page: Page, address: str) -> None:
    open_pair(page, address, 1)
    names = page.locator("article").evaluate_all("cards => cards.map(card => card.ariaLabel)")
    turns = [f"{name}, turn {turn} of 2" for turn in (1, 2) for name in ("Prompt", "Response A", "Response B")]
    assert names == turns
    for first in (1, 4):
        a, b = (page.locator("article").nth(number).bounding_box() for number in (first, first + 1))
        assert a is not None
        assert b is not None
        assert a["width"] == pytest.approx(b["width"], abs=1)
        assert (a["y"], a["height"]) == (b["y"], b["height"])
        assert b["x"] > a["x"] + a["width"]


def test_on_a_phone_b_stands_below_a_and_nothing_runs_off_the_edge(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_pair(page, address, 2)
    a, b = (page.locator("article").nth(number).bounding_box() for number in (1, 2))
    assert a is not None
    assert b is not None
    assert a["x"] == b["x"]
    assert b["y"] >= a["y"] + a["height"]
    assert a["x"] + a["width"] <= 390
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390


def test_the_page_says_what_is_below_and_the_keyboard_goes_there(page: Page, address: str) -> None:
    open_pair(page, address, 0)
    more = page.locator(".more")
    assert more.inner_text() == "More of B below"
    caption = page.locator("article[data-side=B] .caption")
    page.keyboard.press("PageDown")
    page.wait_for_timeout(300)
    box, head = caption.bounding_box(), page.get_by_test_id("stHeader").bounding_box()
    assert box is not None
    assert head is not None
    assert box["y"] == pytest.approx(head["y"] + head["height"], abs=2), "B's name stays in view over its text"
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    assert more.is_hidden()
    assert_nothing_is_under_the_bar(page)


def assert_nothing_is_under_the_bar(page: Page) -> None:
    card = page.locator("article").last.bounding_box()
    bar = page.get_by_test_id("stBottom").bounding_box()
    assert card is not None
    assert bar is not None
    assert card["y"] + card["height"] <= bar["y"] + 1


def test_the_next_pair_begins_at_its_top_and_raw_text_stays_where_it_was(page: Page, address: str) -> None:
    open_pair(page, address, 0)
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    page.keyboard.press("1")
    page.get_by_text("And now?").wait_for()
    page.wait_for_timeout(300)
    prompt = page.locator("article").first
    assert (prompt.bounding_box() or {"y": -1})["y"] > 0
    page.keyboard.press("PageDown")
    page.wait_for_timeout(300)
    before = (prompt.bounding_box() or {"y": 0})["y"]
    assert before < 0
    page.locator("input[aria-label='Raw text']").evaluate("box => box.click()")
    page.locator("pre.raw").first.wait_for()
    page.wait_for_timeout(300)
    assert (prompt.bounding_box() or {"y": 0})["y"] < 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_pair(context: BrowserContext, address: str, scheme: str) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    open_pair(page, address, 2)
    page.wait_for_timeout(500)
    violations = Axe().run(page).response["violations"]
    ours = [
        (violation["id"], node["html"][:200], node["target"])
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if any(isinstance(part, list) for part in node["target"])
    ]
    assert ours == []
