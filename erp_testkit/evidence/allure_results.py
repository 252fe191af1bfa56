"""What a folder of Allure results holds beside the results: the environment, and the categories a failure falls into."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from erp_testkit.evidence.run_folder import write_json, write_text

ENVIRONMENT = "environment.properties"
"""Name of the file that says what was tested where."""


class Category(Enum):
    """Why a scenario is not simply kept; its English or Chinese name begins the scenario's message in the report."""

    RULE = ("Rule broken", "违反规则")
    STEP = ("Step broken", "步骤不符")
    CONTRACT = ("Contract broken", "违反接口契约")
    ERP = ("ERP broke", "ERP 故障")
    ENVIRONMENT = ("Environment", "环境问题")
    KIT = ("Kit error", "测试工具错误")
    KNOWN = ("Known", "已知问题")
    NOT_COVERED = ("Not covered", "未覆盖")

    def prefixed(self, message: str, *, chinese: bool) -> str:
        """Put the category before a message, once."""
        name = self.value[chinese]
        return name + message[len(name) :] if message.lower().startswith(name.lower()) else f"{name}: {message}"


_STATUS = {Category.KNOWN: "skipped", Category.NOT_COVERED: "skipped"} | dict.fromkeys(
    (Category.RULE, Category.STEP, Category.CONTRACT), "failed"
)


def status_of(category: Category) -> str:
    """Return the Allure status of a scenario of this category: failed where a promise was broken, broken where nothing could be judged."""
    return _STATUS.get(category, "broken")


def write_categories(results: Path) -> None:
    """Write ``categories.json``.

    Raises:
        EnvironmentFailure: it cannot be written.
    """
    write_json(
        results / "categories.json",
        [
            {
                "name": " · ".join(category.value),
                "matchedStatuses": [status_of(category)],
                # [\s\S] because a dot stops at the end of a line, in Java and JavaScript alike.
                "messageRegex": rf"^(?:{'|'.join(category.value)})[\s\S]*",
            }
            for category in Category
        ],
    )


_SHOWN = ("run", "started", "profile", "environment", "adapter", "erp", "url", "seed", "commit", "kit", "python", "platform")


def write_environment(results: Path, facts: Mapping[str, Any]) -> None:
    """Write ``environment.properties`` from a run's manifest.

    Raises:
        EnvironmentFailure: it cannot be written.
    """
    lines = (f"{key}={_one_line(facts[key])}" for key in _SHOWN if facts.get(key) is not None)
    write_text(results / ENVIRONMENT, "\n".join(lines) + "\n")


def _one_line(value: object) -> str:
    return " ".join(str(value).replace("\\", "\\\\").split())
