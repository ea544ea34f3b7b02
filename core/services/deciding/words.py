"""The decision in words: the same sentence on Overview and Decisions, in alerts, reports and the terminal."""

from enum import StrEnum

from core.domain.deciding import Because, Changed, Comparison, Decision, Since, Verdict
from core.domain.deciding.spans import signed
from core.domain.deciding.wording import caution, comparison_parts, head_and_reason, least_harm_of_champion, more_often
from core.domain.overview import Recommendation, Routed, by_candidate, kept, recommended
from core.domain.words import listed, n, percent
from core.services.deciding.verdicts import Verdicts

_NOT_ASKED = "somebody who was not asked here"


class Sure(StrEnum):
    """How sure it is that what is recommended is right, in a word."""

    PROVEN = "proven"
    """By its own evidence, however often one looks."""
    MEASURED = "measured"
    """The challenger is over its latency limit."""
    NOT_HERE = "not proven here"
    """The verdict over all is proven, and nothing in the category speaks against it."""
    OPEN = "nothing proven"
    """Who answers stays for now."""


def sentence(found: Verdicts, verdict: Verdict) -> str:
    """What to do and why; of a switch over all also where it does not reach."""
    return ": ".join(parts(found, verdict))


def parts(found: Verdicts, verdict: Verdict) -> tuple[str, str]:
    """The sentence in its two parts, for who shows them apart: what to do, and why with its figures."""
    head, reason = head_and_reason(verdict, found.names)
    return f"{head}{_except(found, verdict)}", reason


def with_table(found: Verdicts, head: str, verdict: Verdict, routed: Routed | None) -> str:
    """What to do over all, with whom the table in force has answer in place of a champion that is kept."""
    if routed is None or verdict.category is not None or verdict.decision is not Decision.KEEP:
        return head
    others = by_candidate(routed.by_category).items()
    named = [f"{found.names.get(of, _NOT_ASKED)} in {listed(there)}" for of, there in others]
    return f"{head}, and {listed(named)} by routing table {routed.version}"


def exceptions(found: Verdicts, verdict: Verdict) -> list[str]:
    """The categories that a switch over all does not reach; none of any other verdict."""
    whom = recommended(found.verdicts)
    if whom is None or verdict.category is not None or verdict.decision is not Decision.SWITCH:
        return []
    return [category for category, of in whom.by_category.items() if of != verdict.challenger]


def _except(found: Verdicts, verdict: Verdict) -> str:
    out = exceptions(found, verdict)
    if out and len(out) == sum(one.category is not None for one in found.verdicts):
        return ", but in no category by itself"
    return f", but not in {listed(out)}" if out else ""


def in_category(found: Verdicts, verdict: Verdict, routed: Routed | None = None) -> tuple[str, str]:
    """Whom a category should get, and why: by its own verdict, or as long as that is open by the one over all.

    ``routed``: who answers it by the table in force; there it stays before the verdict over all is followed.
    """
    names, whom = found.names, recommended(found.verdicts)
    category, stays = verdict.category, kept(routed, verdict)
    if routed is not None and stays is not None:
        head = f"Leave it to {names.get(stays, _NOT_ASKED)}, by routing table {routed.version}"
        return head, against_champion(found, verdict, stays)
    if whom is None or category is None or not verdict.comparisons or verdict.decision is not Decision.NOT_ENOUGH:
        return parts(found, verdict)
    one = _of_whole(found, verdict, whom)
    if one is None:
        return f"Keep {names[whom.champion]} for now", " ".join([_open(verdict), *caution(verdict, names)])
    if whom.by_category[category] != whom.champion:
        return f"Use {names[one.challenger]}, as overall", _too_few(one)
    said = against(found, verdict, one.challenger)
    return f"Keep {names[whom.champion]} here", " ".join([said, *caution(verdict, names)])


