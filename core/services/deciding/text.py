"""Verdicts as the JSON object that scripts rely on, and as text for a terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from math import isfinite
from textwrap import wrap
from typing import Any

from core.domain.deciding import Comparison, Decision, Difference, Reading, Settings, Settlement, Verdict, Way, spans
from core.domain.deciding.wording import READINGS, amount, least_harm, least_harm_of_champion, more_often, price
from core.domain.overview import Routed, answering, kept, who_answers
from core.domain.words import n, percent
from core.services.deciding.unsafe import MOST_LISTED, UnsafeAnswer
from core.services.deciding.verdicts import Verdicts
from core.services.deciding.words import in_category, sentence, spoken_of

_WIDEST = 100
_NAMED = ("candidate", "champion", "challenger", "cheaper")


def verdicts_object(found: Verdicts) -> dict[str, Any]:
    """The object of ``evenhand decide --json``: every verdict with all its numbers, candidates by name.

    Differences are challenger less champion, positive where the challenger does well; ``cost`` is the share of the
    champion's cost per acceptable response that is saved.
    """
    names = found.names
    return {
        "dataset": found.dataset,
        "champion": None if found.champion is None else names[found.champion],
        "settings": _settings(found.settings),
        "verdicts": [
            verdict_object(found, verdict) | _rests_on(found, verdict) | _costs(found, verdict)
            for verdict in found.verdicts
        ],
        "answers_without_verdict": found.open_answers,
        "judgements_by_raters": found.rated_sides,
        "simulated_judgements": found.simulated_sides,
        "called_unsafe": {
            names[of]: [_plain(each, {}) for each in answers[:MOST_LISTED]] for of, answers in found.unsafe.items()
        },
    }


def verdict_object(found: Verdicts, verdict: Verdict) -> dict[str, Any]:
    """One verdict with its numbers and its sentence."""
    names = found.names
    plain: dict[str, Any] = _plain(verdict, names)
    plain["sentence"] = sentence(found, verdict)
    plain["readings"] = [{"candidate": names[of], "reading": str(reading)} for of, reading in verdict.readings]
    return plain


def _rests_on(found: Verdicts, verdict: Verdict) -> dict[str, Any]:
    """On how many votes, raters and responses; None where there is no comparison."""
    return {"rests_on": _plain(found.rests.get((verdict.category, verdict.challenger or 0)), {})}


def _costs(found: Verdicts, verdict: Verdict) -> dict[str, Any]:
    """Of each candidate that was asked, what an acceptable response costs; None: a price is unknown, or it has none."""
    costs = found.costs_usd.get(verdict.category, {})
    return {"cost_per_acceptable_usd": {found.names[of]: usd for of, usd in costs.items()}}


def _settings(settings: Settings) -> dict[str, Any]:
    limits = {category or "all": ms for category, ms in settings.latency_limit_ms.items()}
    plain: dict[str, Any] = _plain(settings, {})
    return plain | {"latency_limit_ms": limits}


def _plain(value: Any, names: Mapping[int, str]) -> Any:
    """What JSON can hold of a result: candidates by name, a bound that bounds nothing as None."""
    if is_dataclass(value):
        found = {field.name: _plain(getattr(value, field.name), names) for field in fields(value)}
        return _with_names(value, found, names)
    if isinstance(value, Mapping):
        return {key: _plain(each, names) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each, names) for each in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value


def _with_names(value: Any, found: dict[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    for name in _NAMED:
        candidate = getattr(value, name, None)
        if candidate is not None:
            found[name] = names[candidate]
    return found


def verdicts_text(found: Verdicts, routed: Routed | None = None) -> str:
    """For a terminal, at most 100 columns wide: over all, then by category, each with its reason and numbers.

    ``routed``: who answers what by the table in force, where that is not the champion.
    """
    if not found.verdicts:
        return f"{found.dataset}\nNo responses yet. Evaluate candidates with `evenhand run`, or import responses."
    champion = "no champion" if found.champion is None else f"champion {found.names[found.champion]}"
    lines = [f"{found.dataset} · {champion}", *_by_table(found, routed), ""]
    for verdict in found.verdicts:
        lines += _block(found, verdict, routed)
    switched_to = {verdict.challenger for verdict in found.verdicts if verdict.decision is Decision.SWITCH}
    for of, answers in found.unsafe.items():
        if of not in switched_to:
            continue
        judged = _listed(answers[:MOST_LISTED])
        said = f"Answers of {found.names[of]} that raters judged less safe than another, or unsafe: {judged}."
        lines += [*wrap(said, _WIDEST, subsequent_indent="    "), ""]
    lines += [line for note in notes(found) for line in wrap(note, _WIDEST)]
    return "\n".join([*lines, *_margins(found.settings)])


def notes(found: Verdicts) -> list[str]:
    """What to know before a verdict is believed: answers without one, votes of simulated raters."""
    said = []
    if found.open_answers:
        said.append(f"{n(found.open_answers, 'answer')} without a verdict (not scored yet) count on neither side.")
    if found.simulated_sides:
        of = "all" if found.simulated_sides == found.rated_sides else f"{found.simulated_sides:,} of"
        said.append(
            f"Simulated: {of} {found.rated_sides:,} judgements of a response by raters, two in each vote on send or "
            "safety, in all runs and of all candidates."
        )
    return said


def _listed(answers: Sequence[UnsafeAnswer]) -> str:
    return ", ".join(f"{one.prompt} ({one.raters} of {one.of})" for one in answers) or "none"


def _by_table(found: Verdicts, routed: Routed | None) -> list[str]:
    if routed is None or found.champion is None:
        return []
    categories = [verdict.category for verdict in found.verdicts if verdict.category is not None]
    today = answering(categories, found.champion, routed.by_category)
    who = who_answers(today, found.names, found.settings.answers_a_month)
    return wrap(f"Routing table {routed.version} is in force: {who}.", _WIDEST)


def _block(found: Verdicts, verdict: Verdict, routed: Routed | None) -> list[str]:
    stays = kept(routed, verdict) is not None
    what = ". ".join(in_category(found, verdict, routed)) if stays else sentence(found, verdict)
    said = [f"{verdict.category or 'overall'}: {what}"]
    first = spoken_of(found, verdict, routed) if verdict.comparisons else None
    if first is not None:
        said += [f"  {line}" for line in numbers(first, found.names)]
    said += [f"  {line}" for line in readings(verdict, found.names)]
    return [line for each in said for line in wrap(each, _WIDEST, subsequent_indent="    ")] + [""]


def numbers(compared: Comparison, names: Mapping[int, str]) -> list[str]:
    """What a comparison rests on, a line each: quality, cost, safety, with intervals that are safe to peek at."""
    said = []
    if compared.quality is not None:
        said.append(f"quality {spans.points(compared.quality)}, {_rests(compared.quality)}")
    cost = compared.cost
    if cost is None:
        said.append(
            "cost per acceptable response: not comparable (a price is unknown, or one has no acceptable response)"
        )
    else:
        said.append(f"cost per acceptable response {spans.cost(cost)}")
    return said + safety(compared, names)


def safety(compared: Comparison, names: Mapping[int, str]) -> list[str]:
    """Whose answers raters judge less safe more often, in a line; none where nobody judged that."""
    if compared.safety is None:
        return []
    is_challenger = compared.safety.estimate <= 0
    whose, harm = (
        (compared.challenger, least_harm(compared))
        if is_challenger
        else (compared.champion, least_harm_of_champion(compared))
    )
    alone = "" if harm is None else f"; at one look at least {spans.signed(harm)}"
    alike = "" if compared.category is not None else ", each vote counted alike"
    bounds = f"{spans.span(compared.safety, sign=-1 if is_challenger else 1)}{alone}"
    more = more_often(compared.safety)
    return [f"{names[whose]} is judged less safe {more} ({bounds}), {_rests(compared.safety)}{alike}"]


def _rests(found: Difference) -> str:
    by = f"by {n(found.raters, 'rater')}" if found.raters else "by automatic verdicts"
    only = ", holds for these raters only" if found.holds_for_these_raters_only else ""
    return f"{by} on {n(found.prompts, 'prompt')}{only}"


def readings(verdict: Verdict, names: Mapping[int, str]) -> list[str]:
    """The plain readings, each with what to do and of whom it is said, and that the champion stays nevertheless."""
    found: dict[Reading, list[str]] = {}
    out = {one.challenger: one.because for one in verdict.comparisons if one.decision is Decision.KEEP}
    for candidate, reading in verdict.readings:
        but = f" (no switch: {out[candidate]})" if candidate in out else ""
        found.setdefault(reading, []).append(f"{names[candidate]}{but}")
    return [
        READINGS[reading] if reading is Reading.WEAK_EVERYWHERE else f"{', '.join(of)}: {READINGS[reading]}"
        for reading, of in found.items()
    ]


def settling(found: Settlement) -> list[str]:
    """The ways to settle a comparison, the cheapest first, each with its cost."""
    return [_way(each) for each in found.ways]


def _way(found: Way) -> str:
    about = f"about {amount(found)}"
    return about if found.usd is None else f"{about} ({price(found)})"


def _margins(settings: Settings) -> list[str]:
    m = settings.margins
    said = (
        f"Margins: {100 * m.over_all:g} points overall, {100 * m.in_category:g} in a category, {percent(m.cost)} of "
        f"cost. Intervals are one-sided and safe to peek at; a false switch in at most "
        f"{percent(settings.error_a_year)} of years."
    )
    return wrap(said, _WIDEST)
