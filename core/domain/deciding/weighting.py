"""The verdict over all by answers a month: every category counts by its part of them, however many prompts it has."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.domain.clustered import NO_RATER, Clustered
from core.domain.deciding import voted
from core.domain.deciding.evidence import Evidence, Scopes
from core.domain.deciding.paired import Strata


@dataclass(frozen=True)
class Weighting:
    """The answers a month of every category, and the evidence there."""

    answers: Mapping[str, float]
    evidence: Scopes
    champion: int | None

    def strata(self) -> Strata:
        """The prompts of each category among all."""
        whole = self.evidence[None][0].prompt
        member = [
            np.isin(whole, one[0].prompt if (one := self.evidence[category]) else []) for category in self.answers
        ]
        return Strata(np.array(member, dtype=float), np.array(list(self.answers.values())))

    def share(self, candidate: int) -> Clustered | None:
        """What raters would send; None where too few of the candidate's answers were rated."""
        parts = {category: self.of(category, candidate) for category, answers in self.answers.items() if answers}
        if not any(part is not None and part.human.share is not None for part in parts.values()):
            return None
        whole: Clustered | None = None
        for category, part in parts.items():
            share = None if part is None else part.human.share or self._unrated(part)
            if share is None:
                return None
            share = share.scaled(self._part(category))
            whole = share if whole is None else whole.plus(share)
        return whole

    def automatic_share(self, candidate: int) -> float | None:
        """Of its responses that are acceptable, in the categories that it was asked in; None: in none with answers."""
        parts = {category: self.of(category, candidate) for category in self.answers}
        shares = {category: part.automatic_share for category, part in parts.items() if part is not None}
        known = [(self._part(category), share) for category, share in shares.items() if share is not None]
        whole = sum(part for part, _ in known)
        return sum(part * share for part, share in known) / whole if whole else None

    def step(self, champion: Evidence, challenger: Evidence) -> float:
        """By how much one prompt may move the share of raters: a category's part over its rated prompts, the largest.

        What a few prompts could not show stays unknown, however many others were rated elsewhere.
        """
        steps = [0.0]
        for category in self.answers:
            sides = (self.of(category, one.candidate) for one in (champion, challenger))
            shares = [one.human.share for one in sides if one is not None and one.human.share is not None]
            rated = voted.rated_prompts(*shares) if shares else 0
            steps.append(self._part(category) / rated if rated else 0.0)
        return max(steps)

    def of(self, category: str, candidate: int) -> Evidence | None:
        """A candidate in a category."""
        return next((one for one in self.evidence.get(category, ()) if one.candidate == candidate), None)

    def _part(self, category: str) -> float:
        return self.answers[category] / sum(self.answers.values())

    def _unrated(self, part: Evidence) -> Clustered | None:
        """The automatic share of a category in which too few are rated, with the widest error that a share can have.

        A share in [0, 1] has a standard deviation of ½ at most (Popoviciu 1935), so whatever raters would say there is
        within it. Champion and challenger are taken to err in opposite directions.
        """
        value = part.automatic_share
        error = 0.5 if part.candidate == self.champion else -0.5
        return None if value is None else Clustered(value, part.prompt[:1], np.array([NO_RATER]), np.array([error]))


def weighting(evidence: Scopes, answers_a_month: Mapping[str, float], champion: int | None) -> Weighting | None:
    """None where a category has no answers a month, or all have 0: then every prompt counts the same."""
    known = {category: answers_a_month.get(category) for category in evidence if category is not None}
    answers = {category: count for category, count in known.items() if count is not None}
    is_known = len(answers) == len(known) and sum(answers.values()) > 0
    return Weighting(answers, evidence, champion) if is_known else None
