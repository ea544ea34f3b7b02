"""Data: what is here, what it is held to, what comes in and what goes out. For admins."""

from core.ui.datasets import datasets, demo, evaluators, exporting, gates, importing
from core.ui.shared import access, doing, frame

access.require(access.Role.ADMIN)
doing.tell()
frame.page_head("Data", "What is compared here, what is it held to, and where does it come from?")
with frame.open_tab(datasets.VIEWS, key=datasets.VIEW) as view:
    if view == "Import":
        importing.section()
    elif view == "Gates":
        gates.section()
    elif view == "Evaluators":
        evaluators.section()
    elif view == "Export":
        exporting.section()
    elif view == "Demo":
        demo.section()
    else:
        datasets.section()
