-- id: shipment-times-fit
-- title: A shipment has left before it was delivered
-- title_zh: 发货时间与签收时间必须合理
-- severity: normal
-- why: On-time figures and the start of liability come from these two times.
-- why_zh: 准时率和责任起点都由这两个时间得出。
-- reference:
SELECT shipment,
  (shipped_at IS NOT NULL) = (state IN ('shipped', 'delivered')) AND (delivered_at IS NOT NULL) = (state = 'delivered')
    -- Who signs has another clock than the warehouse.
    AND COALESCE(delivered_at + INTERVAL 5 MINUTE >= shipped_at, TRUE) AS holds,
  state, shipped_at, delivered_at
FROM shipments
