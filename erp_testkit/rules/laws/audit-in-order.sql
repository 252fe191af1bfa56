-- id: audit-in-order
-- title: Audit entries are numbered once and follow time
-- title_zh: 审计记录编号唯一且按时间顺序
-- severity: critical
-- why: A trail whose order was changed proves nothing.
-- why_zh: 顺序被改动的审计记录不能证明任何事。
-- reference: 21 CFR 11.10(e)
WITH entries AS (
  SELECT document_kind, document, entry, sequence, at,
    LAG(at) OVER (PARTITION BY document_kind, document ORDER BY sequence) AS at_before,
    LAG(sequence) OVER (ORDER BY sequence) AS sequence_before
  FROM audit
)
-- The first one has nothing before it.
SELECT document_kind, document, entry, COALESCE(at >= at_before, TRUE) AND COALESCE(sequence <> sequence_before, TRUE) AS holds,
  sequence, sequence_before, at, at_before
FROM entries
