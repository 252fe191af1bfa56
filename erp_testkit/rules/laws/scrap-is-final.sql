-- id: scrap-is-final
-- title: What was scrapped never comes back
-- title_zh: 已报废的商品不得再流转
-- severity: critical
-- why: A scrapped device that is back in the books is either not scrapped or not the same device.
-- why_zh: 报废后又出现在账上的器械，不是没有报废，就是换了一件。
-- reference: ISO 13485:2016 8.3
SELECT move, item, lot, serial, from_kind <> 'scrap' AS holds, document, from_kind AS came_from, to_kind AS went_to
FROM moves WHERE from_kind = 'scrap' OR to_kind = 'scrap'
