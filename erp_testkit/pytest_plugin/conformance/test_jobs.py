"""Port `Jobs`."""

from __future__ import annotations

import time

from erp_testkit.domain.documents import JobState
from erp_testkit.erp.ports import Jobs
from erp_testkit.pytest_plugin.conformance.stage import Stage


def test_jobs_are_settled_when_settling_says_so(jobs: Jobs, stage: Stage) -> None:
    item = stage.item()
    number = stage.order(stage.customer(), item, 1)
    jobs.settle([item], 10)
    assert {job.document for job in jobs.jobs(number)} <= {number}
    assert {job.state for job in jobs.jobs(number)} <= {JobState.DONE, JobState.FAILED}


def test_settling_does_not_outlast_its_time(jobs: Jobs, stage: Stage) -> None:
    clock = time.monotonic()
    jobs.settle([stage.item()], 0)
    assert time.monotonic() - clock < 5


def test_what_is_done_is_no_backlog(jobs: Jobs, stage: Stage) -> None:
    item = stage.item()
    number = stage.order(stage.customer(), item, 1)
    jobs.settle([item], 10)
    backlog = jobs.backlog()
    assert JobState.DONE not in {job.state for job in backlog}
    done = {job.id for job in jobs.jobs(number) if job.state is JobState.DONE}
    assert done.isdisjoint(job.id for job in backlog)
