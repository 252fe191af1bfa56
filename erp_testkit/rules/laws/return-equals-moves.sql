-- id: return-equals-moves
-- title: A received return books exactly what it says
-- title_zh: 退货单与实际退回流水一致
-- severity: critical
-- why: Returned goods that are not booked in are lost for the trace; goods booked in before they came are not there.
-- why_zh: 退货未入账则无法追溯；货未到先入账，则实物并不存在。
-- reference:
SELECT figures.return_no, figures.item, figures.lot, figures.serial, SUM(figures.said) AS said, SUM(figures.moved) AS moved
FROM (
  SELECT l.return_no, l.item, CASE WHEN l.serial IS NULL THEN l.lot END AS lot, l.serial, l.quantity AS said, 0 AS moved
  FROM return_lines l JOIN returns r ON r.return_no = l.return_no
  WHERE r.state IN ('received', 'closed')
  UNION ALL
  SELECT document, item, CASE WHEN serial IS NULL THEN lot END, serial, 0, quantity
  FROM moves WHERE document_kind = 'return' AND from_kind = 'customer'
) AS figures
GROUP BY figures.return_no, figures.item, figures.lot, figures.serial
HAVING SUM(figures.said) <> SUM(figures.moved)
