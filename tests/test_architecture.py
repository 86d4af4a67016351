"""The second law: knowledge flows one way. Each failure names the file, the import, and what to do instead."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import orm

import run  # noqa: F401 - mapping every table takes importing the whole application
from database import Base, Private

ROOT = Path(__file__).resolve().parent.parent
# From what is known first to what is known last. A module may import its own layer and earlier ones.
LAYERS = (
    "wording",
    "clock",
    "settings",
    "database",
    "schema",
    "fields",
    "translations",
    "mail",
    "typeface",
    "auth",
    "jobs",
    "officer",
    "assets",
    "backup",
    "paper",
    "visitors",
    "programmes",
    "pages",
    "demo",
    "run",
)
CAPABILITIES = ("catalogue", "participants", "enrolment", "attendance", "certificates", "statistics", "rights", "today")
# Which files of a capability a file may import, besides earlier capabilities' files of the same reach.
MAY_KNOW = {
    "rules": {"rules"},
    "models": {"rules", "models"},
    "queries": {"rules", "models", "queries"},
    "actions": {"rules", "models", "queries", "actions"},
    "forms": {"rules", "queries", "forms"},
}
RULES_MAY_IMPORT = {"wording", "rapidfuzz"}  # rapidfuzz computes likeness; it knows nothing of ours
NOT_IN_VIEWS = {"sqlalchemy", "database"}
STANDARD = set(__import__("sys").stdlib_module_names) | {"__future__"}


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        relative = path.relative_to(ROOT)
        if relative.parts[0] in {".venv", ".tools", "tests", "migrations", "benchmarks", "instance", "node_modules"}:
            continue
        yield relative, ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""
            for alias in node.names:
                if node.module and (ROOT / node.module.replace(".", "/") / f"{alias.name}.py").exists():
                    yield node.lineno, f"{node.module}.{alias.name}"


def layer(name: str) -> int | None:
    top = name.split(".", maxsplit=1)[0]
    return LAYERS.index(top) if top in LAYERS else None


def test_layers_know_only_what_came_before() -> None:
    broken = []
    for path, tree in sources():
        own = layer(path.with_suffix("").parts[0])
        assert own is not None, f"{path} has no place in the house: add it to LAYERS where it belongs"
        for line, name in imports(tree):
            other = layer(name)
            if other is not None and other > own and (path.parts[0], name) != ("programmes", "programmes"):
                broken.append(
                    f"{path}:{line} imports {name}: move what is needed down, or this code up to {LAYERS[other]}"
                )
    assert not broken, "\n".join(broken)


def test_capabilities_know_only_earlier_ones() -> None:
    broken = []
    for path, tree in sources():
        if path.parts[0] != "programmes" or len(path.parts) < 3:
            continue
        own = CAPABILITIES.index(path.parts[1])
        for line, name in imports(tree):
            parts = name.split(".")
            if parts[0] == "programmes" and len(parts) > 1 and CAPABILITIES.index(parts[1]) > own:
                broken.append(f"{path}:{line} imports {name}: code lives with the latest thing it shows or changes")
    assert not broken, "\n".join(broken)


def test_files_of_a_capability_keep_to_their_verb() -> None:
    broken = []
    for path, tree in sources():
        if path.parts[0] not in {"programmes", "auth"} or path.stem not in {*MAY_KNOW, "views"}:
            continue
        for line, name in imports(tree):
            top, last = name.split(".")[0], name.split(".")[-1]
            if path.stem == "rules":
                if top not in STANDARD | RULES_MAY_IMPORT and last != "rules" and not name.startswith("programmes"):
                    broken.append(f"{path}:{line} imports {name}: rules are handed plain values")
                if top in {"programmes", "auth"} and "rules" not in name.split("."):
                    broken.append(f"{path}:{line} imports {name}: rules know only earlier rules")
            elif path.stem == "views":
                if top in NOT_IN_VIEWS and name != "database.SAFE_METHODS":
                    broken.append(f"{path}:{line} imports {name}: views ask queries and actions, never the database")
            elif (
                top == "programmes"
                and last in {"views", "forms", "actions", "queries", "models"}
                and last not in MAY_KNOW[path.stem]
            ):
                broken.append(f"{path}:{line} imports {name}: {path.stem}.py may know {sorted(MAY_KNOW[path.stem])}")
    assert not broken, "\n".join(broken)


def test_rules_know_no_clock() -> None:
    for path, tree in sources():
        if path.stem != "rules":
            continue
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in {"now", "today", "utcnow"}
                and isinstance(node.value, ast.Attribute | ast.Name)
            ):
                text = ast.unparse(node.value)
                assert not text.startswith(("dt", "datetime", "clock")), (
                    f"{path}:{node.lineno}: hand {node.attr} in as a value"
                )


def test_actions_flush_and_never_commit() -> None:
    for path, tree in sources():
        if path.stem not in {"actions", "queries", "views", "forms"}:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
                pytest.fail(
                    f"{path}:{node.lineno} commits: a POST that ends in a redirect is committed by the database layer"
                )


def test_imports_stand_at_the_top() -> None:
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for inner in ast.walk(node):
                    assert not isinstance(inner, ast.Import | ast.ImportFrom), (
                        f"{path}:{inner.lineno}: import at the top; a cycle wants a better home for the code"
                    )


def test_relationships_point_up_only() -> None:
    for mapper in Base.registry.mappers:
        for relationship in mapper.relationships:
            assert relationship.direction is orm.MANYTOONE, (
                f"{mapper.class_.__name__}.{relationship.key} points down to many rows: write a query that names its viewer"
            )


def test_tables_about_people_are_private() -> None:
    """Whoever refers to a private row tells something about a person, so it is private itself."""
    private = {mapper.local_table for mapper in Base.registry.mappers if issubclass(mapper.class_, Private)}
    for mapper in Base.registry.mappers:
        for key in mapper.local_table.foreign_keys:
            if key.column.table in private:
                assert issubclass(mapper.class_, Private), (
                    f"{mapper.class_.__name__} refers to {key.column.table.name}: make it Private"
                )


def test_no_file_name_refuses_nothing() -> None:
    for path, _ in sources():
        assert path.stem not in {"util", "utils", "helpers", "common", "misc", "manager", "service"}, (
            f"{path}: name it after what it does"
        )
