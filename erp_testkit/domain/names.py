"""What areas, ports, risks and outcomes are called, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from erp_testkit.domain.said import Said, listed

NAMES: Mapping[str, tuple[str, str]] = {
    # areas
    "Sales": ("Sales", "销售"),
    "Outbound": ("Outbound", "出库"),
    "Stock": ("Stock", "库存"),
    "Traceability": ("Traceability", "追溯"),
    "Returns": ("Returns", "退货"),
    "Audit and access": ("Audit and access", "审计与权限"),
    "Resilience": ("Resilience", "故障恢复"),
    "Contracts": ("Contracts", "接口契约"),
    # ports
    "master_data": ("master data", "主数据"),
    "licences": ("licences", "资质"),
    "sales": ("sales", "销售"),
    "outbound": ("outbound", "出库"),
    "deliveries": ("deliveries", "签收"),
    "stock": ("stock", "库存"),
    "counting": ("stock counts", "盘点"),
    "quarantine": ("quarantine", "待验隔离"),
    "recalls": ("recalls", "召回"),
    "traceability": ("traceability", "追溯"),
    "lot_records": ("lot records", "批号档案"),
    "labels": ("UDI labels", "UDI 标签"),
    "returns": ("returns", "退货"),
    "exchanges": ("exchanges", "换货"),
    "credits": ("credits", "冲账"),
    "audit_trail": ("audit trail", "审计追踪"),
    "jobs": ("background jobs", "后台作业"),
    "interfaces": ("interfaces", "接口"),
    "ledger": ("ledger", "账簿"),
    "access": ("access rights", "权限"),
    # risks
    "compliance": ("compliance", "法规合规"),
    "customer": ("customer", "客户利益"),
    "delivery": ("delivery", "交付"),
    # outcomes
    "kept": ("kept", "符合"),
    "broken": ("broken", "不符合"),
    "known": ("known", "已知问题"),
    "not covered": ("not covered", "未覆盖"),
    "error": ("error", "无法判定"),
    "not tested": ("not tested", "未测试"),
    "not applicable": ("not applicable", "不适用"),
    # severities
    "blocker": ("blocker", "阻断"),
    "critical": ("critical", "严重"),
    "normal": ("normal", "一般"),
    "minor": ("minor", "轻微"),
    "trivial": ("trivial", "细微"),
    # how bad it is when a requirement is not met
    "high": ("high", "高"),
    "medium": ("medium", "中"),
    "low": ("low", "低"),
    # verdicts
    "approved for signing": ("approved for signing", "可以签批"),
    "needs waiver": ("needs waiver", "须先豁免"),
    "rejected": ("rejected", "不予批准"),
    "not checked": ("not checked", "未检查"),
}


def name_of(name: str) -> Said:
    """Return what something the kit knows is called; the user's own areas as they are."""
    english, chinese = NAMES.get(name, (name, name))
    return Said(english, chinese)


def counted(counts: Mapping[Any, int], order: Iterable[str]) -> Said:
    """Say how many there are of each, those that are none left out."""
    said = Said("{count} {name}", "{name} {count}")
    return listed(said.with_(count=counts[one], name=name_of(one)) for one in order if counts[one])
