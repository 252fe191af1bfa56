"""The audit trail: Tryton's log of buttons, transitions and changed fields (``ir.model.log``).

The log has no entry for the creation of a document and none for movements of stock, and it does not say what a field was before. So the
port `AuditTrail` gives what is there, and the ledger's ``audit`` table is left out: a law about complete trails would be answered wrongly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from erp_testkit.domain.documents import AuditEntry
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.erp.ports import reads
from erp_testkit.erp.tryton.outbound import OUT
from erp_testkit.erp.tryton.returns import RETURN
from erp_testkit.erp.tryton.rpc import Record, Rpc
from erp_testkit.erp.tryton.sales import SALE
from erp_testkit.erp.tryton.stock import COUNT, IN, INTERNAL

LOG = "ir.model.log"

_MODELS = (SALE, OUT, RETURN, IN, INTERNAL, COUNT, "stock.lot")

_WORDS: Mapping[str, Mapping[str, str]] = {
    SALE: {
        "state:quotation": "quotation",
        "state:confirmed": "confirmed",
        "state:cancelled": "cancelled",
        "shipment_state:partially shipped": "partly shipped",
        "shipment_state:sent": "shipped",
    },
    OUT: {"state:assigned": "planned", "state:done": "shipped", "state:cancelled": "cancelled"},
    RETURN: {"state:draft": "open", "state:received": "received", "state:done": "closed", "state:cancelled": "cancelled"},
    IN: {"state:done": "received"},
    INTERNAL: {"state:done": "done"},
    COUNT: {"state:done": "done"},
}
"""What Tryton's transitions are called in the kit; others change nothing the kit has a word for."""


class AuditTrail:
    """Port `AuditTrail`."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    @reads
    def entries(self, document: str) -> Sequence[AuditEntry]:
        """Read the log of the document that has this number; where several kinds have it, the first in Tryton's order of business."""
        model, id_ = self._find(document)
        fields = ["event", "target", "create_date", "user.login"]
        rows = self._rpc.read(LOG, [("resource", "=", f"{model},{id_}")], fields, order=[("id", "ASC")])
        return list(_entries(document, _WORDS.get(model, {}), rows))

    def change_entry(self, entry: str, user: str) -> None:
        """Write another user into a row of the log."""
        users = self._rpc.read("res.user", [("login", "=", user)], ["id"])
        self._rpc.write(LOG, [int(entry)], {"user": users[0]["id"] if users else None})

    def delete_entry(self, entry: str) -> None:
        """Delete a row of the log."""
        self._rpc.call(f"model.{LOG}.delete", [int(entry)])

    def _find(self, document: str) -> tuple[str, int]:
        for model in _MODELS:
            if found := self._rpc.read(model, [("number", "=", document)], ["id"]):
                return model, found[0]["id"]
        raise Refused(Reason.UNKNOWN, f"document '{document}' not found")


def _entries(document: str, words: Mapping[str, str], rows: Iterable[Record]) -> Iterable[AuditEntry]:
    state: str | None = None
    for row in rows:
        before, after = state, None
        if row["event"] == "transition":
            after = words.get(row["target"], "")
            if after in {"", before}:
                continue
            state = after
        yield AuditEntry(
            id=str(row["id"]),
            at=row["create_date"],
            user=row["user."]["login"] if row["user."] else "",
            document=document,
            action=f"{row['event']} {row['target']}".strip(),
            from_state=before if after else None,
            to_state=after,
        )
