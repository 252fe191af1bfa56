-- id: forward-trace-complete
-- title: The forward trace names every delivery, and nothing else
-- title_zh: 正向追溯完整且无多余记录
-- severity: blocker
-- why: In a recall the forward trace is the list of hospitals to call. One that is missing is a patient nobody warns.
-- why_zh: 召回时正向追溯就是要通知的医院名单；漏掉一家，就有一位患者没人提醒。
-- reference: EU MDR 2017/745 Article 25; ISO 13485:2016 7.5.9
SELECT shipment, customer, item, lot, serial, SUM(traced) = SUM(moved) AS holds, SUM(traced) AS traced, SUM(moved) AS moved
FROM (
  SELECT document AS shipment, party AS customer, item, lot, serial, quantity AS traced, 0 AS moved FROM trace WHERE direction = 'forward'
  UNION ALL
  SELECT document, party, item, lot, serial, 0, quantity
  FROM moves WHERE document_kind = 'shipment' AND to_kind = 'customer' AND COALESCE(lot, serial) IS NOT NULL
) AS figures
GROUP BY shipment, customer, item, lot, serial
