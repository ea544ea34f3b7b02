"""Candidates: what is compared, where it is asked, what it costs and whether it answers. For admins."""

from core.ui import candidates, candidates_form, candidates_load, candidates_prices
from core.ui.shared import access, doing, frame

person = access.require(access.Role.ADMIN)
doing.tell()
if candidates.is_defining():
    candidates.back_button()
    candidates_form.page()
else:
    frame.page_head("Candidates", "Which models are compared, what does each cost, and does it answer?")
    with frame.open_tab(candidates.PARTS, key=candidates.PART) as part:
        if part == "Prices":
            candidates_prices.section(person)
        elif part == "Load test":
            candidates_load.section()
        else:
            candidates.section()
