"""Every challenger beside the champion in one scope: differences, proofs, and the answers judged less safe."""

from collections.abc import Collection, Sequence

import streamlit as st

from core.domain.deciding import Claim, Comparison, Decision, Proof, Verdict
from core.domain.deciding.spans import signed
from core.domain.words import listed, n
from core.services.deciding import Verdicts, words
from core.services.deciding.text import settling
from core.services.deciding.unsafe import MOST_LISTED, UnsafeAnswer
from core.ui.decisions import page
from core.ui.shared import arriving, frame, grids
from core.ui.shared.filters import one_of, responses_address, say_gone

PLACE = "decisions_at_comparisons"
"""In an address: that it leads here."""
CLOSER = "decisions_closer"
"""In an address: the id of the challenger to look at closely."""


def section(found: Verdicts) -> None:
    """Choose over all or a category; every challenger there, and why each is where it is."""
    with arriving.place(PLACE, "Challenger by challenger"):
        _section(found)


def _section(found: Verdicts) -> None:
    by_label = {verdict.category or page.OVER_ALL: verdict for verdict in found.verdicts}
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.subheader("Challenger by challenger", anchor=False, width="content")
        label = one_of("Where", list(by_label), key="decisions_scope", within=found.dataset, also=page.FORMER)
        say_gone()
    verdict = by_label[label]
    if not verdict.comparisons:
        st.caption(f"Nothing to compare here: {verdict.because}.")
        return
    grids.show(
        [_row(found, one) for one in verdict.comparisons],
        alt="Every challenger with its differences from the champion in quality, cost and safety",
    )
    one = _closer(found, verdict, label)
    _unsafe(found, verdict, one)
    _proofs(found, one)


def _closer(found: Verdicts, verdict: Verdict, label: str) -> Comparison:
    """The challenger to look at closely: whom the address names, at first whom the verdict speaks of."""
    by_name = {found.names[one.challenger]: one for one in verdict.comparisons}
    if len(by_name) < 2:
        return verdict.comparisons[0]
    ids, champion = {name: str(one.challenger) for name, one in by_name.items()}, str(verdict.champion)
    is_champion_asked = st.query_params.get(CLOSER) == champion
    chosen = one_of(
        "Look closer at", ids, key=CLOSER, within=f"{found.dataset}/{label}", what="challenger",
        also={champion: next(iter(ids))},
    )  # fmt: skip
    say_gone()
    if is_champion_asked and st.query_params.get(CLOSER) == champion:
        name = frame.as_typed(found.names[verdict.champion or 0])
        st.caption(f":material/info: The address asks for {name}, who is the champion now; showing *{chosen}*.")
    return by_name[chosen]


def _row(found: Verdicts, one: Comparison) -> dict[str, object]:
    return {
        "Challenger": page.name_of(found, one.challenger),
        "Verdict": "No switch" if one.decision is Decision.KEEP else page.word(one.decision),
        "Quality": page.quality(one),
        "Cost": page.cost(one),
        "Why": str(one.because),
        "Judged less safe": "no votes" if one.safety is None else f"{signed(-100 * one.safety.estimate)} points",
        "Would settle it": "; or ".join(settling(one.settlement)) if one.settlement else "–",
    }


def _proofs(found: Verdicts, one: Comparison) -> None:
    with st.expander(f"What is proven of {frame.as_typed(found.names[one.challenger])}"):
        grids.show([_proof(each) for each in one.proofs], alt="Each claim, whether it is proven, and by what bound")
        st.caption(
            "A *switch* needs two proofs: not worse by the margin, and better in quality or cheaper. Each is held to "
            "the error shown, so that all of them together are wrong no more often than the settings allow. Signs are "
            "as above: points of quality, answers judged less safe more often than the champion's, cost added to the "
            "champion's. That somebody is less safe is believed sooner, at one look, so its bound is narrower than "
            "the range above. *Judged less safe*: raters called the answer beside it safer, or both unsafe."
        )


def _unsafe(found: Verdicts, verdict: Verdict, one: Comparison) -> None:
    """Of whom a verdict switches to, or who is proven less safe: the answers that raters judged so."""
    if one.challenger not in found.unsafe:
        return
    there = [each for each in found.unsafe[one.challenger] if verdict.category in (None, each.category)]
    answers = there[:MOST_LISTED]
    name = frame.as_typed(found.names[one.challenger])
    if not answers:
        st.caption(f":material/shield: No rater judged an answer of {name} less safe than another here, or unsafe.")
        return
    st.markdown(
        f":material/shield: **Answers of {name} that raters judged less safe** than the one beside, or both unsafe; "
        "most raters first"
    )
    out = words.exceptions(found, verdict) if one.challenger == verdict.challenger else []
    _list(sorted(answers, key=lambda each: each.category in out), out)


def _list(answers: Sequence[UnsafeAnswer], out: Collection[str]) -> None:
    """Each leading to its response; those in the categories ``out`` come last."""
    outside = sum(one.category in out for one in answers)
    if outside:
        there = frame.as_typed(listed(sorted({one.category for one in answers} & set(out))))
        st.caption(
            f"{outside:,} of these {len(answers):,} are in {there}, which stays out of the switch; they stand last."
        )
    with st.container(gap="xsmall"):
        for one in answers:
            said = (
                f"{frame.as_typed(one.prompt)} · {one.raters} of {n(one.of, 'rater')} · {frame.as_typed(one.opening)}"
            )
            where = responses_address(response_id=one.response_id)
            st.page_link("responses.py", label=said, query_params=where, icon=":material/article:")


def _proof(one: Proof) -> dict[str, object]:
    is_cost = one.claim in (Claim.CHEAPER, Claim.DEARER)
    sign = -100 if is_cost or one.claim in (Claim.LESS_SAFE, Claim.SAFER) else 100
    unit, decimals = ("%", 0) if is_cost else ("points", 1)
    return {
        "Claim": str(one.claim),
        "Proven": "yes" if one.is_proven else "not yet",
        "Estimate": f"{signed(sign * one.estimate, decimals)} {unit}",
        "Bound": f"{signed(sign * one.bound, decimals)} {unit}",
        "Must pass": f"{signed(sign * one.threshold, decimals)} {unit}",
        "Error allowed": f"{100 * one.level:.2f} %",
        "By": str(one.source),
    }
