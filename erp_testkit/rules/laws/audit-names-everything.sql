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
)
SELECT d.document_kind, d.document, NULL AS entry, 'an entry' AS lacks
FROM documents d LEFT JOIN audit a ON a.document_kind = d.document_kind AND a.document = d.document
WHERE a.entry IS NULL
UNION ALL
SELECT a.document_kind, a.document, a.entry, 'a user' FROM audit a WHERE COALESCE(a."user", '') = ''
