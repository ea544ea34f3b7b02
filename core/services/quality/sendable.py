"""What share of a candidate's responses experts would send, and what one such response costs: measured and inferred."""

from dataclasses import dataclass, replace

import numpy as np

from core.domain.acceptability import (
    Answers,
    CostPerAcceptable,
    CostState,
    HumanShare,
    Rests,
    Sends,
    ShareAcceptable,
    cost_per_sendable,
    human_share,
)
from core.domain.scoring.base import Use
from core.services.quality.gathering import NO_CASE, UNSCORED, Floats
from core.services.quality.judged import Judged
from core.services.quality.parts import Part
from core.services.quality.rated import RatedSides
from core.services.scoring.registry import kind_named


@dataclass(frozen=True)
class Sendable:
    """What experts say of one part: the share that they would send, and how many of the rated ones that is.

    Where too few are rated, share and cost are the automatic ones, and ``share.rests`` says so.
    """

    share: HumanShare
    sent: int
    """Of the rated responses, those that most of who rated them would send."""
    cost: CostPerAcceptable


def sendable(
    found: Judged,
    part: Part,
    said: RatedSides,
    judge: Floats | None,
    paid_usd: Floats,
    automatic: tuple[ShareAcceptable, CostPerAcceptable],
) -> Sendable:
    """The figures of one part. ``said``: of its candidate; ``judge``: of all responses; ``paid_usd``: by prompt."""
    answers = answers_of(found, part, judge)
    sends, sent = sends_of(answers, part, said)
    share = human_share(answers, sends)
    if share.rests is Rests.VOTES:
        cost = cost_per_sendable(paid_usd, answers, share)
    else:
        by_gates, cost = automatic
        rests = Rests.NOTHING if by_gates.value is None else Rests.AUTOMATIC
        share = replace(share, rests=rests, value=by_gates.value, lower=by_gates.lower, upper=by_gates.upper)
        cost = cost if rests is Rests.AUTOMATIC else CostPerAcceptable(CostState.UNKNOWN)
    # What every vote contributes to the error is as large as the votes, and a report is kept for whoever looks next.
    return Sendable(replace(share, estimate=None), sent, cost)


def answers_of(found: Judged, part: Part, judge: Floats | None) -> Answers:
    """The part's responses in their order, then its units given up, those that tell of the candidate."""
    telling = np.array([unit.tells_of_candidate for unit in part.units], dtype=bool)
    these, given_up = part.responses, np.zeros(int(telling.sum()))
    return Answers(
        prompt=np.concatenate([found.prompt[these], part.prompt_of_unit[telling]]).astype(np.intp),
        signal=np.concatenate([found.signals[these], given_up]),
        never_shown=np.concatenate([found.never_shown[these], given_up == 0]),
        judge=None if judge is None else np.concatenate([judge[these], np.full(len(given_up), np.nan)]),
    )


def sends_of(answers: Answers, part: Part, said: RatedSides) -> tuple[Sends, int]:
    """What raters said of the part's responses, and how many of the rated ones most of who rated them would send.

    Votes on what raters should not have been shown, an answer that was cut short or is empty, count for nothing: it is
    not sendable without a vote.
    """
    mine = said.on(part.responses)
    mine = mine.where(~answers.never_shown[mine.response])
    rated, of = np.unique(mine.response, return_inverse=True)
    share = np.bincount(of, mine.sendable, len(rated)) / np.maximum(np.bincount(of, minlength=len(rated)), 1)
    return mine.sends(), int((share > 0.5).sum())


def judged_by_models(found: Judged) -> Floats | None:
    """[responses] the mean of what judges of single responses gave, nan where none did; None without any judge."""
    judges = [place for place, each in enumerate(found.evaluators) if kind_named(each.kind).use is Use.JUDGE]
    if not judges:
        return None
    grades = found.scores[:, judges]
    known = ~(np.isnan(grades) | (grades == UNSCORED) | (grades == NO_CASE))
    n = known.sum(axis=1)
    sums = np.where(known, grades, 0.0).sum(axis=1)
    return None if not n.any() else np.where(n > 0, sums / np.maximum(n, 1), np.nan)
