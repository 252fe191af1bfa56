-- id: legal-transitions-only
-- title: Documents change state only in the ways the trade knows
-- title_zh: 单据状态只能按规定流转
-- severity: critical
-- why: A shipment that was delivered before it left, or a cancelled order that ships, was not stopped by the check that should have stopped it.
-- why_zh: 未发先签收、已取消又发货，说明本该拦截的检查没有起作用。
-- reference:
WITH legal(document_kind, from_state, to_state) AS (
  VALUES
    ('order', 'none', 'quotation'), ('order', 'none', 'confirmed'), ('order', 'quotation', 'confirmed'), ('order', 'quotation', 'cancelled'),
    ('order', 'confirmed', 'cancelled'), ('order', 'confirmed', 'partly shipped'), ('order', 'confirmed', 'shipped'),
    ('order', 'partly shipped', 'shipped'),
    ('shipment', 'none', 'planned'), ('shipment', 'planned', 'shipped'), ('shipment', 'planned', 'cancelled'), ('shipment', 'shipped', 'delivered'),
    ('return', 'none', 'open'), ('return', 'open', 'received'), ('return', 'open', 'cancelled'), ('return', 'received', 'closed')
)
SELECT a.document_kind, a.document, a.entry, l.to_state IS NOT NULL AS holds, a.action, a.from_state, a.to_state
FROM audit a
LEFT JOIN legal l ON l.document_kind = a.document_kind AND l.from_state = COALESCE(a.from_state, 'none') AND l.to_state = a.to_state
WHERE a.document_kind IN ('order', 'shipment', 'return') AND a.to_state IS NOT NULL AND a.to_state <> COALESCE(a.from_state, 'none')
