-- id: shipment-times-fit
-- title: A shipment has left before it was delivered
-- title_zh: 发货时间与签收时间必须合理
-- severity: normal
-- why: On-time figures and the start of liability come from these two times.
-- why_zh: 准时率和责任起点都由这两个时间得出。
-- reference:
SELECT s.shipment, s.state, s.shipped_at, s.delivered_at
FROM shipments s
WHERE (s.state IN ('shipped', 'delivered') AND s.shipped_at IS NULL)
  OR (s.state IN ('planned', 'cancelled') AND s.shipped_at IS NOT NULL)
  OR (s.state = 'delivered' AND s.delivered_at IS NULL)
  OR (s.state <> 'delivered' AND s.delivered_at IS NOT NULL)
  -- Who signs has another clock than the warehouse.
  OR DATE_DIFF('second', CAST(s.delivered_at AS TIMESTAMP), CAST(s.shipped_at AS TIMESTAMP)) > 300
