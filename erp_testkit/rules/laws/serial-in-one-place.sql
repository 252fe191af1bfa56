-- id: serial-in-one-place
-- title: A serial number is in exactly one place
-- title_zh: 一个序列号同一时间只能在一个地方
-- severity: blocker
-- why: A device that is in two places in the books cannot be found in a recall.
-- why_zh: 账上同时在两个地方的器械，召回时找不到。
-- reference: EU MDR 2017/745 Article 25; ISO 13485:2016 7.5.9
WITH steps AS (
  SELECT item, serial, to_kind AS kind, CASE WHEN to_kind IN ('stock', 'quarantine') THEN to_place END AS place, quantity AS delta
  FROM moves WHERE serial IS NOT NULL
  UNION ALL
  SELECT item, serial, from_kind, CASE WHEN from_kind IN ('stock', 'quarantine') THEN from_place END, -quantity
  FROM moves WHERE serial IS NOT NULL
),
-- Several places of one kind that is not ours (two customers) count as one, so that a serial sold twice shows as 2 there.
held AS (
  SELECT item, serial, kind, place, SUM(delta) AS pieces FROM steps GROUP BY item, serial, kind, place HAVING SUM(delta) > 0
)
SELECT item, serial, 'movements' AS source, COUNT(*) = 1 AND SUM(pieces) = 1 AS holds, COUNT(*) AS places, SUM(pieces) AS pieces, 1 AS expected
FROM held GROUP BY item, serial
UNION ALL
SELECT item, serial, 'on hand', COUNT(*) = 1 AND SUM(quantity) = 1, COUNT(*), SUM(quantity), 1
FROM on_hand WHERE serial IS NOT NULL GROUP BY item, serial
