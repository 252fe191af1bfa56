"""Settings files: one reader for all of them, and the JSON Schemas editors use are those of what is read."""

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

import jsonschema_rs
import pytest
from click.testing import CliRunner

from erp_testkit.cli import main
from erp_testkit.cli.main import COMMANDS, cli
from erp_testkit.shipped import FIXTURES, ROOT
from erp_testkit.specs import settings, text
from erp_testkit.specs.settings_schema import schema as schema_of

DOCS = ROOT / "docs"
FILES = [
    *(("configuration", file) for file in (ROOT / "erp-testkit.toml", FIXTURES / "starter" / "erp-testkit.toml")),
    *(("policy", file) for file in (ROOT / "ci" / "gate.toml", ROOT / "ci" / "tryton.toml")),
    ("waivers", ROOT / "ci" / "waivers.toml"),
    *(("requirements", file) for file in sorted((FIXTURES / "requirements").glob("*.toml"))),
    *(("known", file) for file in sorted((FIXTURES / "known").glob("*.toml"))),
    *(("noise", file) for file in sorted((FIXTURES / "noise").glob("*.toml"))),
    *(("openapi", file) for file in sorted((ROOT / "contracts" / "openapi").glob("*.toml"))),
    *(("mapping", file) for file in sorted((ROOT / "contracts" / "mappings").glob("*.yaml"))),
    *(("messages", file) for file in sorted((ROOT / "contracts" / "messages").glob("*.toml"))),
]


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location("build_docs", DOCS / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_and_the_schemas_are_up_to_date(build):
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == build.built("settings.md"), "Next: python docs/build.py"
    written = {file.name.removesuffix(".schema.json"): file.read_text(encoding="utf-8") for file in (DOCS / "schemas").iterdir()}
    assert [name for name in {**written, **build.SETTINGS} if written.get(name) != build.schema_text(name)] == [], (
        "Next: python docs/build.py"
    )


def test_every_schema_is_one_and_describes_what_it_is_for(build):
    for name, one in build.SETTINGS.items():
        schema = schema_of(one.model)
        jsonschema_rs.meta.validate(schema)
        assert schema["description"], name


@pytest.mark.parametrize(("name", "file"), FILES, ids=lambda value: value.stem if isinstance(value, Path) else value)
def test_a_shipped_file_is_right_by_its_schema(name, file):
    schema = json.loads((DOCS / "schemas" / f"{name}.schema.json").read_bytes())
    read = tomllib.loads(file.read_text(encoding="utf-8")) if file.suffix == ".toml" else text.read(file).data
    data = json.loads(json.dumps(read, default=date.isoformat))
    assert [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(data)] == []


def test_the_projects_own_files_name_their_schemas():
    named = {file.name: re.match(r"#:schema (\S+)\n", file.read_text(encoding="utf-8"))[1] for file in (ROOT / "ci").glob("*.toml")}
    assert {name: (ROOT / "ci" / path).is_file() for name, path in named.items()} == dict.fromkeys(named, True)


class Entry(settings.Table):
    name: settings.Text
    size: int = 1


class File(settings.Table):
    entry: tuple[Entry, ...] = ()
    single: Entry | None = None
    either: int | str = 1


def problems(tmp_path, said):
    file = tmp_path / "file.toml"
    file.write_bytes(said.encode())
    with pytest.raises(settings.UsageError) as raised:
        settings.read(File, file, "file")
    return str(raised.value).splitlines()[1:]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[entry]]\nname = 'a'\n\n[[entry]]\n# none\nsize = 2.5\n", [
            "- line 4, entry[2].name: expected text, got nothing.",
            "- line 6, entry[2].size: expected a whole number, got 2.5.",
        ]),
        ("entry = [ { name = 'a' },\n  { nam = 'b' } ]\n", [
            "- line 1, entry[2].name: expected text, got nothing.",
            "- line 1, entry[2].nam: unknown key. Did you mean 'name'? Valid values are: name, size.",
        ]),
        ("single.name = '''\n[single]\n'''\nsingle.size = true\n", [
            "- line 4, single.size: expected a whole number, got true.",
        ]),
        ("either = [\n 1,\n]\n", ["- line 1, either: expected a whole number or text, got [1]."]),
        ("\ufeffother = 1\r\n", ["- line 1, other: unknown key. Did you mean 'either'? Valid values are: either, entry, single."]),
        (f"either = {'[' * 250}{']' * 250}\n", ["- the file: expected tables and lists nested less deep."]),
        ("'or' = 1\n", ["- line 1, or: unknown key. Valid values are: either, entry, single."]),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(tmp_path, text, said):
    assert problems(tmp_path, text) == said


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("size = 9" + "9" * 5000, "Exceeds the limit (4300 digits) for integer string conversion: "),
        ("size = " + "[" * 3000 + "]" * 3000, "maximum recursion depth exceeded"),
        ("size = 1\nsize = 2", "Cannot overwrite a value (at end of document)."),
    ],
)
def test_what_toml_cannot_say_is_told(tmp_path, text, got):
    file = tmp_path / "file.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(settings.UsageError, match=re.escape(f"Failed to read file {file}: expected TOML, got {got}")):
        settings.read(File, file, "file")


def test_the_list_of_commands_does_not_pay_for_settings():
    code = "import sys; from click.testing import CliRunner; from erp_testkit.cli.main import cli\n"
    code += "done = CliRunner().invoke(cli, ['--help']); print(done.exit_code, 'pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split() == ["0", "False"]


def test_every_command_listed_is_there():
    listed = dict(re.findall(r"^  ([a-z][a-z-]+)  +(\S.*)", CliRunner().invoke(cli, ["--help"], terminal_width=200).output, re.MULTILINE))
    assert listed == COMMANDS
    commands = [file for file in Path(main.__file__).parent.glob("*.py") if "\ndef command(" in file.read_text(encoding="utf-8")]
    assert set(COMMANDS) == {file.stem.replace("_", "-") for file in commands}
