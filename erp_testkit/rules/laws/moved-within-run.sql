-- id: moved-within-run
-- title: Movements are booked when they happen, in UTC
-- title_zh: 流水时间必须在运行期间内并带时区
-- severity: normal
-- why: A time in another zone puts movements into the wrong day: stock at midnight, expiry and the order of the trace are then wrong.
-- why_zh: 时区错误会把流水记到别的日期：零点库存、有效期和追溯顺序都会出错。
-- reference:
WITH moments AS (
  SELECT 'movement' AS source, document, at FROM moves
)
-- Five minutes, because the clocks of the ERP and of the kit may differ; a wrong time zone differs by more.
SELECT m.source, m.document, m.at, r.started_at, r.read_at
FROM moments m CROSS JOIN run r
WHERE m.at NOT LIKE '____-__-__T__:__:__.______Z'
  OR DATE_DIFF('second', CAST(m.at AS TIMESTAMP), CAST(r.started_at AS TIMESTAMP)) > 300
  OR DATE_DIFF('second', CAST(r.read_at AS TIMESTAMP), CAST(m.at AS TIMESTAMP)) > 300
UNION ALL
SELECT 'posting date', m.document, m.effective_on, r.started_at, r.read_at
FROM moves m CROSS JOIN run r WHERE m.effective_on > SUBSTR(m.at, 1, 10)
