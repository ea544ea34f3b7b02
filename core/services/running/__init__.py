"""Running an evaluation: order it, estimate it, carry it out, cancel and resume it.

``asking`` holds the attempt loop, for whoever asks a model; ``workers`` starts and stops the process that carries runs
out beside the app.
"""

from core.services.running.carrying import carry_out
from core.services.running.claims import is_interrupted
from core.services.running.control import cancel, resume
from core.services.running.estimating import Estimate, estimate
from core.services.running.orders import RunOrder, check, plan
from core.services.running.progress import Progress, progress
from core.services.running.runner import OnProgress

__all__ = [
    "Estimate",
    "OnProgress",
    "Progress",
    "RunOrder",
    "cancel",
    "carry_out",
    "check",
    "estimate",
    "is_interrupted",
    "plan",
    "progress",
    "resume",
]
