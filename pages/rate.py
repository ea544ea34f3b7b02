"""Rate: one blinded pair at a time, from the keyboard."""

from core.ui import access, rating

person = access.require(access.Role.RATER)
rating.desk(person.id)
