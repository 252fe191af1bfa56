-- id: audit-within-run
-- title: Audit entries carry the time at which it happened, in UTC
-- title_zh: 审计时间必须在运行期间内并带时区
-- severity: normal
-- why: An audit trail with wrong times cannot be laid beside other records.
-- why_zh: 时间不对的审计记录无法与其他记录对照。
-- reference: 21 CFR 11.10(e)
WITH moments AS (
  SELECT document_kind AS source, document, at FROM audit
)
-- Five minutes, because the clocks of the ERP and of the kit may differ; a wrong time zone differs by more.
SELECT m.source, m.document, m.at, r.started_at, r.read_at
FROM moments m CROSS JOIN run r
WHERE m.at NOT LIKE '____-__-__T__:__:__.______Z'
  OR DATE_DIFF('second', CAST(m.at AS TIMESTAMP), CAST(r.started_at AS TIMESTAMP)) > 300
  OR DATE_DIFF('second', CAST(r.read_at AS TIMESTAMP), CAST(m.at AS TIMESTAMP)) > 300
