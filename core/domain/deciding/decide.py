"""Champion against challengers: the verdict over all and in every category."""

from collections.abc import Mapping, Sequence

from core.domain.deciding.evidence import Evidence
from core.domain.deciding.settings import Settings
from core.domain.deciding.verdicts import Verdict


def decide(
    evidence: Mapping[str | None, Sequence[Evidence]], champion: int | None, settings: Settings
) -> list[Verdict]:
    """A verdict over all and one for each category; ``evidence`` by category, under None all prompts together."""
    raise NotImplementedError


def sentence(verdict: Verdict, names: Mapping[int, str]) -> str:
    """The verdict and its reason in one sentence; ``names`` of candidates."""
    raise NotImplementedError
