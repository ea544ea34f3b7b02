"""Candidates: what is compared, where it is asked, what it costs and whether it answers. For admins."""

from core.ui.candidates import form, load_test, page, prices
from core.ui.shared import access, doing, frame

person = access.require(access.Role.ADMIN)
doing.tell()
if page.is_defining():
    page.back_button()
    form.page()
else:
    frame.page_head("Candidates", "Which models are compared, what does each cost, and does it answer?")
    with frame.open_tab(page.PARTS, key=page.PART) as part:
        if part == "Prices":
            prices.section(person)
        elif part == "Load test":
            load_test.section()
        else:
            page.section()
