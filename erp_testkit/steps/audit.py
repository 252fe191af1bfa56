"""Who did what, when."""

from __future__ import annotations

from collections.abc import Sequence

from erp_testkit.domain.documents import AuditEntry, Role
from erp_testkit.erp.ports import Access, AuditTrail
from erp_testkit.steps import phrase, then, when
from erp_testkit.steps.assertions import expect
from erp_testkit.steps.concurrency import acting
from erp_testkit.steps.tables import Datatable, rows
from erp_testkit.steps.vocabulary import DOCUMENTS, ROLES, STATES
from erp_testkit.steps.world import World

_role = phrase(of=ROLES)
_state = phrase(of=STATES)
_document = phrase(of=DOCUMENTS)


@then(en="the audit trail of {document:document} {alias:name} shows exactly:", zh="{document:document}{alias:name}的审计日志依次为：")
def trail_shows(audit_trail: AuditTrail, access: Access, world: World, document: str, alias: str, datatable: Datatable) -> None:
    """Compare who took a document from which state to which, in order."""
    expected = [
        (access.user(_role(row["role"])), _state(row["from"]) if "from" in row else "-", _state(row["to"])) for row in rows(datatable)
    ]
    got = [
        (entry.user, entry.from_state or "-", entry.to_state or "-")
        for entry in audit_trail.entries(world.code(document, alias))
        if entry.from_state != entry.to_state
    ]
    expect(f"find the audit trail of {document} {world.says(document, alias)}", expected=expected, got=got)


@then(
    en="the audit trail of {document:document} {alias:name} is in order of time, and each entry names a user",
    zh="{document:document}{alias:name}的审计日志按时间先后排列，且每条记录都有操作人",
)
def trail_in_order(audit_trail: AuditTrail, world: World, document: str, alias: str) -> None:
    """Look at the times and users of an audit trail."""
    entries = audit_trail.entries(world.code(document, alias))
    says = f"{document} {world.says(document, alias)}"
    expect(f"find any audit entry of {says}", expected=True, got=bool(entries))
    expect(f"find each audit entry of {says} with a time zone", expected=[], got=[entry.id for entry in entries if entry.at.tzinfo is None])
    expect(f"find each audit entry of {says} with a user", expected=[], got=[entry.id for entry in entries if not entry.user])
    times = [entry.at for entry in entries]
    expect(f"find the audit trail of {says} in order of time", expected=sorted(times), got=times)
    expect(f"find each audit entry of {says} once", expected=len(entries), got=len({entry.id for entry in entries}))


@when(
    en="{role:role} puts another name on the last entry of {document:document} {alias:name}",
    zh="{role:role}把{document:document}{alias:name}最后一条审计日志的操作人改成别人",
)
def change_last(audit_trail: AuditTrail, access: Access, world: World, role: Role, document: str, alias: str) -> None:
    """Try to change an audit entry."""
    last = _last(audit_trail, world, document, alias)
    port = acting(access, role, audit_trail=audit_trail)
    world.attempt(lambda: port.change_entry(last.id, access.user(Role.AUDITOR)))


@when(
    en="{role:role} deletes the last entry of {document:document} {alias:name}",
    zh="{role:role}删除{document:document}{alias:name}最后一条审计日志",
)
def delete_last(audit_trail: AuditTrail, access: Access, world: World, role: Role, document: str, alias: str) -> None:
    """Try to delete an audit entry."""
    last = _last(audit_trail, world, document, alias)
    port = acting(access, role, audit_trail=audit_trail)
    world.attempt(lambda: port.delete_entry(last.id))


@when(en="somebody looks at the audit trail of {document:document} {alias:name}", zh="查看{document:document}{alias:name}的审计日志")
def look(audit_trail: AuditTrail, world: World, document: str, alias: str) -> None:
    """Keep an audit trail, to compare it later."""
    _keep(audit_trail, world, document, alias)


@then(en="the audit trail of {document:document} {alias:name} is as before", zh="{document:document}{alias:name}的审计日志没有变化")
def trail_as_before(audit_trail: AuditTrail, world: World, document: str, alias: str) -> None:
    """Compare an audit trail with what it was."""
    before = world.kept(f"audit trail of {document} {alias}")
    got = list(audit_trail.entries(world.code(document, alias)))
    expect(f"find the audit trail of {document} {world.says(document, alias)} as before", expected=before, got=got)


@then(
    en="the audit trail of {document:document} {alias:name} has one entry more, by {role:role}",
    zh="{document:document}{alias:name}的审计日志增加一条，操作人为{role:role}",
)
def one_entry_more(audit_trail: AuditTrail, access: Access, world: World, document: str, alias: str, role: Role) -> None:
    """Compare an audit trail with what it was, and look at the new entry."""
    before = world.kept(f"audit trail of {document} {alias}")
    got = list(audit_trail.entries(world.code(document, alias)))
    says = f"{document} {world.says(document, alias)}"
    expect(f"find the old entries in the audit trail of {says}", expected=before, got=got[: len(before)])
    expect(
        f"find one new entry in the audit trail of {says}", expected=[access.user(role)], got=[entry.user for entry in got[len(before) :]]
    )


def _last(audit_trail: AuditTrail, world: World, document: str, alias: str) -> AuditEntry:
    entries = _keep(audit_trail, world, document, alias)
    expect(f"find any audit entry of {document} {world.says(document, alias)}", expected=True, got=bool(entries))
    return entries[-1]


def _keep(audit_trail: AuditTrail, world: World, document: str, alias: str) -> Sequence[AuditEntry]:
    entries = list(audit_trail.entries(world.code(document, alias)))
    world.keep(f"audit trail of {document} {alias}", entries)
    return entries
