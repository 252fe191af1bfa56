-- id: traces-agree
-- title: What can be traced to a customer can be traced to its supplier
-- title_zh: 正向追溯与反向追溯一致
-- severity: critical
-- why: A device that reached a hospital and came from nowhere is a hole in the trace. What a stock count found has no supplier.
-- why_zh: 到了医院却查不到来源的器械，是追溯的漏洞。盘点发现的货没有供应商。
-- reference: EU MDR 2017/745 Article 25; ISO 13485:2016 7.5.9
WITH sent AS (
  SELECT DISTINCT document, party, item, lot, serial FROM trace WHERE direction = 'forward'
),
known AS (
  SELECT item, lot, serial FROM trace WHERE direction = 'backward'
  UNION
  SELECT item, lot, serial FROM moves WHERE from_kind = 'loss'
)
SELECT s.document AS shipment, s.party AS customer, s.item, s.lot, s.serial, k.item IS NOT NULL AS holds
FROM sent s
LEFT JOIN known k ON k.item = s.item AND k.lot IS NOT DISTINCT FROM s.lot AND k.serial IS NOT DISTINCT FROM s.serial
