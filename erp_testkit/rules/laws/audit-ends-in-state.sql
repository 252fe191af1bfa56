-- id: audit-ends-in-state
-- title: The audit trail ends in the state the document has
-- title_zh: 审计记录的最后状态与单据当前状态一致
-- severity: critical
-- why: A state that was never recorded was set past the trail.
-- why_zh: 从未记录过的状态，是绕过审计设置的。
-- reference: 21 CFR 11.10(e)
WITH last_entries AS (
  SELECT document_kind, document, to_state, ROW_NUMBER() OVER (PARTITION BY document_kind, document ORDER BY sequence DESC) AS from_last
  FROM audit WHERE to_state IS NOT NULL
),
documents AS (
  SELECT 'order' AS document_kind, order_no AS document, state FROM orders
  UNION ALL
  SELECT 'shipment', shipment, state FROM shipments
  UNION ALL
  SELECT 'return', return_no, state FROM returns
)
SELECT d.document_kind, d.document, d.state IS NOT DISTINCT FROM e.to_state AS holds, d.state, e.to_state AS last_recorded
FROM documents d
LEFT JOIN last_entries e ON e.document_kind = d.document_kind AND e.document = d.document AND e.from_last = 1
