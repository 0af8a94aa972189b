"""Ending: the first reason ends every wait of the run at once."""

import os
import signal
import threading
import time

import pytest

from host.ending import EndedError, ended_by_signals
from host.errors import JobError
from tests.patience import PATIENCE_S


def test_a_wait_that_nothing_ends_takes_its_time(ending):
    started = time.monotonic()
    ending.wait(0.2)

    assert time.monotonic() - started >= 0.2


def test_every_wait_ends_at_once_and_for_ever(ending):
    timer = threading.Timer(0.1, ending.ask, [JobError("the lease is lost")])
    timer.start()
    for _ in range(2):
        with pytest.raises(JobError, match="the lease is lost"):
            ending.wait(30)
    timer.join()


def test_the_first_reason_counts(ending):
    ending.ask(JobError("first"))
    ending.ask(JobError("second"))

    with pytest.raises(JobError, match="first"):
        ending.check()


def test_what_is_withdrawn_ends_nothing_but_other_reasons_stay(ending):
    curable, other = JobError("curable"), JobError("other")
    ending.ask(curable)
    ending.withdraw(curable)
    started = time.monotonic()
    ending.wait(0.2)

    assert time.monotonic() - started >= 0.2
    ending.ask(curable)
    ending.ask(other)
    ending.withdraw(curable)
    with pytest.raises(JobError, match="other"):
        ending.wait(30)


@pytest.mark.parametrize(
    ("number", "more"),
    [(signal.SIGINT, []), (signal.SIGTERM, []), (signal.SIGHUP, [signal.SIGHUP])],
)
def test_a_signal_asks_for_it_and_handlers_are_put_back(number, more):
    before = signal.getsignal(number)
    with ended_by_signals(*more) as ending:
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        with pytest.raises(EndedError, match=number.name) as caught:
            ending.wait(30)

    assert caught.value.exit_code == 128 + number
    assert signal.getsignal(number) == before


def test_a_signal_that_another_thread_takes_ends_the_wait_of_the_main_thread_too():
    """The kernel picks another thread while the main thread starts a program."""
    with ended_by_signals() as ending:
        waiting = threading.Event()

        def take_the_signal():
            waiting.wait(PATIENCE_S)
            # By now the main thread waits or is about to.
            time.sleep(0.2)
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

        thread = threading.Thread(target=take_the_signal)
        thread.start()
        waiting.set()
        with pytest.raises(EndedError, match="SIGTERM"):
            ending.wait(PATIENCE_S)
        thread.join()


def test_a_signal_whose_handler_has_not_run_yet_is_no_answer():
    """A thread may see the wake-up before the main thread has run the handler."""
    reading, writing = os.pipe()
    with ended_by_signals() as ending:
        os.write(ending.wake_on_signals(), b".")

        assert not ending.wait_for([reading], 0.2)
    os.close(reading)
    os.close(writing)
