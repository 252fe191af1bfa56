"""The reference ERP's databases: a template that is built once, and a clone for each ERP that is started."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

from erp_testkit.standins.postgres import PostgresServer

CLONES = "reference_of_"
"""What the names of clones begin with."""
_DECIDING = ("schema.py", "seed.py", "users.py", "interface_fields.py", "services/places.py", "services/access.py")


def create(url: str) -> None:
    """Create schema and seed in a database, unless it has them: an ERP that is started again keeps its books.

    Args:
        url: address of the database, of PostgreSQL or SQLite.
    """
    from sqlalchemy import inspect  # SQLAlchemy costs 0.3 s

    from erp_testkit.standins.reference.database import open_engine, writing
    from erp_testkit.standins.reference.schema import audit_head, create_schema
    from erp_testkit.standins.reference.seed import seed

    engine = open_engine(url)
    with writing(engine) as connection:
        if not inspect(connection).has_table(audit_head.name):
            create_schema(connection)
            seed(connection)
    engine.dispose()


def build_template(server: PostgresServer) -> str:
    """Build the template on a server, unless a former run has, and return its name."""
    template = f"reference_{_fingerprint()}"
    if server.exists(template):
        return template
    # Under another name first: a template that exists is a whole one, also where two runs build it at once.
    draft = f"{template}_{os.getpid()}"
    server.drop(draft)
    server.create(draft)
    create(server.uri_of(draft))
    if server.exists(template):
        server.drop(draft)
    else:
        server.rename(draft, template)
    return template


def forget_the_future(url: str) -> None:
    """Let the audit trail go on now, where it has entries of a time that is still to come."""
    from sqlalchemy import update  # as above

    from erp_testkit.standins.reference.database import open_engine, writing
    from erp_testkit.standins.reference.schema import audit_head

    engine = open_engine(url)
    with writing(engine) as connection:
        connection.execute(update(audit_head).values(at=datetime.now(UTC)))
    engine.dispose()


def name_for(owner: object, worker: str) -> str:
    """Return a name for the database of one ERP, such as no other ERP on this machine has."""
    return f"{CLONES}{os.getpid()}_{worker}_{id(owner):x}"


def _fingerprint() -> str:
    """Return twelve digits that change with what a new database holds."""
    here = Path(__file__).parent
    return hashlib.sha256(b"".join((here / name).read_bytes() for name in _DECIDING)).hexdigest()[:12]
