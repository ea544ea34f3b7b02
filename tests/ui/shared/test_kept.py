"""What pages keep in memory stays within its room, and is never older than it may be."""

import os
import time
from threading import Event, Thread

import pytest


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.regression("1.9")
def test_however_much_is_asked_for_no_more_than_the_room_is_kept() -> None:
    from core.ui.shared.kept import Kept

    kept, made = Kept(most_bytes=100_000), []

    def compute(number: int) -> bytes:
        made.append(number)
        return os.urandom(30_000)

    for number in range(50):
        kept.get(number, lambda number=number: compute(number), fresh_s=60)
        assert kept.bytes <= 100_000
    kept.get(49, lambda: compute(49), fresh_s=60)
    assert made == list(range(50)), "what was looked at last is still there"
    kept.get(0, lambda: compute(0), fresh_s=60)
    assert made[-1] == 0, "what was looked at longest ago is not"
    assert len(kept.get("huge", lambda: os.urandom(200_000), fresh_s=60)) == 200_000
    assert kept.bytes <= 100_000


def test_what_is_no_longer_fresh_is_given_once_more_while_it_is_computed_anew() -> None:
    from core.ui.shared.kept import Kept

    clock = Clock()
    kept, values = Kept(clock=clock), iter(range(10))

    def get() -> int:
        return kept.get("key", lambda: next(values), fresh_s=20)

    assert [get(), get()] == [0, 0]
    clock.now = 21
    assert get() == 0
    deadline = time.monotonic() + 20
    while get() != 1:
        assert time.monotonic() < deadline, "it was never computed anew"
        time.sleep(0.01)
    clock.now = 1000
    assert get() == 2, "so old that it is computed first"


def test_two_who_ask_at_once_wait_for_one_answer_and_a_fault_is_told_to_who_asked() -> None:
    from core.ui.shared.kept import Kept

    kept, began, go, found = Kept(), Event(), Event(), []

    def compute() -> str:
        assert not began.is_set(), "it was computed twice"
        began.set()
        go.wait(20)
        return "it"

    askers = [Thread(target=lambda: found.append(kept.get("key", compute, fresh_s=60))) for _ in range(3)]
    for asker in askers:
        asker.start()
    began.wait(20)
    go.set()
    for asker in askers:
        asker.join(20)
    assert found == ["it"] * 3
    with pytest.raises(ZeroDivisionError):
        kept.get("bad", lambda: 1 / 0, fresh_s=60)
    assert kept.get("bad", lambda: "good", fresh_s=60) == "good"
