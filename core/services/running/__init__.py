"""Running an evaluation: order it, estimate it, carry it out, cancel and resume it.

``asking`` holds the attempt loop, for whoever asks a model; ``workers`` starts and stops the process that carries runs
out beside the app.
"""

from core.services.running.carrying import carry_out
from core.services.running.claims import is_interrupted
from core.services.running.control import Cap, cancel, resume
from core.services.running.estimating import Estimate, cap_to_end, estimate, rounded_up
from core.services.running.orders import RunOrder, check, drawn, plan
from core.services.running.progress import Progress, progress, progress_of_all
from core.services.running.runner import OnProgress

__all__ = [
    "Cap",
    "Estimate",
    "OnProgress",
    "Progress",
    "RunOrder",
    "cancel",
    "cap_to_end",
    "carry_out",
    "check",
    "drawn",
    "estimate",
    "is_interrupted",
    "plan",
    "progress",
    "progress_of_all",
    "resume",
    "rounded_up",
]
