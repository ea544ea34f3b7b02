"""My votes: the last ten pairs, open to a change of mind."""

from core.ui.rate import my_votes
from core.ui.shared import access, frame

person = access.require(access.Role.RATER)
frame.page_head("My votes", "What did I answer, and would I answer it again?")
my_votes.summary(person.id)
my_votes.cards(person.id)
