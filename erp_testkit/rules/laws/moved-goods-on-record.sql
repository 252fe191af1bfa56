-- id: moved-goods-on-record
-- title: Every lot and serial number that moved has a record
-- title_zh: 流水中的每个批次和序列号都必须有档案
-- severity: critical
-- why: A movement under a lot or serial number nobody knows is a wrong field in an interface; what it moved cannot be traced.
-- why_zh: 流水中出现无人知晓的批次或序列号，说明接口字段写错，所涉货物无法追溯。
-- reference: EU MDR 2017/745 Article 25; ISO 13485:2016 7.5.9
SELECT m.move, m.item, m.lot, m.serial, (m.lot IS NULL OR l.lot IS NOT NULL) AND (m.serial IS NULL OR s.serial IS NOT NULL) AS holds,
  m.document, CASE WHEN m.lot IS NOT NULL AND l.lot IS NULL THEN 'lot' ELSE 'serial' END AS without_record
FROM moves m
LEFT JOIN lots l ON l.item = m.item AND l.lot IS NOT DISTINCT FROM m.lot
LEFT JOIN serials s ON s.item = m.item AND s.serial IS NOT DISTINCT FROM m.serial
WHERE m.lot IS NOT NULL OR m.serial IS NOT NULL
