"""erp-testkit: regression and contract tests for ERP deployments in medical-device distribution.

Public are `erp_testkit.adapter` (for people who write an adapter), `erp_testkit.steps` (for people who write steps) and
`erp_testkit.fixtures` (types of the fixtures that the pytest plugin provides), each in what its ``__all__`` names. Everything else is
private and may change in any version.
"""

__version__ = "0.1.0"
