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
SELECT o.order_no, NULL AS line, 'net' AS amount, o.net AS said, s.net AS expected
FROM orders o JOIN sums s ON s.order_no = o.order_no WHERE o.net <> s.net
UNION ALL
-- Tax may be rounded line by line or once, so half a cent a line is no mistake.
SELECT o.order_no, NULL, 'tax', o.tax, s.tax
FROM orders o JOIN sums s ON s.order_no = o.order_no WHERE ABS(o.tax - s.tax) > 0.005 + 0.005 * s.lines
UNION ALL
SELECT o.order_no, NULL, 'total', o.total, o.net + o.tax FROM orders o WHERE o.total <> o.net + o.tax
UNION ALL
-- The price of one piece may be the rounded share of a box.
SELECT l.order_no, l.line, 'line net', l.net, l.quantity * l.unit_price
FROM order_lines l WHERE ABS(l.net - l.quantity * l.unit_price) > 0.005 + l.quantity * 0.00005