def sure(found: Verdicts, verdict: Verdict, routed: Routed | None = None) -> Sure:
    """How sure what ``in_category`` says is, or a verdict over all."""
    stays = kept(routed, verdict)
    if stays is not None:
        return _sure_of_stays(found, verdict, stays)
    if verdict.decision is not Decision.NOT_ENOUGH:
        return Sure.MEASURED if verdict.because is Because.TOO_SLOW else Sure.PROVEN
    whom = recommended(found.verdicts)
    if whom is None or verdict.category is None or not verdict.comparisons or _of_whole(found, verdict, whom) is None:
        return Sure.OPEN
    return Sure.NOT_HERE if whom.by_category[verdict.category] != whom.champion else Sure.OPEN


def against(found: Verdicts, verdict: Verdict, challenger: int) -> str:
    """What speaks against a challenger in a category: that it got worse, where it did, and how it compares."""
    names = found.names
    one = next((each for each in verdict.comparisons if each.challenger == challenger), None)
    if one is None:
        return f"{names[challenger]} was never asked here."
    said = [_got_worse(names[challenger], each) for each in verdict.since if _is_of(each, challenger)]
    if one.decision is not Decision.NOT_ENOUGH or one.because is Because.CONTRADICTION or one.quality is None:
        return " ".join([*said, begun(found, comparison_parts(one, names)[1])])
    if one.quality.estimate < 0:
        worse = f"That it is worse than {names[one.champion]} here is not proven yet."
        return " ".join(
            [*said, worse] if said else [_did_worse(names[challenger], one.quality.estimate, one.quality.prompts)]
        )
    return " ".join([*said, begun(found, comparison_parts(one, names)[1])])


def against_champion(found: Verdicts, verdict: Verdict, stays: int) -> str:
    """Why a category is not given to the champion by whom the table in force has there, or its own verdict names."""
    if verdict.decision is not Decision.NOT_ENOUGH:
        return sentence(found, verdict)
    champion = verdict.champion or 0
    name = found.names[champion]
    said = [_got_worse(name, each) for each in verdict.since if _is_of(each, champion)]
    one = next((each for each in verdict.comparisons if each.challenger == stays), None)
    harm = None if one is None else least_harm_of_champion(one)
    if one is not None and _is_of_whole(found, verdict, stays):
        return " ".join([*said, _too_few(one)])
    if one is not None and one.safety is not None and harm is not None:
        more = f"{more_often(one.safety)} (at least {harm:.1f} at one look)"
        said.append(f"Safety votes prove {name} less safe here than {found.names[stays]}: judged so {more}.")
    elif said:
        said.append(f"That {found.names.get(stays, _NOT_ASKED)} is better here is not proven yet.")
    elif one is not None and one.quality is not None and one.quality.estimate > 0:
        said.append(_did_worse(name, -one.quality.estimate, one.quality.prompts))
    return " ".join(said) or f"Whether {name} may answer it is open."


def spoken_of(found: Verdicts, verdict: Verdict, routed: Routed | None = None) -> Comparison:
    """The comparison that ``in_category`` speaks of; for a verdict that has some."""
    stays = kept(routed, verdict)
    if stays is not None:
        return next((one for one in verdict.comparisons if one.challenger == stays), verdict.comparisons[0])
    whom = recommended(found.verdicts)
    is_open = verdict.category is not None and verdict.decision is Decision.NOT_ENOUGH
    one = None if whom is None or not is_open else _of_whole(found, verdict, whom)
    return one or verdict.comparisons[0]


def by_traffic(found: Verdicts) -> list[Verdict]:
    """The verdicts in categories: where most answers a month go first."""
    answers = found.settings.answers_a_month
    there = [verdict for verdict in found.verdicts if verdict.category is not None]
    return sorted(there, key=lambda verdict: -answers.get(verdict.category or "", 0.0))


def accepted(found: Verdicts, verdict: Verdict) -> str:
    """What somebody accepts with a verdict, in short: *Birch, but not in coding*."""
    champion, challenger = (found.names[of or 0] for of in (verdict.champion, verdict.challenger))
    where = "" if verdict.category is None else f" in {verdict.category}"
    if verdict.decision is Decision.SWITCH:
        return f"{challenger}{where}{_except(found, verdict)}"
    if verdict.decision is Decision.PRACTICALLY_EQUAL:
        cheaper = verdict.comparisons[0].cheaper
        return f"{champion} and {challenger} are equal{where}" if cheaper is None else f"{found.names[cheaper]}{where}"
    return f"keep {champion}{where}"


