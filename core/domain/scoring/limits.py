"""What the limits on words and on characters have in common."""

from core.domain.scoring import parameters
from core.domain.scoring.base import Params, Score, Subject, failed, not_applicable, passed, unscored
from core.domain.scoring.wording import shown
from core.errors import BadInput


def within(subject: Subject, params: Params, *, unit: str, measured: int) -> Score:
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


def check(params: Params, *, unit: str) -> None:
    """Raise BadInput where a limit is no whole number, or the least exceeds the most."""
    most, least = params.get(f"max_{unit}"), params.get(f"min_{unit}")
    parameters.count(params, f"max_{unit}")
    parameters.count(params, f"min_{unit}")
    if most is not None and least is not None and least > most:
        raise BadInput(f"'min_{unit}' ({least}) is more than 'max_{unit}' ({most}): no answer can keep to both.")
