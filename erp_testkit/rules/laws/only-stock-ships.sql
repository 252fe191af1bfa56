-- id: only-stock-ships
-- title: Only released stock goes to customers
-- title_zh: 只有合格库存可以发货
-- severity: blocker
-- why: Goods in quarantine, lost or scrapped were not found fit for use.
-- why_zh: 待验、丢失或报废的货物未被判定为可用。
-- reference: ISO 13485:2016 8.3
SELECT move, document AS shipment, item, lot, serial, from_kind NOT IN ('quarantine', 'loss', 'scrap') AS holds,
  from_place, from_kind AS came_from, 'stock' AS expected
FROM moves WHERE to_kind = 'customer'
