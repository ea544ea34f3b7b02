"""People: who may come in, and as what. For admins."""

from core.ui import people, people_inviting, people_messages
from core.ui.shared import access, frame

person = access.require(access.Role.ADMIN)
if people_inviting.is_open():
    people_inviting.back_button()
    frame.page_head("Invite people", "Who is to come in, as what, and to rate what?")
    people_inviting.nobody_can_join_yet()
    if not people_messages.messages():
        people_inviting.forms()
else:
    frame.page_head("People", "Who may come in, and as what?")
    people_inviting.nobody_can_join_yet()
    people_inviting.button()
    people_messages.messages()
    people.table(person)
