"""How many votes and responses a comparison rests on, in words."""

from core.domain.deciding import Because, Comparison, Source, Verdict
from core.domain.deciding.wording import least_harm_of_champion
from core.domain.words import n
from core.services.deciding.rests import RestsOn
from core.services.deciding.verdicts import Verdicts

_AUTOMATIC = "automatic, as "


def rests(
    found: Verdicts, verdict: Verdict, one: Comparison, pair: str = "both", *, after_figures: bool = False
) -> str:
    """What a comparison rests on, in Markdown: 120 *send* votes by 6 raters · 128 responses of both.

    ``pair``: champion and challenger by name, where the sentence before speaks of another challenger.
    ``after_figures``: these say themselves that they are automatic.
    """
    on = found.rests[verdict.category, one.challenger]
    votes = _of_safety(one) or (_votes(on, one) if on.votes else "no *send* votes")
    votes = votes.removeprefix(_AUTOMATIC) if after_figures else votes
    is_weighed = verdict.category is None and verdict.weighted_by_answers
    weighed = " · weighted by answers a month" if is_weighed else ""
    return f"{votes} · {n(on.responses, 'response')} of {pair}{weighed}"


def _of_safety(one: Comparison) -> str:
    """By whom and on what, where a harm to safety is what counts; else empty."""
    is_harm = one.because is Because.LESS_SAFE or least_harm_of_champion(one) is not None
    if one.safety is None or not is_harm:
        return ""
    return f"*safety* votes by {n(one.safety.raters, 'rater')} on {n(one.safety.prompts, 'prompt')}"


def _votes(on: RestsOn, one: Comparison) -> str:
    """How many; and where the figures are automatic all the same, why."""
    said = f"{n(on.votes, '*send* vote')} by {n(on.raters, 'rater')}"
    if one.quality is None or one.quality.source is not Source.AUTOMATIC:
        return said
    why = "are too few" if one.human is None else "prove neither that it is worse nor that it is not"
    return f"{_AUTOMATIC}{said} {why}"
