-- id: order-knows-what-left
-- title: The order states as shipped what left for it
-- title_zh: 订单上的已发数量等于实际出库数量
-- severity: critical
-- why: The open quantity of an order decides what is shipped next and what is invoiced.
-- why_zh: 订单未发数量决定接下来发什么、开多少票。
-- reference:
SELECT order_no, item, SUM(said) = SUM(moved) AS holds, SUM(said) AS said, SUM(moved) AS moved
FROM (
  SELECT order_no, item, shipped AS said, 0 AS moved FROM order_lines
  UNION ALL
  SELECT s.order_no, m.item, 0, m.quantity
  FROM moves m JOIN shipments s ON s.shipment = m.document
  WHERE m.document_kind = 'shipment' AND m.to_kind = 'customer' AND m.document IS NOT NULL AND s.order_no IS NOT NULL
) AS figures
GROUP BY order_no, item
