-- id: numbers-used-once
-- title: Movements and receipt lines are numbered once
-- title_zh: 流水号与入库单行号不得重复
-- severity: critical
-- why: Two bookings under one number are one booking processed twice.
-- why_zh: 同一编号记账两次，就是一笔业务处理了两次。
-- reference:
SELECT 'movement' AS source, move AS document, NULL AS line, COUNT(*) = 1 AS holds,
  MIN(item) AS item, MIN(lot) AS lot, MIN(serial) AS serial, COUNT(*) AS times, 1 AS expected
FROM moves GROUP BY move
UNION ALL
SELECT 'receipt line', receipt, line, COUNT(*) = 1, MIN(item), MIN(lot), MIN(serial), COUNT(*), 1 FROM receipts GROUP BY receipt, line
