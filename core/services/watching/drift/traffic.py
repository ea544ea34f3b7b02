"""What another mix of prompts did: the means over all prompts of each side, less what the same prompts did."""

import math

import numpy as np

from core.domain.drift import Metric, Scale, Seen
from core.domain.drift.causes import Effect
from core.services.quality.gathering import Floats, Ids
from core.services.watching.drift.gathering import Gathered

_95 = 1.959964


def traffic(gathered: Gathered, candidate: int, metric: Metric, category: str | None) -> Effect | None:
    """Of a run over another version of the dataset, whole; None for others, and where no prompt is in both."""
    newest, here = gathered.since[-1], gathered.contents.here(category)
    versions = {run.dataset_id for run in gathered.baseline}
    if newest.is_slice or newest.dataset_id in versions:
        return None
    before, after = gathered.pooled(candidate, metric), gathered.newest(candidate, metric)
    known_before, known_after = (_known(each, here, metric) for each in (before, after))
    common = np.intersect1d(known_before, known_after)
    if not len(common) or (len(common) == len(known_before) == len(known_after)):
        return None
    change = error = 0.0
    for seen, known, sign in ((after, known_after, 1), (before, known_before, -1)):
        value = _scaled(seen.mean, metric)
        change += sign * (float(value[known].mean()) - float(value[common].mean()))
        error += _variance(seen, known, common, metric)
    reach = _95 * math.sqrt(error)
    back = math.exp if metric.scale is Scale.RATIO else float
    return Effect(back(change), back(change - reach), back(change + reach))


def _known(seen: Seen, here: Ids, metric: Metric) -> Ids:
    with np.errstate(invalid="ignore"):
        known = (seen.n[here] > 0) & ((seen.mean[here] > 0) | (metric.scale is Scale.SHARE))
    return here[known]


def _scaled(mean: Floats, metric: Metric) -> Floats:
    if metric.scale is Scale.SHARE:
        return mean
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(mean))


def _variance(seen: Seen, known: Ids, common: Ids, metric: Metric) -> float:
    """Of the difference of the two means by chance: prompts are what they are, answers to them vary."""
    weight = np.zeros(len(seen.n))
    weight[known] += 1 / len(known)
    weight[common] -= 1 / len(common)
    here = np.flatnonzero(weight)
    if metric.scale is Scale.RATIO:
        return 0.0
    share = np.clip(seen.mean[here], 0.0, 1.0)
    return float((weight[here] ** 2 * share * (1 - share) / seen.n[here]).sum())
