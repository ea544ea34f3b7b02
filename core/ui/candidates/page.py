"""The list of candidates in words and as a table, and which part of the page is open."""

import streamlit as st

from core import clock
from core.services.candidates import candidates
from core.services.candidates.candidates import CandidateLine
from core.storage.engine import reading
from core.ui.candidates import detail, words
from core.ui.candidates.address import CHOSEN, EDIT, NEW, show_form, show_list
from core.ui.shared import colours, doing, filters, frame, grids
from core.ui.shared.resources import engine

PARTS = ("Candidates", "Prices", "Load test")
PART = "candidates_show"


def is_defining() -> bool:
    """Whether the address asks for the form."""
    return bool(st.query_params.get(EDIT))


def back_button() -> None:
    """The way back to the list."""
    st.button(
        "All candidates",
        icon=":material/arrow_back:",
        type="tertiary",
        key="candidates_all_candidates",
        on_click=show_list,
    )


def section() -> None:
    """How they stand in words, the table, and one of them in detail."""
    with reading(engine()) as session:
        lines = candidates.listed(session, clock.now())
    if not lines:
        _none_yet()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_standing(lines), width="stretch")
        _add_button()
    for sentence in _to_do(lines):
        st.caption(sentence)
    doing.problem("candidates")
    _table(lines)
    detail.card(_chosen(lines))


def _add_button() -> None:
    st.button(
        "Add a candidate",
        icon=":material/add:",
        type="primary",
        key="candidates_add_candidate",
        on_click=show_form,
        args=(NEW,),
    )


def _none_yet() -> None:
    frame.empty_state(
        "No candidates yet",
        "A candidate is a model behind an endpoint with its settings: what you could put before your users. Add one "
        "from a preset, or import a file of them on *Data*. The small model on this machine needs no key.",
        icon=":material/smart_toy:",
    )
    with st.container(horizontal=True, horizontal_alignment="center"):
        _add_button()


def _standing(lines: list[CandidateLine]) -> str:
    active = [line for line in lines if not line.candidate.is_retired]
    ready = sum(line.why_not is None for line in active)
    retired = len(lines) - len(active)
    champion = next((line for line in lines if line.candidate.is_champion), None)
    said = f"**{ready:,} of {len(active):,}** {'candidate' if len(active) == 1 else 'candidates'} can be asked now."
    if champion is not None:
        name = frame.as_typed(champion.candidate.name)
        said += f" The champion, what users get where no routing table says otherwise, is **{name}**."
    elif active:
        said += " None is the champion yet: say which one users get today."
    return said + (f" :gray[{retired:,} retired.]" if retired else "")


def _to_do(lines: list[CandidateLine]) -> list[str]:
    """What keeps candidates from being asked or priced, and how to mend it: one sentence a cause."""
    active = [line for line in lines if not line.candidate.is_retired]
    said = [_missing_keys(active)] if any(_lacks_key(line) for line in active) else []
    doubted = [line for line in active if line.is_doubted]
    if doubted:
        said.append(
            f":material/key: An import says where the key of {words.names(doubted)} goes. Look into "
            f"{'it' if len(doubted) == 1 else 'them'} and allow it, or edit the address."
        )
    unpriced = [line for line in active if line.rates is None and line.candidate.provider is not None]
    if unpriced:
        said.append(
            f":material/money_off: No price is known of {words.names(unpriced)}: cost shows as "
            "*unknown*, and a run with a spending cap does not take "
            f"{'it' if len(unpriced) == 1 else 'them'}. Enter a price under *Prices*."
        )
    nameless = [line for line in active if line.candidate.provider is None]
    if nameless:
        said.append(
            f":material/help: Of {words.names(nameless)} only the name is known, from an import. To ask "
            f"{'it' if len(nameless) == 1 else 'them'}, edit and say which model it is."
        )
    return said


def _lacks_key(line: CandidateLine) -> bool:
    return line.why_not is not None and not all(line.keys.values())


def _missing_keys(active: list[CandidateLine]) -> str:
    waiting: dict[str, list[CandidateLine]] = {}
    for line in (line for line in active if _lacks_key(line)):
        for name, is_set in line.keys.items():
            if not is_set:
                waiting.setdefault(name, []).append(line)
    each = [f"**{frame.as_typed(name)}** for {_who(held)}" for name, held in waiting.items()]
    them, keys = ("it", "A key is") if len(waiting) == 1 else ("them", "Keys are")
    return (
        f":material/key_off: {keys} missing where Evenhand runs: {'; '.join(each)}. Set {them} there and start "
        "Evenhand again."
    )


def _who(held: list[CandidateLine]) -> str:
    return words.names(held) if len(held) <= 2 else f"{len(held):,} candidates"


def _table(lines: list[CandidateLine]) -> None:
    in_colour = colours.coloured([line.candidate.position for line in lines])
    grids.show(
        [_row(line, in_colour) for line in lines],
        alt="Every candidate with its model, endpoint, key, price and responses",
        quiet=[line.candidate.is_retired for line in lines],
    )
    st.caption("Prices are US dollars per million tokens.")


def _row(line: CandidateLine, in_colour: frozenset[int]) -> dict[str, object]:
    candidate, rates = line.candidate, line.rates
    is_coloured = candidate.position in in_colour and not candidate.is_retired
    return {
        "Candidate": grids.Name(candidate.name, candidate.position, is_coloured, candidate.is_champion),
        "State": words.state(line),
        "Model": candidate.model or "–",
        "Price in": words.cell(rates, rates.input_usd_per_mtok if rates else None),
        "Price out": words.cell(rates, rates.output_usd_per_mtok if rates else None),
        "Responses": line.responses,
        "Provider": line.provider or "–",
        "Endpoint": words.host(line),
    }


def _chosen(lines: list[CandidateLine]) -> CandidateLine:
    by_name = {line.candidate.name: line for line in lines}
    ids = {name: str(line.candidate.id) for name, line in by_name.items()}
    chosen = filters.one_of("Look into", ids, key=CHOSEN, what="candidate", width=420)
    filters.say_gone()
    return by_name[chosen]
