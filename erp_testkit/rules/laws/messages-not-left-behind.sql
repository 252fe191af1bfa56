-- id: messages-not-left-behind
-- title: No message waits when no job is left to send it
-- title_zh: 没有无任务可发送的滞留消息
-- severity: normal
-- why: All jobs of the document say done, and the partner was never told: nobody will look at it again.
-- why_zh: 该单据的任务都显示完成，而对方从未收到消息，再也不会有人去看。
-- reference:
-- lag: 15 minutes
WITH done AS (
  SELECT job, document, finished_at FROM jobs WHERE state = 'done' AND document IS NOT NULL AND finished_at IS NOT NULL
),
going_on AS (
  SELECT DISTINCT document FROM jobs WHERE state <> 'done' AND document IS NOT NULL
)
SELECT m.message, m.channel,
  CASE WHEN m.state <> 'waiting' THEN TRUE WHEN m.document IS NOT NULL THEN COUNT(d.job) = 0 OR MAX(g.document) IS NOT NULL END AS holds,
  m.document, m.state, COUNT(d.job) AS jobs_done, m.at AS since, 'message without a document' AS unknown_because
FROM messages m
LEFT JOIN done d ON d.document IS NOT DISTINCT FROM m.document AND d.finished_at >= m.at
LEFT JOIN going_on g ON g.document IS NOT DISTINCT FROM m.document
WHERE m.direction = 'out'
GROUP BY m.message, m.channel, m.document, m.state, m.at
