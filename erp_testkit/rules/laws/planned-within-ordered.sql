-- id: planned-within-ordered
-- title: Not more is planned and shipped than was ordered
-- title_zh: 计划与已发数量之和不得超过订单数量
-- severity: normal
-- why: Two shipments planned for the same open quantity end as an over-delivery.
-- why_zh: 对同一未发数量计划两次，最终就是超发。
-- reference:
SELECT order_no, item, SUM(planned) <= SUM(ordered) AS holds, SUM(planned) AS planned, SUM(ordered) AS ordered
FROM (
  SELECT order_no, item, quantity AS ordered, 0 AS planned FROM order_lines
  UNION ALL
  SELECT s.order_no, l.item, 0, l.quantity
  FROM shipment_lines l JOIN shipments s ON s.shipment = l.shipment
  WHERE s.state <> 'cancelled' AND s.order_no IS NOT NULL
) AS figures
GROUP BY order_no, item
