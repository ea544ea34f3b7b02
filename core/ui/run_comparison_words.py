"""What changed between two runs, in words: only where the interval leaves no change out."""

from collections.abc import Callable

from core.domain.paired import Change
from core.services.runs import CandidateChange, Comparison
from core.ui import frame, run_words

_MOST_NAMED = 8
UNCLEAR = "no clear change"
METHOD = (
    "Paired by prompt: repetitions are averaged first, and a prompt that only one run answered is left out. In "
    "brackets 95 % intervals: Student's t over prompts for differences, a bootstrap over prompts for ratios. "
    "Each stands for itself: of twenty figures that did not change, one looks as if it had."
)


def answer(found: Comparison) -> list[str]:
    """One line for what all candidates share, and one for each that clearly changed."""
    changed = [(line, said) for line in found.lines if (said := _said(line))]
    if not changed:
        n = max(line.prompts for line in found.lines)
        return [f"**No clear change** from run {found.before} to run {found.after}, on {run_words.n(n, 'prompt')}."]
    lines = [f"From run {found.before} to run {found.after}:"]
    lines += [f"**{frame.as_typed(line.name)}** {', '.join(said)}." for line, said in changed[:_MOST_NAMED]]
    if len(changed) > _MOST_NAMED:
        lines.append(f"{len(changed) - _MOST_NAMED:,} more candidates changed clearly; the table has them.")
    still = len(found.lines) - len(changed)
    if still:
        lines.append(f":gray[{'The others' if still > 1 else 'The other one'}: {UNCLEAR}.]")
    return lines


def _said(line: CandidateChange) -> list[str]:
    said = []
    if line.acceptable.is_clear:
        more = "more" if (line.acceptable.value or 0) > 0 else "fewer"
        said.append(f"answers **{more} acceptably**, {difference(line.acceptable, points)} points")
    if line.latency.is_clear:
        slower = "slower" if (line.latency.value or 1) > 1 else "faster"
        said.append(f"is **{slower}**, {ratio(line.latency)} the latency")
    if line.cost.is_clear:
        dearer = "dearer" if (line.cost.value or 0) > 0 else "cheaper"
        said.append(f"is **{dearer}**, {frame.as_typed(difference(line.cost, signed_dollars))} a response")
    return said


def left_out(found: Comparison) -> list[str]:
    """Candidates that only one of the runs asked."""
    said = []
    for run_id, names in ((found.before, found.only_before), (found.after, found.only_after)):
        if names:
            shown = ", ".join(frame.as_typed(name) for name in names[:_MOST_NAMED])
            more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
            said.append(f"Only run {run_id} asked {shown}{more}.")
    return said


def ends(change: Change, write: Callable[[float], str]) -> str:
    """Before and after; that it is not known where it is not."""
    if change.before is None or change.after is None:
        return "not known"
    return f"{write(change.before)} → {write(change.after)}"


def difference(change: Change, write: Callable[[float], str]) -> str:
    """The change with its interval, or that there is none to tell."""
    return _with_interval(change, write)


def ratio(change: Change) -> str:
    """The ratio with its interval."""
    return _with_interval(change, lambda value: f"{value:.2f} ×")


def _with_interval(change: Change, write: Callable[[float], str]) -> str:
    if change.value is None:
        return "not known"
    if change.lower is None or change.upper is None:
        return f"{write(change.value)}, too few prompts"
    if change.value == change.nothing and change.lower == change.upper:
        return "no change"
    interval = f"{write(change.value)} ({write(change.lower)} to {write(change.upper)})"
    return interval if change.is_clear else f"{UNCLEAR} ({write(change.lower)} to {write(change.upper)})"


def percent(share: float) -> str:
    """A share."""
    return f"{100 * share:.0f} %"


def points(share: float) -> str:
    """A difference of shares, in percentage points."""
    return f"{_signed(100 * share, 0)}"


def seconds(ms: float) -> str:
    """A latency."""
    return f"{ms:,.0f} ms" if ms < 1000 else f"{ms / 1000:,.2f} s"


def score(value: float) -> str:
    """A mean score."""
    return f"{value:.2f}"


def signed_score(value: float) -> str:
    """A difference of scores."""
    return _signed(value, 2)


def signed_dollars(usd: float) -> str:
    """A difference of costs."""
    return f"{'−' if usd < 0 else '+'}{run_words.dollars(abs(usd))}"


def _signed(value: float, digits: int) -> str:
    shown = f"{abs(value):,.{digits}f}"
    return shown if not float(shown.replace(",", "")) else f"{'−' if value < 0 else '+'}{shown}"
