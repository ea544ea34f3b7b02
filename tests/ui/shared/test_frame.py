"""What people type is shown as they typed it."""

import pytest

from core.ui.shared.frame import as_typed


@pytest.mark.parametrize("typed", ["a -> b", "<- a", "a -- b", "1 >= 2", "1 <= 2", "~= 1", "a <-> b", "a --> b"])
def test_signs_that_streamlit_draws_as_one_stay_apart(typed: str) -> None:
    signs = "->", "<-", "--", ">=", "<=", "~="
    shown = as_typed(typed).replace("&lt;", "<").replace("\\", "")
    assert not [sign for sign in signs if sign in shown]
    assert shown.replace("\u2060", "") == typed


def test_a_plain_name_gets_nothing_that_cannot_be_seen() -> None:
    assert as_typed("gpt-4o mini") == r"gpt\-4o mini"
