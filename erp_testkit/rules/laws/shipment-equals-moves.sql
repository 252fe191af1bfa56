-- id: shipment-equals-moves
-- title: A shipment carries exactly what left the shelf
-- title_zh: 发货单明细与实际出库流水一致
-- severity: blocker
-- why: Shipped and booked must be the same in item, lot, serial number and quantity; otherwise stock is wrong and the trace names the wrong devices.
-- why_zh: 发货与记账在商品、批次、序列号、数量上必须一致，否则库存错误，追溯也会指向别的器械。
-- reference:
SELECT shipment, item, lot, serial, SUM(said) = SUM(moved) AS holds, SUM(said) AS said, SUM(moved) AS moved
FROM (
  SELECT l.shipment, l.item, l.lot, l.serial, l.quantity AS said, 0 AS moved
  FROM shipment_lines l JOIN shipments s ON s.shipment = l.shipment
  WHERE s.state IN ('shipped', 'delivered')
  UNION ALL
  SELECT document, item, lot, serial, 0, quantity FROM moves WHERE document_kind = 'shipment' AND to_kind = 'customer'
  UNION ALL
  SELECT document, item, lot, serial, 0, -quantity FROM moves WHERE document_kind = 'shipment' AND from_kind = 'customer'
) AS figures
GROUP BY shipment, item, lot, serial
