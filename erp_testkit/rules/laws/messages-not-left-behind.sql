-- id: messages-not-left-behind
-- title: No message waits when no job is left to send it
-- title_zh: 没有无任务可发送的滞留消息
-- severity: normal
-- why: All jobs of the document say done, and the partner was never told: nobody will look at it again.
-- why_zh: 该单据的任务都显示完成，而对方从未收到消息，再也不会有人去看。
-- reference:
SELECT m.message, m.channel, m.document, m.state, COUNT(*) AS jobs_done
FROM messages m
JOIN jobs j ON j.document = m.document AND j.state = 'done' AND j.finished_at >= m.at
WHERE m.direction = 'out' AND m.state = 'waiting'
  AND NOT EXISTS (SELECT 1 FROM jobs k WHERE k.document = m.document AND k.state <> 'done')
GROUP BY m.message, m.channel, m.document, m.state
