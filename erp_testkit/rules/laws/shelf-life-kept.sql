-- id: shelf-life-kept
-- title: What is shipped is usable as long as the customer asks for
-- title_zh: 发货商品的剩余有效期须满足客户要求
-- severity: normal
-- why: A hospital sends back what it cannot use up in time. (The customer's present requirement counts; the ledger keeps no older one.)
-- why_zh: 医院来不及用完的货会被退回。（按客户当前要求判断，账本不保存旧的要求。）
-- reference:
WITH corrections AS (
  -- Before each correction, and since the one before it, the lot had this expiry date.
  SELECT item, lot, expiry_before, at AS corrected_at,
    COALESCE(LAG(at) OVER (PARTITION BY item, lot ORDER BY at), TIMESTAMP '1900-01-01 00:00:00') AS known_from
  FROM lot_events WHERE event = 'expiry corrected'
),
sent AS (
  SELECT m.move, m.document, m.item, m.lot, m.serial, m.party, CAST(m.at AS DATE) AS left_on, l.lot AS on_record, CASE WHEN c.corrected_at IS NULL THEN l.expiry ELSE c.expiry_before END AS expiry
  FROM lot_moves m
  LEFT JOIN lots l ON l.item = m.item AND l.lot IS NOT DISTINCT FROM m.lot
  LEFT JOIN corrections c ON c.item = m.item AND c.lot IS NOT DISTINCT FROM m.lot AND m.at >= c.known_from AND m.at < c.corrected_at
  WHERE m.document_kind = 'shipment' AND m.to_kind = 'customer'
)
SELECT s.move, s.document AS shipment, s.item, s.lot, s.serial, DATE_DIFF('day', s.left_on, s.expiry) >= k.min_shelf_life_days AS holds,
  s.party AS customer, s.expiry, s.left_on, DATE_DIFF('day', s.left_on, s.expiry) AS days_left, k.min_shelf_life_days AS days_asked,
  CASE WHEN s.lot IS NULL THEN 'movement without a lot' WHEN s.on_record IS NULL THEN 'lot without a record'
    WHEN s.expiry IS NULL THEN 'lot without an expiry date' ELSE 'customer without a shelf life to keep' END AS unknown_because
FROM sent s LEFT JOIN customers k ON k.customer IS NOT DISTINCT FROM s.party
