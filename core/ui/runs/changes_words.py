"""What changed between two runs, in words: the answer in one sentence, and each change as the table writes it."""

from core.domain import words as shared_words
from core.domain.changes import FALSE_DISCOVERIES, FEWEST_PROMPTS, Change, State
from core.domain.words import n, per_thousand, seconds
from core.services.quality.comparison import CandidateChanges, Compared, ComparedRow, Comparison, What
from core.ui.shared import frame

_MOST_NAMED, _FEW = 3, 100
_NOTHING = 1e-9
_NAMES = {
    What.LATENCY: "Latency",
    What.TTFT: "Time to first token",
    What.COST: "Cost per 1,000 responses",
    What.ACCEPTABLE: "Share acceptable",
}
_RATIOS = {
    What.LATENCY: ("is slower", "is faster", "the latency"),
    What.TTFT: ("begins later", "begins sooner", "the time to first token"),
    What.COST: ("is dearer", "is cheaper", "the cost"),
}
METHOD = (
    "**Paired by prompt.** Repetitions are averaged within a prompt first; a prompt that only one of the runs asked, "
    "or whose value is not known in one of them, is left out. *Prompts* says how many are left. Of latency, time to "
    "first token and cost it is the typical ratio, later ÷ earlier (the geometric mean over prompts; prompts of cost 0 "
    "have none), of shares and scores the difference, later − earlier. A response that was given up counts as not "
    "acceptable.\n\n**Intervals** (95 %) are Student's t over prompts. Fewer than "
    f"{FEWEST_PROMPTS} prompts give none; neither do prompts that all changed by the same.\n\n"
    "***Clear*** allows for how many figures are looked at together: of all that are called clear, on average at most "
    f"{100 * FALSE_DISCOVERIES:.0f} % are chance (false discovery rate, Benjamini & Hochberg). *May be chance*: the "
    "interval leaves no change out, but among so many figures some do; or only a handful of prompts moved. "
    "*No clear change* does not say that nothing changed: the interval says how much may have."
)


def answer(found: Comparison) -> str:
    """What changed clearly, in one sentence."""
    between = f"between run {found.a} and run {found.b}"
    if not found.compared:
        most = max(line.prompts for line in found.lines)
        return (
            f"Too little to tell a change {between}: at most {n(most, 'prompt')} in both, and "
            f"{FEWEST_PROMPTS} with a known value are needed."
        )
    clear = found.clear
    if not clear:
        possible = sum(row.change.state is State.POSSIBLE for row in found.rows())
        chance = f" ({possible:,} may be chance)" if possible else ""
        return f"**Nothing changed clearly** {between}: {n(found.compared, 'comparison')}{chance}."
    named = "; ".join(said(row) for row in clear[:_MOST_NAMED])
    more = f"; and {len(clear) - _MOST_NAMED:,} more, on top of the table" if len(clear) > _MOST_NAMED else ""
    of = n(found.compared, "comparison")
    return f"**{len(clear):,} of {of} changed clearly** {between}: {named}{more}."


def said(row: ComparedRow) -> str:
    """A clear change with its interval: who is how much slower, cheaper, more often acceptable, …"""
    change, what = row.change, row.measure.what
    rises = (change.value or 0.0) > (1.0 if change.is_ratio else 0.0)
    by = f"{value(change, row.measure)}{{}} ({interval(change, row.measure) or f'on all {change.n:,} prompts'})"
    if what in _RATIOS:
        more, less, of = _RATIOS[what]
        how = f"{more if rises else less}: {by.format(f' {of}')}"
    elif what is What.ACCEPTABLE:
        how = f"is acceptable {'more' if rises else 'less'} often: {by.format('')}"
    else:
        how = f"scores {'higher' if rises else 'lower'} on {frame.as_typed(row.measure.evaluator)}: {by.format('')}"
    return f"**{frame.as_typed(row.line.name)}** {how}"


def name(measure: Compared) -> str:
    """What is compared."""
    return measure.evaluator if measure.what is What.SCORE else _NAMES[measure.what]


def value(change: Change, measure: Compared) -> str:
    """The change: a ratio, percentage points, or a difference of scores; *unknown* or *free* where there is none."""
    if change.value is None:
        return "free" if measure.what is What.COST and change.zeros and not change.unknown else "unknown"
    return _written(change.value, change, measure, unit=True)


