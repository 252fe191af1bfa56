-- id: one-order-per-reference
-- title: A customer's order number makes one order
-- title_zh: 同一客户订单号只生成一张订单
-- severity: critical
-- why: An order that arrives twice and is entered twice is delivered and invoiced twice.
-- why_zh: 同一订单到达两次又录入两次，就会重复发货、重复开票。
-- reference:
SELECT customer, reference, COUNT(*) = 1 AS holds, MIN(order_no) AS order_no, MAX(order_no) AS second_order, COUNT(*) AS orders, 1 AS expected
FROM orders
WHERE state <> 'cancelled' AND reference IS NOT NULL AND reference <> ''
GROUP BY customer, reference
