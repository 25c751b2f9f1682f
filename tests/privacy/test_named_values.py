"""The value after a secret's name, in its form, and whether it is one."""

import pytest

from bytenite_mcp.privacy.named_values import Named, find_secret, find_value, has_no_value, is_marked
from bytenite_mcp.privacy.names import Strength, strength_of
from bytenite_mcp.privacy.texts import scrub

SECRET = "xK9-ab7Q2w"
STRONG = Strength.STRONG


def named(name: str, text: str) -> Named:
    """Read a name at the beginning of a text."""
    return Named(f"{name}{text}", name, 0, len(name), strength_of(name))


def found(name: str, value: str) -> list[str]:
    """Return what is found in a value after a name and a colon."""
    at = named(name, f": {value}")
    return [at.text[slice(*span)] for span in find_value(at, at.end + 2)]


@pytest.mark.parametrize(
    ("value", "secrets"),
    [
        (f'"{SECRET}", "port": 5', [SECRET]),
        (f'"{SECRET}" -> "Zt5-{SECRET}"', [SECRET, f"Zt5-{SECRET}"]),
        (f"Bearer {SECRET} ok", [SECRET]),
        ("Bearer sunflower ok", ["sunflower"]),
        (f'Digest username="ana.host.example", response="{SECRET}123"\nsum={SECRET}45', [f"{SECRET}123"]),
        (f"['{SECRET}', 'Zt5-{SECRET}'] ok", [SECRET, f"Zt5-{SECRET}"]),
        ("""["aB]3xQ9", 'aB}3"xQ9'] ok""", ["aB]3xQ9", 'aB}3"xQ9']),
        (r'["aB\"3xQ9"] ok', [r"aB\"3xQ9"]),
        (f"{{user: {SECRET}, pass phrase: Zt5-{SECRET}, at: 5}} ok", [f"Zt5-{SECRET}"]),
        (f"{{'ids': ['{SECRET}'], 'all': [{{'b': 'Zt5-{SECRET}'}}]}} ok", [f"Zt5-{SECRET}"]),
        (f"{SECRET}, port=5", [SECRET]),
        ("<token>", []),
        ("Bearer is missing", []),
    ],
)
def test_the_value_of_a_token_is_found_in_its_form(value: str, secrets: list[str]) -> None:
    assert found("token", value) == secrets


def test_under_a_sure_name_all_that_is_in_brackets_is_found_unless_it_only_describes() -> None:
    assert found("password", "{a: 1, 'b': two} ok") == ["a: 1, 'b': two"]
    assert found("passwords", "{ana: tulip, bo: rose} ok") == ["tulip", "rose"]
    assert found("password", "{min_length: 12, policy: strong} ok") == []
    assert found("token", "{a: 1, b: two} ok") == []
    assert found("password", '{"db": "tulip", "length": 5} ok') == ['"db": "tulip", "length": 5']
    assert found("password", '{"length": 5} ok') == []
    assert found("password", "[tulip]rose ok") == ["[tulip]rose"]


def test_each_member_of_an_object_within_a_text_is_judged_by_its_look_or_its_own_name() -> None:
    text = """read {'auth': {'id': '%s', 'a': '%s', 'user': 'ana', 'password': 'tulip', 'b': "%s"}} in 3 s"""
    shown = scrub(text % (SECRET, SECRET, SECRET))
    assert shown == text.replace("tulip", "[withheld]") % (SECRET, "[withheld]", "[withheld]")


def test_calls_and_patterns_in_the_brackets_of_a_weak_name_are_no_tokens() -> None:
    text = r"""tokens = {'root': [(r'(0[Xx])([0-9A-F]+)\b', bygroups2(Keyword)), (rf'\b{x}', Operator)], 'a': "%s"}"""
    assert scrub(text % SECRET) == text % "[withheld]"


@pytest.mark.parametrize(("text", "marked"), [('"a"', True), ("[a]", True), ("Bearer a", True), ("a", False)])
def test_the_end_of_a_value_is_marked_by_quotes_brackets_or_a_scheme(text: str, marked: bool) -> None:
    assert is_marked(text, 0) is marked


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("password", "must be longer", True),
        ("password", "the one you chose.", True),
        ("password", "correct horse battery", False),
        ("password", "the quick brown fox", False),
        ("pass", "12 fail: 0", True),
        ("password", "12 fail: 0", False),
        ("token", "must be longer", False),
    ],
)
def test_a_sentence_after_a_sure_name_is_no_value(name: str, value: str, sentence: bool) -> None:
    at = named(name, f": {value}")
    assert has_no_value(at, at.end + 2) is sentence


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('input("Enter password: ")\nprint("done")', 'input("Enter password: ")\nprint("done")'),
        (
            "def ask(prompt='Password: ', stream=None):\n    'Ask.'",
            "def ask(prompt='Password: ', stream=None):\n    'Ask.'",
        ),
        ("print('My password is ', password)\nf('x')", "print('My password is ', password)\nf('x')"),
        ('log("password=", "hunter2x9")', 'log("password=", "[withheld]")'),
        ("{'password': ') y z'}", "{'password': '[withheld]'}"),
        ('x="1" PASSWORD=" ab c"', 'x="1" PASSWORD="[withheld]"'),
        ("don't use password: ' ab c'", "don't use password: '[withheld]'"),
    ],
)
def test_a_quote_that_closes_the_one_around_a_name_begins_no_value(text: str, shown: str) -> None:
    assert scrub(text) == shown


@pytest.mark.parametrize(
    "code",
    [
        'pw = input("Password: ")',
        'password = getpass.getpass("Password: ")',
        "run(password=getpass('Your password: '))",
    ],
)
def test_code_that_asks_for_a_password_is_no_password(code: str) -> None:
    assert scrub(code) == code
    assert scrub(f'password = "{SECRET}"; {code}') == f'password = "[withheld]"; {code}'


def test_words_after_an_equals_sign_are_no_sentence() -> None:
    assert scrub("passphrase = must be the word") == "passphrase = [withheld]"
    assert scrub("DB_PASSWORD=must be the word") == "DB_PASSWORD=[withheld]"


@pytest.mark.parametrize("before", ["host: h\n  ", "- ", '"'])
def test_words_in_a_line_of_their_own_are_a_password_unless_a_sentence_surrounds_them(before: str) -> None:
    at = Named(
        f"{before}password: the quick brown fox\nmode: x", "password", len(before), len(before) + 8, STRONG
    )
    assert not has_no_value(at, at.end + 2)
    said = Named("he said password: the quick brown fox\nx", "password", 8, 16, STRONG)
    assert has_no_value(said, said.end + 2)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (f'password = crypt("{SECRET}")', 'password = [withheld]")'),
        ('password = "handler.password"', 'password = "[withheld]"'),
    ],
)
def test_what_only_looks_like_code_that_refers_to_a_password_is_one(code: str, shown: str) -> None:
    assert scrub(code) == shown


def test_the_strength_that_is_given_counts_more_than_the_names() -> None:
    at = named("token", ": words")
    span = (at.end + 2, len(at.text))
    assert list(find_secret(at, span)) == []
    assert list(find_secret(at, span, Strength.STRONG)) == [span]
    assert (at.before, named("x", "").before) == ("", "")


@pytest.mark.parametrize(
    "password", ["hunter2.pass", "Tr0ub4dor.token", "hunter2.password", "aB3xQ9zz.mykey", "staple.key"]
)
def test_a_password_that_ends_in_a_dot_and_a_word_is_no_reference(password: str) -> None:
    assert scrub(f"password={password}") == "password=[withheld]"
    assert scrub("password = handler.password") == "password = handler.password"
