-- id: inspection-equals-moves
-- title: Returned goods go where inspection sent them, once
-- title_zh: 退货验收结果与实际流水一致，且只执行一次
-- severity: critical
-- why: A device restocked twice exists twice; one decided for scrap that is back in stock goes to the next patient.
-- why_zh: 重复上架的器械会变成两件；判定报废却回到库存的，会用到下一位患者身上。
-- reference: ISO 13485:2016 8.3
SELECT return_no, item, lot, serial, SUM(to_restock) = SUM(restocked) AND SUM(to_scrap) = SUM(scrapped) AS holds,
  SUM(to_restock) AS to_restock, SUM(restocked) AS restocked, SUM(to_scrap) AS to_scrap, SUM(scrapped) AS scrapped
FROM (
  -- A serial number says it all; the lot of its line may be left out. Before inspection there is no disposition.
  SELECT l.return_no, l.item, CASE WHEN l.serial IS NULL THEN l.lot END AS lot, l.serial,
    CASE WHEN l.disposition IS NOT NULL AND l.disposition = 'restock' THEN l.quantity ELSE 0 END AS to_restock, 0 AS restocked,
    CASE WHEN l.disposition IS NOT NULL AND l.disposition = 'scrap' THEN l.quantity ELSE 0 END AS to_scrap, 0 AS scrapped
  FROM return_lines l
  UNION ALL
  SELECT document, item, CASE WHEN serial IS NULL THEN lot END, serial,
    0, CASE WHEN to_kind = 'stock' THEN quantity ELSE 0 END, 0, CASE WHEN to_kind = 'scrap' THEN quantity ELSE 0 END
  FROM moves WHERE document_kind = 'return' AND to_kind IN ('stock', 'scrap')
) AS figures
GROUP BY return_no, item, lot, serial
