-- id: quantities-are-whole-units
-- title: Quantities are positive multiples of the smallest unit
-- title_zh: 数量必须是最小计量单位的正整数倍
-- severity: normal
-- why: Half a pacemaker is a wrong conversion between box and piece.
-- why_zh: 半个起搏器，就是箱与件换算错了。
-- reference:
SELECT 'movement' AS source, m.document, m.move, NULL AS line, m.item, m.lot, m.serial, m.quantity > 0 AND m.quantity % i.unit_step = 0 AS holds,
  m.quantity, i.unit_step AS smallest, 'item without a record' AS unknown_because
FROM moves m LEFT JOIN items i ON i.item = m.item
UNION ALL
SELECT 'order', l.order_no, NULL, l.line, l.item, NULL, NULL, l.quantity > 0 AND l.quantity % i.unit_step = 0, l.quantity, i.unit_step,
  'item without a record'
FROM order_lines l LEFT JOIN items i ON i.item = l.item
