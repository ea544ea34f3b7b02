"""Running an evaluation: order it, estimate it, carry it out, cancel and resume it.

``asking`` holds the attempt loop, for whoever asks a model; ``workers`` starts and stops the process that carries runs
out beside the app.
"""

from core.services.running.carrying import carry_out
from core.services.running.claims import is_interrupted
from core.services.running.control import cancel, resume
from core.services.running.estimating import Estimate, estimate
from core.services.running.orders import RunOrder, plan
from core.services.running.progress import Progress, progress

__all__ = [
    "Estimate",
    "Progress",
    "RunOrder",
    "cancel",
    "carry_out",
    "estimate",
    "is_interrupted",
    "plan",
    "progress",
    "resume",
]
