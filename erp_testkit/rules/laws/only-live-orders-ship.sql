-- id: only-live-orders-ship
-- title: No shipment stands for a quotation or a cancelled order
-- title_zh: 报价单和已取消订单不得有有效发货单
-- severity: critical
-- why: Goods for an order nobody confirmed, or that was taken back, must not be on their way.
-- why_zh: 未确认或已撤回的订单，货物不得在途。
-- reference:
SELECT s.shipment, o.state NOT IN ('quotation', 'cancelled') AS holds, s.state AS shipment_state, s.order_no, o.state AS order_state,
  'order not in the ledger' AS unknown_because
FROM shipments s LEFT JOIN orders o ON o.order_no = s.order_no
WHERE s.state <> 'cancelled' AND s.order_no IS NOT NULL
