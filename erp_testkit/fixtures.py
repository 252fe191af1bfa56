"""The public types of fixtures that the pytest plugin provides, and stand-ins to start in tests of your own.

- `World`: the fixture ``world`` of a scenario.
- Ports are fixtures under the names in `erp_testkit.adapter.PORTS`, such as ``stock``; their types are there.
- `Started`: the fixture ``erp_container``; `Partner`: a value of the fixture ``partner_containers``.
- `PartnerStandIn` starts a partner system as a process, without an engine for containers.
- `Network` is the fixture ``network``; `ProxyNetwork` is one of your own; `toxic` makes what spoils a link of either.

It follows semantic versioning; whatever is not named here may change in any version.
"""

from __future__ import annotations

from erp_testkit.standins.network import Link, Network, Toxic, toxic
from erp_testkit.standins.network.links import ProxyNetwork
from erp_testkit.standins.partners import Partner, PartnerStandIn
from erp_testkit.standins.standin import Started
from erp_testkit.steps.world import World

__all__ = ["Link", "Network", "Partner", "PartnerStandIn", "ProxyNetwork", "Started", "Toxic", "World", "toxic"]
