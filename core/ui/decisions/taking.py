"""Taking a decision: accepting or declining a verdict, with a reason, by whoever is signed in."""

from functools import partial

import streamlit as st
from sqlmodel import Session

from core import clock
from core.domain.deciding import Decision, Verdict
from core.services import deciding as service
from core.services.deciding import Verdicts, taken
from core.ui.decisions.page import FORMER, OVER_ALL, asked_scope
from core.ui.shared import access, doing, frame
from core.ui.shared.filters import one_of

_PLACE, _WHY = "decisions_taking", "decisions_why"
_MAY_BE_TAKEN = (Decision.SWITCH, Decision.PRACTICALLY_EQUAL, Decision.KEEP)


def buttons(found: Verdicts) -> None:
    """The verdicts that somebody may accept or decline."""
    doing.problem(_PLACE)
    open_ = {
        verdict.category or OVER_ALL: verdict
        for verdict in found.verdicts
        if verdict.decision in _MAY_BE_TAKEN and verdict.challenger is not None
    }
    if not open_:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = one_of("Decide on", list(open_), key="decisions_on", usual=asked_scope(open_), also=FORMER)
        for word, accepts in (("Accept", True), ("Decline", False)):
            if st.button(word, type="primary" if accepts else "secondary", key=f"decisions_{word.lower()}"):
                _dialog(found, open_[label], accepts)


@st.dialog("Take the decision", icon=":material/gavel:")
@access.guarded(access.Role.ANALYST)
def _dialog(found: Verdicts, verdict: Verdict, accepts: bool) -> None:
    champion, challenger = (frame.as_typed(found.names[of or 0]) for of in (verdict.champion, verdict.challenger))
    where = frame.as_typed(verdict.category or "overall")
    st.markdown(
        f"**{'Accept' if accepts else 'Decline'}**, {where}: *{verdict.decision}*, {challenger} for {champion}."
    )
    if accepts and verdict.decision is Decision.SWITCH and verdict.category is None:
        st.markdown(f"{challenger} becomes the champion. What is in production is changed by you, not by Evenhand.")
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


def _take(found: Verdicts, verdict: Verdict, accepts: bool) -> None:
    person, why = access.current_person(), str(st.session_state.get(_WHY, ""))

    def work(session: Session) -> None:
        choice = service.choice_of(found, verdict, is_accepted=accepts, why=why)
        taken.take(session, choice, person_id=None if person is None else person.id, now=clock.now())

    doing.do(
        work,
        done="Recorded.",
        kept="Nothing was recorded.",
        place=_PLACE,
        role=access.Role.ANALYST,
    )
