-- id: return-matches-shipment
-- title: A return brings back what was shipped to that customer
-- title_zh: 退货必须与发给该客户的发货相符
-- severity: critical
-- why: A serial number that comes back from somebody it was never shipped to is a mix-up or a counterfeit; more than was shipped is a wrong credit.
-- why_zh: 从未发给该客户的序列号被退回，不是弄混就是假货；退得比发得多，退款就错了。
-- reference:
WITH figures AS (
  -- A serial number says it all; the lot of its line may be left out.
  SELECT r.shipment, r.customer, l.item, CASE WHEN l.serial IS NULL THEN l.lot END AS lot, l.serial, 0 AS shipped, l.quantity AS returned
  FROM return_lines l JOIN returns r ON r.return_no = l.return_no
  WHERE r.state <> 'cancelled'
  UNION ALL
  SELECT document, party, item, CASE WHEN serial IS NULL THEN lot END, serial, quantity, 0
  FROM moves WHERE document_kind = 'shipment' AND to_kind = 'customer'
)
SELECT shipment, customer, item, lot, serial,
  CASE WHEN shipment IS NOT NULL AND customer IS NOT NULL THEN SUM(returned) <= SUM(shipped) END AS holds,
  SUM(shipped) AS shipped, SUM(returned) AS returned, 'return without its shipment or customer' AS unknown_because
FROM figures
GROUP BY shipment, customer, item, lot, serial
HAVING SUM(returned) <> 0
