"""People: who may come in, and as what. For admins."""

from core.ui import access, frame, people

person = access.require(access.Role.ADMIN)
frame.page_head("People", "Who may come in, and as what?")
people.invite_form()
people.table(person)
