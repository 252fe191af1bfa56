-- id: reservations-equal-plans
-- title: Planned shipments hold exactly what they plan, others hold nothing
-- title_zh: 预留与计划发货一致，其他单据不占用库存
-- severity: critical
-- why: A shipment that has left or was cancelled and still holds stock makes goods unavailable; a planned one that holds nothing will be short.
-- why_zh: 已发或已取消的发货单仍占库存，货物就无法再卖；计划发货未占库存，发货时就会缺货。
-- reference:
SELECT shipment, item, lot, serial, SUM(planned) = SUM(held) AS holds, SUM(planned) AS planned, SUM(held) AS held
FROM (
  SELECT l.shipment, l.item, l.lot, l.serial, l.quantity AS planned, 0 AS held
  FROM shipment_lines l JOIN shipments s ON s.shipment = l.shipment
  WHERE s.state = 'planned'
  UNION ALL
  SELECT shipment, item, lot, serial, 0, quantity FROM reservations
) AS figures
GROUP BY shipment, item, lot, serial
