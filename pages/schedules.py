"""Schedules: what is evaluated again by itself, when, and what became of it. For admins."""

from core.ui.schedules import form, history, page
from core.ui.shared import access, doing, frame

access.require(access.Role.ADMIN)
doing.tell()
frame.page_head("Schedules", "What is evaluated again by itself, when, and what came of it?")
form.dialog_if_open()
page.section()
history.section()
