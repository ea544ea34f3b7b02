"""JavaScript's patterns match here what they match there."""

import pytest

from core.domain.scoring.regex_match import compiled_pattern
from core.errors import BadInput

MATCHES = [
    (r"^\p{Lu}\p{L}*$", "Örebro"),
    (r"^\p{Script=Cyrillic}+$", "да"),
    (r"^(?<day>\d\d)-\k<day>$", "07-07"),
    (r"^(\d)\1$", "44"),
    (r"^\u{1F34E}$", "🍎"),
    (r"^\ud83c\udf4e$", "🍎"),
    (r"^[\u0400-\u04FF]+$", "да"),
    (r"^\x4b\cI\0$", "K\t\x00"),
    (r"^\/api\/v\d$", "/api/v2"),
    (r"^[^]$", "\n"),
    (r"^{id}$", "{id}"),
    (r"^x{2}y{1,}z{0,3}$", "xxyz"),
    (r"^x{,3}$", "x{,3}"),
    (r"^[[(]+$", "[("),
    (r"^[\w-.]+$", "a-b.c"),
    (r"^[\d\-\/]+$", "1-2/3"),
    (r"^[\D]+$", "ab"),
    (r"^[\S]+$", "ab"),
    (r"^[^\W]+$", "ab"),
    (r"^a\sb$", "a\u00a0b"),
    (r"\bcafe\b", "écafe"),
    (r"^[\b]$", "\x08"),
    (r"^(?:a|b)+?(?=c)(?!d)c$", "abc"),
    (r"(?<=€)\d+", "€5"),
    (r"^\$\d+\.\d{2}$", "$3.50"),
    (r"(?i)^LK$", "lk"),
]
MISSES = [
    (r"^ok$", "ok\n"),
    (r"^\d+$", "٣"),
    (r"^\w+$", "é"),
    (r"^.$", "\u2028"),
    (r"^[\W]+$", "a"),
    (r"^\S+$", "a\ufeffb"),
    (r"[]", "a"),
    (r"^[^\s]+$", "a b"),
    (r"\Bcafe", "écafe"),
]


@pytest.mark.parametrize(("pattern", "text"), MATCHES)
def test_what_javascript_finds_is_found(pattern: str, text: str) -> None:
    assert compiled_pattern(pattern, is_ecma=True).search(text)


@pytest.mark.parametrize(("pattern", "text"), MISSES)
def test_what_javascript_does_not_find_is_not_found(pattern: str, text: str) -> None:
    assert not compiled_pattern(pattern, is_ecma=True).search(text)


@pytest.mark.parametrize("pattern", ["(", "[a", "a**", "\\", r"\p{Nonsense}", r"\u{110000}", "(?<n>", "x" * 6_000])
def test_what_is_no_pattern_is_refused_in_words(pattern: str) -> None:
    with pytest.raises(BadInput, match="'pattern' is"):
        compiled_pattern(pattern, is_ecma=True)
