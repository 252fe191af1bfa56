"""A real Tryton 8.2 as a stand-in: its own process on the embedded PostgreSQL. It is GPL software and is never imported by the kit."""

from erp_testkit.standins.tryton.standin import TrytonStandIn

__all__ = ["TrytonStandIn"]
