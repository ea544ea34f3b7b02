"""People: who may come in, and as what. For admins."""

from core.ui.people import inviting, messages, page
from core.ui.shared import access, frame

person = access.require(access.Role.ADMIN)
if inviting.is_open():
    inviting.back_button()
    frame.page_head("Invite people", "Who is to come in, as what, and to rate what?")
    inviting.nobody_can_join_yet()
    if not messages.messages():
        inviting.forms()
else:
    frame.page_head("People", "Who may come in, and as what?")
    inviting.nobody_can_join_yet()
    inviting.button()
    messages.messages()
    page.table(person)
