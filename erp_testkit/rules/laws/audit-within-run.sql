-- id: audit-within-run
-- title: Audit entries carry the time at which it happened, in UTC
-- title_zh: 审计时间必须在运行期间内并带时区
-- severity: normal
-- why: An audit trail with wrong times cannot be laid beside other records.
-- why_zh: 时间不对的审计记录无法与其他记录对照。
-- reference: 21 CFR 11.10(e)
-- scope: scenario
-- Five minutes, because the clocks of the ERP and of the kit may differ; a wrong time zone differs by more.
SELECT a.document_kind AS source, a.document, a.entry,
  a.at BETWEEN r.started_at - INTERVAL 5 MINUTE AND r.read_at + INTERVAL 5 MINUTE AS holds, a.at, r.started_at, r.read_at
FROM audit a CROSS JOIN run r
