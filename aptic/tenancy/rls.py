"""Row-level security as model constraints, so that `makemigrations` tracks every policy.

    class Meta:
        constraints = [Tenant("batch_rls", readers=["funder_id"], writers=["funder_id"])]

A row is visible when one of its reader columns is the acting organisation, or when the operator acts. A `private` row
is visible to people of that organisation in the roles named, and to nobody else: not the operator, not a job.
Policies compare columns with settings and never query another table.
"""

from typing import Any

from django.db.models import BaseConstraint, Model

ORGANISATION = "(select nullif(current_setting('aptic.organisation', true), '')::uuid)"
PERSON = "(select nullif(current_setting('aptic.person', true), '')::uuid)"
ROLE = "(select current_setting('aptic.role', true))"
SITE = "(select nullif(current_setting('aptic.site', true), '')::uuid)"
# What a verified code has presented in this transaction: booklets may be read, passes may be redeemed.
BOOKLETS = "(select string_to_array(nullif(current_setting('aptic.booklets', true), ''), ','))::int[]"
PASSES = "(select string_to_array(nullif(current_setting('aptic.passes', true), ''), ','))::int[]"
# The one row that a signed link has opened in this transaction, for somebody without an account.
LINK = "(select nullif(current_setting('aptic.link', true), '')::uuid)"
OPERATOR = "(select current_setting('aptic.hat', true) = 'operator')"


class Tenant(BaseConstraint):
    """Enable row-level security on the model's table with one policy per command.

    `readers`, `writers`: columns compared with the acting organisation. `read_if`, `write_if`, `insert_if`: further
    SQL conditions, over this table's columns and settings only ({organisation}, {person}, {site}, {operator},
    {link}, {booklets} and {passes} expand to the settings). `system_if`: the rows that a scheduled job may write, where
    that is not all of them. `append_only` revokes UPDATE, DELETE and TRUNCATE
    from every serving role and adds a trigger that refuses them for everybody, the owner included. `private` names the
    roles that alone see the rows, among the people of the organisations that `readers` and `writers` name: the operator
    and scheduled jobs have no policy then, devices and keys have no role.
    """

    def __init__(
        self,
        *,
        name: str,
        readers: tuple[str, ...] = (),
        writers: tuple[str, ...] = (),
        read_if: str = "",
        write_if: str = "",
        insert_if: str = "",
        system_if: str = "true",
        append_only: bool = False,
        private: tuple[str, ...] = (),
        violation_error_code: str | None = None,
        violation_error_message: str | None = None,
    ) -> None:
        super().__init__(
            name=name, violation_error_code=violation_error_code, violation_error_message=violation_error_message
        )
        self.readers, self.writers = tuple(readers), tuple(writers)
        self.read_if, self.write_if, self.insert_if = read_if, write_if, insert_if
        self.system_if, self.append_only, self.private = system_if, append_only, tuple(private)

    def _condition(self, columns: tuple[str, ...], extra: str) -> str:
        parts = [f"{column} = {ORGANISATION}" for column in columns]
        if extra:
            parts.append(f"({_expand(extra)})")
        if not self.private:
            return " OR ".join([OPERATOR, *parts])
        roles = ", ".join(f"'{role}'" for role in self.private)
        return f"({' OR '.join(parts) or 'false'}) AND {ROLE} IN ({roles})"

    def create_sql(self, model: type[Model], schema_editor: Any) -> str:
        """The statements that enable security, create the policies and, if asked, seal the table."""
        table = schema_editor.quote_name(model._meta.db_table)
        read, write = self._condition(self.readers, self.read_if), self._condition(self.writers, self.write_if)
        insert = " OR ".join([write, f"({_expand(self.insert_if)})"]) if self.insert_if else write
        statements = [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"CREATE POLICY {self.name}_read ON {table} FOR SELECT USING ({read})",
            f"CREATE POLICY {self.name}_insert ON {table} FOR INSERT WITH CHECK ({insert})",
        ]
        if not self.private:
            statements.append(
                f"CREATE POLICY {self.name}_system ON {table} TO aptic_system"
                f" USING (true) WITH CHECK ({_expand(self.system_if)})"
            )
        if self.append_only:
            statements += [
                f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM aptic_app, aptic_system",
                f"CREATE TRIGGER {self.name}_append_only BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION aptic_refuse_change()",
                f"CREATE TRIGGER {self.name}_no_truncate BEFORE TRUNCATE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION aptic_refuse_change()",
            ]
        else:
            statements += [
                f"CREATE POLICY {self.name}_update ON {table} FOR UPDATE USING ({write}) WITH CHECK ({write})",
                f"CREATE POLICY {self.name}_delete ON {table} FOR DELETE USING ({write})",
            ]
        return ";\n".join(statements)

    def constraint_sql(self, model: type[Model], schema_editor: Any) -> None:
        """Nothing inline in CREATE TABLE: policies follow it."""
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def remove_sql(self, model: type[Model], schema_editor: Any) -> str:
        """Drop the policies (and triggers); security stays enabled, so a forgotten re-creation fails closed."""
        table = schema_editor.quote_name(model._meta.db_table)
        kinds = ("read", "insert", "system", "update", "delete")
        statements = [f"DROP POLICY IF EXISTS {self.name}_{kind} ON {table}" for kind in kinds]
        statements += [
            f"DROP TRIGGER IF EXISTS {self.name}_{kind} ON {table}" for kind in ("append_only", "no_truncate")
        ]
        if self.append_only:
            statements.append(f"GRANT UPDATE, DELETE ON {table} TO aptic_app, aptic_system")
        return ";\n".join(statements)

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = "default") -> None:
        """Nothing to validate in Python: PostgreSQL decides."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tenant) and self.deconstruct() == other.deconstruct()

    __hash__ = None  # type: ignore[assignment]

    def deconstruct(self) -> Any:
        """For migrations."""
        path, args, kwargs = super().deconstruct()
        for key in ("readers", "writers", "read_if", "write_if", "insert_if", "append_only", "private"):
            if value := getattr(self, key):
                kwargs[key] = value
        if self.system_if != "true":
            kwargs["system_if"] = self.system_if
        return path, args, kwargs


def _expand(sql: str) -> str:
    """Replace the names in braces by the expressions policies use."""
    return sql.format(
        organisation=ORGANISATION,
        person=PERSON,
        site=SITE,
        operator=OPERATOR,
        link=LINK,
        booklets=BOOKLETS,
        passes=PASSES,
    )
