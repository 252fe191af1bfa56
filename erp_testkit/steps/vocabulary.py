"""The phrases that may stand in the places of a wording, English, Chinese and meaning side by side.

Importing this module adds them to the types of `erp_testkit.steps.wording`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from erp_testkit.data.labels import Damage
from erp_testkit.domain.documents import Disposition, LotStatus, OrderState, PlaceKind, ReturnState, Role, ShipmentState, Tracking
from erp_testkit.erp.errors import Reason
from erp_testkit.standins.network import toxic
from erp_testkit.steps.wording import TYPES, written_as

T = TypeVar("T")

REASONS = (
    ("the user has no right to do this", "用户没有此权限", Reason.RIGHTS),
    ("the item is unknown", "没有该商品", Reason.UNKNOWN),
    ("the customer is unknown", "没有该客户", Reason.UNKNOWN),
    ("the supplier is unknown", "没有该供应商", Reason.UNKNOWN),
    ("the serial number is unknown", "没有该序列号", Reason.UNKNOWN),
    ("the lot is unknown", "没有该批号", Reason.UNKNOWN),
    ("the device on the label is unknown", "标签上的器械未建档", Reason.UNKNOWN),
    ("the quantity is not allowed", "数量不允许", Reason.QUANTITY),
    ("the quantity is no whole number of pieces", "数量不是整数个", Reason.QUANTITY),
    ("its state does not allow it", "当前状态不允许", Reason.STATE),
    ("the licence has expired", "经营许可证已过期", Reason.LICENCE),
    ("the customer is blocked", "客户已被停止交易", Reason.BLOCKED),
    ("the serial number is not in stock", "该序列号不在库", Reason.STOCK),
    ("there is not enough free stock", "可用量不足", Reason.STOCK),
    ("it is promised to a shipment", "已被发货单预留", Reason.STOCK),
    ("a lot number is missing", "缺少批号", Reason.TRACKING),
    ("a serial number is missing", "缺少序列号", Reason.TRACKING),
    ("the serial number belongs to another lot", "该序列号属于其他批号", Reason.TRACKING),
    ("the lot is on record with another expiry date", "该批号登记的有效期不同", Reason.TRACKING),
    ("the lot has expired", "该批号已过有效期", Reason.EXPIRED),
    ("the remaining shelf life is too short", "剩余有效期不足", Reason.SHELF_LIFE),
    ("the goods are in quarantine", "货品处于待验隔离", Reason.QUARANTINED),
    ("the lot is recalled", "该批号已召回", Reason.RECALLED),
    ("it is more than was ordered", "超出订购数量", Reason.EXCEEDS),
    ("it is more than was shipped", "超出发货数量", Reason.EXCEEDS),
    ("it is more than came back", "超出退回数量", Reason.EXCEEDS),
    ("it was not part of that shipment", "不在该发货单内", Reason.UNKNOWN),
    ("the shipment went to somebody else", "该发货单发给了别的客户", Reason.UNKNOWN),
    ("the serial number is already on record", "该序列号已登记", Reason.DUPLICATE),
    ("it has already been returned", "已经退过货", Reason.DUPLICATE),
    ("it has already been exchanged", "已经换过货", Reason.DUPLICATE),
    ("it has already been credited", "已经冲账", Reason.DUPLICATE),
    ("something else is already on record", "已有不同的登记", Reason.DUPLICATE),
    ("the posting date is not allowed", "记账日期不允许", Reason.PERIOD),
    ("the time of the signature cannot be right", "签收时间不合理", Reason.PERIOD),
    ("the label contradicts what is on record", "标签与登记不符", Reason.TRACKING),
    ("the label cannot be trusted", "标签不可信", Reason.LABEL),
    ("audit entries are never changed or deleted", "审计日志不得修改或删除", Reason.APPEND_ONLY),
)

ROLES = (
    ("the manager", "经理", Role.MANAGER),
    ("the sales clerk", "业务员", Role.SALES),
    ("the warehouse clerk", "仓管员", Role.WAREHOUSE),
    ("quality", "质管员", Role.QUALITY),
    ("the auditor", "审计员", Role.AUDITOR),
)

TRACKING = (
    ("serial number", "序列号", Tracking.SERIAL),
    ("lot", "批号", Tracking.LOT),
)

ORDER_STATES = (
    ("a quotation", "报价", OrderState.QUOTATION),
    ("confirmed", "已确认", OrderState.CONFIRMED),
    ("partly shipped", "部分发货", OrderState.PARTLY_SHIPPED),
    ("shipped", "已发货", OrderState.SHIPPED),
    ("cancelled", "已取消", OrderState.CANCELLED),
)

SHIPMENT_STATES = (
    ("planned", "待出库", ShipmentState.PLANNED),
    ("shipped", "已出库", ShipmentState.SHIPPED),
    ("delivered", "已签收", ShipmentState.DELIVERED),
    ("cancelled", "已取消", ShipmentState.CANCELLED),
)

RETURN_STATES = (
    ("open", "待收货", ReturnState.OPEN),
    ("received", "已收货", ReturnState.RECEIVED),
    ("closed", "已关闭", ReturnState.CLOSED),
    ("cancelled", "已取消", ReturnState.CANCELLED),
)

LOT_STATES = (
    ("released", "已放行", LotStatus.RELEASED),
    ("quarantined", "待验隔离", LotStatus.QUARANTINED),
    ("recalled", "已召回", LotStatus.RECALLED),
)

STATES = tuple(
    (en.removeprefix("a "), zh, state.value)
    for states in (ORDER_STATES, SHIPMENT_STATES, RETURN_STATES, LOT_STATES)
    for en, zh, state in states
)
"""States of every kind of document, as the audit trail names them."""

DOCUMENTS = (
    ("order", "销售订单", "order"),
    ("shipment", "发货单", "shipment"),
    ("return", "退货", "return"),
    ("lot", "批号", "lot"),
    ("receipt", "入库单", "receipt"),
)

PLACES = (
    ("in stock", "在库", PlaceKind.STOCK),
    ("in quarantine", "在待验隔离区", PlaceKind.QUARANTINE),
    ("not in the warehouse", "不在仓库", None),
)

PLACE_KINDS = (
    ("supplier", "供应商", PlaceKind.SUPPLIER),
    ("stock", "库存", PlaceKind.STOCK),
    ("quarantine", "待验隔离区", PlaceKind.QUARANTINE),
    ("customer", "客户", PlaceKind.CUSTOMER),
    ("loss", "盘亏", PlaceKind.LOSS),
    ("scrap", "报废", PlaceKind.SCRAP),
)

BINS = (
    ("main bin", "主库位", 0),
    ("second bin", "第二库位", 1),
)

DISPOSITIONS = (
    ("put back to stock", "重新入库", Disposition.RESTOCK),
    ("scrapped", "报废", Disposition.SCRAP),
)

DAMAGES = (
    ("has lost its separator", "丢失分隔符", Damage.SEPARATOR_LOST),
    ("has a wrong check digit", "校验位错误", Damage.CHECK_DIGIT),
    ("has an impossible expiry date", "有效期不可能存在", Damage.EXPIRY),
    ("names a lot and a serial number but no device", "只有批号和序列号而没有产品标识", Damage.NO_GTIN),
    ("names a lot but no device", "只有批号而没有产品标识", Damage.LOT_ALONE),
    ("names a serial number but no device", "只有序列号而没有产品标识", Damage.SERIAL_ALONE),
    ("is cut off", "残缺不全", Damage.CUT_OFF),
)

FAULTS = (
    ("is slow and crumbles what it carries", "缓慢且数据零碎", (toxic("latency", latency=150, jitter=50), toxic("slicer"))),
    ("loses the answers", "丢失应答", (toxic("reset_on_response"),)),
    ("breaks off in the middle of a request", "在请求中途断开", (toxic("limit_data", "upstream", bytes=300),)),
    ("breaks off in the middle of an answer", "在应答中途断开", (toxic("limit_data", bytes=40),)),
    ("carries little at a time", "流量极小", (toxic("bandwidth", rate=2),)),
    ("falls silent", "没有任何动静", (toxic("half_open"),)),
    ("is cut", "中断", (toxic("down"),)),
)
"""What can be wrong with a link, in the words of `erp_testkit.standins.network`."""


def phrase(*, of: Sequence[tuple[str, str, T]]) -> Callable[[str], T]:
    """Make a converter from a table of phrases."""
    meanings = {text: meaning for en, zh, meaning in of for text in (en, zh)}
    longest_first = sorted(meanings, key=len, reverse=True)

    @written_as("|".join(re.escape(text) for text in longest_first))
    def convert(text: str) -> T:
        return meanings[text]

    return convert


PHRASES: Mapping[str, Sequence[tuple[str, str, object]]] = {
    "reason": REASONS,
    "role": ROLES,
    "tracking": TRACKING,
    "order_state": ORDER_STATES,
    "shipment_state": SHIPMENT_STATES,
    "return_state": RETURN_STATES,
    "place": PLACES,
    "bin": BINS,
    "disposition": DISPOSITIONS,
    "damage": DAMAGES,
    "document": DOCUMENTS,
    "fault": FAULTS,
}
"""Phrases by the name that stands for them after the colon of a place."""

TYPES.update({name: phrase(of=phrases) for name, phrases in PHRASES.items()})
