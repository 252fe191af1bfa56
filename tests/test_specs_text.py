"""Bytes to data: what YAML 1.2 and JSON mean, what stands twice, on which line a thing stands, and what is refused."""

import json
from pathlib import Path

import pytest

from erp_testkit.domain.errors import UsageError
from erp_testkit.specs.text import DoubledKey, Parsed, read, warn


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Write a file, and name it as a person would who stands beside it."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="a.yaml"):
        Path(name).write_text(text, encoding="utf-8")
        return Path(name)

    return write


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("=", "="),
        ("12:30", "12:30"),
        ("12:30:00", "12:30:00"),
        ("2028-02-29", "2028-02-29"),
        ("0012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("+1", 1),
        ("True", True),
        ("false", False),
        ("~", None),
        ("", None),
        ("Null", None),
        ("'12'", "12"),
        ("!!str 12", "12"),
        ("|\n  12\n", "12\n"),
        ("-.inf", float("-inf")),
        ("<<", "<<"),
    ],
)
def test_a_scalar_means_what_yaml_12_says(file, written, meant):
    (value,) = read(file(f"a: {written}\n")).data.values()
    assert (type(value), value) == (type(meant), meant)


def test_keys_are_the_texts_that_are_written(file):
    assert read(file("200: a\nNO: b\non: c\n1.10: d\n~: e\n")).data == {"200": "a", "NO": "b", "on": "c", "1.10": "d", "~": "e"}


def test_aliases_and_merges(file):
    text = "a: &a {x: 1, y: 2}\nb: [*a, &n 7, *n]\nc: {<<: *a, y: 3}\nd: {y: 4, <<: [*a, {y: 5, z: 6}]}\n'<<': text\n"
    assert read(file(text)).data == {
        "a": {"x": 1, "y": 2},
        "b": [{"x": 1, "y": 2}, 7, 7],
        "c": {"x": 1, "y": 3},
        "d": {"x": 1, "y": 4, "z": 6},
        "<<": "text",
    }


def test_yaml_and_json_of_the_same_give_the_same(file):
    data = {"a": [1, 2.5, None, True, "NO", {"b": []}, [[]]], "c/d~e": {"😀": "\t\\"}}
    text = json.dumps(data)
    assert read(file(text, "a.json")).data == data
    assert read(file(json.dumps(data, ensure_ascii=False))).data == data


LINES = {"": 1, "/a": 2, "/a/0": 3, "/a/1": 4, "/a/1/b": 4, "/a/1/c": 5, "/a/1/c/0": 5, "/a/1/c/1": 5, "/d~1e": 7}


def test_the_line_of_everything_in_yaml(file):
    assert read(file("# a comment\na:\n- 1\n- b: 2\n  c: [3, {}]\n\nd/e: {}\n")).lines == LINES


def test_the_line_of_everything_in_json(file):
    assert read(file('{\n"a": [\n1,\n{"b": 2,\n"c": [3, {}]}]\n,\n"d/e": {}\n}\n', "a.json")).lines == LINES


def test_what_stands_nowhere_has_the_line_of_what_it_was_looked_for_in(file):
    parsed = read(file("a:\n  b:\n    c: 1\n"))
    assert [parsed.line(pointer) for pointer in ("/a/b/d/e", "/x", "/a/b/c")] == [2, 1, 3]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "a:\n  b: {x: 1}\n  c: 2\n  b: {x: 2}\n"),
        ("a.json", '{"a": {\n"b": {"x": 1},\n"c": 2,\n"b": {"x": 2}}}'),
    ],
)
def test_a_key_twice(file, name, text):
    parsed = read(file(text, name))
    assert (parsed.data, parsed.doubled) == ({"a": {"b": {"x": 2}, "c": 2}}, ("/a/b",))
    problem = f"{name}:4 a › b: expected each key once, got it twice."
    with pytest.warns(DoubledKey) as told:
        warn(parsed)
    assert [str(one.message) for one in told] == [f"{problem} The last one counts."]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "a: [1\n", "a.yaml:2: expected YAML, got did not find expected ',' or ']'."),
        ("a.yaml", "a: &a\n  b: *a\n", "a.yaml:2: expected YAML, got content that holds itself: *a."),
        ("a.yaml", "a: 1\n---\nb: 2\n", "a.yaml:2: expected YAML, got a second document."),
        ("a.yaml", "a: *b\n", "a.yaml:1: expected YAML, got an alias of nothing: *b."),
        ("a.yaml", "? [a]\n: b\n", "a.yaml:1: expected YAML, got a key that is no text."),
        ("a.yaml", "a: !!python/none ''\n", "a.yaml:1: expected YAML, got a tag nobody here knows: tag:yaml.org,2002:python/none."),
        ("a.yaml", "a: {<<: 1}\n", "a.yaml:1: expected YAML, got something to merge (<<) that is no table."),
        ("a.yaml", "a: \x07\n", "a.yaml: expected YAML, got character 4: control characters are not allowed."),
        ("a.json", '{"a": }', "a.json:1: expected JSON, got Expecting value at column 7."),
        ("a.json", '{"a": "\\ud83d"}', "a.json: expected Unicode, got half a surrogate pair (\\ud83d)."),
        ("a.json", "[" * 200_000, "a.json: expected JSON, got one nested too deep to read."),
    ],
)
def test_what_is_neither_yaml_nor_json_is_refused(file, name, text, said):
    with pytest.raises(UsageError) as caught:
        read(file(text, name))
    assert str(caught.value) == f"Failed to read contract {said}"


def test_a_pair_of_surrogates_is_one_character(file):
    assert read(file('{"a": "\\ud83d\\ude00"}', "a.json")).data == {"a": "😀"}


def test_what_cannot_be_read(file):
    with pytest.raises(UsageError) as caught:
        read(Path("none.yaml"))
    assert str(caught.value) == "Failed to read contract none.yaml: expected a file that can be read, got No such file or directory."
    Path("a.yaml").write_bytes(b"a: \xff")
    with pytest.raises(UsageError) as caught:
        read(Path("a.yaml"), "profile")
    assert str(caught.value) == "Failed to read profile a.yaml: expected UTF-8, got byte 3 that is none."


def test_a_file_may_begin_with_a_byte_order_mark(file):
    assert read(file("\ufeffa: 1\n")) == Parsed(Path("a.yaml"), {"a": 1}, ())
