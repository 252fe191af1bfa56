-- id: serial-keeps-its-lot
-- title: A serial number stays bound to the lot it was made in
-- title_zh: 序列号与批次的绑定关系不得改变
-- severity: blocker
-- why: A recall goes out by lot: a device under the wrong lot is not called back. This is how a field shift in a mapping table shows.
-- why_zh: 召回按批次进行：挂错批次的器械不会被召回。字段映射错位就是这样暴露的。
-- reference: EU MDR 2017/745 Article 25; ISO 13485:2016 7.5.9
WITH said AS (
  SELECT item, serial, lot, document_kind AS source, document FROM moves WHERE serial IS NOT NULL AND lot IS NOT NULL
  UNION
  SELECT item, serial, lot, 'receipt', receipt FROM receipts WHERE serial IS NOT NULL AND lot IS NOT NULL
),
first_lots AS (
  -- Where the record says nothing, the receipt does.
  SELECT item, serial, MIN(lot) AS lot FROM receipts WHERE serial IS NOT NULL GROUP BY item, serial
)
SELECT p.item, p.serial, p.source, p.document, p.lot AS said, p.lot = COALESCE(s.lot, f.lot) AS holds, COALESCE(s.lot, f.lot) AS bound_to,
  'serial number whose lot is not on record' AS unknown_because
FROM said p
LEFT JOIN serials s ON s.item = p.item AND s.serial = p.serial
LEFT JOIN first_lots f ON f.item = p.item AND f.serial = p.serial
