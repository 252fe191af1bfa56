-- id: order-totals-add-up
-- title: The amounts of an order add up
-- title_zh: 订单金额必须平衡
-- severity: normal
-- why: A total that is off by a cent is a formula that rounds in the wrong place; a total that is off by more is a lost line.
-- why_zh: 差一分是舍入位置不对，差得更多是漏了一行。
-- reference:
WITH sums AS (
  SELECT order_no, SUM(net) AS net, SUM(net * tax_rate) AS tax, COUNT(*) AS lines FROM order_lines GROUP BY order_no
)
SELECT o.order_no, NULL AS line, 'net' AS amount, o.net = s.net AS holds, o.net AS said, s.net AS expected, 'unknown amount' AS unknown_because
FROM orders o JOIN sums s ON s.order_no = o.order_no
UNION ALL
-- Tax may be rounded line by line or once, so half a cent a line is no mistake.
SELECT o.order_no, NULL, 'tax', ABS(o.tax - s.tax) <= 0.005 + 0.005 * s.lines, o.tax, s.tax, 'unknown amount'
FROM orders o JOIN sums s ON s.order_no = o.order_no
UNION ALL
SELECT o.order_no, NULL, 'total', o.total = o.net + o.tax, o.total, o.net + o.tax, 'unknown amount' FROM orders o
UNION ALL
-- The price of one piece may be the rounded share of a box.
SELECT l.order_no, l.line, 'line net', ABS(l.net - l.quantity * l.unit_price) <= 0.005 + l.quantity * 0.00005,
  l.net, l.quantity * l.unit_price, 'unknown amount'
FROM order_lines l
