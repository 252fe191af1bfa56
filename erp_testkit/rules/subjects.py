"""The columns by which a rule says what it thinks of its subjects."""

HOLDS = "holds"
"""TRUE where the subject is kept, FALSE where it is violated, NULL where that is unknown."""
SINCE = "since"
"""How old the subject is, for rules with a lag."""
BECAUSE = "unknown_because"
"""Why it is unknown."""
UNKNOWN = "a value it needs is unknown"
"""Where the rule does not say why."""
SHOWN_UNKNOWN = 10
"""How many unknown subjects are shown of each rule; all are counted."""
