-- id: papers-keep-the-lot
-- title: Shipments and returns name a serial number with its own lot
-- title_zh: 发货单与退货单上序列号的批次必须正确
-- severity: critical
-- why: A paper that names a device under another lot breaks the trace between the paper and the device.
-- why_zh: 单据上批次写错，单据与实物之间的追溯就断了。
-- reference:
WITH said AS (
  SELECT item, serial, lot, shipment AS document, line FROM shipment_lines
  UNION ALL
  SELECT item, serial, lot, return_no, line FROM return_lines
)
SELECT p.document, p.line, p.item, p.serial, p.lot = s.lot AS holds, p.lot AS said, s.lot AS bound_to,
  'serial number whose lot is not on record' AS unknown_because
FROM said p LEFT JOIN serials s ON s.item = p.item AND s.serial = p.serial
-- A paper may name the serial number alone.
WHERE p.serial IS NOT NULL AND p.lot IS NOT NULL
