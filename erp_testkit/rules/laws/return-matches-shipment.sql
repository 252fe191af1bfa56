-- id: return-matches-shipment
-- title: A return brings back what was shipped to that customer
-- title_zh: 退货必须与发给该客户的发货相符
-- severity: critical
-- why: A serial number that comes back from somebody it was never shipped to is a mix-up or a counterfeit; more than was shipped is a wrong credit.
-- why_zh: 从未发给该客户的序列号被退回，不是弄混就是假货；退得比发得多，退款就错了。
-- reference:
WITH shipped AS (
  -- A serial number says it all; the lot of its line may be left out.
  SELECT m.document AS shipment, m.party AS customer, m.item, CASE WHEN m.serial IS NULL THEN m.lot END AS lot, m.serial, m.quantity
  FROM moves m WHERE m.document_kind = 'shipment' AND m.to_kind = 'customer'
),
figures AS (
  SELECT r.shipment, r.customer, l.item, CASE WHEN l.serial IS NULL THEN l.lot END AS lot, l.serial, 0 AS shipped, l.quantity AS returned
  FROM return_lines l JOIN returns r ON r.return_no = l.return_no
  WHERE r.state <> 'cancelled'
  UNION ALL
  SELECT shipment, customer, item, lot, serial, quantity, 0 FROM shipped
)
SELECT shipment, customer, item, lot, serial, SUM(shipped) AS shipped, SUM(returned) AS returned
FROM figures
GROUP BY shipment, customer, item, lot, serial
HAVING SUM(returned) > SUM(shipped)
