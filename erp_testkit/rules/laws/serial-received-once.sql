-- id: serial-received-once
-- title: A serial number comes in from a supplier once
-- title_zh: 同一序列号只能从供应商入库一次
-- severity: critical
-- why: A second receipt of one serial number is a double booking or a counterfeit.
-- why_zh: 同一序列号再次入库，不是重复记账就是假货。
-- reference:
SELECT item, serial, SUM(CASE WHEN from_kind = 'supplier' THEN 1 ELSE -1 END) <= 1 AS holds, MIN(document) AS document,
  SUM(CASE WHEN from_kind = 'supplier' THEN 1 ELSE 0 END) AS received,
  SUM(CASE WHEN to_kind = 'supplier' THEN 1 ELSE 0 END) AS sent_back
FROM moves
WHERE serial IS NOT NULL AND (from_kind = 'supplier' OR to_kind = 'supplier')
GROUP BY item, serial
