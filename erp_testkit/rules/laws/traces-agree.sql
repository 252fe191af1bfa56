-- id: traces-agree
-- title: What can be traced to a customer can be traced to its supplier
-- title_zh: 正向追溯与反向追溯一致
-- severity: critical
-- why: A device that reached a hospital and came from nowhere is a hole in the trace. What a stock count found has no supplier.
-- why_zh: 到了医院却查不到来源的器械，是追溯的漏洞。盘点发现的货没有供应商。
-- reference: EU MDR 2017/745 Article 25; ISO 13485:2016 7.5.9
SELECT DISTINCT f.document AS shipment, f.party AS customer, f.item, f.lot, f.serial
FROM trace f
LEFT JOIN trace b
  ON b.direction = 'backward' AND b.item = f.item AND b.lot IS NOT DISTINCT FROM f.lot AND b.serial IS NOT DISTINCT FROM f.serial
LEFT JOIN moves found
  ON found.from_kind = 'loss' AND found.item = f.item AND found.lot IS NOT DISTINCT FROM f.lot AND found.serial IS NOT DISTINCT FROM f.serial
WHERE f.direction = 'forward' AND b.item IS NULL AND found.item IS NULL
