"""What a model wrote is shown as it meant it, and cannot do anything else."""

import json
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from core.ui.shared.markup.characters import without_unsafe
from core.ui.shared.markup.sanitiser import ATTRIBUTES, MATH_TAGS, TEXT_TAGS, sanitise
from core.ui.shared.rendering import raw_html, safe_html
from tests.long import times

VOID = {"br", "hr"}


class Parsed(HTMLParser):
    """The text, tags and attributes of HTML, read by a parser that is not the one that made it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.kinds: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.kinds.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "br":
            self.text += "\n"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag not in VOID
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration")

    def handle_pi(self, data: str) -> None:
        raise AssertionError("a processing instruction")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError("an unknown declaration")


def shown(text: str) -> str:
    """What a reader sees of a text."""
    return Parsed(safe_html(text)).text


def assert_harmless(html: str) -> Parsed:
    parsed = Parsed(html)
    assert not parsed.open, "a tag stayed open and would swallow what follows"
    for tag in parsed.kinds:
        assert tag in TEXT_TAGS | MATH_TAGS
    for tag, name, value in parsed.attributes:
        if tag in ("pre", "span") and name in ("title", "data-code"):
            assert re.fullmatch(r"U\+[0-9A-F]{4,6}[A-Z0-9 ×\-()<>]*", value)
            continue
        assert name in ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set())
        assert not name.startswith("on")
        assert name not in ("href", "src", "style", "srcset", "xlink:href", "action", "id", "name")
        if name == "class":
            assert re.fullmatch(r"[a-z0-9 ]*", value)
        if name == "dir":
            assert value in ("auto", "ltr", "rtl")
    return parsed


def words(text: str) -> list[str]:
    return sorted(re.findall(r"[^\W_]", text))


def missing(text: str, html: str) -> str:
    """Letters and digits of a text that its HTML does not have, list numbers and formulas' sources counted in.

    The number of a list where every item has the same one ("1.") does not count: the list counts on from it.
    """
    parsed = Parsed(html)
    text = re.sub(r"\b1\.", "", text)
    there = parsed.text + "".join(value for _, name, value in parsed.attributes if name in ("value", "alttext"))
    left = words(there)
    gone = ""
    for character in set(words(text)):
        lacking = words(text).count(character) - left.count(character)
        gone += character * max(0, lacking)
    return gone


FRAGMENTS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "</div></article>", "<!--",
    "]]>", "<style>*{display:none}</style>", "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<annotation-xml encoding='text/html'><img src=x onerror=alert(1)>", "javascript:alert(1)", "data:text/html,x",
    "[a](javascript:alert(1))",
    "[a](http://x.test/ \"t\")", "![a](http://x.test/p.png)", "<http://x.test>", "[a](<b c>)",
    "[", "](", ")", "![", "`", "```", "~~~", "```js\n", "**", "_", "~~", "> ", "- ", "1. ", "7) ", "# ", "\n", "\n\n",
    "    ", "\t", "|", "\n|-|-|\n", "a|b\n-|-\nc|d|e\n", "\\(", "\\)", "\\[", "\\]", "$$", "$", "\\", "\\frac{a}{b}",
    "\\href{javascript:alert(1)}{x}", "\\text{<b>}", "\\style{color:red}{x}", "\\color{red}", "\\hspace{9em}", "{", "}",
    "^", "&lt;", "&#106;", "&", "\"", "'", "---\n", "===\n", "\x00", "\x07", "\x1b[31m", "\r", "\r\n", "\x85", "\u2028",
    "\u200b", "\u202e", "\u2066", "\ufeff", "\ud800", "\udfff", "\ufffe", "\U000e0041", "שלום", "مرحبا",
    "日本", "é", "𝒳",
    ":red[x]", ":smile:", "->", ":material/home:", "[^1]: note\n", "[ref]: http://x.test 'title'\n", "word", "42",
]  # fmt: skip
HOSTILE = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=12), max_size=30).map("".join)
ANY = st.text(st.characters(codec=None), max_size=300) | HOSTILE


@settings(max_examples=400, deadline=None)
@given(ANY)
@example('<math><mi//xlink:href="data:x,<script>alert(1)</script>">')
@example("\\(\\href{javascript:alert(1)}{\\text{<img src=x onerror=alert(1)>}}\\)")
def test_no_text_crashes_or_injects(text: str) -> None:
    assert_harmless(safe_html(text))
    assert_harmless(raw_html(text))


@settings(max_examples=400, deadline=None)
@given(HOSTILE)
@example("3. a\n\nx\n\n5. b")
@example("|a|\n|-|\n|b|c|")
@example("- " * 300 + "deep")
@example("[a]: http://b.test 'c'")
def test_no_letter_or_digit_that_was_written_is_missing(text: str) -> None:
    assert missing(text, safe_html(text)) == ""


@settings(max_examples=300, deadline=None)
@given(ANY)
def test_raw_text_is_exact(text: str) -> None:
    assert Parsed(raw_html(text)).text == re.sub("[\x00\ud800-\udfff]", "\ufffd", text)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab<>&\"'/= \n`on$\\()[]{}^_-"), max_size=120))
def test_the_sanitiser_alone_lets_nothing_through(html: str) -> None:
    assert_harmless(sanitise(f"<p>{html}</p><a href='javascript:x'>y</a><img src=x onerror=z>"))


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 today and $10 tomorrow.",
        ":red[x] :smile: -> :material/home: :blue-badge[y]",
        "<b>bold</b> <script>alert(1)</script> <img src=x onerror=alert(1)>",
        "&lt;b&gt; &amp; &#169;",
        "first line\nsecond line",
        "two  spaces   three",
        "[click](javascript:alert(1))",
        "[click](data:text/html;base64,AAAA)",
        "[1]: https://example.com/source 'A source'",
        "see [1] and [^2]",
        "snake_case and 2 * 3 * 4",
        "an \\(unclosed formula",
        "\\( \\frac{ \\)",
        "\\[ \\begin{nope}x\\end{nope} \\]",
        "\\(\\unknowncommand x\\)",
        "$$ 5 dollars",
        "\\(5 % of b\\)",
        "https://example.com/a_b_c",
        '"quotes" -- and ... (c) stay',
        "- [ ] open",
    ],
)
def test_what_is_not_markdown_is_shown_as_written(text: str) -> None:
    assert shown(text).strip() == text.removeprefix("- ")


def test_a_single_newline_is_a_line_break() -> None:
    assert safe_html("a\nb") == '<p dir="auto">a<br>b</p>'


def test_an_image_becomes_its_words_and_its_address() -> None:
    html = safe_html('![A cat](http://x.test/cat.png "Tom")')
    assert "<img" not in html
    assert Parsed(html).text == 'A cat (http://x.test/cat.png "Tom")'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[Policy](https://x.test/?a=1&amp;b)", "Policy (https://x.test/?a=1&amp;b)"),
        ("[https://x.test](https://x.test)", "https://x.test"),
        ("<https://x.test>", "https://x.test"),
        ("<a@x.test>", "a@x.test"),
        ("[a [b] c](d)", "a [b] c (d)"),
    ],
)
def test_a_link_is_text_with_its_address_and_leads_nowhere(text: str, expected: str) -> None:
    html = safe_html(text)
    assert "<a" not in html
    assert Parsed(html).text == expected


@pytest.mark.parametrize("text", ["\\(x^2\\)", "\\[x^2\\]", "$$x^2$$", "$$\nx^2\n$$", "So:\n\\[\nx^2\n\\]\nthen"])
def test_the_three_delimiters_make_mathml(text: str) -> None:
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in safe_html(text)


def test_a_formula_in_a_list_item_and_over_a_blank_line_is_a_formula() -> None:
    assert "<msup>" in safe_html("- so\n  \\[\n  x^2\n  \\]")
    assert "<msup>" in safe_html("$$\n\nx^2\n\n$$")


def test_aligned_lines_get_no_numbers_that_nobody_wrote() -> None:
    html = safe_html("\\[\\begin{align}a &= b \\\\ c &= 5\\% d\\end{align}\\]")
    assert html.count("<mtr>") == 2
    assert "(1)" not in html


@pytest.mark.parametrize("lines", ["\\begin{gather}a\\\\b\\end{gather}", "a \\\\ b"])
def test_lines_of_a_formula_stay_lines(lines: str) -> None:
    assert safe_html(f"$${lines}$$").count("<mtr>") == 2


def test_two_prices_in_double_dollars_are_no_formula() -> None:
    assert "<math" not in safe_html("from $$5 to $$10 and $$$")


def test_a_formula_carries_neither_links_nor_styles() -> None:
    html = safe_html("\\(\\href{javascript:alert(1)}{x} \\color{red} y\\)")
    assert "href" not in re.sub('alttext="[^"]*"', "", html)
    assert_harmless(html)


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", "def f(): return 1"), ("javascript", "const x = 1"), ("typescript", "let x: number = 1"),
        ("java", "class A {}"), ("c", "int x = 1;"), ("cpp", "int x = 1;"), ("go", "func f() {}"),
        ("rust", "fn f() {}"), ("ruby", "def f; end"), ("sql", "SELECT 1"), ("bash", "if true; then"),
        ("html", "<p class='a'>"), ("css", "a { color: red }"), ("json", '{"a": 1}'), ("yaml", "a: 1"),
    ],
)  # fmt: skip
def test_fenced_code_is_coloured_and_complete(language: str, code: str) -> None:
    html = safe_html(f"```{language}\n{code}\n\n  indented\n```")
    assert re.search(r'<span class="[a-z]">', html)
    assert Parsed(html).text == f"{language}{code}\n\n  indented\n"


def test_code_in_an_unknown_language_is_plain_and_keeps_its_caption() -> None:
    assert Parsed(safe_html('```klingon title="x"\n<b>\n```')).text == 'klingon title="x"<b>\n'


def test_headings_stay_below_the_outline_of_the_page() -> None:
    html = safe_html("# one\n\n## two\n\n### three\n\n###### six")
    assert not re.search("<h[1-3]", html)
    assert re.findall(r'<h(\d) class="(h\d)"', html) == [("4", "h1"), ("5", "h2"), ("6", "h3"), ("6", "h6")]


def test_list_numbers_are_those_that_were_written() -> None:
    assert re.findall(r'value="(\d+)"', safe_html("3. a\n4. b\n7. c")) == ["3", "4", "7"]
    assert re.findall(r'value="(\d+)"', safe_html("1. a\n1. b\n1. c")) == ["1"]
    assert re.findall(r'value="(\d+)"', safe_html("1. a\n\ntext\n\n2. b")) == ["1", "2"]


def test_a_row_keeps_the_cells_that_the_head_has_no_column_for() -> None:
    html = safe_html("| a | b |\n|---|--:|\n| 1 | 2 | 3 |")
    assert html.count("<th") - html.count("<thead") == 2
    assert html.count("<td") == 3
    assert 'class="right"' in html


def test_right_to_left_lists_quotes_and_tables_run_right_to_left() -> None:
    html = safe_html("1. שלום\n2. b\n\n> مرحبا\n\n|א|ב|\n|-|-|\n|1|2|\n\n- left")
    assert re.findall(r'<(ol|blockquote|table|ul) dir="(\w+)"', html) == [
        ("ol", "rtl"), ("blockquote", "rtl"), ("table", "rtl"), ("ul", "ltr"),
    ]  # fmt: skip


def test_what_is_nested_too_deep_is_shown_raw_and_whole() -> None:
    text = "".join(f"{'  ' * depth}- level {depth}\n" for depth in range(500))
    assert safe_html(text).startswith('<pre class="raw">')
    assert shown(text) == text
    quotes = ">" * 5000 + "😀"
    assert "😀" in shown(quotes)


def test_invisible_characters_are_labelled_in_raw_text() -> None:
    html = raw_html("a\u200bb\u202ec\x00d\u00a0e\U000e0041")
    for label in ("U+200B ZERO WIDTH SPACE", "U+202E RIGHT-TO-LEFT OVERRIDE", "U+0000 NULL", "U+00A0 NO-BREAK SPACE"):
        assert f'title="{label}"' in html
    assert 'title="U+E0041 TAG LATIN CAPITAL LETTER A"' in html
    assert 'title="U+200B ZERO WIDTH SPACE × 3"' in raw_html("\u200b\u200b\u200b")


def test_control_characters_show_as_replacement_characters() -> None:
    assert shown("a\x00b\x1b[0m\ud800") == "a\ufffdb\ufffd[0m\ufffd"
    assert without_unsafe("a\r\nb\rc") == "a\nb\nc"


LINE = "Lorem ipsum **dolor** sit `amet`, [x](http://y.test) \\(a_1\\).\n\n"
HUGE = {
    "prose": LINE * 1600, "one line": "Lorem ipsum dolor sit amet " * 3800, "brackets": "[" * 100_000,
    "quotes": ">" * 5000, "images": "![[" * 30_000, "stars": "*a **b " * 15_000, "ticks": "`" * 100_000,
    "links": "[a](" * 25_000, "tags": "<a " * 33_000, "opened formulas": "\\[\n" * 25_000,
    "formulas": "\\(\\frac{a}{b}\\) " * 6_000, "braces": "\\(" + "{" * 50_000 + "\\)", "table": "|a" * 200 + "\n"
    + "|-" * 200 + "\n" + ("|b" * 200 + "\n") * 200, "code": "```python\n" + "x = f(1)  # c\n" * 7000 + "```",
    "list": "- a\n" * 25_000, "zero width": "a\u200b" * 50_000, "blank": "```java\n" + "\n" * 90_000 + "```",
    "paragraphs of brackets": ("[" * 900 + "\n\n") * 110, "pipes": "|" * 100_000, "spaces": " " * 100_000 + "x",
}  # fmt: skip


@pytest.mark.parametrize("name", HUGE)
def test_a_hundred_thousand_characters_are_shown_whole(name: str) -> None:
    html = safe_html(HUGE[name])
    parsed = assert_harmless(html)
    written = len(re.findall(r"[^\W_]", HUGE[name]))
    seen = parsed.text + "".join(value for _, attribute, value in parsed.attributes if attribute == "alttext")
    assert len(re.findall(r"[^\W_]", seen)) >= written


def test_every_real_response_is_shown_without_loss(shared_data: Path) -> None:
    lines = (shared_data / "panel2023" / "responses.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines[:: times(3, long=1)]:
        for text in json.loads(line)["turns"]:
            html = safe_html(text)
            assert_harmless(html)
            assert missing(text, html) == "", text
            assert not html.startswith("<pre"), "a real response fell back to raw text"


def test_a_page_mounts_texts_and_pairs_without_an_exception() -> None:
    def page() -> None:
        from core.ui.shared.rendering import PairTurn, show_pair, show_text

        show_text("**a**", key="one", label="Prompt")
        show_text("a\ud800", key="two", raw=True)
        show_pair([PairTurn("q", "a\x00", ""), PairTurn("r", "c\udfff", "d")], key="pair")

    at = AppTest.from_function(page).run()
    assert not at.exception


@pytest.mark.parametrize("words", ["a < b", "R&D", "1 <2 & 3> 2"])
def test_signs_in_the_words_of_a_formula_begin_no_markup(words: str):
    shown = safe_html(rf"so \(x = \text{{{words}}}\) holds")
    assert "<math" in shown
    assert escape(words, quote=False) in re.sub(r"<[^>]*>", "", shown).replace("\u00a0", " ").replace("&nbsp;", " ")


@pytest.mark.regression("2.8")
@pytest.mark.parametrize(
    "written",
    [
        r"\text{<img src=x onerror=alert(1)>}",
        r"x = \text{<b>bold</b>}",
        r"\mbox{<mi>y</mi>}",
        r"\text{</mtext><mtext>}",
        r"\text{R&D &amp; more}",
        r"\textbf{<script>}",
    ],
)
def test_markup_inside_a_formula_is_shown_as_it_was_written_and_never_dropped(written: str):
    for text in (f"so \\({written}\\) holds", f"$$\n{written}\n$$"):
        shown = safe_html(text)
        assert escape(written, quote=False) in re.sub(r"<[^>]*>", "", shown)
        assert not re.search(r"<(img|b|script|a)\b", shown)
