-- id: message-processed-once
-- title: A message is taken once
-- title_zh: 同一消息只处理一次
-- severity: critical
-- why: A callback that is processed twice books twice.
-- why_zh: 回调处理两次，就会记账两次。
-- reference:
SELECT channel, direction, message, COUNT(*) = 1 AS holds, MIN(document) AS document, COUNT(*) AS times, 1 AS expected
FROM messages GROUP BY channel, direction, message
