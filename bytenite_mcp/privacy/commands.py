"""Finds passwords in command lines that do not name them, such as `curl -u` and `mysql -p`."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from typing import NamedTuple

from bytenite_mcp.privacy.classify import is_placeholder, is_random
from bytenite_mcp.privacy.extents import end_of_line
from bytenite_mcp.privacy.spans import Span, join


class Tool(NamedTuple):
    """An argument of a command-line tool that is a password.

    Attributes:
        names: A pattern of the tool's names.
        before: A pattern of the text before a password: a flag, or a command and other arguments.
        is_pair: Whether the argument is a user and a password; without a separator, it has no password.
    """

    names: str
    before: str
    is_pair: bool = False


TOOLS = (
    Tool(
        "curl|wget|http|https|xh", r"(?:-[a-zA-Z]{0,6}u ?|--user[ =]|-U ?|--proxy-user[ =]|-a )", is_pair=True
    ),
    Tool("curl|wget", "(?:-b ?|--cookie[ =])(?=[^ ]*=)"),
    Tool("mysql|mysqldump|mysqladmin|mysqlimport|mysqlshow|mysqlpump|mariadb(?:-dump)?|mycli", r"-p(?! )"),
    Tool("sshpass|mongo|mongosh|mongodump|mongorestore|cqlsh|beeline|rabbitmqadmin", r"-p ?"),
    Tool("docker|podman|buildah|nerdctl|helm|oras|crane|az|oc", r"login (?:[^\n]{0,200}?\s)??-p ?"),
    Tool("redis-cli", r"(?:-a |AUTH (?:\S{1,60} (?=\S))?)"),
    Tool("ConvertTo-SecureString", r"(?:-String )?(?=[\x22'])"),
    Tool(
        "wandb|snyk|vercel|netlify|heroku|doctl|gh|huggingface-cli|hf|vault",
        r"(?:login|auth(?::token)?) (?:--?[\w-]{1,30} ){0,3}(?=\w[\w.-]{15})",
    ),
    Tool("rabbitmqctl", r"(?:add_user|change_password|authenticate_user) \S{1,60} "),
    Tool("mc|mcli", r"(?:alias set|config host add) \S{1,60} \S{1,200} \S{1,100} "),
    Tool("b2", r"(?:authorize-account|account authorize) \S{1,60} "),
    Tool("uplink", r"access (?:import|save) \S{1,60} "),
    Tool("snmpwalk|snmpget|snmpset|snmpbulkwalk", "-[cAX] "),
    Tool("ipmitool", "-P "),
    Tool("xfreerdp|wfreerdp|rdesktop", "(?:/p:|-p )"),
    Tool("ssh-keygen", "-[NP] "),
    Tool("xauth", r"add \S{1,60} \S{1,60} "),
    Tool("net", r"(?:use \S{1,60} \S{1,200}(?: /user:\S{1,80})?|user \S{1,60}) (?![/*])"),
    Tool("ldapsearch|ldapmodify|ldapadd|ldappasswd|ldapwhoami", "-w ?"),
    Tool("sqlcmd|bcp|osql|zip|unzip|isql", "-P ?"),
    Tool("7z|7za|7zr|rar|unrar", "-h?p(?! )"),
    Tool(
        "smbclient|rpcclient|winexe|net|lftp|ftp|ncftp|skopeo",
        r"(?:-[uU] ?|--user[ =]|--creds[ =])",
        is_pair=True,
    ),
    Tool("openssl", r"(?:-pass(?:in|out)? pass:|-[kK] )"),
    Tool("vault", r"write \S{0,80}login (?:[^\s=]{1,40}=\S{1,80} ){0,4}secret_id="),
    Tool("rclone", "obscure "),
    Tool("security", "(?:-p|-w) "),
    Tool("signtool|schtasks", "/r?p "),
    Tool(
        "reg",
        r"add [^\n]{0,200}?/v \w{0,40}(?:[Kk]ey|[Tt]oken|[Ss]ecret|[Pp]ass\w{0,5}) (?:/t \w{1,20} )?/d ",
    ),
    Tool("dotnet", r"user-secrets set \S{1,100} "),
    Tool("bundle", r"config (?:set )?(?:--\w{1,20} ){0,2}\S{1,100} ", is_pair=True),
    Tool("poetry", r"config http-basic\.\S{1,60} \S{1,60} "),
    Tool("cargo", r"login (?=\w{16})"),
    Tool("steamcmd", r"\+login \S{1,60} (?!\+)"),
    Tool("cache_peer", r"login=", is_pair=True),
    Tool("influx", "(?:-t|--token)[ =]"),
    Tool("aws", r"ssm put-parameter (?=[^\n]{0,400}SecureString)(?:[^\n]{0,300}?\s)??--value[ =]"),
    Tool("az", r"keyvault secret set [^\n]{0,300}?--value[ =]"),
    Tool("gh", r"secret set [^\n]{0,200}?(?:--body|-b)[ =]"),
    Tool("fly|flyctl|supabase|modal", r"secrets? (?:set|create) (?:[^\s=]{1,60} ){0,4}\w{1,60}="),
    Tool("heroku", r"config:set (?:[^\s=]{1,60} ){0,4}\w{0,60}(?:KEY|TOKEN|SECRET|PASS\w{0,5})="),
    Tool(
        "kubectl|oc",
        r"create secret [^\n]{0,300}?--from-literal[ =](?!\w{0,20}(?:user|name|host|port|mail|url))[\w.-]{1,80}=",
    ),
    Tool("htpasswd", r"-[a-zA-Z]{0,6}b[a-zA-Z]{0,6} \S{1,100} \S{1,60} "),
)
_LONGEST = 400
"""The most characters of a command that are read."""

_NAMES = "|".join(f"(?:{tool.names})" for tool in TOOLS)
_VALUE = r"""(?P<value>"[^"\n]{1,200}"|'[^'\n]{1,200}'|[^\s"'|;&]{1,200})"""
_BEGINS = re.compile(rf"(?<![\w.-])(?:{_NAMES})(?=(?:\.exe)?\s)")
_SEPARATOR = re.compile(r"[:%,]")
_PIPED = re.compile(
    r"\b(?:echo|printf)\s+(?:-\w+\s+)?(?P<value>[^|\n]{1,200}?)\s*"
    r"\|[^|\n]{0,200}(?:--password-stdin|\bsudo -S|\bchpasswd|\bpasswd --stdin|\bsecret (?:put|create)|\bcryptsetup)"
)
_AFTER_USER = re.compile(
    r"(?:\s-[ulU][ =]?|\s--user(?:name)?[ =])\S{1,80}\s(?:[^\n|;&]{0,100}?\s)??-[pP][ =]?(?P<value>[^\s|;&]{6,200})"
)
"""The usual flags for a user and a password."""

