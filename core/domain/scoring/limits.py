"""What the limits on words and on characters have in common."""

from typing import Self

from pydantic import model_validator

from core.domain.scoring import parameters
from core.domain.scoring.base import Score, Subject, failed, not_applicable, passed, unscored
from core.domain.scoring.wording import shown
from core.domain.strict_params import StrictParams
from core.errors import BadInput


class Limits(StrictParams):
    """A most and a least of something that is counted, ``max_<unit>`` and ``min_<unit>``."""

    @model_validator(mode="after")
    def _both_can_be_kept(self) -> Self:
        (most_name, most), (least_name, least) = self
        if most is not None and least is not None and least > most:
            raise BadInput(f"'{least_name}' ({least}) is more than '{most_name}' ({most}): no answer can keep to both.")
        return self


def within(subject: Subject, params: Limits, *, unit: str, measured: int) -> Score:
    """1 where ``measured`` lies within the limits ``max_<unit>`` and ``min_<unit>``."""
    most = parameters.wanted(subject, params, f"max_{unit}")
    least = parameters.wanted(subject, params, f"min_{unit}")
    if most is None and least is None:
        return not_applicable(f"the prompt sets no limit of {unit}")
    for name, limit in ((f"max_{unit}", most), (f"min_{unit}", least)):
        if limit is not None and not parameters.is_number(limit):
            return unscored(f"the prompt's {name} is no number: {shown(repr(limit), 40)}")
    length = f"{measured:,} {unit[:-1] if measured == 1 else unit}"
    if most is not None and measured > most:
        return failed(f"{length}, at most {most:,} wanted")
    if least is not None and measured < least:
        return failed(f"{length}, at least {least:,} wanted")
    return passed(length)
