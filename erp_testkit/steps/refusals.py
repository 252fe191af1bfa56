"""What the ERP says no to, and who was faster."""

from __future__ import annotations

from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.steps import expects_refusal, then
from erp_testkit.steps.assertions import expect
from erp_testkit.steps.world import World


@then(en="the ERP refuses because {reason:reason}", zh="系统拒绝，因为{reason:reason}")
@expects_refusal
def refused(world: World, reason: Reason) -> None:
    """Look at the refusal of the step before."""
    world.expect_refusal(reason)


@then(en="exactly one of the two succeeds and the other is refused", zh="两者中恰有一个成功，另一个被拒绝")
def one_of_two(world: World) -> None:
    """Look at what became of two people who did the same at once."""
    succeeded, _ = _outcomes(world)
    expect("let exactly one of the two succeed", expected=1, got=succeeded)


@then(en="both of them succeed", zh="两者都成功")
def both(world: World) -> None:
    """Look at two people who did not get in each other's way."""
    succeeded, refusals = _outcomes(world)
    expect("let both of them succeed", expected=(2, ()), got=(succeeded, refusals))


def _outcomes(world: World) -> tuple[int, tuple[str, ...]]:
    outcomes = world.kept("outcome of two at once")
    refusals = tuple(str(outcome) for outcome in outcomes if isinstance(outcome, Refused))
    return len(outcomes) - len(refusals), refusals