_HERE = re.compile(r"\bchpasswd\s*<<<\s*(?P<value>\S{1,200})")

_LIST = re.compile(r"""\[(?:(?:"[^"\n]{0,400}"|'[^'\n]{0,400}'),? ?){2,100}\]""")
_ITEM = re.compile(r"""(?P<quote>["'])(?P<item>.*?)(?P=quote)""")

HINT = (
    rf"(?:^|[^A-Za-z0-9_.-])(?:{_NAMES})(?:\.exe)?[\s\x22\x27]|--password-stdin|sudo -S|passwd|secret (?:put|create)"
    r"|cryptsetup|\s-[pP]"
)
"""A pattern, in Rust's syntax: a text without a match has no password that would be found here."""


def find_in_commands(text: str) -> Iterator[Span]:
    """Find passwords in command lines, and in lists of arguments as Python writes them."""
    yield from _find_in_line(text)
    for written in _LIST.finditer(text):
        items = [item.span("item") for item in _ITEM.finditer(text, *written.span())]
        line = " ".join(text[start:end] for start, end in items)
        secrets = {line[start:end] for start, end in _find_in_line(line)}
        for (start, end), secret in product(items, secrets):
            if (found := text.find(secret, start, end)) >= 0:
                yield found, end


def _find_in_line(text: str) -> Iterator[Span]:
    arguments: dict[str, list[Span]] = {}
    for begin in _BEGINS.finditer(text):
        end = min(end_of_line(text, begin.end()), begin.end() + _LONGEST)
        arguments.setdefault(begin[0], []).append((begin.end(), end))
    for name, spans in arguments.items():
        yield from _find_arguments(text, name, join(spans))
    for pattern in (_PIPED, _HERE):
        yield from (
            found.span("value") for found in pattern.finditer(text) if not is_placeholder(found["value"])
        )
    yield from (found.span("value") for found in _AFTER_USER.finditer(text) if is_random(found["value"]))


def _find_arguments(text: str, name: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Find passwords in the arguments of a tool; the arguments of adjacent commands are searched together."""
    tools = [tool for tool in _compile_tools() if tool[0].fullmatch(name)]
    for (start, end), (_, passwords, is_pair) in product(spans, tools):
        for found in passwords.finditer(text, start, end):
            value = found["value"].strip("\"'")
            is_split = not is_pair or _SEPARATOR.search(value)
            if is_split and not is_placeholder(value.rpartition(":")[2]):
                yield found.span("value")


@cache
def _compile_tools() -> list[tuple[re.Pattern[str], re.Pattern[str], bool]]:
    return [
        (re.compile(tool.names), re.compile(rf"(?<=\s){tool.before}{_VALUE}"), tool.is_pair) for tool in TOOLS
    ]
