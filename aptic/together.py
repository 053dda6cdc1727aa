"""Many changes to tables in one migration, without rendering every model again after each of them."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class Together(Operation):
    """Operations that do not build on each other: each sees the models as they were before all, and as they are after.

    Django renders again, after every operation, each model that is related to the changed one; here nearly all of them
    are, through the organisation. A model made inside may not be changed inside, nor a field touched twice.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change the description of the models; they are rendered once, when next asked for."""
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor,
                          from_state: ProjectState, to_state: ProjectState) -> None:  # fmt: skip
        """Change the tables, one operation after the other."""
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor,
                           from_state: ProjectState, to_state: ProjectState) -> None:  # fmt: skip
        """Undo them in the opposite order, each between its own two states: going back is rare and may take long."""
        steps, state = [], to_state
        for operation in self.operations:
            before, state = state, state.clone()
            operation.state_forwards(app_label, state)
            steps.append((operation, state, before))
        for operation, after, before in reversed(steps):
            operation.database_backwards(app_label, schema_editor, after, before)

    def references_model(self, *names: Any) -> bool:
        """True when one of them does."""
        return any(operation.references_model(*names) for operation in self.operations)

    def describe(self) -> str:
        """What each does."""
        return "; ".join(operation.describe() for operation in self.operations)
