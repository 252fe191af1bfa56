"""The mapping tables of a new reference ERP: which field of a document goes into which field of a message, or out of which it comes.

Seeded into the table `interface_fields`; the engine (`services.mapping`, `services.confirmations`) follows the table, not this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

Field: TypeAlias = tuple[str, str, int | None]
"""Source, target, most characters of the target."""

FIELDS: Mapping[str, tuple[Field, ...]] = MappingProxyType(
    {
        "wms.shipment": (
            ("shipment.number", "shipmentNo", 20),
            ("shipment.order", "orderNo", 20),
            ("shipment.reference", "customerRef", 40),
            ("customer.code", "consignee.code", 20),
            ("customer.name", "consignee.name", 60),
            ("lines[].line", "lines[].lineNo", 4),
            ("lines[].item", "lines[].sku", 20),
            ("lines[].name", "lines[].description", 120),
            ("lines[].gtin", "lines[].gtin", 14),
            ("lines[].lot", "lines[].lotNo", 20),
            ("lines[].serial", "lines[].serialNo", 20),
            ("lines[].expiry", "lines[].expiryDate", 10),
            ("lines[].quantity", "lines[].qty", 10),
            ("lines[].unit", "lines[].uom", 10),
        ),
        "carrier.delivery": (
            ("delivery_note.number", "delivery_note", 20),
            ("shipment.number", "shipment", 20),
            ("customer.code", "consignee_code", 20),
            ("customer.name", "consignee_name", 60),
            ("lines[].line", "line", 4),
            ("lines[].item", "item", 20),
            ("lines[].lot", "lot", 20),
            ("lines[].serial", "serial", 20),
            ("lines[].expiry", "expiry", 8),
            ("lines[].quantity", "quantity", 10),
            ("lines[].unit", "unit", 10),
        ),
        "udi.shipment": (
            ("shipment.number", "shipment", 20),
            ("delivery_note.number", "deliveryNote", 20),
            ("shipment.shipped_at", "shippedAt", 40),
            ("customer.code", "consignee", 20),
            ("lines[].gtin", "device[].di", 14),
            ("lines[].lot", "device[].lot", 20),
            ("lines[].serial", "device[].serial", 20),
            ("lines[].expiry", "device[].expiry", 10),
            ("lines[].quantity", "device[].quantity", 10),
        ),
        "wms.confirmation": (
            ("shipment_no", "shipment.number", 20),
            ("confirmed_at", "shipment.shipped_at", 40),
            ("line_no", "lines[].line", 4),
            ("sku", "lines[].item", 20),
            ("lot_no", "lines[].lot", 20),
            ("serial_no", "lines[].serial", 20),
            ("expiry_date", "lines[].expiry", 10),
            ("qty", "lines[].quantity", 10),
        ),
    }
)
"""Channel to fields, in the order of their positions."""
