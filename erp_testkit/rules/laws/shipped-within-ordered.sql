-- id: shipped-within-ordered
-- title: Not more leaves than was ordered
-- title_zh: 发货数量不得超过订单数量
-- severity: critical
-- why: What is delivered beyond the order is not paid for, and in a hospital nobody expects it.
-- why_zh: 多发的货没有人付款，医院也没有人等它。
-- reference:
SELECT order_no, item, SUM(shipped) <= SUM(ordered) AS holds, SUM(shipped) AS shipped, SUM(ordered) AS ordered
FROM (
  SELECT order_no, item, quantity AS ordered, 0 AS shipped FROM order_lines
  UNION ALL
  SELECT s.order_no, m.item, 0, m.quantity
  FROM moves m JOIN shipments s ON s.shipment = m.document
  WHERE m.document_kind = 'shipment' AND m.to_kind = 'customer' AND m.document IS NOT NULL AND s.order_no IS NOT NULL
) AS figures
GROUP BY order_no, item
