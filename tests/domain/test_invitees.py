"""A pasted list of people, as mail programs, spreadsheets and people write it."""

import pytest

from core.domain.invitees import read_invitees


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Anna Weber\n\nBo", [(1, "Anna Weber", None), (3, "Bo", None)]),
        ("Anna, Bo; Cy", [(1, "Anna", None), (1, "Bo", None), (1, "Cy", None)]),
        (
            "a@x.org, b@x.org\nc@x.org;",
            [(1, "a@x.org", "a@x.org"), (1, "b@x.org", "b@x.org"), (2, "c@x.org", "c@x.org")],
        ),
        ("Anna Weber <anna@x.org>", [(1, "Anna Weber", "anna@x.org")]),
        ("<anna@x.org>", [(1, "anna@x.org", "anna@x.org")]),
        ("Anna <a@x.org>, Bo <b@x.org>", [(1, "Anna", "a@x.org"), (1, "Bo", "b@x.org")]),
        ("Weber, Anna <a@x.org>; Roe, Bo <b@x.org>", [(1, "Weber, Anna", "a@x.org"), (1, "Roe, Bo", "b@x.org")]),
        ('"Weber, Anna" <a@x.org>', [(1, "Weber, Anna", "a@x.org")]),
        ('"Weber, Anna"', [(1, "Weber, Anna", None)]),
        ("Anna Weber,anna@x.org", [(1, "Anna Weber", "anna@x.org")]),
        ("Anna Weber\tanna@x.org", [(1, "Anna Weber", "anna@x.org")]),
        ("Name;E-mail\nAnna;anna@x.org", [(2, "Anna", "anna@x.org")]),
        ("O'Neil <o@x.org>", [(1, "O'Neil", "o@x.org")]),
        ("Åsa Öberg <åsa@x.org>", [(1, "Åsa Öberg", "åsa@x.org")]),
        ("Anna <anna@x.org", [(1, "Anna <anna@x.org", None)]),
        (";;, ,\n \t\n", []),
    ],
)
def test_everybody_on_the_list_is_found_with_their_line(text: str, found: list[tuple]):
    assert [(each.line, each.name, each.email) for each in read_invitees(text)] == found
