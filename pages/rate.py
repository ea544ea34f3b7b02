"""Rate: one blinded pair at a time, from the keyboard."""

from core.ui.rate import desk
from core.ui.shared import access

person = access.require(access.Role.RATER)
desk.desk(person.id)
