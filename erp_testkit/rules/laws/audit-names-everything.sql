-- id: audit-names-everything
-- title: Every document has an audit entry, and every entry says who
-- title_zh: 每张单据都有审计记录，且记录操作人
-- severity: critical
-- why: An inspector asks who did it; an entry that is not there, or without a name, is no answer.
-- why_zh: 检查员会问是谁做的；没有记录或没有姓名都不算回答。
-- reference: 21 CFR 11.10(e)
WITH documents AS (
  SELECT 'order' AS document_kind, order_no AS document FROM orders
  UNION
  SELECT document_kind, document FROM moves WHERE document_kind IN ('receipt', 'shipment', 'return', 'transfer', 'count')
),
entered AS (
  SELECT DISTINCT document_kind, document FROM audit
)
SELECT d.document_kind, d.document, NULL AS entry, CASE WHEN d.document IS NOT NULL THEN e.document IS NOT NULL END AS holds,
  'an entry' AS lacks, 'movement without a document' AS unknown_because
FROM documents d LEFT JOIN entered e ON e.document_kind = d.document_kind AND e.document IS NOT DISTINCT FROM d.document
UNION ALL
SELECT a.document_kind, a.document, a.entry, COALESCE(a."user", '') <> '', 'a user', NULL FROM audit a
