-- id: nothing-expired-shipped
-- title: Nothing expired is shipped
-- title_zh: 过期商品不得发货
-- severity: blocker
-- why: An expired implant or disposable must not reach a patient.
-- why_zh: 过期的植入物或耗材不得用到患者身上。
-- reference:
WITH corrections AS (
  -- Before each correction, and since the one before it, the lot had this expiry date.
  SELECT item, lot, expiry_before, at AS corrected_at,
    COALESCE(LAG(at) OVER (PARTITION BY item, lot ORDER BY at), TIMESTAMP '1900-01-01 00:00:00') AS known_from
  FROM lot_events WHERE event = 'expiry corrected'
)
SELECT m.move, m.document AS shipment, m.item, m.lot, m.serial,
  CASE WHEN c.corrected_at IS NULL THEN l.expiry ELSE c.expiry_before END >= CAST(m.at AS DATE) AS holds,
  CASE WHEN c.corrected_at IS NULL THEN l.expiry ELSE c.expiry_before END AS expiry, CAST(m.at AS DATE) AS left_on,
  CASE WHEN m.lot IS NULL THEN 'movement without a lot' WHEN l.lot IS NULL THEN 'lot without a record'
    ELSE 'lot without an expiry date' END AS unknown_because
FROM lot_moves m
LEFT JOIN lots l ON l.item = m.item AND l.lot IS NOT DISTINCT FROM m.lot
LEFT JOIN corrections c ON c.item = m.item AND c.lot IS NOT DISTINCT FROM m.lot AND m.at >= c.known_from AND m.at < c.corrected_at
WHERE m.document_kind = 'shipment' AND m.to_kind = 'customer'