def interval(change: Change, measure: Compared) -> str:
    """The 95 % interval; empty where there is none."""
    if change.lower is None or change.upper is None:
        return ""
    return " to ".join(_written(bound, change, measure) for bound in (change.lower, change.upper))


def interval_or_why(change: Change, measure: Compared) -> str:
    """The 95 % interval, or why there is none."""
    return interval(change, measure) or ("same on every prompt" if change.is_uniform else "–")


def verdict(change: Change) -> str:
    """How much is known of it."""
    if change.state is State.NOT_ENOUGH:
        return "too few prompts" if change.n else "–"
    return "no change" if change.is_unchanged else str(change.state)


def mean(amount: float | None, measure: Compared) -> str:
    """What it was in one run."""
    if amount is None:
        return "–"
    if measure.what is What.COST:
        return per_thousand(amount)
    if measure.what is What.ACCEPTABLE:
        return shared_words.percent(amount)
    return f"{amount:.2f}" if measure.what is What.SCORE else seconds(amount)


def other_models(found: Comparison) -> list[str]:
    """Whose name another model stands behind now."""
    changed = [line for line in found.lines if line.is_other_model]
    sentences = [
        f"Another model answered for **{frame.as_typed(line.name)}**: {_models(line.answered_by[0])} in run {found.a}, "
        f"{_models(line.answered_by[1])} in run {found.b}."
        for line in changed[:_MOST_NAMED]
    ]
    if len(changed) > _MOST_NAMED:
        sentences.append(f"So it is with {len(changed) - _MOST_NAMED:,} more candidates.")
    return sentences


def identical(found: Comparison) -> str:
    """How many responses are word for word the same; empty where no response has its like."""
    lines = [line for line in found.lines if line.matched]
    if not lines:
        return ""
    if len(lines) <= _MOST_NAMED:
        each = ", ".join(f"{frame.as_typed(line.name)} {_same(line)}" for line in lines)
        return f"Word for word the same in both runs: {each}."
    lines.sort(key=lambda line: line.identical_share or 0.0)
    same, matched = (sum(getattr(line, of) for line in lines) for of in ("identical", "matched"))
    ends = " to ".join(f"{_same(line)} ({frame.as_typed(line.name)})" for line in (lines[0], lines[-1]))
    return f"Word for word the same in both runs: {same:,} of {n(matched, 'response')}; by candidate from {ends}."


def only_one(found: Comparison) -> list[str]:
    """Which candidates only one of the runs asked."""
    both = ((found.a, found.only_a), (found.b, found.only_b))
    return [f"Only run {run} asked {_listed(names)}." for run, names in both if names]


def _same(line: CandidateChanges) -> str:
    """In counts where they are few; rounded, but never to all or none where that is not so."""
    if line.matched < _FEW:
        return f"{line.identical:,} of {line.matched:,}"
    percent = round(100 * line.identical / line.matched)
    if 0 < line.identical < line.matched:
        percent = min(max(percent, 1), 99)
    return f"{percent} % of {line.matched:,}"


def _listed(names: list[str]) -> str:
    shown = ", ".join(frame.as_typed(each) for each in names[:_MOST_NAMED])
    return f"{shown} and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else shown


def _models(names: tuple[str, ...]) -> str:
    return " and ".join(frame.as_typed(each) for each in names)


def _written(amount: float, change: Change, measure: Compared, *, unit: bool = False) -> str:
    if change.is_ratio:
        digits = _digits([abs(each - 1) for each in _told(change)], 2, 4)
        return f"{amount:,.{1 if amount >= 9.95 else digits}f}{' ×' if unit else ''}"
    if measure.what is What.ACCEPTABLE:
        return _signed(100 * amount, _digits([100 * abs(each) for each in _told(change)], 0, 2)) + (
            " points" if unit else ""
        )
    return _signed(amount, _digits([abs(each) for each in _told(change)], 2, 4))


def _told(change: Change) -> list[float]:
    return [amount for amount in (change.value, change.lower, change.upper) if amount is not None]


def _digits(sizes: list[float], fewest: int, most: int) -> int:
    """As few as make no change look like none."""
    smallest = min((size for size in sizes if size > _NOTHING), default=1.0)
    return next((digits for digits in range(fewest, most) if smallest >= 0.5 * 10**-digits), most)


def _signed(amount: float, digits: int) -> str:
    shown = f"{abs(amount):,.{digits}f}"
    return shown if not float(shown.replace(",", "")) else f"{'−' if amount < 0 else '+'}{shown}"
