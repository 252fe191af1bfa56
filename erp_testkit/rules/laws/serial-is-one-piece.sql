-- id: serial-is-one-piece
-- title: A serial number is one piece
-- title_zh: 一个序列号只对应一件商品
-- severity: critical
-- why: A serial number with a quantity other than one is a unit conversion that went wrong, or a lot number in the wrong field.
-- why_zh: 序列号数量不是一，说明单位换算出错，或批号写进了序列号字段。
-- reference:
SELECT move, item, serial, quantity = 1 AS holds, document, quantity AS moved, 1 AS expected FROM moves WHERE serial IS NOT NULL
