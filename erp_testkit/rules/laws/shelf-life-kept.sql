-- id: shelf-life-kept
-- title: What is shipped is usable as long as the customer asks for
-- title_zh: 发货商品的剩余有效期须满足客户要求
-- severity: normal
-- why: A hospital sends back what it cannot use up in time. (The customer's present requirement counts; the ledger keeps no older one.)
-- why_zh: 医院来不及用完的货会被退回。（按客户当前要求判断，账本不保存旧的要求。）
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
SELECT d.document AS shipment, d.item, d.lot, d.serial, d.party AS customer, d.expiry, d.left_on,
  DATE_DIFF('day', CAST(d.left_on AS DATE), CAST(d.expiry AS DATE)) AS days_left, c.min_shelf_life_days AS days_asked
FROM dated d JOIN customers c ON c.customer = d.party
WHERE DATE_DIFF('day', CAST(d.left_on AS DATE), CAST(d.expiry AS DATE)) < c.min_shelf_life_days
