-- id: jobs-done
-- title: No job is stuck or failed
-- title_zh: 没有卡住或失败的后台任务
-- severity: normal
-- why: What a job should have done (release, notify, post) did not happen, and nobody is told.
-- why_zh: 任务应做的事（放行、通知、过账）没有做，而且没有人知道。
-- reference:
-- lag: 15 minutes
SELECT job, kind, document, state = 'done' AS holds, state, attempts, queued_at AS since FROM jobs
