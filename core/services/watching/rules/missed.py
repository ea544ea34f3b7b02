"""Schedules that did not run when they were due."""

from collections.abc import Iterator

from core.domain.alerts import AlertKind, Severity
from core.domain.words import when
from core.services.alerts import Raised
from core.services.watching import schedules
from core.services.watching.rules.addresses import page
from core.services.watching.rules.rule import Look, Rule


def _missed(look: Look) -> Iterator[Raised]:
    for line in schedules.recent_failures(look.session, look.since):
        fire = line.fire
        did = "was missed" if fire.outcome == schedules.Outcome.MISSED else "failed"
        times = f", {fire.times:,} times in a row" if fire.times > 1 else ""
        title = f"The schedule '{line.schedule}' {did}"
        text = (
            f"{title}: it was due {when(fire.due_at or fire.fired_at)} UTC{times}. {fire.why} So there are no answers "
            "of that time, and drift would be seen later. Its history says what became of the other times."
        )
        data = {"schedule": line.schedule, "outcome": fire.outcome, "times": fire.times}
        yield Raised(AlertKind.SCHEDULE, f"schedule:{fire.id}", title, text, page("schedules"), Severity.WARNING, data)


MISSED = Rule(AlertKind.SCHEDULE, _missed)
