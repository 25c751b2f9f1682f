"""Which names say that what they hold is withheld."""

import re
from functools import lru_cache

_TELLTALES = (
    r"token|secret|pass_?w|pass_?phrase|(?:admin|db|ftp|mail|root|smtp|ssh|user)_?pass(?:$|_)|(?:^|_)pwd|credential|signature|(?:^|_)sig(?:$|_)|api_?key|access_?key|private_?key|"
    r"(?:^|_)keys?(?:$|_)|(?:^|_)o?auth(?:$|_|orization)|bearer|cookie|session_?id|(?:^|_)sas(?:$|_)|connection_?string|temp_?url|signed_?url"
)
"""What a name looks like that holds a secret, spelt with underscores; `redact` has to notice each of them too."""


SOURCES = {"datasource", "datadestination"}
"""Members that hold a data source, wherever they are; spelt without separators."""


@lru_cache(4096)
def looks_secret(name: str) -> bool:
    """Whether a member's name says that its value is a secret, whatever its case or spelling."""
    spelt = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name)
    return bool(re.search(_TELLTALES, spelt, re.IGNORECASE))


@lru_cache(4096)
def fold_name(name: str) -> str:
    """Spell a name so that case and separators make no difference."""
    return name.replace("_", "").replace("-", "").lower()
