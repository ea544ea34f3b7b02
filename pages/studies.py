"""Studies: what is asked, of whom, about what. For admins."""

from core.ui import studies, study_creation, study_editing, study_questions
from core.ui.shared import access, doing, frame

access.require(access.Role.ADMIN)
doing.tell()
chosen = studies.chosen()
if studies.is_new():
    studies.back_button()
    frame.page_head("New study", "What is compared, how often, and by whom?")
    study_creation.form()
elif chosen is None:
    frame.page_head("Studies", "What is asked, of whom, about what, and how far is it?")
    studies.new_button()
    studies.cards()
else:
    studies.head(chosen)
    with frame.open_tab(study_editing.PARTS, key="studies_part") as part:
        if part == "Questions":
            study_questions.questions_of(chosen)
        elif part == "Guidelines":
            study_editing.guidelines_of(chosen)
        elif part == "Who rates":
            study_editing.raters_of(chosen)
        else:
            study_editing.settings_of(chosen)
