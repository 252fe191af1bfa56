"""Acting as somebody else, and two people at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

from erp_testkit.domain.documents import Role
from erp_testkit.erp.errors import Refused
from erp_testkit.erp.ports import Access
from erp_testkit.steps.world import World

P = TypeVar("P")
T = TypeVar("T")


def acting(access: Access, role: Role, **port: P) -> P:
    """Return the port another role speaks through: ``acting(access, Role.SALES, sales=sales)``.

    The port is named with the step's own fixture, because the parameters of a step say which ports its scenario needs.
    """
    (name,) = port
    return cast(P, getattr(access.acting_as(role), name))


def at_once(world: World, access: Access, role: Role, *actions: Callable[[P], object], **port: P) -> None:
    """Let people of one role do something at the same moment, each in a session of its own, and keep what became of each."""
    sessions = [acting(access, role, **port) for _ in actions]
    barrier = threading.Barrier(len(actions))

    def act(action: Callable[[P], T], session: P) -> T | Refused:
        barrier.wait()
        try:
            return action(session)
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(len(actions)) as pool:
        world.keep("outcome of two at once", tuple(pool.map(act, actions, sessions)))
