-- id: documents-within-run
-- title: Documents carry the time at which they were made, in UTC
-- title_zh: 单据时间必须在运行期间内并带时区
-- severity: normal
-- why: Reconciliation between systems goes by time; a document dated hours off is missing on one side.
-- why_zh: 系统间按时间对账；时间差几小时的单据会在一边缺失。
-- reference:
-- scope: scenario
WITH moments AS (
  SELECT 'order' AS source, order_no AS document, ordered_at AS at FROM orders
  UNION
  SELECT 'receipt', receipt, received_at FROM receipts
  UNION
  SELECT 'shipment', shipment, shipped_at FROM shipments WHERE shipped_at IS NOT NULL
)
-- Five minutes, because the clocks of the ERP and of the kit may differ; a wrong time zone differs by more.
SELECT m.source, m.document, m.at, m.at BETWEEN r.started_at - INTERVAL 5 MINUTE AND r.read_at + INTERVAL 5 MINUTE AS holds,
  r.started_at, r.read_at
FROM moments m CROSS JOIN run r
