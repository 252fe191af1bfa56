-- id: return-equals-moves
-- title: A received return books exactly what it says
-- title_zh: 退货单与实际退回流水一致
-- severity: critical
-- why: Returned goods that are not booked in are lost for the trace; goods booked in before they came are not there.
-- why_zh: 退货未入账则无法追溯；货未到先入账，则实物并不存在。
-- reference:
SELECT return_no, item, lot, serial, SUM(said) = SUM(moved) AS holds, SUM(said) AS said, SUM(moved) AS moved
FROM (
  -- A serial number says it all; the lot of its line may be left out.
  SELECT l.return_no, l.item, CASE WHEN l.serial IS NULL THEN l.lot END AS lot, l.serial, l.quantity AS said, 0 AS moved
  FROM return_lines l JOIN returns r ON r.return_no = l.return_no
  WHERE r.state IN ('received', 'closed')
  UNION ALL
  SELECT document, item, CASE WHEN serial IS NULL THEN lot END, serial, 0, quantity
  FROM moves WHERE document_kind = 'return' AND from_kind = 'customer'
) AS figures
GROUP BY return_no, item, lot, serial
