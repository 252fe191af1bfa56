-- id: nothing-held-back-shipped
-- title: No quarantined or recalled lot is shipped
-- title_zh: 隔离或召回的批次不得发货
-- severity: blocker
-- why: Quality holds a lot back because it may harm somebody. What was quarantined only after it left is no violation.
-- why_zh: 质量部门扣下的批次可能伤人。发货之后才隔离的不算违反。
-- reference: EU MDR 2017/745 Article 14; ISO 13485:2016 8.3
WITH sent AS (
  SELECT m.document, m.item, m.lot, m.serial, m.at,
    (SELECT MAX(e.at) FROM lot_events e WHERE e.item = m.item AND e.lot = m.lot AND e.event = 'recalled' AND e.at < m.at) AS recalled_at,
    (SELECT MAX(e.at) FROM lot_events e WHERE e.item = m.item AND e.lot = m.lot AND e.event = 'quarantined' AND e.at < m.at) AS held_at,
    (SELECT MAX(e.at) FROM lot_events e WHERE e.item = m.item AND e.lot = m.lot AND e.event = 'released' AND e.at < m.at) AS released_at
  FROM moves m
  WHERE m.document_kind = 'shipment' AND m.to_kind = 'customer'
)
SELECT document AS shipment, item, lot, serial, at AS left_at, recalled_at, held_at, released_at
FROM sent
WHERE recalled_at IS NOT NULL OR held_at > COALESCE(released_at, '')
