-- id: documents-within-run
-- title: Documents carry the time at which they were made, in UTC
-- title_zh: 单据时间必须在运行期间内并带时区
-- severity: normal
-- why: Reconciliation between systems goes by time; a document dated hours off is missing on one side.
-- why_zh: 系统间按时间对账；时间差几小时的单据会在一边缺失。
-- reference:
WITH moments AS (
  SELECT 'order' AS source, order_no AS document, ordered_at AS at FROM orders
  UNION ALL
  SELECT 'receipt', receipt, received_at FROM receipts
  UNION ALL
  SELECT 'shipment', shipment, shipped_at FROM shipments
)
-- Five minutes, because the clocks of the ERP and of the kit may differ; a wrong time zone differs by more.
SELECT m.source, m.document, m.at, r.started_at, r.read_at
FROM moments m CROSS JOIN run r
WHERE m.at NOT LIKE '____-__-__T__:__:__.______Z'
  OR DATE_DIFF('second', CAST(m.at AS TIMESTAMP), CAST(r.started_at AS TIMESTAMP)) > 300
  OR DATE_DIFF('second', CAST(r.read_at AS TIMESTAMP), CAST(m.at AS TIMESTAMP)) > 300
