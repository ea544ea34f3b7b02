"""Which side of a pair a note names."""

import pytest

from core.domain.sides import sides_named


@pytest.mark.parametrize(
    ("note", "named"),
    [
        ("B invents a return policy.", "B"),
        ("A invents a return policy.", "A"),
        ("response A is rude", "A"),
        ("Answer “A” cites a law that does not exist", "A"),
        ("A: wrong dose. B: right.", "AB"),
        ("both A and B are too long", "AB"),
        ("I like B better than A.", "AB"),
        ("The dose in (B) is wrong", "B"),
        ("Antwort B ist falsch", "B"),
        ("A is fine, B is not", "AB"),
        ("A good answer, but too long", ""),
        ("A refund is due.", ""),
        ("a and b", ""),
        ("Plan B-12 and vitamin B12 are mixed up", ""),
        ("grade A- at best", ""),
        ("Wrong dose", ""),
        ("", ""),
    ],
)
def test_a_note_names_the_sides_it_speaks_of_and_an_article_is_none(note: str, named: str) -> None:
    assert "".join(sorted(sides_named(note))) == named
