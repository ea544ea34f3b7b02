"""How a schedule, its state and what became of it are put into words, the same in list, dialog and history."""

from core.domain.words import n, price, when
from core.services.watching.schedules import FireLine, ScheduleLine

Badge = tuple[str, str, str]
STATES: dict[str, Badge] = {
    "waiting": ("Active", "schedule", "green"),
    "running": ("Run goes on", "play_circle", "blue"),
    "paused": ("Paused", "pause_circle", "orange"),
}
_OUTCOMES: dict[str, Badge] = {
    "ran": ("Ran", "check_circle", "green"),
    "missed": ("Missed", "running_with_errors", "orange"),
    "skipped": ("Skipped", "skip_next", "gray"),
    "failed": ("Failed", "error", "red"),
}
_RUNS: dict[str, Badge] = {
    "queued": ("Waits to begin", "hourglass_empty", "blue"),
    "running": ("Runs", "play_circle", "blue"),
    "cancelled": ("Ran, cancelled", "cancel", "gray"),
    "stopped": ("Ran, stopped", "front_hand", "orange"),
}


def became(line: FireLine) -> Badge:
    """What became of a due time, and how its run stands: a word, an icon's name, a colour."""
    return _RUNS.get(line.run_state or "", _OUTCOMES[line.fire.outcome])


def due(line: FireLine) -> str:
    """Which time it was about, in UTC."""
    fire = line.fire
    if fire.due_at is None:
        asked = f"{when(fire.fired_at)} UTC, asked for"
        return f"{asked} by {line.by}" if line.by else asked
    more = f", and {n(fire.times - 1, 'time')} after it" if fire.times > 1 else ""
    return f"{when(fire.due_at)} UTC{more}"


def asked(line: ScheduleLine, most: int = 4) -> str:
    """What it asks: the dataset, the candidates, how often, for how much."""
    schedule = line.schedule
    version = "newest version" if schedule.version is None else f"version {schedule.version}"
    names = ", ".join(line.candidates[:most])
    names += f" and {len(line.candidates) - most} more" if len(line.candidates) > most else ""
    parts = [f"{schedule.dataset}, {version}", names or "all candidates that can be asked"]
    if schedule.repetitions > 1:
        apart = f", {schedule.apart_s / 3600:g} h apart" if schedule.apart_s else ""
        parts.append(f"{schedule.repetitions} times each{apart}")
    parts.append("no cap" if schedule.max_usd is None else f"at most {price(schedule.max_usd)} a run")
    return " · ".join(parts)
