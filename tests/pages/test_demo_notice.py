"""Every page that shows the demo says that it was written and simulated; what is one's own does not."""

import pytest
from sqlalchemy import Engine

from core import demo
from core.services.demo import opening
from core.services.demo.removal import remove_demo
from core.storage.engine import write
from tests.pages.test_admin_pages import page, press, words
from tests.workspace import NOW, Workspace

PAGES = (
    "leaderboard",
    "cost",
    "responses",
    "raters",
    "runs",
    "drift",
    "decisions",
    "candidates",
    "studies",
    "datasets",
)
AMONG = "The demo is among this."


def test_each_page_says_it_while_there_is_nothing_else_and_none_once_it_is_gone(fresh: Engine) -> None:
    opening.open_demo(fresh, now=NOW, weeks=1)
    for name in PAGES:
        said = words(page(f"{name}.py"))
        assert demo.NOTICE_LINE in said and AMONG not in said, name
    write(fresh, remove_demo)
    for name in PAGES:
        assert demo.NOTICE_LINE not in words(page(f"{name}.py")), name


@pytest.mark.parametrize("name", ["cost", "responses"])
def test_what_is_chosen_decides_where_there_is_more(full: tuple[Engine, Workspace], name: str) -> None:
    opening.open_demo(full[0], now=NOW, weeks=1)
    assert demo.NOTICE_LINE in words(page(f"{name}.py", **{f"{name}_dataset": demo.DATASET_NAME}))
    assert demo.NOTICE_LINE not in words(page(f"{name}.py"))


def test_where_nothing_is_chosen_it_is_said_to_be_among_the_rest(full: tuple[Engine, Workspace]) -> None:
    opening.open_demo(full[0], now=NOW, weeks=1)
    assert AMONG in words(page("candidates.py"))


def test_raters_are_told_before_they_begin_and_at_every_pair(fresh: Engine) -> None:
    opening.open_demo(fresh, now=NOW, weeks=1)
    app = page("rate.py")
    assert "Before you begin" in words(app) and demo.NOTICE_LINE in words(app)
    press(app, "rate_start_rating")
    assert "Pair 1 of" in words(app) and demo.NOTICE_LINE in words(app)
