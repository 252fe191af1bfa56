-- id: receipt-equals-moves
-- title: A goods receipt books exactly what it says
-- title_zh: 入库单与实际入库流水一致
-- severity: critical
-- why: A receipt that books more, less or other goods than it names spoils stock and trace from the first day.
-- why_zh: 入库记账多了、少了或记成别的货，库存和追溯从第一天起就错了。
-- reference:
SELECT receipt, item, lot, serial, SUM(said) = SUM(moved) AS holds, SUM(said) AS said, SUM(moved) AS moved
FROM (
  SELECT receipt, item, lot, serial, quantity AS said, 0 AS moved FROM receipts
  UNION ALL
  SELECT document, item, lot, serial, 0, quantity FROM moves WHERE document_kind = 'receipt' AND from_kind = 'supplier'
) AS figures
GROUP BY receipt, item, lot, serial
