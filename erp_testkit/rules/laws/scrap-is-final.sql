-- id: scrap-is-final
-- title: What was scrapped never comes back
-- title_zh: 已报废的商品不得再流转
-- severity: critical
-- why: A scrapped device that is back in the books is either not scrapped or not the same device.
-- why_zh: 报废后又出现在账上的器械，不是没有报废，就是换了一件。
-- reference: ISO 13485:2016 8.3
SELECT m.move, m.document, m.item, m.lot, m.serial, m.from_kind AS came_from, m.to_kind AS went_to
FROM moves m WHERE m.from_kind = 'scrap'
