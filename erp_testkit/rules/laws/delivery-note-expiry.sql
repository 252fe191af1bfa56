-- id: delivery-note-expiry
-- title: The delivery note prints the expiry date the lot had when it left
-- title_zh: 随货同行单上的有效期与发货时批次有效期一致
-- severity: critical
-- why: A nurse decides by the printed date whether a device may still be used.
-- why_zh: 护士凭打印的有效期判断器械能否使用。
-- reference:
WITH corrections AS (
  -- Before each correction, and since the one before it, the lot had this expiry date.
  SELECT item, lot, expiry_before, at AS corrected_at,
    COALESCE(LAG(at) OVER (PARTITION BY item, lot ORDER BY at), TIMESTAMP '1900-01-01 00:00:00') AS known_from
  FROM lot_events WHERE event = 'expiry corrected'
),
printed AS (
  SELECT n.delivery_note, n.line, n.shipment, n.item, COALESCE(n.lot, k.lot) AS lot, n.serial, n.expiry, s.shipped_at
  FROM delivery_note_lines n
  LEFT JOIN serials k ON k.item = n.item AND k.serial IS NOT DISTINCT FROM n.serial
  LEFT JOIN shipments s ON s.shipment = n.shipment
  WHERE n.lot IS NOT NULL OR n.serial IS NOT NULL
)
SELECT p.delivery_note, p.line, p.shipment, p.item, p.lot, p.serial,
  CASE WHEN l.lot IS NOT NULL AND p.shipped_at IS NOT NULL
    THEN p.expiry IS NOT DISTINCT FROM CASE WHEN c.corrected_at IS NULL THEN l.expiry ELSE c.expiry_before END END AS holds,
  p.expiry AS printed, CASE WHEN c.corrected_at IS NULL THEN l.expiry ELSE c.expiry_before END AS lot_expiry,
  CASE WHEN p.lot IS NULL THEN 'serial number without a lot' WHEN l.lot IS NULL THEN 'lot without a record'
    ELSE 'shipment without the time it left' END AS unknown_because
FROM printed p
LEFT JOIN lots l ON l.item = p.item AND l.lot IS NOT DISTINCT FROM p.lot
LEFT JOIN corrections c ON c.item = p.item AND c.lot IS NOT DISTINCT FROM p.lot
  AND p.shipped_at IS NOT NULL AND p.shipped_at >= c.known_from AND p.shipped_at < c.corrected_at
