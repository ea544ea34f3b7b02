"""Since which check something is so, and which prompts show it."""

import numpy as np

from core.domain.drift.measured import Floats, Ids
from core.domain.drift.paired import Side, Values
from core.domain.drift.shocks import run_effects

MOST_SHOWN = 12


def since(values: Values, *, up: bool) -> int:
    """The place of the check from which on the runs differ most from those before, the baseline's among them.

    One step in the mean of the runs, fitted by least squares (Hinkley 1970), each run weighted by its repetitions;
    of the steps in the direction of the change.
    """
    effect = run_effects(values)
    weight = np.where(np.isnan(effect), 0.0, np.vstack([values.n_baseline, values.n_checks]).sum(axis=1))
    first = len(values.baseline)
    weights, sums = np.cumsum(weight), np.cumsum(weight * np.nan_to_num(effect))
    before, after = weights[:-1], weights[-1] - weights[:-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        step = (sums[-1] - sums[:-1]) / after - sums[:-1] / before
        gain = np.where((step > 0) == up, step**2 * before * after, -1.0)
    gain = np.nan_to_num(gain, nan=-1.0)[first - 1 :]
    return int(len(gain) - 1 - np.argmax(gain[::-1]))


def showing(before: Side, after: Side, places: Ids, *, up: bool) -> Ids:
    """The places of the prompts that moved most in the change's direction, strongest first; none that did not."""
    moved: Floats = np.nan_to_num((after.mean - before.mean)[places]) * (1 if up else -1)
    order = np.lexsort((-after.n[places], -np.round(moved, 9)))[:MOST_SHOWN]
    return places[order[moved[order] > 0]]
