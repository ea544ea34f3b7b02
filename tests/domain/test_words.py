"""How shares are written."""

import re

from core.domain.words import percent, shares


def test_no_line_breaks_between_a_number_and_its_per_cent_sign() -> None:
    written = [percent(0.884), *shares([(1, 100), (50, 200)])]
    assert written == ["88\u00a0%", "1.0\u00a0%", "25.0\u00a0%"]
    assert not any(re.search(r"[ \n]%", each) for each in written)
