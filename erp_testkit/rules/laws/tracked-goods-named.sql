-- id: tracked-goods-named
-- title: Tracked items move with their lot or serial number
-- title_zh: 受追溯管理的商品出入库必须带批次或序列号
-- severity: blocker
-- why: A movement of a tracked item that does not say which one is the hole every recall falls into.
-- why_zh: 流水不写明是哪一批、哪一件，所有召回都会在这里断掉。
-- reference: EU MDR 2017/745 Article 25; ISO 13485:2016 7.5.9
SELECT m.move, m.item, m.lot, m.serial, CASE i.tracking WHEN 'lot' THEN m.lot IS NOT NULL WHEN 'serial' THEN m.serial IS NOT NULL END AS holds,
  m.document, i.tracking AS needs, 'item without a record' AS unknown_because
FROM moves m LEFT JOIN items i ON i.item = m.item
WHERE COALESCE(i.tracking, 'unknown') <> 'none'
