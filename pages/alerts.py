"""Alerts: what needs somebody to look, what is told, and where it is sent. For analysts; set up by admins."""

from core.ui.alerts import destinations, inbox, rules
from core.ui.shared import access, doing, frame, links

person = access.require(access.Role.ANALYST)
doing.tell()
head = frame.page_head("Alerts", "What needs somebody to look?")
tabs = ["Inbox", "Rules"]
if access.Role.of(person.role) is access.Role.ADMIN:
    tabs.append("Destinations")
with frame.open_tab(tabs, key="alerts_show") as tab:
    if tab == "Inbox":
        inbox.section(person)
    elif tab == "Rules":
        rules.section(person)
    else:
        destinations.section()
links.bar(head, "alerts")
