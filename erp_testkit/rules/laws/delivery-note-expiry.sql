-- id: delivery-note-expiry
-- title: The delivery note prints the expiry date the lot had when it left
-- title_zh: 出库单上的有效期与发货时批次有效期一致
-- severity: critical
-- why: A nurse decides by the printed date whether a device may still be used.
-- why_zh: 护士凭打印的有效期判断器械能否使用。
-- reference:
WITH printed AS (
  SELECT n.delivery_note, n.shipment, n.item, n.lot, n.serial, n.expiry AS printed, l.expiry AS now,
    (SELECT MIN(e.at) FROM lot_events e
     WHERE e.item = n.item AND e.lot = n.lot AND e.event = 'expiry corrected' AND e.at > s.shipped_at) AS corrected_at
  FROM delivery_note_lines n
  JOIN shipments s ON s.shipment = n.shipment
  JOIN lots l ON l.item = n.item AND l.lot = n.lot
)
SELECT p.delivery_note, p.shipment, p.item, p.lot, p.serial, p.printed,
  CASE WHEN e.at IS NULL THEN p.now ELSE e.expiry_before END AS lot_expiry
FROM printed p
LEFT JOIN lot_events e ON e.item = p.item AND e.lot = p.lot AND e.event = 'expiry corrected' AND e.at = p.corrected_at
WHERE p.printed IS DISTINCT FROM CASE WHEN e.at IS NULL THEN p.now ELSE e.expiry_before END
