-- id: stock-equals-moves
-- title: Stock on hand is the sum of all movements
-- title_zh: 在库量等于全部出入库流水之和
-- severity: critical
-- why: When stock and movements differ, one of them was changed past the books; the next count will not find what the system promises.
-- why_zh: 库存与流水不符，说明其中之一被绕过账务修改；下次盘点将找不到系统承诺的货物。
-- reference:
SELECT item, place, lot, serial, SUM(said) = SUM(moved) AS holds, SUM(said) AS said, SUM(moved) AS moved
FROM (
  SELECT item, place, lot, serial, quantity AS said, 0 AS moved FROM on_hand
  UNION ALL
  SELECT item, to_place, lot, serial, 0, quantity FROM moves WHERE to_kind IN ('stock', 'quarantine')
  UNION ALL
  SELECT item, from_place, lot, serial, 0, -quantity FROM moves WHERE from_kind IN ('stock', 'quarantine')
) AS figures
GROUP BY item, place, lot, serial
