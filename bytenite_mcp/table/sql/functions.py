"""The functions that a model's SQL may call, by the size of their results.

Any other function is refused. Left out on purpose are functions whose result grows with a number (`repeat`, `lpad`,
`format`, `range` as a list), that take quadratic time (`levenshtein`), that take a lambda or the name of a function, or
that read or change anything but their arguments.
"""

from enum import Enum, auto

from bytenite_mcp.table.errors import BadQuery
from bytenite_mcp.table.sql.advice import replace_function
from bytenite_mcp.table.sql.tree import Node, refusal

NUMBER_SIZE = 40
"""The size in bytes that is assumed for a number, a time or a short text."""

_ITEM_SIZE = 16


class Gives(Enum):
    """The size of a function's result."""

    NUMBER = auto()
    """A number, time, boolean or short text."""
    ARGUMENT = auto()
    """One of its arguments, without a copy."""
    COPY = auto()
    """At most its largest argument."""
    SUM = auto()
    """At most all its arguments together."""
    REPLACED = auto()
    """Its first argument, with each character possibly replaced by the last one."""
    PIECES = auto()
    """A list with an element for each character of its first argument."""
    FORMATTED = auto()
    """A text in the format of its constant argument."""


_NUMBER = """
    + - * / // % ** ^ ~~ !~~ ~~* !~~* ~~~ ^@ abs ceil ceiling floor round round_even trunc sqrt cbrt exp ln log
    log2 log10 pow power sign mod fmod divide add subtract multiply greatest_common_divisor pi random isnan isinf
    isfinite hash md5 length len strlen char_length character_length ascii ord chr unicode contains starts_with
    prefix suffix ends_with instr position strpos like_escape ilike_escape not_like_escape not_ilike_escape
    regexp_matches regexp_full_match typeof now today current_date get_current_timestamp transaction_timestamp
    current_localtimestamp date_part datepart date_trunc datetrunc date_diff datediff date_sub datesub date_add
    age last_day make_date make_time make_timestamp make_timestamptz to_timestamp strptime try_strptime
    time_bucket timezone dayname monthname epoch epoch_ms epoch_us epoch_ns era century decade year quarter month
    week weekofyear yearweek isoyear day dayofmonth dayofweek dayofyear weekday isodow hour minute second
    millisecond microsecond julian to_years to_quarters to_months to_weeks to_days to_hours to_minutes to_seconds
    to_milliseconds to_microseconds array_length cardinality list_contains list_has array_contains array_has
    list_has_any array_has_any list_has_all array_has_all list_position list_indexof array_position array_indexof
    list_unique array_unique list_count list_sum list_avg list_median json_valid json_type json_array_length
    json_contains json_exists
"""
_ARGUMENT = """
    nullif if greatest least list_min list_max list_first list_last list_any_value list_extract list_element
    array_extract struct_extract element_at map_extract map_extract_value map_keys map_values
"""
_COPY = """
    lower lcase upper ucase trim ltrim rtrim left right substring substr reverse split_part regexp_extract
    translate list_sort array_sort list_reverse_sort array_reverse_sort list_reverse array_reverse list_distinct
    array_distinct list_slice array_slice list_intersect array_intersect flatten strip_accents nfc_normalize ->>
    json_extract json_extract_string json_value json_keys
"""
_SUM = """
    || concat concat_ws list_value list_pack list_concat list_cat array_concat array_cat list_append array_append
    array_push_back list_prepend array_prepend array_push_front struct_pack row map json_object json_array to_json
    array_to_json
"""
_PIECES = """
    string_split str_split string_to_array split string_split_regex str_split_regex regexp_split_to_array
    regexp_extract_all
"""
_AGGREGATES = """
    count count_star count_if countif sum avg mean fsum favg sumkahan kahan_sum product geometric_mean geomean
    median mode quantile quantile_cont quantile_disc approx_quantile approx_count_distinct mad entropy skewness
    kurtosis stddev stddev_pop stddev_samp variance var_pop var_samp sem corr covar_pop covar_samp regr_slope
    regr_intercept regr_r2 regr_count regr_avgx regr_avgy bool_and bool_or first last any_value arbitrary
"""
_WINDOW_FUNCTIONS = """
    row_number rank dense_rank rank_dense percent_rank cume_dist ntile lag lead first_value last_value nth_value
"""
_TYPES = """
    varchar text string char bpchar boolean bool tinyint smallint int2 integer int int4 int32 bigint int8 int64
    long hugeint utinyint usmallint uinteger ubigint uhugeint float float4 real double float8 numeric decimal dec
    date time timestamp datetime timestamptz interval json uuid list
"""

