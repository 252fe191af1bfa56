-- id: stock-never-negative
-- title: Stock is never negative, at no point in time
-- title_zh: 库存在任何时点都不得为负
-- severity: critical
-- why: A negative balance means that something left before it came, from the wrong bin, or twice.
-- why_zh: 结存为负，说明货未到先发、库位取错或重复出库。
-- reference:
WITH booked AS (
  SELECT item, to_place AS place, lot, serial, at, quantity AS delta FROM moves WHERE to_kind IN ('stock', 'quarantine')
  UNION ALL
  SELECT item, from_place, lot, serial, at, -quantity FROM moves WHERE from_kind IN ('stock', 'quarantine')
),
moments AS (
  -- Movements booked at the same moment count together, whatever their order.
  SELECT item, place, lot, serial, at, SUM(delta) AS delta FROM booked GROUP BY item, place, lot, serial, at
),
balances AS (
  SELECT item, place, lot, serial, at, SUM(delta) OVER (PARTITION BY item, place, lot, serial ORDER BY at) AS balance FROM moments
)
SELECT item, place, lot, serial, at, balance >= 0 AS holds, balance, 0 AS least FROM balances
UNION ALL
SELECT item, place, lot, serial, NULL, quantity >= 0, quantity, 0 FROM on_hand
