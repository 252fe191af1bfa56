-- id: order-state-fits
-- title: The state of an order fits what was shipped of it
-- title_zh: 订单状态与已发数量相符
-- severity: normal
-- why: Invoices, reminders and back orders follow the state; a state that does not fit stops them or sends them twice.
-- why_zh: 开票、催办和欠交都依据状态；状态不符会使其停止或重复。
-- reference:
WITH progress AS (
  SELECT o.order_no, o.state, SUM(l.quantity) AS ordered, SUM(l.shipped) AS shipped, MIN(CASE WHEN l.shipped >= l.quantity THEN 1 ELSE 0 END) AS complete
  FROM orders o JOIN order_lines l ON l.order_no = o.order_no
  GROUP BY o.order_no, o.state
)
SELECT order_no,
  CASE
    WHEN state = 'shipped' THEN shipped <> 0 AND complete = 1
    WHEN state = 'partly shipped' THEN shipped <> 0 AND complete = 0
    WHEN state IN ('quotation', 'confirmed', 'cancelled') THEN shipped = 0
  END AS holds,
  state, ordered, shipped, 'state the trade does not know' AS unknown_because
FROM progress