FUNCTIONS: dict[str, Gives] = (
    dict.fromkeys(_NUMBER.split(), Gives.NUMBER)
    | dict.fromkeys(_ARGUMENT.split(), Gives.ARGUMENT)
    | dict.fromkeys(_COPY.split(), Gives.COPY)
    | dict.fromkeys(_SUM.split(), Gives.SUM)
    | dict.fromkeys(("replace", "regexp_replace", "array_to_string"), Gives.REPLACED)
    | dict.fromkeys(_PIECES.split(), Gives.PIECES)
    | {"strftime": Gives.FORMATTED}
)
"""Functions of one row."""

JSON_PATHS = {
    "->>",
    "json_extract",
    "json_extract_string",
    "json_value",
    "json_keys",
    "json_type",
    "json_exists",
}
"""Functions with paths, which must be constant: a list of a thousand paths would make as many copies."""

PATTERNS = {"regexp_matches", "regexp_full_match", "regexp_extract", "regexp_extract_all", "regexp_replace"} | {
    "string_split_regex", "str_split_regex", "regexp_split_to_array", "strptime", "try_strptime",
}  # fmt: skip
"""Functions with patterns, which must be constant: compiling one for each row would take milliseconds each."""

AGGREGATES = dict.fromkeys(_AGGREGATES.split(), 9) | dict.fromkeys(("min", "max"), 1)
AGGREGATES |= dict.fromkeys(("arg_min", "arg_max", "argmin", "argmax", "min_by", "max_by"), 2)
"""Aggregates that return one value, with the number of arguments up to which they do; with more they collect rows."""

COLLECTING = {
    "list",
    "array_agg",
    "string_agg",
    "group_concat",
    "listagg",
    "json_group_array",
    "json_group_object",
}
"""Aggregates that collect all values of a group."""

WINDOW_FUNCTIONS = {*_WINDOW_FUNCTIONS.split(), *AGGREGATES} - {"mode", "mad", "entropy", "approx_quantile"}
"""Functions that may be used with OVER; others take minutes over a moving frame, and cannot be interrupted."""

TABLE_FUNCTIONS = {"range": 1, "generate_series": 1, "unnest": 1, "json_each": 8, "json_tree": 8}
"""Table functions, with the number of their columns."""

TYPES = set(_TYPES.split()) | {"timestamp with time zone", "time with time zone"}
"""The types of casts; not those whose size depends on a number, such as arrays of a fixed length."""


def result_size(name: str, arguments: list[Node], sizes: list[int]) -> int:
    """Return the largest possible size of a function's result, in bytes.

    Args:
        name: The function's name, in lower case.
        arguments: Its arguments.
        sizes: The size of each argument in bytes.

    Raises:
        BadQuery: There is no such function, or its path or pattern is not constant.
    """
    _check_constants(name, arguments)
    if name == "age" and len(arguments) == 1:
        raise refusal("age takes two times here: age(now(), createdAt)")
    largest = max(sizes, default=0)
    match FUNCTIONS.get(name):
        case None:
            raise _unknown_function(name)
        case Gives.NUMBER:
            return NUMBER_SIZE
        case Gives.ARGUMENT | Gives.COPY:
            return largest
        case Gives.SUM:
            return sum(sizes) + _ITEM_SIZE * len(sizes)
        case Gives.REPLACED:
            return sizes[0] * (1 + max(sizes[2:] or sizes[1:], default=0)) if sizes else 0
        case Gives.PIECES:
            return 16 * (sizes[0] if sizes else 0)
        case Gives.FORMATTED:
            formats = [size for node, size in zip(arguments, sizes, strict=True) if is_text(node)]
            return 12 * max(formats, default=largest)


def _check_constants(name: str, arguments: list[Node]) -> None:
    plain_paths = all(is_text(path) and "**" not in path["literal"]["text"] for path in arguments[1:])
    if name in JSON_PATHS and not plain_paths:
        raise refusal(
            f"the path in {name} must be a text, such as '$.app.tags[0]', without **; "
            "json_each(params) in FROM gives all members"
        )
    if name in PATTERNS and not all(map(is_text, arguments[1:2])):
        raise refusal(f"the pattern in {name} must be a constant text")


def is_text(node: Node) -> bool:
    """Whether an expression is a string literal."""
    return bool(node["class"] == "CONSTANT" and node["literal"]["kind"] == "STRING")


def _unknown_function(name: str) -> BadQuery:
    instead = replace_function(name, [*FUNCTIONS, *AGGREGATES, *COLLECTING])
    return refusal(f"there is no function {name[:40]} here" + (f"; {instead}" if instead else ""))
