"""Drift for the terminal and for scripts."""

from typing import Any

from core.domain import words
from core.domain.drift import Scale, Visible
from core.services.watching.drift.told import DriftState, FindingLine, Replay


def drift_object(state: DriftState) -> dict[str, Any]:
    """What `evenhand drift --json` prints."""
    pinned = state.baseline
    return {
        "dataset": state.dataset,
        "baseline": None
        if pinned is None
        else {
            "number": pinned.number,
            "runs": list(pinned.run_ids),
            "pinned_at": pinned.pinned_at.isoformat(),
            "pinned_by": pinned.pinned_by,
            "why": pinned.why,
            "repetitions": pinned.repetitions,
        },
        "waiting": state.waiting,
        "checks": [
            {
                "run": one.run_id,
                "at": one.at.isoformat(),
                "baseline": one.baseline_number,
                "findings": one.alarms + one.watches + one.repeats,
                "alarms": one.alarms,
            }
            for one in state.checks
        ],
        "findings": [finding_object(one) for one in state.findings],
        "smallest_visible": [_visible_object(one) for one in state.smallest_visible],
        "unwatched": list(state.unwatched),
        "notes": [] if state.check is None else list(state.check.notes),
        "replay": None if state.replay is None else vars(state.replay),
    }


def finding_object(one: FindingLine) -> dict[str, Any]:
    """One finding."""
    return {
        "id": one.id,
        "candidate": one.candidate,
        "category": one.category,
        "metric": one.metric.name,
        "tier": str(one.tier),
        "before": one.before,
        "after": one.after,
        "change": one.change,
        "lower": one.lower,
        "upper": one.upper,
        "p": one.p,
        "prompts": one.prompts,
        "since_run": one.since_run,
        "since_at": one.since_at.isoformat(),
        "open_since_run": one.open_since_run,
        "open_since_at": one.open_since_at.isoformat(),
        "causes": [str(cause) for cause in one.causes],
        "parts": [
            {
                "cause": str(part.cause),
                "change": part.change,
                "lower": part.lower,
                "upper": part.upper,
                "words": part.words,
            }
            for part in one.parts
        ],
        "is_of_total": one.is_of_total,
        "sentence": one.sentence,
    }


def drift_text(state: DriftState) -> str:
    """What `evenhand drift` prints."""
    lines = [f"{state.dataset}: {_headline(state)}"]
    if state.baseline is not None:
        runs = ", ".join(str(run) for run in state.baseline.run_ids)
        by = state.baseline.pinned_by or "itself"
        lines.append(f"Baseline: runs {runs}, pinned {words.when(state.baseline.pinned_at)} by {by}.")
    if state.waiting:
        lines.append(state.waiting)
    for shown, head in ((state.alarms, "Alarms"), (state.watches, "Watch")):
        lines += ["", f"{head}:", *(f"  {one.sentence}" for one in shown)] if shown else []
    if hidden := len(state.findings) - len(state.told):
        lines += ["", f"{words.n(hidden, 'finding')} in a category alone that only repeat an overall one: see --json."]
    if state.check is not None:
        lines += [f"Note: {note}" for note in state.check.notes]
    if state.unwatched:
        lines.append(f"Not watched, as the baseline has no answers of them: {', '.join(state.unwatched)}.")
    return "\n".join([*lines, *_settings(state)])


def replay_words(found: Replay) -> str:
    """What the replay measured, in a sentence."""
    return (
        f"A replay of the baseline's own answers raised a false alarm in {found.alarm_years} of "
        f"{words.n(found.years, 'year')} and a false watch in {found.watch_checks} of {words.n(found.checks, 'check')}."
    )


def visible_words(one: Visible) -> str:
    """A smallest visible change: ``22 points``, ``× 1.18``."""
    if one.size is None:
        return "none"
    return f"{100 * one.size:.0f} points" if one.metric.scale is Scale.SHARE else f"× {one.size:.2f}"


def _headline(state: DriftState) -> str:
    if state.check is None:
        return "not checked yet."
    told = "nothing has changed beyond chance"
    if state.told:
        told = f"{words.n(len(state.alarms), 'alarm')}, {len(state.watches)} on the watch list"
    return f"{told}, as of run {state.check.run_id}."


def _settings(state: DriftState) -> list[str]:
    total = [one for one in state.smallest_visible if one.category is None and one.size is not None]
    seen = ", ".join(f"{one.metric.title.lower()} {visible_words(one)}" for one in total)
    lines = [f"Overall, an alarm within two checks can be had for: {seen}."] if seen else []
    return [*lines, *([replay_words(state.replay)] if state.replay is not None else [])]


def _visible_object(one: Visible) -> dict[str, Any]:
    return {
        "metric": one.metric.name,
        "category": one.category,
        "size": one.size,
        "largest": one.largest,
        "prompts": one.prompts,
    }
