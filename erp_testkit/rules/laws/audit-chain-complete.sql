-- id: audit-chain-complete
-- title: The audit trail of a document has no gap
-- title_zh: 单据的审计链必须完整无缺口
-- severity: critical
-- why: An entry that does not go on where the one before it ended means that a change was not recorded, or a record was removed.
-- why_zh: 一条记录没有接上前一条，说明有变更未记录，或记录被删除。
-- reference: 21 CFR 11.10(e)
WITH transitions AS (
  -- An entry without a state after it is a remark, no transition.
  SELECT document_kind, document, entry, from_state, LAG(to_state) OVER (PARTITION BY document_kind, document ORDER BY sequence) AS state_before
  FROM audit
  WHERE to_state IS NOT NULL AND document_kind IN ('order', 'shipment', 'return')
)
-- A new document has no state before, and so has its first entry.
SELECT document_kind, document, entry, from_state IS NOT DISTINCT FROM state_before AS holds, state_before AS expected_from, from_state AS got_from
FROM transitions
