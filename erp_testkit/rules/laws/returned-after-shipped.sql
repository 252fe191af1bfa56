-- id: returned-after-shipped
-- title: Nothing comes back from a customer who does not have it
-- title_zh: 客户不得退回其未持有的商品
-- severity: critical
-- why: Goods booked in from a customer who has none of them appear out of nowhere.
-- why_zh: 客户手里没有的货被退回入账，等于凭空出现。
-- reference:
WITH booked AS (
  SELECT item, lot, serial, party, at, quantity AS delta FROM moves WHERE to_kind = 'customer'
  UNION ALL
  SELECT item, lot, serial, party, at, -quantity FROM moves WHERE from_kind = 'customer'
),
balances AS (
  SELECT item, lot, serial, party, at, SUM(delta) OVER (PARTITION BY item, lot, serial, party ORDER BY at) AS balance FROM booked
)
SELECT DISTINCT item, lot, serial, party AS customer, at, balance, 0 AS least FROM balances WHERE balance < 0
