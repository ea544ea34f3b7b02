"""How a run's state, its failures and what it takes are put into words, the same in list, detail and sidebar."""

from dataclasses import dataclass

from core.domain.answering import FaultKind
from core.domain.words import duration, money, n, when
from core.services.runs import RunLine


@dataclass(frozen=True)
class StateWords:
    """A state as it is shown: a word, a Material icon's name, a badge's colour."""

    word: str
    icon: str
    colour: str


STATES = {
    "queued": StateWords("queued", "hourglass_empty", "gray"),
    "waiting": StateWords("waits for its next repetition", "schedule", "gray"),
    "running": StateWords("running", "play_circle", "blue"),
    "cancelling": StateWords("being cancelled", "cancel", "gray"),
    "interrupted": StateWords("interrupted", "sync_problem", "orange"),
    "done": StateWords("done", "check_circle", "green"),
    "cancelled": StateWords("cancelled", "cancel", "gray"),
    "stopped": StateWords("stopped", "front_hand", "orange"),
    "import": StateWords("imported", "upload", "gray"),
    "demo": StateWords("demo", "science", "gray"),
}
_FAULTS = {
    FaultKind.RATE_LIMIT: (
        "Rate limit", "The endpoint asked for fewer calls, so the run slowed down. The provider may raise the limit."
    ),
    FaultKind.OVERLOAD: (
        "Overloaded", "The endpoint had too much to do. Try again later, or give the candidate a second endpoint."
    ),
    FaultKind.SERVER: (
        "Server error", "The endpoint broke. Try again later, or give the candidate a second endpoint."
    ),
    FaultKind.TIMEOUT: ("Timeout", "No whole answer came in time. Users would have waited as long."),
    FaultKind.CONNECTION: (
        "No connection", "The endpoint was not reached, or hung up. Check its address on Candidates, and the network."
    ),
    FaultKind.TRUNCATED: (
        "Cut short", "The stream ended without saying why, again and again. What came of it is kept."
    ),
    FaultKind.MALFORMED: (
        "Unreadable", "The endpoint sent something else than its API says. Check on Candidates which one it speaks."
    ),
    FaultKind.BAD_REQUEST: (
        "Bad request", "The endpoint does not take such a request. Mend the model's name or the settings on Candidates."
    ),
    FaultKind.AUTH: ("Key refused", "Set the right key where Evenhand runs, start it again, and try these once more."),
    FaultKind.QUOTA: ("Out of credit", "The account has no credit left. Top it up, then try these once more."),
    FaultKind.CONTENT_FILTER: ("Content filter", "The provider blocked this. Your users would meet the same."),
    FaultKind.CANCELLED: ("Cancelled", "It was on its way when the run was cancelled. Resume to ask again."),
    FaultKind.INTERRUPTED: ("Interrupted", "It was on its way when Evenhand stopped, and is asked again by itself."),
}  # fmt: skip


def state(run: RunLine) -> StateWords:
    """What became of the run; of one that came from a file, where it came from."""
    return STATES[run.state if run.is_evaluation else run.source if run.source in STATES else "import"]


def done(run: RunLine) -> str:
    """How much of it has come to an end: 40 of 64."""
    return f"{run.responses + run.failed:,} of {run.planned:,}"


def left(run: RunLine) -> str:
    """What is left, and how long that takes or what has to be done for it. The same wherever a run is shown."""
    if run.left:
        return ", ".join(filter(None, (f"{run.left:,} left", _ahead(run))))
    if run.state == "running":
        return "everything has arrived, being scored"
    if run.state != "done":
        return "everything has arrived"
    return f"nothing left to ask, {run.failed:,} given up" if run.failed else "nothing left to do"


def _ahead(run: RunLine) -> str:
    """What becomes of those that are left."""
    if run.state == "running":
        return f"about {duration(run.eta_s)}" if run.eta_s is not None else ""
    if run.state == "waiting":
        return f"the next repetition begins {when(run.next_at)} UTC"
    by_state = {
        "queued": "begins in a moment",
        "cancelling": "what is on its way is being ended",
        "interrupted": "it goes on by itself in a moment",
    }
    return by_state.get(run.state, "resume to go on")


def fault(kind: str) -> tuple[str, str]:
    """A kind of failure in a word or two, and what to do about it."""
    known = kind in {str(each) for each in FaultKind}
    return _FAULTS[FaultKind(kind)] if known else (kind.replace("_", " ").capitalize(), "")


def spent(cost_usd: float, unpriced: int) -> str:
    """What is known to be spent; attempts of unknown price are said, never left out and never 0."""
    if not unpriced:
        return money(cost_usd)
    known = f"{money(cost_usd)} and " if cost_usd else ""
    return f"{known}{n(unpriced, 'call')} of unknown price"
