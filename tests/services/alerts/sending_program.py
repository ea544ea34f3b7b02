"""A process that delivers until it is killed: `python -m tests.services.alerts.sending_program DATABASE CLAIM_S`."""

import sys
import time
from datetime import timedelta

from core import clock
from core.services.alerts import Delivery, delivering
from core.storage.engine import open_engine

if __name__ == "__main__":
    delivering.CLAIM_LASTS = timedelta(seconds=float(sys.argv[2]))
    delivering.FIRST_BACK_OFF_S = delivering.LONGEST_BACK_OFF_S = 0.1
    delivery = Delivery(open_engine(sys.argv[1]), now=clock.now)
    sys.stdout.write("delivering\n")
    sys.stdout.flush()
    while True:
        delivery.turn()
        time.sleep(0.05)
