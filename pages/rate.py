"""Rate: one blinded pair at a time, from the keyboard."""

from core.ui import rating
from core.ui.shared import access

person = access.require(access.Role.RATER)
rating.desk(person.id)
