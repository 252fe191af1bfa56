"""The thread that works off background jobs inside the ERP's process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from erp_testkit.standins.reference.database import reading, writing
from erp_testkit.standins.reference.services import jobs, messages, notes, sending
from erp_testkit.standins.reference.services.clock import now
from erp_testkit.standins.reference.services.work import Hopeless

Finish: TypeAlias = Callable[[Connection], None]
"""What a job writes in the transaction in which it is marked done."""


def _send(engine: Engine, payload: Mapping[str, Any]) -> Finish:
    sending.deliver(engine, payload["message"])
    return lambda connection: messages.mark_sent(connection, payload["message"])


def _print(_engine: Engine, payload: Mapping[str, Any]) -> Finish:
    return lambda connection: notes.print_note(connection, payload["shipment"])


KINDS: Mapping[str, Callable[[Engine, Mapping[str, Any]], Finish]] = MappingProxyType(
    {"send message": _send, "print delivery note": _print}
)

_DATABASE_AWAY_SECONDS = 0.2
"""How long to wait before looking for a database that went away."""


class JobWorker:
    """Runs one job after the other; `wake` starts it at once, `settle` waits for it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._wake = threading.Event()
        self._finished = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Start, with what a killed ERP left unfinished."""
        with writing(self._engine) as connection:
            jobs.recover(connection)
        self._thread.start()
        self.wake()

    def stop(self) -> None:
        """Finish the running job and stop."""
        self._stopping = True
        self.wake()
        self._thread.join()

    def wake(self) -> None:
        """Look for jobs now."""
        self._wake.set()

    def settle(self, items: Sequence[str], seconds: float) -> bool:
        """Wait until no job for documents of these items is open, at most `seconds`; say whether that is so."""

        def settled() -> bool:
            with reading(self._engine) as connection:
                return not jobs.any_open(connection, items)

        with self._finished:
            return self._finished.wait_for(settled, seconds)

    def _run(self) -> None:
        in_doubt = False
        while not self._stopping:
            self._wake.clear()
            try:
                if in_doubt:
                    with writing(self._engine) as connection:
                        jobs.recover(connection)
                    in_doubt = False
                while not self._stopping and self._work_off_one():
                    with self._finished:
                        self._finished.notify_all()
                pause = self._pause()
            except SQLAlchemyError:
                # The database went away under us, perhaps between a job's work and its end: it is done again when the database is back.
                pause, in_doubt = _DATABASE_AWAY_SECONDS, True
            self._wake.wait(pause)

    def _work_off_one(self) -> bool:
        with self._engine.connect() as connection:  # one statement needs no transaction of its own
            job = jobs.claim(connection)
            connection.commit()
        if job is None:
            return False
        try:
            finish = KINDS[job.kind](self._engine, job.payload)
            with writing(self._engine) as connection:
                finish(connection)
                jobs.finish(connection, job)
        except Exception as error:  # whatever a job dies of, it is put off or given up, and tells why
            after = jobs.give_up if isinstance(error, Hopeless) else jobs.put_off
            with writing(self._engine) as connection:
                after(connection, job, f"{type(error).__name__}: {error}")
        return True

    def _pause(self) -> float | None:
        """Return the seconds until the next job is due; None where none is queued."""
        with reading(self._engine) as connection:
            due = jobs.next_due(connection)
        return None if due is None else max(0.0, (due - now()).total_seconds())
