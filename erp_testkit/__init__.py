"""erp-testkit: regression and contract tests for ERP deployments in medical-device distribution."""
