"""Data: what is here, what comes in and what goes out. For admins."""

from core.ui import access, datasets, demo_panel, doing, exporting, frame, importing

access.require(access.Role.ADMIN)
doing.tell()
frame.page_head("Data", "What is compared here, and where does it come from?")
view = datasets.view()
if view == "Import":
    importing.section()
elif view == "Export":
    exporting.section()
elif view == "Demo":
    demo_panel.section()
else:
    datasets.section()
