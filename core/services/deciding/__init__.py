"""Champion against challengers: verdicts on what was answered and voted, checks for CI, decisions that people took."""

from core.services.deciding.release import Release, ReleaseCheck, check_release, release_object
from core.services.deciding.taken import choice_of
from core.services.deciding.text import verdict_object, verdicts_object, verdicts_text
from core.services.deciding.verdicts import Verdicts, as_of, datasets, rules, verdicts

__all__ = [
    "Release",
    "ReleaseCheck",
    "Verdicts",
    "as_of",
    "check_release",
    "choice_of",
    "datasets",
    "release_object",
    "rules",
    "verdict_object",
    "verdicts",
    "verdicts_object",
    "verdicts_text",
]
