import pytest
from hypothesis import given
from hypothesis import strategies as st

HIGH, LOW = "\ud83d", "\ude00"


def storable(text: str) -> str:
    from core.domain.storable_text import storable

    return storable(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ""),
        ("a\tb\r\nc ü 漢 😀", "a\tb\r\nc ü 漢 😀"),
        (HIGH + LOW, "😀"),
        (f"{HIGH}{HIGH}{LOW}{LOW}", "\ufffd😀\ufffd"),
        (f"a{HIGH}b", "a\ufffdb"),
        (f"a{LOW}b{HIGH}", "a\ufffdb\ufffd"),
        (LOW + HIGH, "\ufffd\ufffd"),
        (f"{HIGH}\x00{LOW}", "\ufffd\ufffd\ufffd"),
        ("a\x00b\x00", "a\ufffdb\ufffd"),
    ],
)
def test_halves_are_joined_or_replaced_and_nul_is_replaced(text: str, kept: str) -> None:
    assert storable(text) == kept


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00")))
def test_what_a_database_can_keep_stays_as_it_is(text: str) -> None:
    assert storable(text) is text


@given(st.text(st.sampled_from([HIGH, LOW, "\x00", "a", "漢", "😀"])))
def test_whatever_comes_out_can_be_kept_and_stays(text: str) -> None:
    kept = storable(text)
    kept.encode()
    assert "\x00" not in kept
    assert storable(kept) == kept
    assert len(kept) == len(text) - text.count(HIGH + LOW)
