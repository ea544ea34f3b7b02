"""The registry of pages: one line a page. A page whose file does not exist yet is not listed."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.domain.people import Role
from core.settings import PROJECT_ROOT
from core.ui.shared import frame

PAGES_FOLDER = PROJECT_ROOT / "pages"


@dataclass(frozen=True)
class PageEntry:
    """A page: its file in pages/, how it is called and found, and the least role that may open it."""

    file: str
    title: str
    icon: str
    """A name of Google's Material Symbols."""
    role: Role
    section: str
    url_path: str
    help: str

    @property
    def path(self) -> Path:
        """Where the page's script lies."""
        return PAGES_FOLDER / self.file


R, A, S = Role.RATER, Role.ANALYST, Role.ADMIN

# fmt: off
REGISTRY: tuple[PageEntry, ...] = (
    PageEntry("rate.py", "Rate", "balance", R, "", "rate", "Compare two responses."),
    PageEntry("my_votes.py", "My votes", "history", R, "", "my_votes", "What you answered, and how to change it."),
    PageEntry("overview.py", "Overview", "dashboard", A, "Insight", "overview", "Should our users get another model?"),
    PageEntry("leaderboard.py", "Leaderboard", "leaderboard", A, "Insight", "leaderboard", "Which candidate leads?"),
    PageEntry("cost.py", "Cost & quality", "payments", A, "Insight", "cost", "What does an acceptable response cost?"),
    PageEntry("decisions.py", "Decisions", "gavel", A, "Insight", "decisions", "What does the evidence allow?"),
    PageEntry("routing.py", "Routing", "alt_route", A, "Insight", "routing", "Who should answer which category?"),
    PageEntry("drift.py", "Drift", "monitoring", A, "Insight", "drift", "What changed since the baseline, and why?"),
    PageEntry("alerts.py", "Alerts", "notifications", A, "Insight", "alerts", "What needs somebody to look?"),
    PageEntry("raters.py", "Raters", "diversity_3", A, "Insight", "raters", "How far do raters agree?"),
    PageEntry("responses.py", "Responses", "article", A, "Insight", "responses", "What did the candidates answer?"),
    PageEntry("runs.py", "Runs", "play_circle", A, "Insight", "runs", "What is being evaluated, and what came of it?"),
    PageEntry("datasets.py", "Data", "database", S, "Set-up", "datasets", "Import and export."),
    PageEntry("candidates.py", "Candidates", "smart_toy", S, "Set-up", "candidates", "What is compared, and prices."),
    PageEntry("studies.py", "Studies", "fact_check", S, "Set-up", "studies", "What is asked, of whom, about what."),
    PageEntry("schedules.py", "Schedules", "event_repeat", S, "Set-up", "schedules", "What runs by itself, and when."),
    PageEntry("people.py", "People", "group", S, "Set-up", "people", "Who may come in, and as what."),
)
# fmt: on
# The landing page lives at "/". In a browser that came by the page's own name it stays at that name, because
# Streamlit answers the name of its default page with "Page not found"; "/" then leads there.
_BY_NAME, _HOME = "_came_by_name", "_home"
_LANDING = {Role.RATER: ("rate",), Role.ANALYST: ("overview", "rate"), Role.ADMIN: ("overview", "rate")}
_FORMER, _FORMER_FILTERS = "leaderboard.py", "leaderboard_"


def pages_for(role: Role) -> list[PageEntry]:
    """The pages that exist and that ``role`` may open, in the registry's order."""
    return [entry for entry in REGISTRY if entry.role <= role and entry.path.is_file()]


def landing_page(role: Role, entries: list[PageEntry]) -> PageEntry:
    """Where ``role`` arrives: raters at the next pair, others at the overview."""
    by_path = {entry.url_path: entry for entry in entries}
    return next((by_path[path] for path in _LANDING[role] if path in by_path), entries[0])


def page_of(role: Role) -> Page:
    """Tell the browser which pages ``role`` has, and return the one it asked for.

    A page that is not for this role, or that does not exist, is answered by a page of ours that says so.
    """
    entries = pages_for(role)
    landing = landing_page(role, entries)
    asked = _asked_for()
    by_name = st.session_state.setdefault(_BY_NAME, asked == landing.url_path)
    sections: dict[str, list[Page]] = {}
    arrival: Page | None = None
    for entry in entries:
        page = _page(entry, default=entry is landing and not by_name)
        arrival = page if entry is landing else arrival
        sections.setdefault(entry.section, []).append(page)
    assert arrival is not None
    home = arrival
    hidden = sections.setdefault("", [])
    if by_name:
        hidden.append(
            Page(lambda: st.switch_page(home), title="Home", url_path=_HOME, default=True, visibility="hidden")
        )
    if asked and "/" not in asked and asked not in {_HOME, *(entry.url_path for entry in entries)}:
        hidden.append(Page(lambda: _not_here(asked, home), title="Not here", url_path=asked, visibility="hidden"))
    return st.navigation(sections, position="top" if role is Role.RATER else "sidebar", expanded=True)


def follow_old_link() -> None:
    """Go to the leaderboard where the address is one of when that was the landing page, with what it asked for."""
    if any(name.startswith(_FORMER_FILTERS) for name in st.query_params):
        st.switch_page(_FORMER, query_params={name: st.query_params.get_all(name) for name in st.query_params})


def _page(entry: PageEntry, *, default: bool) -> Page:
    return Page(
        entry.path,
        title=entry.title,
        icon=f":material/{entry.icon}:",
        url_path=entry.url_path,
        default=default,
        help=entry.help,
    )


def _asked_for() -> str:
    """The page name in the address that the browser opened; empty on every later click."""
    context = get_script_run_ctx()
    if context is None or context.pages_manager.intended_page_script_hash:
        return ""
    return context.pages_manager.intended_page_name or ""


def _not_here(asked: str, home: Page) -> None:
    if any(entry.url_path == asked for entry in REGISTRY):
        box = frame.no_access(
            "This page is not part of your work here", "If you need it, ask an admin for another role."
        )
    else:
        text = "The address may be mistyped, or the page has moved."
        box = frame.no_access("There is no such page", text, icon="search_off")
    box.page_link(home, label="Back to my work", icon=":material/arrow_back:")
