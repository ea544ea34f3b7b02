"""Studies: what is asked, of whom, about what. For admins."""

from core.ui.shared import access, doing, frame
from core.ui.studies import creation, editing, page, questions

access.require(access.Role.ADMIN)
doing.tell()
chosen = page.chosen()
if page.is_new():
    page.back_button()
    frame.page_head("New study", "What is compared, how often, and by whom?")
    creation.form()
elif chosen is None:
    frame.page_head("Studies", "What is asked, of whom, about what, and how far is it?")
    page.new_button()
    page.cards()
else:
    page.head(chosen)
    with frame.open_tab(editing.PARTS, key="studies_part") as part:
        if part == "Questions":
            questions.questions_of(chosen)
        elif part == "Guidelines":
            editing.guidelines_of(chosen)
        elif part == "Who rates":
            editing.raters_of(chosen)
        else:
            editing.settings_of(chosen)
