"""Refuse what makes a house hard to read: long modules, long functions, modules that do not say why they exist."""

import ast
import sys
from pathlib import Path

BASE = Path(__file__).resolve().parents[1]
PRODUCT = ("aptic", "actors", "funders", "qualification", "passes", "impact")
MODULE_LINES, FUNCTION_LINES = 500, 60


def faults(path: Path) -> list[str]:
    """What is wrong with one file, one sentence each."""
    text = path.read_text(encoding="utf-8")
    name, lines = path.relative_to(BASE), text.count("\n")
    if not text.strip():
        return []
    tree, found = ast.parse(text), []
    if lines > MODULE_LINES:
        found.append(f"{name}: {lines} lines, at most {MODULE_LINES}")
    if not ast.get_docstring(tree):
        found.append(f"{name}: no module docstring")
    for node in ast.walk(tree) if name.parts[0] in PRODUCT else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                found.append(f"{name}:{node.lineno}: {node.name} has {length} lines, at most {FUNCTION_LINES}")
    return found


def main() -> int:
    """Print every fault; 1 when there is one."""
    paths = [path for folder in (*PRODUCT, "tests", "benchmarks") for path in sorted((BASE / folder).rglob("*.py"))]
    found = [fault for path in paths if "migrations" not in path.parts for fault in faults(path)]
    print("\n".join(found) or f"{len(paths)} modules: none too long, each says why it exists.")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
