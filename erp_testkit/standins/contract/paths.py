"""What the paths of a contract mean: collections, the resources in them, and what is done with those."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from erp_testkit.standins.contract.document import Operation, variables


class Role(StrEnum):
    """What an operation does."""

    CREATE = "create"
    LIST = "list"
    READ = "read"
    CHANGE = "change"
    REMOVE = "remove"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Places:
    """The places of a contract where resources are."""

    items: frozenset[tuple[str, ...]]
    """Paths of single resources, such as ``("orders", "{id}")``, that something in the contract can make."""

    @staticmethod
    def of(operations: Collection[Operation]) -> Places:
        """Read them off a contract's operations."""
        posted = {operation.segments for operation in operations if operation.method == "POST"}
        put = {operation.segments for operation in operations if operation.method == "PUT" and "201" in operation.responses}
        items = {operation.segments for operation in operations if variables(operation.segments[-1])}
        # What was posted gets one key: where two parameters tell resources apart, it cannot be found again.
        return Places(frozenset(item for item in items if (item[:-1] in posted and len(variables(item[-1])) == 1) or item in put))

    def role(self, operation: Operation) -> Role:
        """Say what an operation does."""
        segments, method = operation.segments, operation.method
        if variables(segments[-1]):
            roles = {"GET": Role.READ, "PUT": Role.CHANGE, "PATCH": Role.CHANGE, "DELETE": Role.REMOVE}
            return roles.get(method, Role.OTHER)
        if self.key_of(operation):
            return {"GET": Role.LIST, "POST": Role.CREATE}.get(method, Role.OTHER)
        return Role.OTHER

    def key_of(self, operation: Operation) -> str:
        """Return the parameter that tells the resources of a collection apart; empty where its path is none."""
        return "".join(variables(self._item(operation))[:1])

    def name(self, operation: Operation, key: str) -> str:
        """Return the last segment of the path of a resource in a collection."""
        return self._item(operation).replace(f"{{{self.key_of(operation)}}}", key)

    def _item(self, operation: Operation) -> str:
        found = (item[-1] for item in sorted(self.items) if item[:-1] == operation.segments and len(variables(item[-1])) == 1)
        return next(found, "")

    def resources(self, operation: Operation) -> Sequence[int]:
        """Return how many segments lead to each resource in a path, the outermost first: those must be there."""
        return [length for length in range(1, len(operation.segments) + 1) if operation.segments[:length] in self.items]
