-- id: nothing-held-back-shipped
-- title: No quarantined or recalled lot is shipped
-- title_zh: 隔离或召回的批次不得发货
-- severity: blocker
-- why: Quality holds a lot back because it may harm somebody. What was quarantined only after it left is no violation.
-- why_zh: 质量部门扣下的批次可能伤人。发货之后才隔离的不算违反。
-- reference: EU MDR 2017/745 Article 14; ISO 13485:2016 8.3
WITH periods AS (
  SELECT item, lot, event, at, COALESCE(LEAD(at) OVER (PARTITION BY item, lot ORDER BY at, event), TIMESTAMP '9999-01-01 00:00:00') AS until
  FROM lot_events WHERE event IN ('quarantined', 'released')
),
held AS (
  SELECT item, lot, at, until FROM periods WHERE event = 'quarantined'
),
recalls AS (
  -- A release does not undo a recall.
  SELECT item, lot, MIN(at) AS at FROM lot_events WHERE event = 'recalled' GROUP BY item, lot
)
SELECT m.move, m.document AS shipment, m.item, m.lot, m.serial, CASE WHEN m.lot IS NOT NULL THEN r.at IS NULL AND h.at IS NULL END AS holds,
  m.at AS left_at, r.at AS recalled_at, h.at AS held_at, 'movement without a lot' AS unknown_because
FROM lot_moves m
LEFT JOIN recalls r ON r.item = m.item AND r.lot IS NOT DISTINCT FROM m.lot AND r.at < m.at
LEFT JOIN held h ON h.item = m.item AND h.lot IS NOT DISTINCT FROM m.lot AND h.at < m.at AND m.at <= h.until
WHERE m.document_kind = 'shipment' AND m.to_kind = 'customer'
