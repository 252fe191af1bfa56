-- id: delivery-note-equals-moves
-- title: The delivery note says exactly what left the shelf
-- title_zh: 随货同行单与实际出库流水一致
-- severity: blocker
-- why: The hospital relies on the delivery note for its own records; a wrong lot, serial number or quantity on it is a complaint and a gap in the trace.
-- why_zh: 医院以随货同行单登记；单上批次、序列号或数量有误，就是投诉和追溯缺口。
-- reference:
SELECT shipment, item, lot, serial, SUM(printed) = SUM(moved) AS holds, SUM(printed) AS printed, SUM(moved) AS moved
FROM (
  SELECT shipment, item, lot, serial, quantity AS printed, 0 AS moved FROM delivery_note_lines
  UNION ALL
  SELECT document, item, lot, serial, 0, quantity FROM moves WHERE document_kind = 'shipment' AND to_kind = 'customer'
) AS figures
GROUP BY shipment, item, lot, serial
