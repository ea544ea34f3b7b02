"""How what an alert told of stands now, by the newest check."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from core.domain.words import n
from core.services.watching.drift.states import datasets, state


def since_told(session: Session, data: Mapping[str, Any]) -> str:
    """``Of these 2 changes, in the newest check, of run 10: 1 still an alarm, 1 on the watch list``; empty: not known.

    What still holds is told with its figures of now, for those of the alert are of when it was found. ``data``: an
    alert's.
    """
    dataset, told = str(data.get("dataset", "")), list(data.get("findings", ()))
    if not told or dataset not in datasets(session):
        return ""
    found = state(session, dataset, with_trends=False)
    if found.check is None:
        return ""
    about = {(str(data.get("candidate", "")), each["metric"], each["category"]) for each in told}
    alarms, watches = (sum(one.key in about for one in open_) for open_ in (found.alarms, found.watches))
    over = len(about) - alarms - watches
    newest = f"in the newest check, of run {found.check.run_id}"
    figures = "; ".join(f"{one.brief} ({one.span})" for one in found.told if one.key in about)
    now = f". Figures of now: {figures}" if figures else ""
    if len(about) == 1:
        stands = "still an alarm" if alarms else "on the watch list" if watches else "no longer so"
        return f"Now, {newest}: {stands}{now}"
    said = [
        (alarms, "still alarms" if alarms > 1 else "still an alarm"),
        (watches, "on the watch list"),
        (over, "no longer so"),
    ]
    counted = ", ".join(f"{count:,} {what}" for count, what in said if count)
    return f"Of these {n(len(about), 'change')}, {newest}: {counted}{now}"
