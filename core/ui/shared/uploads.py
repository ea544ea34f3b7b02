"""The field for a file, and which sessions may upload: those that it was drawn for, as long as they may import.

Streamlit itself takes uploads from any session, whether or not a page asked for a file: ``core.web.uploads`` stands
before it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core import clock
from core.errors import NotAllowed
from core.services.importing.uploads import ChosenFile, OnDisk
from core.services.people import joining, people
from core.settings import AuthMode, get_settings
from core.storage.engine import reading
from core.ui.shared import access
from core.ui.shared.access import Role
from core.ui.shared.resources import engine

_ASKED_FOR = timedelta(hours=12)


@dataclass(frozen=True)
class _Grant:
    person_id: int
    until: datetime


_grants: dict[str, _Grant] = {}


def file_uploader(label: str, *, key: str, help: str | None = None) -> ChosenFile | None:
    """Draw the field for a file and let this session upload, where an admin sits before it; the file that was chosen.

    It lies on disk, open at its start at every rerun.
    """
    _grant()
    chosen = st.file_uploader(label, key=key, help=help)
    context = get_script_run_ctx()
    if chosen is None or context is None:
        return None
    kept = context.uploaded_file_mgr.get_files(context.session_id, [chosen.file_id])
    if kept and isinstance(kept[0].data, OnDisk):
        return ChosenFile(kept[0].data, chosen.name, chosen.file_id)
    return cast(ChosenFile, chosen)  # a page that runs without our server in front of it, in a test


def may_upload(session_id: str, sign_in: str | None) -> bool:
    """Whether the session was shown the field, by somebody who still may import.

    ``sign_in``: the cookie of the request that uploads, which in link mode must be the same person's.
    """
    grant = _grants.get(session_id)
    return grant is not None and clock.now() < grant.until and _may_import(grant.person_id, sign_in)


def _grant() -> None:
    context, person = get_script_run_ctx(), access.current_person()
    if context is None or person is None or person.id is None or Role.of(person.role) < Role.ADMIN:
        return
    for ended in [session_id for session_id, grant in list(_grants.items()) if grant.until < clock.now()]:
        _grants.pop(ended, None)
    _grants[context.session_id] = _Grant(person.id, clock.now() + _ASKED_FOR)


def _may_import(person_id: int, sign_in: str | None) -> bool:
    with reading(engine()) as session:
        if get_settings().auth is AuthMode.LINK:
            signed_in = joining.person_of(session, sign_in, clock.now())
            if signed_in is None or signed_in.id != person_id:
                return False
        try:
            people.require_still(session, person_id, Role.ADMIN)
        except NotAllowed:
            return False
    return True
