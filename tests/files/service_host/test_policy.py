"""When the service host starts its child again, and when it takes it for deaf."""

from __future__ import annotations

from files.service_host.hosting.configuration import Restarts
from files.service_host.hosting.policy import Allowance, Hearing


def test_so_many_restarts_within_the_time() -> None:
    """The next is for Windows to decide; one that is long ago does not count."""
    allowance = Allowance(Restarts(2, 10))
    assert [allowance.take(now) for now in (0, 1, 2, 9.9)] == [True, True, False, False]
    assert [allowance.take(now) for now in (10, 10.5, 11, 12)] == [True, False, True, False]


def test_no_restart_where_none_is_allowed() -> None:
    """The first death is Windows' matter."""
    assert not Allowance(Restarts(0, 10)).take(0)


def test_deaf_after_so_many_failures_in_a_row() -> None:
    """One answer, and counting begins again."""
    hearing = Hearing(2, 0, started=0)
    assert [hearing.note(one, 1) for one in (False, True, False, False)] == [
        False, False, False, True,
    ]  # fmt: skip


def test_a_child_is_given_time_to_start() -> None:
    """Until it has answered once: from then on each failure counts."""
    slow = Hearing(1, 60, started=100)
    assert [slow.note(False, now) for now in (101, 159, 160)] == [False, False, True]
    quick = Hearing(1, 60, started=100)
    assert [quick.note(one, now) for one, now in ((True, 101), (False, 102))] == [False, True]
