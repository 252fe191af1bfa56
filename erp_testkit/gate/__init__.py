"""From evidence to a decision: policy, waivers, verdict, approvals, and what changed between two runs."""
