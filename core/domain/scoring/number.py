"""A number as it stands in a text, and when two of them are the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

_ROUNDING = Fraction(1, 10**9)
_MOST_ROUNDING = Fraction(1, 10**6)
_LONGEST_SHOWN = 40


@dataclass(frozen=True)
class Number:
    """A number in a text: as written there, and the values it may have, the likeliest first."""

    written: str
    values: tuple[Fraction, ...]
    start: int = 0
    end: int = 0
    is_percent: bool = False
    """The first half of ``values`` are then per cents, the second half the same as shares."""

    @property
    def per_cents(self) -> tuple[Fraction, ...]:
        """The values of a number with a percent sign, in per cents."""
        return self.values[: len(self.values) // 2]


def exactly(value: float) -> Fraction:
    """A finite number as it is written in decimals: 0.1 is a tenth."""
    return Fraction(value) if isinstance(value, int) else Fraction(Decimal(repr(value)))


def whole_and_share(per_cents: Iterable[Fraction]) -> tuple[Fraction, ...]:
    """The values of numbers with a percent sign: 12 % is 12 and 0.12."""
    found = tuple(per_cents)
    return (*found, *(value / 100 for value in found))


def is_same(
    number: Number, wanted: Number, tolerance: Fraction = Fraction(0), relative_tolerance: Fraction = Fraction(0)
) -> bool:
    """Whether any value of one is a value of the other, within the larger tolerance.

    Whole numbers are compared to the last digit; of others, what a computer's sums leave behind is not looked at. Two
    per cents are compared as such: 0.12 % is not 12 %.
    """
    if number.is_percent and wanted.is_percent:
        pairs = [(value, right) for value in number.per_cents for right in wanted.per_cents]
    else:
        pairs = [(value, right) for value in number.values for right in wanted.values]
    if any(value == right for value, right in pairs):
        return True
    return any(_is_near(value, right, tolerance, relative_tolerance) for value, right in pairs)


def spelled(value: Fraction) -> str:
    """A value in digits, whole numbers with all of them."""
    if value.denominator == 1 and len(digits := str(value.numerator)) <= _LONGEST_SHOWN:
        return digits
    try:
        return f"{float(value):.12g}"
    except OverflowError:
        return "a number of very many digits"


def _is_near(value: Fraction, right: Fraction, tolerance: Fraction, relative_tolerance: Fraction) -> bool:
    are_whole = value.denominator == 1 and right.denominator == 1
    is_exact = not tolerance and not relative_tolerance
    if is_exact and (are_whole or abs(value.__floor__() - right.__floor__()) > 1):
        return False
    larger = max(abs(value), abs(right))
    rounding = Fraction(0) if are_whole else min(_ROUNDING * larger, _MOST_ROUNDING)
    return abs(value - right) <= max(tolerance, relative_tolerance * larger, rounding)
