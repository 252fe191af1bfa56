-- id: backward-trace-complete
-- title: The backward trace names supplier and receipt
-- title_zh: 反向追溯可查到供应商和入库单
-- severity: critical
-- why: A complaint about a device goes back to its maker by this trace.
-- why_zh: 器械投诉要靠它找到厂家。
-- reference: EU MDR 2017/745 Article 25; ISO 13485:2016 7.5.9
SELECT receipt, supplier, item, lot, serial, SUM(traced) = SUM(moved) AS holds, SUM(traced) AS traced, SUM(moved) AS moved
FROM (
  SELECT document AS receipt, party AS supplier, item, lot, serial, quantity AS traced, 0 AS moved FROM trace WHERE direction = 'backward'
  UNION ALL
  SELECT document, party, item, lot, serial, 0, quantity
  FROM moves WHERE document_kind = 'receipt' AND from_kind = 'supplier' AND COALESCE(lot, serial) IS NOT NULL
) AS figures
GROUP BY receipt, supplier, item, lot, serial
