-- id: moved-within-run
-- title: Movements are booked when they happen, in UTC
-- title_zh: 流水时间必须在运行期间内并带时区
-- severity: normal
-- why: A time in another zone puts movements into the wrong day: stock at midnight, expiry and the order of the trace are then wrong.
-- why_zh: 时区错误会把流水记到别的日期：零点库存、有效期和追溯顺序都会出错。
-- reference:
-- scope: scenario
-- Five minutes, because the clocks of the ERP and of the kit may differ; a wrong time zone differs by more.
SELECT 'movement' AS source, m.move, m.at BETWEEN r.started_at - INTERVAL 5 MINUTE AND r.read_at + INTERVAL 5 MINUTE AS holds,
  m.document, m.at, m.effective_on, r.started_at, r.read_at, NULL AS unknown_because
FROM moves m CROSS JOIN run r
UNION ALL
SELECT 'posting date', m.move, m.effective_on <= CAST(m.at AS DATE), m.document, m.at, m.effective_on, r.started_at, r.read_at,
  'movement without a posting date'
FROM moves m CROSS JOIN run r
