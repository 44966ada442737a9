"""The raw columns whose values reach a column of a mapping, read from its SQL.

What only decides (the condition of a case or filter, an order, a partition) gives no value. Where
a way cannot be followed, this says so: a column that is overlooked would not be erased.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

Limits = Mapping[str, frozenset[str]]
"""By the name of a column, the only texts that it has in the rows that are meant."""


class UnreadableError(Exception):
    """SQL in which the origin of a value cannot be told."""


@dataclass(frozen=True)
class Origin:
    """A column of a table; `limits` says of which rows, as far as conditions do."""

    schema: str
    table: str
    column: str
    limits: tuple[tuple[str, frozenset[str]], ...] = ()


class Query:
    """A query over tables whose columns are known, by schema and name of the table.

    Raises:
        UnreadableError: it is no query.
    """

    def __init__(self, sql: str, tables: Mapping[tuple[str, str], Sequence[str]]) -> None:
        known: dict[str, object] = {
            schema: {
                table: dict.fromkeys(names, "varchar")
                for (of_schema, table), names in tables.items()
                if of_schema == schema
            }
            for schema, _ in tables
        }
        try:
            query = parse_one(sql, dialect="duckdb")
            for relation in query.find_all(exp.Table):
                relation.set("catalog", None)
            scope = build_scope(
                qualify(
                    query,
                    dialect="duckdb",
                    schema=known,
                    validate_qualify_columns=False,
                    identify=False,
                )
            )
        except SqlglotError as error:
            raise UnreadableError(str(error).splitlines()[0]) from error
        if scope is None:
            raise UnreadableError("it is no query")
        self._scope = scope

    def origins(self, column: str) -> set[Origin]:
        """The columns of tables that a column of the query takes its values from.

        Raises:
            UnreadableError: it takes a value from what is not known.
        """
        return set(_of_output(self._scope, column, {}))


def _of_output(scope: Scope, name: str, limits: Limits) -> Iterator[Origin]:
    """Origins of a column that a query gives."""
    names = [given.lower() for given in _query(scope).named_selects]
    if names.count(name) != 1:
        raise UnreadableError(f"there is no column {name} that can be followed")
    yield from _of_place(scope, names.index(name), limits)


def _of_place(scope: Scope, place: int, limits: Limits) -> Iterator[Origin]:
    for branch in scope.set_operation_scopes:
        yield from _of_place(branch, place, limits)
    if not scope.set_operation_scopes:
        yield from _of_expression(scope, _query(scope).selects[place], limits)


def _query(scope: Scope) -> exp.Query:
    if not isinstance(scope.expression, exp.Query):
        raise UnreadableError(f"{scope.expression.sql()[:60]} cannot be followed")
    return scope.expression


def _of_expression(scope: Scope, expression: exp.Expr, limits: Limits) -> Iterator[Origin]:
    """Origins of the value of an expression within a query."""
    for node in _values(expression):
        if isinstance(node, exp.Column):
            yield from _of_column(scope, node, _stricter(limits, _limits_of(node, expression)))
        else:
            query = node.unnest()
            inner = [sub for sub in scope.subquery_scopes if sub.expression is query]
            if not inner:
                raise UnreadableError(f"a subquery cannot be followed: {node.sql()[:60]}")
            yield from _of_place(inner[0], 0, limits)


def _values(expression: exp.Expr) -> Iterator[exp.Expr]:
    """The columns and subqueries of an expression that give it its value."""
    if isinstance(expression, exp.TableColumn):
        raise UnreadableError(f"{expression.sql()} is a whole row")
    if isinstance(expression, exp.Query):
        yield expression
        return
    if isinstance(expression, exp.Column):
        if not _is_lambda_parameter(expression):
            yield expression
        return
    for key, child in expression.args.items():
        if _only_decides(expression, key):
            continue
        for part in child if isinstance(child, list) else [child]:
            if isinstance(part, exp.Expr):
                yield from _values(part)


def _only_decides(expression: exp.Expr, key: str) -> bool:
    if isinstance(expression, exp.Predicate):
        return True
    if isinstance(expression, (exp.Window, exp.Order)):
        return key != "this"
    if isinstance(expression, (exp.Filter, exp.ArgMax, exp.ArgMin)):
        return key == "expression"
    return isinstance(expression, (exp.If, exp.Case)) and key == "this"


def _is_lambda_parameter(column: exp.Column) -> bool:
    outer = column.find_ancestor(exp.Lambda)
    while outer is not None:
        if not column.table and column.name in {param.name for param in outer.expressions}:
            return True
        outer = outer.find_ancestor(exp.Lambda)
    return False


def _of_column(scope: Scope, column: exp.Column, limits: Limits) -> Iterator[Origin]:
    source = scope.sources.get(column.table)
    outer = scope
    while source is None and outer.parent is not None:
        outer = outer.parent
        source = outer.sources.get(column.table) if column.table else None
    select = outer.expression
    if isinstance(select, exp.Select):
        limits = _stricter(limits, _limits_of_rows(select, column.table))
    name = column.name.lower()
    if isinstance(source, exp.Table):
        yield Origin(source.db, source.name, name, tuple(sorted(limits.items())))
    elif isinstance(source, Scope) and isinstance(source.expression, exp.Query):
        yield from _of_output(source, name, limits)
    elif isinstance(source, Scope):
        # a list that is exploded beside the rows
        yield from _of_expression(outer, source.expression, limits)
    else:
        raise UnreadableError(f"it takes {column.sql()} from what is not declared")


def _limits_of(column: exp.Column, within: exp.Expr) -> Limits:
    """What the cases and filters around a column say of the rows whose value is taken."""
    limits: Limits = {}
    child: exp.Expr = column
    while child is not within and child.parent is not None:
        parent = child.parent
        if isinstance(parent, exp.If) and child.arg_key == "true":
            condition = parent.this
            operand = parent.parent.this if isinstance(parent.parent, exp.Case) else None
            if operand is not None:
                condition = exp.EQ(this=operand.copy(), expression=condition.copy())
            limits = _stricter(limits, _limits_by(condition, column.table))
        elif isinstance(parent, exp.Filter) and child.arg_key == "this":
            limits = _stricter(limits, _limits_by(parent.expression.this, column.table))
        child = parent
    return limits


def _limits_of_rows(select: exp.Select, table: str) -> Limits:
    """What the where of a query, or the join of a table, says of the rows that are taken."""
    where = select.args.get("where")
    limits = _limits_by(where.this, table) if where else {}
    for join in select.args.get("joins") or ():
        if join.alias_or_name == table and join.args.get("on"):
            limits = _stricter(limits, _limits_by(join.args["on"], table))
    return limits


def _limits_by(condition: exp.Expr, table: str) -> Limits:
    """Columns of a table that a condition compares with texts, and which."""
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        left, right = (_limits_by(part, table) for part in (condition.left, condition.right))
        return _stricter(left, right)
    if isinstance(condition, exp.Or):
        left, right = (_limits_by(part, table) for part in (condition.left, condition.right))
        return {name: left[name] | right[name] for name in left.keys() & right.keys()}
    if isinstance(condition, exp.EQ):
        texts = [condition.right]
    elif isinstance(condition, exp.In) and not condition.args.get("query"):
        texts = condition.expressions
    else:
        return {}
    column = condition.this
    is_meant = isinstance(column, exp.Column) and column.table == table
    if not is_meant or not texts or not all(part.is_string for part in texts):
        return {}
    return {column.name.lower(): frozenset(part.name for part in texts)}


def _stricter(one: Limits, other: Limits) -> Limits:
    shared = {name: one[name] & other[name] for name in one.keys() & other.keys()}
    return {**one, **other, **shared}
