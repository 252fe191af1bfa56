"""Step functions, one module per business area; each step has its English and its Chinese wording side by side.

A step speaks to the ERP only through ports, which it takes as fixtures by their names (`sales`, `stock`, ...).
"""

from erp_testkit.steps.vocabulary import phrase
from erp_testkit.steps.wording import expects_refusal, given, then, when

__all__ = ["expects_refusal", "given", "phrase", "then", "when"]
