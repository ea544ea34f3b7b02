"""What is known of how the speakers of one language refuse."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Refusing:
    """The ways to refuse of one language, each looked for in one sentence in the spelling of ``wording.plain``."""

    refuses: re.Pattern[str]
    """The speaker declines, has a rule against it, or finds it wrong."""
    cannot: re.Pattern[str]
    """The speaker cannot, may not or will not do something, whatever it is …"""
    senses: re.Pattern[str]
    """… unless it is to find, to see, to be sure, to thank enough, or anything else that nobody asked for."""
    unless: re.Pattern[str]
    """Words before, with which it is conditional, reported, or waits for a fact."""
    but: re.Pattern[str]
    """Words after which an answer follows all the same, where much follows."""
    offers: re.Pattern[str]
    """Words with which only another service is offered."""
    asks: re.Pattern[str]
    """The speaker is one who seeks help."""


def ways(
    *refuses: str, cannot: tuple[str, ...], senses: str, unless: str, but: str, offers: str, asks: str
) -> Refusing:
    """The ways of a language, of their patterns."""
    patterns = ("|".join(refuses), "|".join(cannot), senses, unless, but, offers, asks)
    return Refusing(*(re.compile(each) for each in patterns))
