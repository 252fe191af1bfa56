-- id: messages-arrived
-- title: No message failed
-- title_zh: 没有失败的接口消息
-- severity: normal
-- why: A partner who was not told ships nothing, or ships the old thing. Refusing a message that comes in is no failure; being refused is.
-- why_zh: 合作方未收到通知，就不会发货或按旧内容发货。拒收进来的消息不算失败，被对方拒收才算。
-- reference:
SELECT message, channel, direction, NOT (state = 'failed' OR (state = 'refused' AND direction = 'out')) AS holds, document, state
FROM messages
