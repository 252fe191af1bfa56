-- id: reserved-equals-reservations
-- title: What stock shows as reserved is what shipments hold
-- title_zh: 库存预留量等于各发货单预留之和
-- severity: critical
-- why: A reservation that is forgotten blocks stock for ever; one that is not shown lets the same piece be promised twice.
-- why_zh: 遗漏的预留会长期占住库存；未显示的预留会让同一件货被重复承诺。
-- reference:
SELECT item, place, lot, serial, SUM(shown) = SUM(held) AS holds, SUM(shown) AS shown, SUM(held) AS held
FROM (
  SELECT item, place, lot, serial, reserved AS shown, 0 AS held FROM on_hand
  UNION ALL
  SELECT item, place, lot, serial, 0, quantity FROM reservations
) AS figures
GROUP BY item, place, lot, serial
