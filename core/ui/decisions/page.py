"""The answer of the Decisions page: the verdict over all in words, and one line a category."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Literal, TypeVar

import streamlit as st
from sqlalchemy import Engine
from sqlmodel import Session

from core.domain.deciding import Comparison, Decision, Verdict, spans
from core.domain.overview import Routed
from core.domain.overview import kept as kept_by_table
from core.services import deciding as service
from core.services import overview
from core.services.deciding import Verdicts, counted, words
from core.services.deciding.text import notes, numbers, readings, safety, settling
from core.services.large import computed
from core.services.leaderboards.moments import Moment
from core.storage.engine import reading
from core.ui.shared import colours, frame, grids, pins
from core.ui.shared.filters import answered_dataset, say_gone
from core.ui.shared.kept import KEPT
from core.ui.shared.resources import engine

T = TypeVar("T")
_FRESH_S = 60
OVER_ALL = "Overall"
FORMER = {"Over all": OVER_ALL}
"""How old links say it."""
_WORDS: dict[Decision, tuple[str, Literal["green", "blue", "violet", "orange"], str]] = {
    Decision.SWITCH: (":material/swap_horiz:", "green", "Switch"),
    Decision.KEEP: (":material/verified:", "blue", "Keep"),
    Decision.PRACTICALLY_EQUAL: (":material/balance:", "violet", "Practically equal"),
    Decision.NOT_ENOUGH: (":material/hourglass_top:", "orange", "Not enough evidence"),
}
_COLOURS: dict[words.Sure, Literal["green", "gray", "orange"]] = {
    words.Sure.PROVEN: "green",
    words.Sure.MEASURED: "gray",
    words.Sure.NOT_HERE: "orange",
    words.Sure.OPEN: "orange",
}
_THEN = "Then say on *Candidates* which one is the champion: the others are held against it here."


def chosen_dataset() -> str | None:
    """The dataset to decide on, in all its versions; None (and the page says what to do) where there is none."""
    name = answered_dataset("decisions")
    if name is None:
        frame.unanswered("Nothing to decide yet", _THEN, icon=":material/gavel:")
        return None
    return name


def asked_scope(there: Collection[str]) -> str | None:
    """What of ``there`` the address speaks of: over all, or a category."""
    asked = st.query_params.get("decisions_scope")
    return asked if asked in there else None


def routed(found: Verdicts, up_to: Moment | None) -> Routed | None:
    """Who answers what by the routing table in force; None at a moment of the past, whose table is not told here."""
    if up_to is not None:
        return None
    with reading(engine()) as session:
        return overview.routed(session, found.dataset, found.champion)


def in_category(found: Verdicts, routed: Routed | None) -> None:
    """The verdict of the category that a link leads to, before that over all."""
    by_category = {verdict.category: verdict for verdict in found.verdicts if verdict.category is not None}
    asked = asked_scope(by_category)
    if asked is not None:
        with st.container(border=True, gap="small"):
            st.caption(frame.as_typed(asked))
            badges(found, by_category[asked], routed)
            _said(found, by_category[asked], words.in_category(found, by_category[asked], routed), routed)
            if by_category[asked].comparisons:
                _figures(found, words.spoken_of(found, by_category[asked], routed))
        st.caption("Overall:")


def moment() -> Moment | None:
    """The moment that the link holds on to; None for now."""
    asked = pins.asked()
    say_gone()
    return asked


def stamp(dataset: str) -> tuple[object, ...]:
    """Changes with what verdicts rest on."""
    with reading(engine()) as session:
        return service.as_of(session, dataset)


def found(dataset: str, as_of: tuple[object, ...], up_to: Moment | None = None) -> Verdicts:
    """The verdicts; computed once for everybody who looks, and anew when responses, votes or settings changed."""
    with st.spinner("Weighing the evidence …"):
        return verdicts(engine(), dataset, as_of, up_to)


def verdicts(database: Engine, dataset: str, as_of: tuple[object, ...], up_to: Moment | None = None) -> Verdicts:
    """The same without a word, for whoever computes them before somebody looks."""
    return kept("verdicts", dataset, (*as_of, up_to), partial(service.verdicts, up_to=up_to), database=database)


def kept(
    what: str,
    dataset: str,
    as_of: tuple[object, ...],
    compute: Callable[[Session, str], T],
    *,
    database: Engine | None = None,
) -> T:
    """What ``compute`` gives of the dataset, kept as long as it rests on the same, which ``as_of`` tells."""
    source = database or engine()
    anew = partial(computed, source, compute, dataset)
    return KEPT.get((what, str(source.url), dataset, as_of), anew, fresh_s=_FRESH_S)


def nothing_yet(dataset: str) -> None:
    """Nobody answered the dataset."""
    frame.unanswered("Nothing to decide yet", _THEN, icon=":material/gavel:", dataset=dataset)


def no_champion(dataset: str) -> None:
    """Nobody who answered the dataset is the champion, so there is nobody to hold the others against."""
    frame.empty_state(
        "No champion to compare with",
        f"None of the candidates that answered *{frame.as_typed(dataset)}* is the champion. Say on *Candidates* which "
        "one your users get today, or have that one answer the dataset by *Re-evaluate*: the others are held against "
        "it here.",
        icon=":material/gavel:",
    )


def over_all(found: Verdicts, routed: Routed | None) -> None:
    """The decision over all: in one sentence, with what it rests on."""
    verdict = found.of(None)
    if verdict is None:
        return
    with st.container(border=True, gap="small"):
        badges(found, verdict)
        head, reason = words.parts(found, verdict)
        _said(found, verdict, (words.with_table(found, head, verdict, routed), reason), None)
        for line in safety(verdict.comparisons[0], found.names) if verdict.comparisons else []:
            st.markdown(f"{frame.as_typed(words.begun(found, line))}.")
        for line in readings(verdict, found.names):
            st.caption(f":material/lightbulb: {frame.as_typed(line)}")
        said = [words.weights(found)] if verdict.weighted_by_answers and words.exceptions(found, verdict) else []
        for note in (*said, *notes(found)):
            st.caption(f":material/info: {frame.as_typed(note)}")
        st.caption(f":material/rule: {margins(found, verdict)}")


def word(decision: Decision) -> str:
    """The decision as tables show it."""
    return _WORDS[decision][2]


def badge(decision: Decision) -> None:
    """The decision as a mark."""
    icon, colour, word = _WORDS[decision]
    st.badge(word, icon=icon, color=colour)


def badges(found: Verdicts, verdict: Verdict, routed: Routed | None = None) -> None:
    """The decision as a mark, and how sure it is as another where there is one."""
    with st.container(horizontal=True, gap="xsmall"):
        badge(verdict.decision if kept_by_table(routed, verdict) is None else Decision.KEEP)
        if verdict.comparisons:
            st.markdown(how_sure(found, verdict, routed))


def how_sure(found: Verdicts, verdict: Verdict, routed: Routed | None = None) -> str:
    """How sure what is recommended is, in a word: a badge, in Markdown."""
    sure = words.sure(found, verdict, routed)
    overall = " overall" if verdict.category is None and sure is words.Sure.PROVEN else ""
    return f":{_COLOURS[sure]}-badge[{sure.capitalize()}{overall}]"


def rests(found: Verdicts, verdict: Verdict, spoken_of: Comparison, *, after_figures: bool = False) -> str:
    """What a verdict rests on, for Markdown; of whom, where the sentence before speaks of another challenger."""
    if (verdict.category, spoken_of.challenger) in found.rests:
        return counted.rests(found, verdict, spoken_of, after_figures=after_figures)
    first = verdict.comparisons[0]
    names = [frame.as_typed(found.names[of]) for of in (first.champion, first.challenger)]
    return counted.rests(found, verdict, first, " and ".join(names), after_figures=after_figures)


def _said(found: Verdicts, verdict: Verdict, said: tuple[str, str], routed: Routed | None) -> None:
    """What to do as a heading, and beneath it why and what that rests on."""
    head, reason = said
    st.header(frame.as_typed(head), anchor=False)
    told = ""
    if verdict.comparisons:
        on = rests(found, verdict, words.spoken_of(found, verdict, routed))
        told = f" :gray[{words.begun(found, on)}]"
    st.markdown(f"{frame.as_typed(words.begun(found, reason))}{told}")


def _figures(found: Verdicts, one: Comparison) -> None:
    head = f"{frame.as_typed(found.names[one.challenger])} beside {frame.as_typed(found.names[one.champion])}"
    ways = settling(one.settlement) if one.settlement else []
    lines = [*numbers(one, found.names), *([f"would settle it: {'; or '.join(ways)}"] if ways else [])]
    st.markdown("\n".join([f"{head}:", "", *(f"- {frame.as_typed(line)}" for line in lines)]))


def margins(found: Verdicts, verdict: Verdict) -> str:
    """By which margins and at which error a verdict was reached."""
    weighted = "answers a month" if verdict.weighted_by_answers else "prompts, each counted the same"
    error = 100 * found.settings.error_a_year
    return (
        f"Verdicts are read every week, and in at most {error:g} % of years one of them is a wrong switch: that is "
        f"what *proven* says. {_left_open(verdict)}"
        "*Points*: how many more answers of a hundred are acceptable; in the eyes of raters, how many more they would "
        f"send. *Not worse*: the loss is below {100 * verdict.quality_margin:g} points (the margin of quality). A "
        f"saving matters from {100 * verdict.cost_margin:g} % on. Weighted by {weighted}. Safety findings are not "
        "corrected for reading every week (*at one look*): they can only block a switch."
    )


def _left_open(verdict: Verdict) -> str:
    """What a range leaves open at most, of a switch for the worse and of what is kept for the better."""
    keeps = verdict.decision is Decision.KEEP
    said = (
        "The better end of each range in brackets is the most that a switch could still gain"
        if keeps
        else "The worse end of each range in brackets is the worst that this leaves open"
    )
    one = verdict.comparisons[0].quality if verdict.comparisons else None
    end = None if one is None else one.upper if keeps else one.lower
    return (
        f"{said}. " if end is None or abs(end) >= 1 else f"{said}, here {spans.signed(100 * end)} points of quality. "
    )


def name_of(found: Verdicts, candidate_id: int) -> grids.Name:
    """A candidate as tables show it; in colour are the first challengers over all."""
    whole = found.of(None)
    first = [] if whole is None else [found.candidates[one.challenger].position for one in whole.comparisons]
    candidate = found.candidates[candidate_id]
    return grids.Name(candidate.name, candidate.position, candidate.position in colours.coloured(first))


def quality(one: Comparison) -> str:
    """The difference of quality in points, with its bounds and whose judgement it is."""
    d = one.quality
    if d is None:
        return "–"
    return f"{spans.points(d)}, {d.source}"


def cost(one: Comparison) -> str:
    """The change of the cost per acceptable response, with its bounds."""
    d = one.cost
    if d is None:
        return "not comparable"
    return f"{spans.cost(d)}"
