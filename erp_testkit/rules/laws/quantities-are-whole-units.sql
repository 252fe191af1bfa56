-- id: quantities-are-whole-units
-- title: Quantities are positive multiples of the smallest unit
-- title_zh: 数量必须是最小计量单位的正整数倍
-- severity: normal
-- why: Half a pacemaker is a wrong conversion between box and piece.
-- why_zh: 半个起搏器，就是箱与件换算错了。
-- reference:
SELECT 'movement' AS source, m.document, m.item, m.lot, m.serial, m.quantity, i.unit_step AS smallest
FROM moves m JOIN items i ON i.item = m.item
WHERE m.quantity <= 0 OR m.quantity % i.unit_step <> 0
UNION ALL
SELECT 'order', l.order_no, l.item, NULL, NULL, l.quantity, i.unit_step
FROM order_lines l JOIN items i ON i.item = l.item
WHERE l.quantity <= 0 OR l.quantity % i.unit_step <> 0
