"""The frame around every page: mark, head, foot, and what stands where there is nothing or something broke."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.domain.people import Role
from core.domain.words import CHAMPION_IS, n
from core.storage.tables import Person
from core.ui.shared import of_demo

_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+\-!|$~>]")
# Streamlit draws an arrow or a dash for "->", "<-", "--", ">=" and the like, escaped or not.
_DRAWN_AS_ONE = re.compile(r"(?<=[-<>~])(?=[->=])")
_DOLLAR = re.compile(r"(?<!\\)\$")
_ASSETS = Path(__file__).parent / "assets"
MARK = str(_ASSETS / "mark.svg")
_STYLE, _TABLES = _ASSETS / "app.css", _ASSETS / "table.css"
_MENU = st.components.v2.component("evenhand_menu", js=(_ASSETS / "menu.js").read_text(encoding="utf-8"))


def mark() -> None:
    """The product's mark and name in the upper left corner."""
    st.logo(str(_ASSETS / "wordmark.svg"), size="large")


def style(url_path: str) -> None:
    """What no theme can say: see app.css and menu.js. ``url_path``: the page that is open."""
    for sheet in (_STYLE, _TABLES):
        st.html(sheet)
    with st.container(key="shell_menu"):
        _MENU(key="shell_menu_closer", data={"page": url_path}, height=1)


def champion_badge() -> None:
    """That a candidate is the champion, and what that is."""
    st.badge("champion", icon=":material/flag:", color="gray", help=CHAMPION_IS.capitalize() + ".")


def simulated_badge(simulated: int, votes: int) -> None:
    """That some of the votes counted, or all, are a program's; nothing where none is."""
    if simulated:
        said = (
            f"all {votes:,} votes are simulated" if simulated == votes else f"includes {n(simulated, 'simulated vote')}"
        )
        st.badge(said, icon=":material/smart_toy:", color="orange")


@dataclass(frozen=True)
class Head:
    """Places in a page's head, for ``links.bar``: beside the title, and below the sentence."""

    buttons: DeltaGenerator
    line: DeltaGenerator


def page_head(title: str, sentence: str) -> Head:
    """Open a page: its title and the one sentence that says which question it answers."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        st.title(title, anchor=False, width="content")
        buttons = st.container(width="content")
    st.markdown(f":gray[{sentence}]")
    of_demo.line_here()
    return Head(buttons, st.container())


@contextmanager
def open_tab(labels: Sequence[str], *, key: str) -> Iterator[str]:
    """Draw tabs, kept in the address under ``key``; what is drawn within stands in the open one, whose label it gives.

    Only the open tab's part of a page is computed.
    """
    tabs = st.tabs(labels, key=key, bind="query-params")
    label, tab = next(((label, tab) for label, tab in zip(labels, tabs, strict=True) if tab.open), (labels[0], tabs[0]))
    with tab:
        yield label


def empty_state(title: str, text: str, *, icon: str = ":material/inbox:") -> None:
    """Say that there is nothing here yet, and in ``text`` what to do next."""
    of_demo.say()
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.subheader(f"{icon} {title}", anchor=False, text_alignment="center")
        st.markdown(text, text_alignment="center")


def unanswered(title: str, then: str, *, icon: str, dataset: str | None = None) -> None:
    """Say that no candidate has answered anything, or nothing of ``dataset``, and what to do: the same on every page.

    ``then``: what the page shows once somebody has.
    """
    if dataset is None:
        text = (
            "No candidate has answered a prompt yet. Import prompts on *Data* and press *Re-evaluate* in the sidebar, "
            "or import what candidates answered."
        )
    else:
        text = (
            f"No candidate has answered *{as_typed(dataset)}* yet. Press *Re-evaluate* in the sidebar, or import what "
            "candidates answered on *Data*."
        )
    empty_state(title, f"{text} {then}", icon=icon)


def error_box(happened: str, kept: str, to_do: str, *, incident: str | None = None) -> None:
    """Say what happened, what was kept and what to do; ``incident`` finds it again in the server's log."""
    lines = [f"**{as_typed(happened)}**", as_typed(kept), as_typed(to_do)]
    if incident:
        lines.append(f"Incident {incident}")
    st.error("  \n".join(line for line in lines if line), icon=":material/error:")


def as_typed(text: str) -> str:
    """``text`` so that Streamlit's Markdown shows it as it stands: names and file names are typed by people."""
    apart = _DRAWN_AS_ONE.sub("\u2060", text)
    return _SPECIAL.sub(r"\\\g<0>", apart.replace("<", "&lt;")).replace(":", ":\u2060")


def dollars(text: str) -> str:
    """``text`` with its amounts as they stand, which Markdown would take for formulas; names in it are ``as_typed``."""
    return _DOLLAR.sub(r"\\$", text)


def no_access(title: str, text: str, *, icon: str = "lock") -> DeltaGenerator:
    """The calm page for somebody who may not see what was asked for; it names nothing of it.

    Returned: its box, for a way on.
    """
    box = st.container(horizontal_alignment="center").container(border=True, gap="small", width=520)
    box.subheader(title, anchor=False, icon=f":material/{icon}:")
    box.markdown(text)
    return box


def signed_in_as(person: Person) -> None:
    """One quiet line: who this is and as what."""
    st.caption(f"{as_typed(person.name)} · {Role.of(person.role).word}")
