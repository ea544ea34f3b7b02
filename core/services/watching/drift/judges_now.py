"""What a judge's new severity did: the same frozen answers, scored again, less what was said of them first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from scipy.special import stdtrit
from sqlmodel import Session

from core.domain.acceptability import Check
from core.domain.drift.causes import Effect
from core.domain.judging import SCORE_KIND
from core.services.quality.gathering import Floats, Ids
from core.services.quality.judged import Judged, judged
from core.services.quality.scope import Scope
from core.services.scoring import evaluators as known
from core.services.watching.drift import metrics
from core.services.watching.drift.ended import EndedRun
from core.storage.tables import Evaluator, metadata

_score, _anchor, _response = (metadata.tables[name] for name in ("score", "anchor_score", "response"))
_FEWEST = 5
_ROUNDING = 1e-9


@dataclass(frozen=True)
class JudgeEffect:
    """On one metric."""

    effect: Effect
    """Of a score its change; of the share acceptable what of all answers it makes acceptable that were not."""
    words: str
    lost: Effect | None = None
    """Of the share acceptable: by what part of itself it falls, below 0."""

    def on(self, before: float) -> Effect:
        """Where the metric was ``before``."""
        if self.lost is None:
            return self.effect
        change = self.effect.change + before * self.lost.change
        reach = math.hypot(self.effect.upper - self.effect.change, before * (self.lost.upper - self.lost.change))
        return Effect(change, change - reach, change + reach)


@dataclass(frozen=True)
class _Anchors:
    """[answers] of one judge at one check."""

    response: list[int]
    run: list[int]
    first: Floats
    now: Floats


def judge_effects(session: Session, run_id: int, baseline: Sequence[EndedRun]) -> dict[str, JudgeEffect]:
    """Metric's name → what its judge's change did to it, as a check of that run found it; without those unasked."""
    found: dict[str, JudgeEffect] = {}
    for judge in known.judges(session, {SCORE_KIND}):
        anchors = _anchors(session, judge, run_id)
        if len(anchors.response) < _FEWEST:
            continue
        moved = anchors.now - anchors.first
        effect = mean_effect(moved)
        words = _words(judge, anchors, effect)
        found[metrics.score_metric(judge).name] = JudgeEffect(effect, words)
        if moved.any():
            verdicts = verdict_effect(_passing(session, judge, anchors, baseline), words)
            larger = max(
                (verdicts, found.get(metrics.ACCEPTABLE.name, verdicts)), key=lambda each: abs(each.on(1).change)
            )
            found[metrics.ACCEPTABLE.name] = larger
    return found


def verdict_effect(passes: Floats, words: str) -> JudgeEffect:
    """On the share acceptable. ``passes``: [2, answers] the verdict with what was said first, and with what is now."""
    first, now = passes
    gained = mean_effect((1 - first) * now)
    return JudgeEffect(gained, words, mean_effect(now[first == 1] - 1))


def mean_effect(moved: Floats) -> Effect:
    """The mean of paired differences with Student's 95 % interval; where all are alike, what n need not have shown."""
    if len(moved) < 2:
        return Effect(0.0, -1.0, 1.0)
    mean, n = float(moved.mean()), len(moved)
    reach = float(stdtrit(n - 1, 0.975)) * float(moved.std(ddof=1)) / math.sqrt(n)
    if reach == 0:
        reach = math.log(40) / n
    return Effect(mean, mean - reach, mean + reach)


def _anchors(session: Session, judge: Evaluator, run_id: int) -> _Anchors:
    a, s, r = _anchor.c, _score.c, _response.c
    query = (
        sa.select(a.response_id, r.run_id, s.value.label("first"), a.value)
        .join(_score, (s.response_id == a.response_id) & (s.evaluator_id == a.evaluator_id))
        .join(_response, r.id == a.response_id)
        .where(a.evaluator_id == judge.id, a.run_id == run_id, a.value.is_not(None), s.value.is_not(None))
        .order_by(a.response_id)
    )
    rows = session.execute(query).all()
    return _Anchors(
        [row[0] for row in rows],
        [row[1] for row in rows],
        np.array([row[2] for row in rows], dtype=float),
        np.array([row[3] for row in rows], dtype=float),
    )


def _passing(session: Session, judge: Evaluator, anchors: _Anchors, baseline: Sequence[EndedRun]) -> Floats:
    """[2, answers] the verdict with what the judge said first, and with what it says now."""
    passes = np.zeros((2, len(anchors.response)))
    for run in baseline:
        places = [place for place, of in enumerate(anchors.run) if of == run.id]
        if places:
            found = judged(session, Scope(run.dataset_id, run.id))
            of = np.searchsorted(found.responses.id, [anchors.response[place] for place in places])
            passes[:, places] = _verdicts(found, judge, of, anchors.first[places], anchors.now[places])
    return passes


def _verdicts(found: Judged, judge: Evaluator, of: Ids, first: Floats, now: Floats) -> Floats:
    mine = [gate for gate in found.gates if gate.evaluator_id == judge.id]
    names = {gate.name for gate in mine}
    others = [outcome[of] for name, outcome in found.outcomes.items() if name not in names]
    stands = np.all([(each == Check.PASSED) | (each == Check.NOT_ASKED) for each in others], axis=0)
    categories = np.array(found.categories, dtype=object)[found.category[of]]
    passes = np.ones((2, len(of)), dtype=bool)
    for gate in mine:
        here = (categories == gate.category) | (gate.category is None)
        for row, value in enumerate((first, now)):
            passes[row] &= ~here | (value >= gate.at_least - _ROUNDING)
    return np.asarray(stands * passes, dtype=float)


def _words(judge: Evaluator, anchors: _Anchors, effect: Effect) -> str:
    return (
        f"the judge '{judge.name}', who gives {len(anchors.response)} frozen answers {anchors.now.mean():.2f} on "
        f"average instead of {anchors.first.mean():.2f} ({effect.lower:+.2f} to {effect.upper:+.2f})"
    ).replace("-", "−")
