-- id: reserved-within-stock
-- title: Nothing is reserved that is not there
-- title_zh: 预留量不得超过在库量
-- severity: critical
-- why: More reserved than there is means that two customers were promised the same goods.
-- why_zh: 预留超过在库，等于把同一批货许给了两个客户。
-- reference:
SELECT item, place, lot, serial, reserved BETWEEN 0 AND quantity AS holds, quantity AS on_hand, reserved FROM on_hand
