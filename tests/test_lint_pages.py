"""The lint of pages finds what it is there to find, and the pages that ship have none of it."""

from pathlib import Path

import pytest

from tests import lint_pages

GUARDED = "@access.guarded(access.Role.ADMIN)\n"


def found(tmp_path: Path, source: str) -> list[str]:
    path = tmp_path / "core" / "ui" / "people" / "page.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("import streamlit as st\n" + source)
    return list(lint_pages.faults_of(path))


def test_the_pages_that_ship_have_no_faults() -> None:
    assert lint_pages.main() == 0


@pytest.mark.parametrize(
    "source",
    [
        "def gone(): ...\nst.button('x', on_click=gone)",
        "st.button('x', on_click=lambda: None)",
        "st.button('x', on_click=st.session_state.pop)",
        "def chosen(): ...\nst.selectbox('x', [], on_change=chosen)",
        "@st.dialog('x')\ndef sure(): ...",
        "@access.guarded(access.Role.ADMIN)\n@st.dialog('x')\ndef sure(): ...",
        "@st.fragment(run_every=1)\ndef live(): ...",
        "def live(): ...\nst.fragment(live, run_every=1)()",
        "def sure(): ...\nst.dialog('x')(sure)()",
        "from core.ui import nowhere\nst.button('x', on_click=nowhere.gone)",
    ],
)
def test_what_is_called_without_asking_is_found(tmp_path: Path, source: str) -> None:
    assert len(found(tmp_path, source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        GUARDED + "def gone(): ...\nst.button('x', on_click=gone)",
        "st.download_button('x', on_click='ignore')",
        "st.button('x', on_click=st.login)",
        "st.dataframe(x, on_select=access.guarded(access.Role.ADMIN)(partial(chosen, 1)))",
        "@st.dialog('x')\n" + GUARDED + "def sure(): ...",
        "def button(*, on_click): st.button('x', on_click=on_click)",
    ],
)
def test_what_asks_first_is_no_fault(tmp_path: Path, source: str) -> None:
    assert found(tmp_path, source) == []


def test_a_guarded_function_of_another_module_is_known(tmp_path: Path) -> None:
    other = tmp_path / "core" / "ui" / "studies" / "other.py"
    other.parent.mkdir(parents=True)
    other.write_text(GUARDED + "def gone(): ...\ndef open(): ...\n")
    assert found(tmp_path, "from core.ui.studies.other import gone\nst.button('x', on_click=gone)") == []
    assert found(tmp_path, "from core.ui.studies import other\nst.button('x', on_click=other.gone)") == []
    assert len(found(tmp_path, "from core.ui.studies import other\nst.button('x', on_click=other.open)")) == 1


@pytest.mark.parametrize(
    "source",
    ["from core.storage.engine import write", "st.download_button('x', data=lambda: b'')"],
)
def test_ways_round_the_second_wall_are_found(tmp_path: Path, source: str) -> None:
    assert len(found(tmp_path, source)) == 1


@pytest.mark.parametrize("key", ["'show'", "f'show_{1}'", "TABLE"])
def test_a_key_that_another_page_could_have_too_is_found(tmp_path: Path, key: str) -> None:
    assert len(found(tmp_path, f"TABLE = 'table'\nst.radio('x', [], key={key})")) == 1
    assert found(tmp_path, f"TABLE = 'people_table'\nst.radio('x', [], key={key.replace('show', 'people_show')})") == []


def test_a_page_asks_who_is_there_before_anything_else(tmp_path: Path) -> None:
    page = tmp_path / "open.py"
    page.write_text('"""A page."""\nfrom core.ui import access, frame\nframe.page_head("x", "y")\naccess.require(1)\n')
    assert len(list(lint_pages.page_faults(page))) == 1
    page.write_text('"""A page."""\nfrom core.ui import access\nme = access.require(1)\n')
    assert list(lint_pages.page_faults(page)) == []
