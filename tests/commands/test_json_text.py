"""One member of a JSON text is changed, and every other character stays."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.commands.json_text import append, parse, put, remove

PATH = ["mcpServers", "bytenite"]
ENTRY = {
    "command": "C:\\Program Files\\python.exe",
    "args": ["-m", "x"],
    "env": {"PLACE": "Zürich \N{SNOWMAN}"},
}

names = st.text(max_size=8) | st.sampled_from(["mcpServers", "servers", "inputs", "bytenite", "a b"])
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)
servers = st.dictionaries(names.filter(lambda name: name != "bytenite"), values, max_size=3)
configs = st.dictionaries(names.filter(lambda name: name != "mcpServers"), values, max_size=4)
layouts: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"indent": 2}, {"indent": 4}, {"indent": "\t"}, {"indent": 0}, {"separators": (",", ":")},
        {"separators": (" , ", " : ")}, {"indent": 2, "separators": (" ,", ":")}, {"ensure_ascii": False},
    ]
)  # fmt: skip


@st.composite
def texts(draw: st.DrawFn, *, has_servers: bool = False) -> str:
    config = draw(configs)
    if has_servers:
        config["mcpServers"] = {"other": draw(values), **draw(servers)}
    elif draw(st.booleans()):
        config["mcpServers"] = draw(st.none() | servers)
    text = json.dumps(config, **draw(layouts))
    text = text.replace("\n", "\r\n") if draw(st.booleans()) else text
    return draw(st.sampled_from(["", "\n", " \t"])) + text + draw(st.sampled_from(["", "\n", "\r\n\r\n"]))


@given(texts())
def test_putting_a_value_changes_nothing_else(text: str) -> None:
    before, after = parse(text), parse(put(text, PATH, ENTRY))
    assert after == {**before, "mcpServers": {**(before.get("mcpServers") or {}), "bytenite": ENTRY}}
    assert list(after)[: len(before)] == list(before)


@given(texts())
def test_putting_and_removing_an_entry_restores_the_value_except_for_an_empty_object(text: str) -> None:
    before = parse(text)
    if not before.get("mcpServers", True):
        del before["mcpServers"]
    assert parse(remove(put(text, PATH, ENTRY), PATH)) == before


@given(texts(has_servers=True))
def test_beside_other_servers_not_one_character_changes(text: str) -> None:
    assert remove(put(text, PATH, ENTRY), PATH) == text


@given(texts())
def test_to_put_the_same_twice_is_to_put_it_once(text: str) -> None:
    once = put(text, PATH, ENTRY)
    assert put(once, PATH, ENTRY) == once


@given(texts(), values)
def test_a_new_value_takes_the_place_of_the_old(text: str, value: Any) -> None:
    assert parse(put(put(text, PATH, value), PATH, ENTRY)) == parse(put(text, PATH, ENTRY))


@pytest.mark.parametrize("name", "abc")
@pytest.mark.parametrize("indent", [None, 2])
def test_an_entry_anywhere_among_others_is_removed_without_a_trace(name: str, indent: int | None) -> None:
    def write(names: str) -> str:
        return json.dumps({"mcpServers": {name: {"x": [1]} for name in names}}, indent=indent)

    assert remove(write("abc"), ["mcpServers", name]) == write("abc".replace(name, ""))


@pytest.mark.parametrize("text", ["{}", '{"inputs": null}'])
def test_where_there_is_no_array_one_is_made(text: str) -> None:
    assert parse(append(text, "inputs", {"id": "x"})) == {"inputs": [{"id": "x"}]}


@given(st.lists(values, max_size=3), layouts)
def test_an_item_comes_behind_those_of_an_array(items: list[Any], layout: dict[str, Any]) -> None:
    text = json.dumps({"inputs": items, "z": 1}, **layout)
    after = append(text, "inputs", {"id": "x"})
    assert parse(after) == {"inputs": [*items, {"id": "x"}], "z": 1}
    if items:
        assert remove(after, ["inputs", len(items)]) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}", '{\n  "mcpServers": {\n    "bytenite": {\n      "a": 1\n    }\n  }\n}'),
        ('{"x":1}', '{"x":1,"mcpServers": {"bytenite": {"a": 1}}}'),
        (
            '{\r\n\t"mcpServers": {\r\n\t\t"b": {}\r\n\t}\r\n}\r\n',
            '{\r\n\t"mcpServers": {\r\n\t\t"b": {},\r\n\t\t"bytenite": {\r\n\t\t\t"a": 1\r\n\t\t}\r\n\t}\r\n}\r\n',
        ),
        (
            '{\n    "mcpServers": {}\n}',
            '{\n    "mcpServers": {\n        "bytenite": {\n            "a": 1\n        }\n    }\n}',
        ),
        ('{"mcpServers":{},"x":1}\n', '{"mcpServers":{"bytenite": {"a": 1}},"x":1}\n'),
        ('{"mcpServers": {\n  "bytenite": {"b": 2}\n}}', '{"mcpServers": {\n  "bytenite": {"a": 1}\n}}'),
        ('{"mcpServers": {\n  "bytenite": null\n}}', '{"mcpServers": {\n  "bytenite": {\n    "a": 1\n  }\n}}'),
        (
            '{"mcpServers": {\n  "bytenite": {\n    "b": 2\n  }\n}}',
            '{"mcpServers": {\n  "bytenite": {\n    "a": 1\n  }\n}}',
        ),
    ],
)  # fmt: skip
def test_it_is_laid_out_as_the_text_is(before: str, after: str) -> None:
    assert put(before, PATH, {"a": 1}) == after


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"a": 1,}', "{} // mine", '{"a": NaN}', '{"a": {"b": 1, "b": 2}}', "[" * 100_000, '{"a": 1}}'],
)
def test_what_is_not_plain_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)
