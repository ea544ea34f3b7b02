"""Trends as a check leaves them: of every cell its figure run by run, and how far chance goes around the baseline's."""

import json
import math
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from core.domain.drift import Cell, Judgement, Metric, Scale, Seen, Series
from core.services.quality.gathering import Floats, Ids
from core.services.watching.drift.gathering import Gathered, pooled
from core.services.watching.drift.rows import metric_kept, metric_of
from core.services.watching.drift.told import Trend, TrendPoint

_95 = 1.959964


def packed(judgement: Judgement, gathered: Gathered, series: Sequence[Series]) -> bytes:
    """To be kept beside the check."""
    metrics = {cell.metric.name: metric_kept(cell.metric) for cell in judgement.cells}
    by_key = {(one.candidate, one.metric.name): one for one in series}
    kept = {
        "runs": [(run.run_id, run.at.isoformat()) for run in gathered.since],
        "metrics": metrics,
        "cells": [_cell(cell, by_key[cell.candidate, cell.metric.name], gathered) for cell in judgement.cells],
    }
    return zlib.compress(json.dumps(kept).encode())


def unpacked(file: bytes, names: Mapping[int, str]) -> tuple[Trend, ...]:
    """What ``packed`` kept, over all first."""
    kept = json.loads(zlib.decompress(file))
    runs = [(run_id, datetime.fromisoformat(at)) for run_id, at in kept["runs"]]
    metrics = {name: metric_of(one) for name, one in kept["metrics"].items()}
    return tuple(_trend(cell, metrics[cell["metric"]], runs, names) for cell in kept["cells"])


def _cell(cell: Cell, series: Series, gathered: Gathered) -> dict[str, Any]:
    before = pooled(series.baseline)
    here = gathered.contents.here(cell.category)
    points = [_point(before, seen, cell.metric, here) for seen in series.checks]
    return {
        "candidate": cell.candidate,
        "metric": cell.metric.name,
        "category": cell.category,
        "state": str(cell.state),
        "before": _number(_mean(before.mean[here], cell.metric)),
        "points": [[_number(each) for each in point] for point in points],
    }


def _point(before: Seen, seen: Seen, metric: Metric, here: Ids) -> tuple[float, float, float]:
    """A run's figure, and the band around the baseline's on the prompts that both know."""
    first, second = before.mean[here], seen.mean[here]
    both = ~np.isnan(first) & ~np.isnan(second)
    if metric.scale is Scale.RATIO:
        with np.errstate(invalid="ignore"):
            both &= (first > 0) & (second > 0)
        first, second = np.log(first[both]), np.log(second[both])
    else:
        first, second = first[both], second[both]
    if len(first) < 2:
        return math.nan, math.nan, math.nan
    reach = _95 * float((second - first).std(ddof=1)) / math.sqrt(len(first))
    told = float(second.mean()), float(first.mean()) - reach, float(first.mean()) + reach
    if metric.scale is Scale.RATIO:
        return math.exp(told[0]), math.exp(told[1]), math.exp(told[2])
    return told[0], max(0.0, told[1]), min(1.0, told[2])


def _mean(mean: Floats, metric: Metric) -> float:
    known = mean[~np.isnan(mean)]
    if metric.scale is Scale.RATIO:
        known = np.log(known[known > 0])
    if not len(known):
        return math.nan
    return float(math.exp(known.mean()) if metric.scale is Scale.RATIO else known.mean())


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _trend(
    cell: Mapping[str, Any], metric: Metric, runs: list[tuple[int, datetime]], names: Mapping[int, str]
) -> Trend:
    points = [
        TrendPoint(run_id, at, *point)
        for (run_id, at), point in zip(runs, cell["points"], strict=True)
        if None not in point
    ]
    before = cell["before"]
    who = cell["candidate"]
    return Trend(
        candidate_id=who,
        candidate=names.get(who, "?"),
        category=cell["category"],
        metric=metric,
        state=cell["state"],
        before=math.nan if before is None else before,
        points=tuple(points),
    )
