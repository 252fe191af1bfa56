"""What a new reference ERP knows from the start: users, bins, mapping tables, its own secret."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, insert

from erp_testkit.standins.reference import schema
from erp_testkit.standins.reference.interface_fields import FIELDS
from erp_testkit.standins.reference.services.access import hashed
from erp_testkit.standins.reference.services.clock import now
from erp_testkit.standins.reference.services.places import BINS
from erp_testkit.standins.reference.users import USERS


def seed(connection: Connection) -> None:
    """Fill an empty schema."""
    for role, credentials in USERS.items():
        salt = secrets.token_hex(8)
        connection.execute(
            insert(schema.users).values(name=credentials.name, role=role, salt=salt, password_hash=hashed(credentials.password, salt))
        )
    for position, (code, kind) in enumerate(BINS.items()):
        connection.execute(insert(schema.bins).values(code=code, kind=kind, position=position))
    for channel, fields in FIELDS.items():
        for position, (source, target, width) in enumerate(fields, start=1):
            row = {"channel": channel, "position": position, "source": source, "target": target, "width": width}
            connection.execute(insert(schema.interface_fields).values(row))
    connection.execute(insert(schema.settings).values(name="token_secret", value=secrets.token_hex(32)))
    connection.execute(insert(schema.audit_head).values(id=1, sequence=0, hash="", at=now()))
