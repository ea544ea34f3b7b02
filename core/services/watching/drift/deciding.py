"""What a check found: changes that passed the statistics, and what our own edits and the traffic did beside them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.domain.drift import Finding, Metric, Scale, Tier
from core.domain.drift.causes import Cause, Effect, Part, is_material, joined, parts
from core.domain.drift.wording import sentence
from core.services.watching.drift import metrics
from core.services.watching.drift.evidence import Found, Known, evidence
from core.services.watching.drift.traffic import traffic

_MIXED = (metrics.ACCEPTABLE, metrics.COST, metrics.LATENCY, metrics.TOKENS)


@dataclass(frozen=True)
class Told:
    """A finding with its causes: ``before`` and ``change`` hold what our edits did, too."""

    finding: Finding
    parts: tuple[Part, ...]
    words: dict[Cause, str]

    @property
    def key(self) -> tuple[int, str, str | None]:
        """What it is about."""
        return self.finding.candidate, self.finding.metric.name, self.finding.category

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Largest first."""
        return tuple(part.cause for part in self.parts)

    @property
    def is_ours(self) -> bool:
        """Whether nothing but our own doing, or other prompts, is behind it."""
        return {part.cause for part in self.parts} <= {Cause.GATES, Cause.EVALUATORS, Cause.TRAFFIC}

    def sentence(self, names: Mapping[int, str], since: str) -> str:
        """In words."""
        told = " and ".join(self.words[cause] for cause in self.causes)
        return sentence(self.finding, names, since=since, told=told)


def found(known: Known, findings: tuple[Finding, ...]) -> list[Told]:
    """The findings with their causes, then those of our own doing and of the traffic alone."""
    told = [_told(known, finding) for finding in findings]
    there = {each.key for each in told}
    return told + [each for each in _of_our_own(known) if each.key not in there]


def _told(known: Known, finding: Finding) -> Told:
    said = evidence(known, finding.candidate, finding.metric, finding.category, finding.since)
    change = Effect(finding.change, finding.lower, finding.upper)
    made_of = parts(finding.metric, change, said.evidence)
    return Told(_whole(finding, said, made_of), made_of, said.words)


def _whole(finding: Finding, said: Found, made_of: tuple[Part, ...]) -> Finding:
    """The finding with what happened beside it: from the baseline as it was then to the answers of now."""
    for part in made_of:
        if part.cause in said.evidence.beside and part.effect is not None:
            finding = _with(finding, part.effect.change, at_start=part.cause is not Cause.TRAFFIC)
    return finding


def _with(finding: Finding, change: float, *, at_start: bool) -> Finding:
    metric = finding.metric
    change_, lower, upper = (joined(metric, each, change) for each in (finding.change, finding.lower, finding.upper))
    before, after = finding.before, finding.after
    if at_start:
        before = joined(metric, before, _back(metric, change))
    else:
        after = joined(metric, after, change)
    return replace(finding, before=before, after=after, change=change_, lower=lower, upper=upper)


def _back(metric: Metric, change: float) -> float:
    return -change if metric.scale is Scale.SHARE else 1 / change


def _of_our_own(known: Known) -> Iterator[Told]:
    """What our edits and the traffic did where nothing else is found; in a category only what is not so over all."""
    newest = known.gathered.since[-1]
    for candidate in known.gathered.candidates:
        for metric in dict.fromkeys((*metrics.BY_RULES, *_MIXED)):
            if candidate in newest.candidates and metric.name in newest.metrics:
                yield from _first_that_is(known, candidate, metric)


def _first_that_is(known: Known, candidate: int, metric: Metric) -> Iterator[Told]:
    for category in (None, *known.gathered.contents.prompts.names):
        told = _beside(known, candidate, metric, category)
        if told is not None:
            yield told
            if category is None:
                return


def _beside(known: Known, candidate: int, metric: Metric, category: str | None) -> Told | None:
    own = known.own(candidate, metric, category) if metric in metrics.BY_RULES else None
    mix = traffic(known.gathered, candidate, metric, category) if metric in _MIXED else None
    is_ours = own is not None and is_material(metric, own.effect, of_minimum=1.0)
    is_mix = mix is not None and is_material(metric, mix, of_minimum=1.0)
    if not is_ours and not is_mix:
        return None
    since = len(known.gathered.since) - 1
    said = evidence(known, candidate, metric, category, since)
    made_of = parts(metric, None, said.evidence)
    none = 0.0 if metric.scale is Scale.SHARE else 1.0
    now = _mean(known, candidate, metric, category)
    showing = own.showing if own is not None else np.zeros(0, dtype=np.int64)
    prompts = own.prompts if own is not None else 0
    bare = Finding(candidate, metric, category, Tier.WATCH, now, now, none, none, none, 0.0, prompts, since, showing)
    return Told(_whole(bare, said, made_of), made_of, said.words)


def _mean(known: Known, candidate: int, metric: Metric, category: str | None) -> float:
    """The baseline's mean under today's rules."""
    mean = known.gathered.pooled(candidate, metric).mean[known.gathered.contents.here(category)]
    mean = mean[~np.isnan(mean)]
    if metric.scale is Scale.SHARE:
        return float(mean.mean()) if len(mean) else 0.0
    mean = mean[mean > 0]
    return float(np.exp(np.log(mean).mean())) if len(mean) else 0.0
