-- id: papers-keep-the-lot
-- title: Shipments and returns name a serial number with its own lot
-- title_zh: 发货单与退货单上序列号的批次必须正确
-- severity: critical
-- why: A paper that names a device under another lot breaks the trace between the paper and the device.
-- why_zh: 单据上批次写错，单据与实物之间的追溯就断了。
-- reference:
WITH said AS (
  SELECT item, serial, lot, shipment AS document FROM shipment_lines
  UNION ALL
  SELECT item, serial, lot, return_no FROM return_lines
)
SELECT said.document, said.item, said.serial, said.lot AS said, s.lot AS bound_to
FROM said JOIN serials s ON s.item = said.item AND s.serial = said.serial
WHERE said.lot <> s.lot
