-- id: credit-matches-return
-- title: A credit is not more than what came back is worth
-- title_zh: 退款金额不得超过退回商品的价值
-- severity: critical
-- why: Money goes out at the prices of the order, for what came back, once.
-- why_zh: 按订单价格，为退回的货，退一次钱。
-- reference:
WITH prices AS (
  SELECT s.shipment, l.item, MAX(l.unit_price) AS unit_price
  FROM shipments s JOIN order_lines l ON l.order_no = s.order_no
  WHERE s.order_no IS NOT NULL
  GROUP BY s.shipment, l.item
),
worth AS (
  SELECT r.return_no, SUM(l.quantity * p.unit_price) AS worth, COUNT(*) AS lines
  FROM returns r
  JOIN return_lines l ON l.return_no = r.return_no
  LEFT JOIN prices p ON p.shipment IS NOT DISTINCT FROM r.shipment AND p.item = l.item
  GROUP BY r.return_no
),
credited AS (
  SELECT return_no, MIN(credit) AS credit, SUM(net) AS net FROM credits GROUP BY return_no
)
SELECT c.return_no, c.credit, 'net' AS amount, c.net <= w.worth + 0.005 * w.lines AS holds, c.net AS said, w.worth AS expected,
  -- What was sent in exchange has no price of its own.
  CASE WHEN w.return_no IS NULL THEN 'credit without a return' ELSE 'goods without a price' END AS unknown_because
FROM credited c LEFT JOIN worth w ON w.return_no IS NOT DISTINCT FROM c.return_no
UNION ALL
SELECT c.return_no, c.credit, 'total', c.total = c.net + c.tax, c.total, c.net + c.tax, NULL FROM credits c
