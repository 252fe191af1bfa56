-- id: returned-after-shipped
-- title: Nothing comes back from a customer who does not have it
-- title_zh: 客户不得退回其未持有的商品
-- severity: critical
-- why: Goods booked in from a customer who has none of them appear out of nowhere.
-- why_zh: 客户手里没有的货被退回入账，等于凭空出现。
-- reference:
WITH booked AS (
  SELECT item, CASE WHEN serial IS NULL THEN lot END AS lot, serial, party, at, quantity AS delta FROM moves WHERE to_kind = 'customer'
  UNION ALL
  SELECT item, CASE WHEN serial IS NULL THEN lot END, serial, party, at, -quantity FROM moves WHERE from_kind = 'customer'
),
moments AS (
  -- Movements booked at the same moment count together, whatever their order.
  SELECT item, lot, serial, party, at, SUM(delta) AS delta FROM booked GROUP BY item, lot, serial, party, at
),
balances AS (
  SELECT item, lot, serial, party, at, SUM(delta) OVER (PARTITION BY item, lot, serial, party ORDER BY at) AS balance FROM moments
)
SELECT item, lot, serial, party AS customer, at, CASE WHEN party IS NOT NULL THEN balance >= 0 END AS holds, balance, 0 AS least,
  'movement without a customer' AS unknown_because
FROM balances
