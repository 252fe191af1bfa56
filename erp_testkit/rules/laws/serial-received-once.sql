-- id: serial-received-once
-- title: A serial number comes in from a supplier once
-- title_zh: 同一序列号只能从供应商入库一次
-- severity: critical
-- why: A second receipt of one serial number is a double booking or a counterfeit.
-- why_zh: 同一序列号再次入库，不是重复记账就是假货。
-- reference:
SELECT m.item, m.serial, MIN(m.document) AS document,
  SUM(CASE WHEN m.from_kind = 'supplier' THEN 1 ELSE 0 END) AS received,
  SUM(CASE WHEN m.to_kind = 'supplier' THEN 1 ELSE 0 END) AS sent_back
FROM moves m
WHERE m.serial IS NOT NULL AND (m.from_kind = 'supplier' OR m.to_kind = 'supplier')
GROUP BY m.item, m.serial
HAVING SUM(CASE WHEN m.from_kind = 'supplier' THEN 1 ELSE -1 END) > 1