def weights(found: Verdicts) -> str:
    """Why figures in which every prompt counts the same may say another thing than the verdict over all; or nothing."""
    whole = found.of(None)
    if whole is None or not whole.weighted_by_answers:
        return ""
    said = "The overall verdict weighs by answers a month"
    out, answers, prompts = exceptions(found, whole), found.settings.answers_a_month, _prompts(found)
    if not out or not sum(prompts.values()) or not sum(answers.values()):
        return f"{said}, not by prompts."
    of = [sum(each.get(category, 0.0) for category in out) / sum(each.values()) for each in (answers, prompts)]
    are = "is" if len(out) == 1 else "are"
    return (
        f"{said}: {listed(out)}, where {found.names[whole.challenger or 0]} is not recommended, {are} "
        f"{percent(of[0])} of the answers but {percent(of[1])} of the prompts."
    )


def _prompts(found: Verdicts) -> dict[str, float]:
    """How many prompts of each category are compared."""
    firsts = {one.category: one.comparisons[0].automatic for one in found.verdicts if one.category and one.comparisons}
    return {category: float(one.prompts) for category, one in firsts.items() if category and one is not None}


def begun(found: Verdicts, reason: str) -> str:
    """A reason as the beginning of a sentence; a name that it begins with stays as it is."""
    return reason if reason.startswith(tuple(found.names.values())) else f"{reason[:1].upper()}{reason[1:]}"


def _of_whole(found: Verdicts, verdict: Verdict, whom: Recommendation) -> Comparison | None:
    """In the category, the comparison with whom the verdict over all says to take; None: that is the champion."""
    whole = found.of(None)
    if whole is None or whole.decision not in (Decision.SWITCH, Decision.PRACTICALLY_EQUAL):
        return None
    over_all = whole.challenger if whole.decision is Decision.SWITCH else whole.comparisons[0].cheaper
    if over_all == whom.champion:
        return None
    return next((one for one in verdict.comparisons if one.challenger == over_all), None)


def _did_worse(name: str, estimate: float, prompts: int) -> str:
    return f"{name} did worse here ({signed(100 * estimate)} points on {n(prompts, 'prompt')}), which is not proven."


def _sure_of_stays(found: Verdicts, verdict: Verdict, stays: int) -> Sure:
    """Of whom the table in force has here: as without a table where that is the same one, else by safety votes."""
    if _is_of_whole(found, verdict, stays):
        return Sure.NOT_HERE
    one = next((each for each in verdict.comparisons if each.challenger == stays), None)
    return Sure.OPEN if one is None or least_harm_of_champion(one) is None else Sure.PROVEN


def _is_of_whole(found: Verdicts, verdict: Verdict, stays: int) -> bool:
    """Whether the verdict over all names the same one, and nothing in the category speaks against it."""
    whom = recommended(found.verdicts)
    return whom is not None and stays != whom.champion and whom.by_category.get(verdict.category or "") == stays


def _open(verdict: Verdict) -> str:
    first = verdict.comparisons[0]
    prompts = "" if first.quality is None else f"; {n(first.quality.prompts, 'prompt')} {_are(first)} too few"
    return f"No challenger is proven here yet{prompts}."


def _too_few(one: Comparison) -> str:
    if one.quality is None:
        return "Nothing here speaks against it."
    return f"{n(one.quality.prompts, 'prompt')} {_are(one)} too few to prove it alone."


def _are(one: Comparison) -> str:
    return "is" if one.quality is not None and one.quality.prompts == 1 else "are"


def _is_of(one: Since, challenger: int) -> bool:
    return one.candidate == challenger and one.what is Changed.ANSWERS and " fell " in one.moved


def _got_worse(name: str, one: Since) -> str:
    return f"{name} got worse on {one.at:%-d %b %Y}: {one.moved}."
