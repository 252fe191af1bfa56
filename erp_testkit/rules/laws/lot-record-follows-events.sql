-- id: lot-record-follows-events
-- title: The record of a lot says what its history says
-- title_zh: 批次档案与其历史记录一致
-- severity: critical
-- why: A status or expiry date that was changed without a trace lets bad goods out and cannot be explained to an inspector.
-- why_zh: 状态或有效期被无痕修改，会放出不合格品，也无法向检查员解释。
-- reference:
WITH events AS (
  SELECT item, lot, at, event, expiry_before, expiry_after, event = 'expiry corrected' AS is_correction,
    ROW_NUMBER() OVER (PARTITION BY item, lot, CASE WHEN event = 'expiry corrected' THEN 1 ELSE 0 END ORDER BY at DESC) AS from_last,
    LAG(expiry_after) OVER (PARTITION BY item, lot, CASE WHEN event = 'expiry corrected' THEN 1 ELSE 0 END ORDER BY at) AS after_before,
    LAG(event) OVER (PARTITION BY item, lot, CASE WHEN event = 'expiry corrected' THEN 1 ELSE 0 END ORDER BY at) AS event_before
  FROM lot_events
)
SELECT l.item, l.lot, 'status' AS field, NULL AS at, l.status = COALESCE(e.event, 'released') AS holds,
  l.status AS said, COALESCE(e.event, 'released') AS history_says, NULL AS said_expiry, NULL AS history_expiry,
  'lot record without a status' AS unknown_because
FROM lots l LEFT JOIN events e ON e.item = l.item AND e.lot = l.lot AND NOT e.is_correction AND e.from_last = 1
UNION ALL
-- A lot may have no expiry date, in its record and in its history alike.
SELECT l.item, l.lot, 'expiry', NULL, l.expiry IS NOT DISTINCT FROM e.expiry_after, NULL, NULL, l.expiry, e.expiry_after, NULL
FROM lots l JOIN events e ON e.item = l.item AND e.lot = l.lot AND e.is_correction AND e.from_last = 1
UNION ALL
SELECT e.item, e.lot, 'expiry before a correction', e.at, e.expiry_before IS NOT DISTINCT FROM e.after_before, NULL, NULL, e.expiry_before, e.after_before, NULL
FROM events e WHERE e.is_correction AND e.event_before IS NOT NULL
