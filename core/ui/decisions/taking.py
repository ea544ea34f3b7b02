"""Taking a decision: accepting or declining a verdict, with a reason, by whoever is signed in."""

from functools import partial

import streamlit as st
from sqlmodel import Session

from core import clock
from core.domain.deciding import Decision, Verdict
from core.domain.overview import Routed
from core.domain.words import listed
from core.services import deciding as service
from core.services import routing
from core.services.deciding import Verdicts, taken, words
from core.storage.engine import reading
from core.ui.decisions.comparisons import CLOSER
from core.ui.decisions.page import FORMER, OVER_ALL, asked_scope
from core.ui.shared import access, doing, frame
from core.ui.shared.filters import one_of
from core.ui.shared.resources import engine

_PLACE, _WHY = "decisions_taking", "decisions_why"
_MAY_BE_TAKEN = (Decision.SWITCH, Decision.PRACTICALLY_EQUAL, Decision.KEEP)


def buttons(found: Verdicts, routed: Routed | None) -> None:
    """The verdicts that somebody may accept or decline."""
    doing.problem(_PLACE)
    open_ = {
        verdict.category or OVER_ALL: verdict
        for verdict in found.verdicts
        if verdict.decision in _MAY_BE_TAKEN and verdict.challenger is not None
    }
    if not open_:
        return
    asked = asked_scope([verdict.category or OVER_ALL for verdict in found.verdicts])
    labels = [*open_, *([asked] if asked is not None and asked not in open_ else [])]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = one_of("Decide on", labels, key="decisions_on", usual=asked, also=FORMER)
        if label in open_:
            _buttons(found, open_[label])
    if label not in open_:
        st.caption(f"Nothing to accept in {frame.as_typed(label)} by itself: {_until_then(found, label, routed)}")


def _buttons(found: Verdicts, verdict: Verdict) -> None:
    accept = f"Accept: {frame.as_typed(words.accepted(found, verdict))}"
    for word, accepts in ((accept, True), ("Decline", False)):
        key = f"decisions_{'accept' if accepts else 'decline'}"
        leaves = accepts and verdict.decision is not Decision.KEEP
        if st.button(word, type="primary" if leaves else "secondary", key=key):
            _dialog(found, verdict, accepts)


def _until_then(found: Verdicts, label: str, routed: Routed | None) -> str:
    verdict = found.of(None if label == OVER_ALL else label)
    return "" if verdict is None else frame.as_typed(". ".join(words.in_category(found, verdict, routed)))


@st.dialog("Take the decision", icon=":material/gavel:")
@access.guarded(access.Role.ANALYST)
def _dialog(found: Verdicts, verdict: Verdict, accepts: bool) -> None:
    where = frame.as_typed(verdict.category or "overall")
    head = frame.as_typed(words.parts(found, verdict)[0])
    st.markdown(f"**{'Accept' if accepts else 'Decline'}**, {where}: *{head}*.")
    if accepts and verdict.decision is Decision.SWITCH:
        st.markdown(_follows(found, verdict))
    st.text_area("Why", key=_WHY, max_chars=taken.LONGEST_WHY, placeholder="For whoever asks later")
    with st.container(horizontal=True):
        recorded = st.button(
            "Record it",
            type="primary",
            key="decisions_record",
            on_click=access.guarded(access.Role.ANALYST)(partial(_take, found, verdict, accepts)),
        )
        # A dialog goes with the next run of the whole page.
        if st.button("Not now", key="decisions_not_now") or recorded:
            st.rerun()


def _follows(found: Verdicts, verdict: Verdict) -> str:
    """What comes of accepting, and what does not."""
    challenger = frame.as_typed(found.names[verdict.challenger or 0])
    first = "It is recorded, and its saving is followed. "
    if verdict.category is None:
        first = f"{challenger} becomes the champion, with whom all others are compared from now on. "
    out = words.exceptions(found, verdict)
    stays = f", and that {frame.as_typed(listed(out, most=len(out)))} stay out of it," if out else ""
    return (
        f"{first}What is in production is changed by you, not by Evenhand: who answers which category{stays} is "
        f"accepted as a table on *Routing*. {_without_table(found, verdict, challenger)}"
    )


def _without_table(found: Verdicts, verdict: Verdict, challenger: str) -> str:
    """Whom ``evenhand route`` asks after accepting: the table in force, and without one the champion for everything."""
    with reading(engine()) as session:
        is_in_force = routing.in_force(session, found.dataset) is not None
    if is_in_force or verdict.category is not None:
        return "That stays as it is until another table is accepted."
    out = words.exceptions(found, verdict)
    also = f", {frame.as_typed(listed(out, most=len(out)))} too: accept a table first" if out else ""
    return f"None is in force yet, so `evenhand route` would ask {challenger} in every category{also}."


def _take(found: Verdicts, verdict: Verdict, accepts: bool) -> None:
    person, why = access.current_person(), str(st.session_state.get(_WHY, ""))

    def work(session: Session) -> None:
        choice = service.choice_of(found, verdict, is_accepted=accepts, why=why)
        taken.take(session, choice, person_id=None if person is None else person.id, now=clock.now())

    st.query_params.pop(CLOSER, None)  # whom the page looked closer at may be the champion from now on
    doing.do(
        work,
        done="Recorded.",
        kept="Nothing was recorded.",
        place=_PLACE,
        role=access.Role.ANALYST,
    )
