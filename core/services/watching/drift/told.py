"""What the room tells others: baselines, checks, findings in words, trends, flips, the replay."""

from dataclasses import dataclass
from datetime import datetime

from core.domain.drift import Metric, Tier, Visible
from core.domain.drift.causes import Cause
from core.domain.drift.wording import brief, span


@dataclass(frozen=True)
class Baseline:
    """The runs that a dataset's later runs are compared with."""

    id: int
    number: int
    """1 for the first; each move is one more."""
    run_ids: tuple[int, ...]
    """Oldest first."""
    pinned_at: datetime
    pinned_by: str | None
    """The person's name; None: pinned by itself."""
    why: str
    repetitions: float
    """Answers a prompt and candidate, over all its runs; 0 where it is not known yet."""


@dataclass(frozen=True)
class CausePart:
    """How much of a finding's change one cause makes, in the finding's unit, and what shows it."""

    cause: Cause
    change: float | None
    """Of a SHARE in points / 100, of a RATIO a factor; None: which part is its own cannot be told."""
    lower: float | None
    upper: float | None
    words: str
    """"answers as m-2 instead of m-1 since run 12"."""


@dataclass(frozen=True)
class FindingLine:
    """A finding as one check left it; numbers as in domain.drift.Finding."""

    id: int
    run_id: int
    """The run that was checked."""
    at: datetime
    candidate_id: int
    candidate: str
    category: str | None
    """None: over all."""
    metric: Metric
    tier: Tier
    before: float
    after: float
    change: float
    lower: float
    upper: float
    p: float
    prompts: int
    since_run: int
    """The run since which it is so."""
    since_at: datetime
    open_since_run: int
    """The first checked run in an unbroken row that found it: the story's beginning."""
    open_since_at: datetime
    causes: tuple[Cause, ...]
    parts: tuple[CausePart, ...]
    sentence: str
    is_of_total: bool = False
    """Whether it only says in a category what a finding over all says, within its interval."""

    @property
    def key(self) -> tuple[str, str, str | None]:
        """What it is about, as alerts name it: candidate, metric, category."""
        return self.candidate, self.metric.name, self.category

    @property
    def brief(self) -> str:
        """What moved, from where to where."""
        return brief(self.candidate, self.metric, self.category, self.change, (self.before, self.after))

    @property
    def span(self) -> str:
        """The interval of the change."""
        return span(self.metric, self.lower, self.upper)


@dataclass(frozen=True)
class Check:
    """One run, judged against the baseline of then."""

    id: int
    run_id: int
    at: datetime
    baseline_id: int
    findings: tuple[FindingLine, ...]
    """Alarms first."""
    closed: tuple[FindingLine, ...]
    """What the check before still found and this one does not: as it stood then."""
    notes: tuple[str, ...]
    """What could not be looked at, and why."""


@dataclass(frozen=True)
class CheckLine:
    """A check in the list of all of them."""

    run_id: int
    at: datetime
    baseline_number: int
    alarms: int
    """Counted as ``DriftState.alarms``."""
    watches: int
    repeats: int
    """Findings in a category that only repeat an overall one, and are not counted by themselves."""


@dataclass(frozen=True)
class TrendPoint:
    """A run's figure over the prompts that the baseline has too: of a RATIO the geometric mean."""

    run_id: int
    at: datetime
    value: float
    lower: float
    upper: float
    """Where it would lie by chance (95 %) were nothing changed: the band around the baseline's value."""


@dataclass(frozen=True)
class Trend:
    """A candidate's metric in a category or over all, run by run since the baseline, under today's rules."""

    candidate_id: int
    candidate: str
    category: str | None
    metric: Metric
    state: str
    """A domain.drift.State."""
    before: float
    """The baseline's value."""
    points: tuple[TrendPoint, ...]


@dataclass(frozen=True)
class Annotation:
    """Something that happened at a time and may explain a step: a price, a model version, a gate or an evaluator."""

    at: datetime
    run_id: int | None
    """The first run it concerns, where it was seen in a run."""
    candidate_id: int | None
    """None: it concerns all."""
    cause: Cause
    words: str


@dataclass(frozen=True)
class Replay:
    """What the same statistics say of the baseline's own answers drawn again: whatever they find is a false alarm."""

    years: int
    """Of checks, each with a baseline drawn anew."""
    checks: int
    alarm_years: int
    """Years with at least one alarm."""
    watch_checks: int
    """Checks with at least one finding on the watch list."""
    series: int
    """Candidates × metrics looked at."""


@dataclass(frozen=True)
class DriftState:
    """What is known of a dataset's drift."""

    dataset: str
    baseline: Baseline | None
    waiting: str
    """Why nothing has been checked yet, or since, in a sentence; empty where the newest run was."""
    check: Check | None
    """The newest against today's baseline."""
    checks: tuple[CheckLine, ...]
    """Newest first, of all baselines."""
    trends: tuple[Trend, ...]
    annotations: tuple[Annotation, ...]
    """Oldest first."""
    smallest_visible: tuple[Visible, ...]
    unwatched: tuple[str, ...]
    """Candidates in the newest run that the baseline has no answers of."""
    replay: Replay | None
    """None: not replayed yet."""

    @property
    def findings(self) -> tuple[FindingLine, ...]:
        """What is open."""
        return () if self.check is None else self.check.findings

    @property
    def told(self) -> tuple[FindingLine, ...]:
        """What is open and counts by itself: not what only says in a category what a finding over all says."""
        return tuple(one for one in self.findings if not one.is_of_total)

    @property
    def alarms(self) -> tuple[FindingLine, ...]:
        """Those that are proven."""
        return tuple(one for one in self.told if one.tier is Tier.ALARM)

    @property
    def watches(self) -> tuple[FindingLine, ...]:
        """Those on the watch list."""
        return tuple(one for one in self.told if one.tier is Tier.WATCH)


@dataclass(frozen=True)
class FlipAnswer:
    """One answer to a flipped prompt; a unit given up has no ``response_id`` and its fault as reason."""

    response_id: int | None
    run_id: int
    at: datetime
    text: str
    acceptable: bool | None
    """None: no verdict."""
    reasons: tuple[str, ...]
    value: float | None
    """The finding's metric of this answer."""


@dataclass(frozen=True)
class Flip:
    """A prompt that shows a finding, with the answers of both sides."""

    prompt_id: int
    external_id: str
    category: str
    messages: tuple[dict[str, str], ...]
    before: float | None
    after: float | None
    """The metric's means on the prompt."""
    baseline: tuple[FlipAnswer, ...]
    now: tuple[FlipAnswer, ...]
