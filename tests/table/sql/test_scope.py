"""What a SELECT sees: the tables as they are, and in nested queries also what surrounds them."""

from bytenite_mcp.table.fields import EVERY_FIELD
from bytenite_mcp.table.sql.scope import TABLES, Relation, Scope
from tests.table.tables import empty


def test_each_table_is_as_wide_as_its_view() -> None:
    for name, relation in TABLES.items():
        columns = empty().execute(f"DESCRIBE {name}").fetchall()
        assert relation.columns >= len(columns) > 0
    assert TABLES["jobs"].columns == len(EVERY_FIELD)


def test_a_relation_is_found_by_its_name_in_any_case_and_the_largest_value_counts() -> None:
    scope = Scope()
    scope.add("Small", Relation(1, 10))
    scope.add("large", Relation(2, 20))
    assert (scope.relations["small"].columns, scope.cell, len(scope.sources)) == (1, 20, 2)


def test_a_nested_select_sees_what_surrounds_it_and_changes_nothing_there() -> None:
    outer = Scope()
    outer.add("jobs", TABLES["jobs"])
    inner = outer.inside()
    inner.add("stages", TABLES["stages"])
    inner.aliases["a"] = (1, 1)
    assert inner.relations.keys() == {"jobs", "stages"}
    assert inner.sources == [TABLES["stages"]]
    assert outer.relations.keys() == {"jobs"}
    assert not outer.aliases
