-- id: nothing-expired-shipped
-- title: Nothing expired is shipped
-- title_zh: 过期商品不得发货
-- severity: blocker
-- why: An expired implant or disposable must not reach a patient.
-- why_zh: 过期的植入物或耗材不得用到患者身上。
-- reference:
WITH sent AS (
  SELECT m.document, m.item, m.lot, m.serial, m.party, m.at, SUBSTR(m.at, 1, 10) AS left_on, l.expiry AS now,
    (SELECT MIN(e.at) FROM lot_events e
     WHERE e.item = m.item AND e.lot = m.lot AND e.event = 'expiry corrected' AND e.at > m.at) AS corrected_at
  FROM moves m JOIN lots l ON l.item = m.item AND l.lot = m.lot
  WHERE m.document_kind = 'shipment' AND m.to_kind = 'customer'
),
dated AS (
  SELECT s.document, s.item, s.lot, s.serial, s.party, s.left_on, CASE WHEN e.at IS NULL THEN s.now ELSE e.expiry_before END AS expiry
  FROM sent s
  LEFT JOIN lot_events e ON e.item = s.item AND e.lot = s.lot AND e.event = 'expiry corrected' AND e.at = s.corrected_at
)
SELECT document AS shipment, item, lot, serial, expiry, left_on FROM dated WHERE expiry < left_on
