-- id: right-customer
-- title: Goods go to the customer who ordered them
-- title_zh: 货物必须发给下单的客户
-- severity: blocker
-- why: A device at the wrong hospital is a wrong trace, and a recall asks the wrong people.
-- why_zh: 器械发错医院，追溯就错了，召回时会问错人。
-- reference:
SELECT m.document AS shipment, m.item, m.lot, m.serial, s.customer AS expected, m.party AS got
FROM moves m JOIN shipments s ON s.shipment = m.document
WHERE m.document_kind = 'shipment' AND m.to_kind = 'customer' AND m.party <> s.customer
UNION ALL
SELECT s.shipment, NULL, NULL, NULL, o.customer, s.customer
FROM shipments s JOIN orders o ON o.order_no = s.order_no
WHERE s.customer <> o.customer
