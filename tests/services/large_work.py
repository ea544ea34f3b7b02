"""Work for the process that computes what pages show of a large workspace; it loads next to nothing."""

import os
import time

from sqlmodel import Session

from core.errors import BadInput


def by_whom(session: Session) -> int:
    return os.getpid()


def ends_elsewhere(session: Session, here: int) -> str:
    if os.getpid() != here:
        os._exit(3)
    return "done here"


def hangs_elsewhere(session: Session, here: int) -> str:
    if os.getpid() != here:
        time.sleep(600)
    return "done here"


def prints(session: Session) -> str:
    print("not the answer")
    return "the answer"


def refuses(session: Session) -> None:
    raise BadInput("There is no such thing.")
