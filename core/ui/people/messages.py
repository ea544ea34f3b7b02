"""What there is to send to those who were invited: link and message, until they are put away."""

import streamlit as st

from core.services.studies import inviting
from core.services.studies.inviting import Invited
from core.ui.shared import access, frame

_MADE, _PER_PAGE = "_people_made", 10


def show(made: list[Invited]) -> None:
    """Have ``messages`` show what there is to send; the database has only hashes, so it cannot be shown again."""
    st.session_state[_MADE] = made


def messages() -> bool:
    """What there is to send to those who were invited last, until it is put away; whether there is anything."""
    made: list[Invited] = st.session_state.get(_MADE, [])
    if not made:
        return False
    with st.container(border=True, gap="small"):
        if len(made) == 1:
            _message_to_one(made[0])
        else:
            _messages_to_many(made)
        st.button("Done", on_click=_put_away, key="people_link_done")
    return True


def _message_to_one(made: Invited) -> None:
    if made.link is None:
        st.text(f"{made.name} can sign in now with that address. A message for them:")
    else:
        st.text(f"Send this link to {made.name}. It works once, within 14 days, and is not shown again.")
        st.code(made.link, language=None, wrap_lines=True)
        st.caption("Or the whole message:")
    st.code(made.message, language=None, wrap_lines=True)


def _messages_to_many(made: list[Invited]) -> None:
    st.markdown(
        f"**{len(made):,} people are invited.** Each has a message of their own; copy it, or download them all."
    )
    if made[0].link is not None:
        st.caption("Each link works once, within 14 days. Links are not shown again once you press Done.")
    st.download_button(
        "Download all messages",
        data=access.guarded_file(access.Role.ADMIN, lambda: inviting.as_csv(made)),
        file_name="invitations.csv",
        mime="text/csv",
        icon=":material/download:",
        key="people_invited_download",
        on_click="ignore",
    )
    pages = -(-len(made) // _PER_PAGE)
    page = st.pagination(pages, key="people_invited_page") if pages > 1 else 1
    for each in made[(page - 1) * _PER_PAGE : page * _PER_PAGE]:
        st.markdown(f"**{frame.as_typed(label(each.name, each.email))}**")
        st.code(each.message, language=None, wrap_lines=True)


@access.guarded(access.Role.ADMIN)
def _put_away() -> None:
    st.session_state.pop(_MADE, None)
    close()


@access.guarded(access.Role.ADMIN)
def close() -> None:
    """Leave the forms for the list."""
    for name in ("invite", "study", "people_how"):
        st.query_params.pop(name, None)


def label(name: str, email: str | None) -> str:
    """Somebody's name, with their address where that is not the name."""
    return name if email is None or email == name else f"{name} ({email})"
