-- id: numbers-used-once
-- title: Movements and receipt lines are numbered once
-- title_zh: 流水号与入库单行号不得重复
-- severity: critical
-- why: Two bookings under one number are one booking processed twice.
-- why_zh: 同一编号记账两次，就是一笔业务处理了两次。
-- reference:
SELECT 'movement' AS source, m.move AS document, MIN(m.item) AS item, MIN(m.lot) AS lot, MIN(m.serial) AS serial, COUNT(*) AS times, 1 AS expected
FROM moves m GROUP BY m.move HAVING COUNT(*) > 1
UNION ALL
SELECT 'receipt line', r.receipt, MIN(r.item), MIN(r.lot), MIN(r.serial), COUNT(*), 1
FROM receipts r GROUP BY r.receipt, r.line HAVING COUNT(*) > 1
