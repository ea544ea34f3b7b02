"""What the browser shows when a page fails: never a traceback, for one could name a candidate."""

import logging
import secrets

from core.domain.people import Role
from core.errors import EvenhandError, NotAllowed
from core.ui.shared import access, frame

_log = logging.getLogger(__name__)


def show_incident(error: Exception) -> bool:
    """Show a calm box with an incident number; the log has the number and the traceback. True: it is handled.

    Messages made for users are shown to analysts and admins. A rater sees none: it could name a candidate.
    """
    incident = secrets.token_hex(3)
    _log.error("incident %s", incident, exc_info=error)
    if isinstance(error, EvenhandError) and (isinstance(error, NotAllowed) or _sees_candidates()):
        frame.error_box(str(error), "", "")
        return True
    frame.error_box(
        "This page could not be shown.",
        "Nothing that you answered or saved before is lost.",
        "Reload the page. If it happens again, tell an admin the incident number below; the server's log explains it.",
        incident=incident,
    )
    return True


def _sees_candidates() -> bool:
    try:
        person = access.current_person()
    except Exception:
        return False
    return person is not None and Role.of(person.role) >= Role.ANALYST
