"""The answer of the page: whom to give what, in words, and the buttons that propose, accept or decline."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core import clock
from core.domain.routing import Regret
from core.domain.words import money
from core.errors import BadInput
from core.services import routing as service
from core.services.routing import Version, VersionState, View
from core.storage.engine import reading
from core.ui.overview import addresses
from core.ui.routing import made_of, table, versions, what_if
from core.ui.shared import access, doing, frame, leading
from core.ui.shared.resources import engine

_PLACE, _WHY = "routing_deciding", "routing_why"
_BESIDE_DECISIONS = (
    ":gray[Accepting a version puts its table in force: `evenhand route` and the exports below follow it. The "
    "champion, with whom all others are compared, stays: to name another, accept the overall verdict on Decisions "
    "after that. It leaves every category as it is; who answers everything else is proposed anew then.]"
)


def answer(found: View, listed: Sequence[Version]) -> None:
    """What to do in one sentence, what it saves, and what can be done about it here."""
    waiting = next((one for one in listed if one.state is VersionState.PROPOSED), None)
    with st.container(border=True, gap="small"):
        _badge(found)
        st.header(frame.as_typed(headline(found)), anchor=False)
        for line in _effect(found):
            st.markdown(line)
        if not found.moves:
            table.beside_primaries(found)
        _waits(found, waiting)
        doing.problem(_PLACE)
        with st.container(horizontal=True):
            _buttons(found, waiting)
        if waiting is not None or found.moves:
            with st.container(key="routing_said-decisions"):
                leading.line(_BESIDE_DECISIONS, addresses.decisions(found.dataset))


def _badge(found: View) -> None:
    if found.moves:
        st.badge("Change the routes", icon=":material/alt_route:", color="green")
    else:
        st.badge("Keep the routes", icon=":material/verified:", color="blue")


def headline(found: View) -> str:
    """What to do, in one sentence."""
    if not found.moves and found.in_force is None:
        return f"Keep {found.names[found.champion]} everywhere: nobody is proven to be better or cheaper in a category."
    if not found.moves and found.beside:
        return (
            "Keep who answers each category: nobody else is proven to be better or cheaper. What else is due stands "
            "here:"
        )
    return found.headline


def _effect(found: View) -> list[str]:
    """Before and after, over all categories."""
    if not found.moves:
        return []
    was, now = found.ifs.in_force, found.ifs.compiled
    lines = []
    if was.share is not None and now.share is not None:
        held = found.ifs.regret
        beside = "" if held is None else _held_out(found, held)
        seen = f"{100 * was.share:.1f} % now, {100 * now.share:.1f} % by what was seen"
        lines.append(f"- acceptable, {what_if.counted(found)}: {made_of.marked(seen)}{beside}")
    if was.usd_a_month is not None and now.usd_a_month is not None:
        monthly = f"{what_if.month(found, was)} now, {what_if.month(found, now)} expected"
        lines.append(f"- cost a month, at what the newest run paid: {made_of.marked(monthly)}")
    elif was.cost_usd is not None and now.cost_usd is not None:
        each = f"{money(1000 * was.cost_usd)} now, {money(1000 * now.cost_usd)} expected"
        lines.append(
            f"- cost per 1,000 answers: {made_of.marked(each)} (enter answers a month on *Decisions* to see it a month)"
        )
    return [frame.dollars("\n".join(lines))]


def _held_out(found: View, held: Regret) -> str:
    """What the table reached on prompts that it was not made from; and who alone reached more."""
    said = f"; {100 * held.table:.1f} % on prompts held out, by tables made this way"
    best = held.hindsight
    if best is None or held.alone[best] <= held.table:
        return said
    name = frame.as_typed(found.names.get(best, "?"))
    return f"{said} ({name} everywhere {100 * held.alone[best]:.1f} %; why not stands below)"


def _waits(found: View, waiting: Version | None) -> None:
    if waiting is None:
        return
    st.caption(
        f":material/hourglass_top: Version {waiting.id} was proposed {versions.occasion(waiting)} and waits for a "
        "decision."
    )
    if not found.is_table_of(waiting):
        st.caption(
            f":material/info: The evidence moved on since: version {waiting.id} is not what it allows now. What it "
            "would change stands among the versions below."
        )


def _buttons(found: View, waiting: Version | None) -> None:
    is_of_now = waiting is not None and found.is_table_of(waiting)
    if not is_of_now and (found.differs or found.in_force is None):
        st.button(
            _proposes(found),
            type="primary" if found.moves else "secondary",
            key="routing_propose",
            help="It becomes a version, and can then be accepted.",
            on_click=access.guarded(access.Role.ANALYST)(partial(_propose, found.dataset)),
        )
    if waiting is None:
        return
    for word, accepts in (("Accept", True), ("Decline", False)):
        kind = "primary" if accepts and is_of_now else "secondary"
        if st.button(f"{word} version {waiting.id}", type=kind, key=f"routing_{word.lower()}"):  # type: ignore[arg-type]
            _dialog(waiting, accepts)


def _proposes(found: View) -> str:
    if found.moves:
        return "Propose this table"
    return "Propose it with fallbacks and timeouts" if found.in_force is None else "Propose these changes"


def _propose(dataset: str) -> None:
    person = access.current_person()
    try:
        with reading(engine()) as session:
            asked = service.proposal_asked(session, dataset)
    except BadInput as error:
        doing.refuse(str(error), kept="Nothing was proposed.", place=_PLACE)
        return
    id = None if person is None else person.id
    doing.do(
        lambda session: service.propose_asked(session, asked, person_id=id, now=clock.now()),
        done="Proposed. It can be accepted now.",
        kept="Nothing was proposed.",
        place=_PLACE,
        role=access.Role.ANALYST,
    )


@st.dialog("Decide on the routes", icon=":material/alt_route:")
@access.guarded(access.Role.ANALYST)
def _dialog(version: Version, accepts: bool) -> None:
    st.markdown(f"**{'Accept' if accepts else 'Decline'} version {version.id}**")
    st.markdown("\n".join(f"- {frame.as_typed(line)}" for line in version.said.splitlines()))
    if accepts:
        st.markdown(
            "It is in force from then on: `evenhand route` and exports follow it. What your gateway does is changed by "
            "you, with an export."
        )
    st.text_area("Why", key=_WHY, max_chars=service.LONGEST_WHY, placeholder="For whoever asks later")
    with st.container(horizontal=True):
        recorded = st.button(
            "Record it",
            type="primary",
            key="routing_record",
            on_click=access.guarded(access.Role.ANALYST)(partial(_decide, version.id, accepts)),
        )
        # A dialog goes with the next run of the whole page.
        if st.button("Not now", key="routing_not_now") or recorded:
            st.rerun()


def _decide(version: int, accepts: bool) -> None:
    person, why = access.current_person(), str(st.session_state.get(_WHY, ""))
    id = None if person is None else person.id
    doing.do(
        lambda session: service.decide(session, version, is_accepted=accepts, why=why, person_id=id, now=clock.now()),
        done=f"Version {version} is in force." if accepts else f"Version {version} is declined.",
        kept="Nothing was recorded.",
        place=_PLACE,
        role=access.Role.ANALYST,
    )
