-- id: only-live-orders-ship
-- title: No shipment stands for a quotation or a cancelled order
-- title_zh: 报价单和已取消订单不得有有效发货单
-- severity: critical
-- why: Goods for an order nobody confirmed, or that was taken back, must not be on their way.
-- why_zh: 未确认或已撤回的订单，货物不得在途。
-- reference:
SELECT s.shipment, s.state AS shipment_state, o.order_no, o.state AS order_state
FROM shipments s JOIN orders o ON o.order_no = s.order_no
WHERE s.state <> 'cancelled' AND o.state IN ('quotation', 'cancelled')
