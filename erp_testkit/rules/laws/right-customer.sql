-- id: right-customer
-- title: Goods go to the customer who ordered them
-- title_zh: 货物必须发给下单的客户
-- severity: blocker
-- why: A device at the wrong hospital is a wrong trace, and a recall asks the wrong people.
-- why_zh: 器械发错医院，追溯就错了，召回时会问错人。
-- reference:
SELECT m.move, m.document AS shipment, m.item, m.lot, m.serial, m.party = s.customer AS holds, s.customer AS expected, m.party AS got,
  CASE WHEN s.shipment IS NULL THEN 'movement without its shipment' ELSE 'shipment or movement without a customer' END AS unknown_because
FROM moves m LEFT JOIN shipments s ON s.shipment IS NOT DISTINCT FROM m.document
WHERE m.document_kind = 'shipment' AND m.to_kind = 'customer'
UNION ALL
SELECT NULL, s.shipment, NULL, NULL, NULL, s.customer = o.customer, o.customer, s.customer,
  CASE WHEN o.order_no IS NULL THEN 'order not in the ledger' ELSE 'shipment without a customer' END
FROM shipments s LEFT JOIN orders o ON o.order_no = s.order_no
WHERE s.order_no IS NOT NULL
