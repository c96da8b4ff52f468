"""
Who may do what in a database on a server: three roles, the SQL that makes them, and what in a database differs from it.

    PREFIX_owner     owns every table, function and the database; nobody logs in as it. `mufakat db upgrade` runs as it.
    PREFIX_app       who works: reads and writes what mufakat writes; what is entered, signed or numbered it can neither change nor delete.
    PREFIX_auditor   who looks: reads what happened and what is on record, and writes nothing.

People log in as themselves and are members of one of them (`GRANT PREFIX_app TO siti`). Only the owner can switch a trigger off, and nobody is
the owner: that is a wall, not the proof. The proof is the log, which tells of whoever climbs over.

An auditor reads the personal details too (`audit_detail`): without them nobody can tell a name that was edited behind the engine from one that
was entered, and what they hold stands on record beside them; what was erased is in neither. Requests, claims and heartbeats are machinery, and
no record of anything.
"""

from __future__ import annotations

import re
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from workflow.errors import InvalidInput, Phrase
from workflow.store import shown
from workflow.store.connection import REVISION_TABLE
from workflow.store.postgresql_link import connect, problem
from workflow.store.postgresql_schema import examine, over, schema
from workflow.store.values import OF_AGREEMENT, OF_OFFICE, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Right = tuple[str, str, str, str]  # role, kind (table, sequence, function, schema, database), name, privilege

PREFIX = "mufakat"
LONGEST = 63 - len("_auditor")  # a longer name would be cut off by the server
PUBLIC = "public"  # the role that everybody is
READ = ("SELECT",)
GROWS = ("SELECT", "INSERT")
CHANGES = ("SELECT", "INSERT", "UPDATE")
PASSES = ("SELECT", "INSERT", "DELETE")
APP = {  # table -> what mufakat does with it
    **dict.fromkeys((TABLES[name] for name in OF_AGREEMENT + OF_OFFICE), CHANGES),
    **dict.fromkeys(("entry", "numbered", "checkpoint", "node", "definition", "request"), GROWS),
    **dict.fromkeys(("pending", "audit_detail"), PASSES),
    "head": CHANGES, "beat": CHANGES, "tree": ("SELECT", "UPDATE"), "claim": ("SELECT", "INSERT", "UPDATE", "DELETE"), REVISION_TABLE: READ,
}
AUDITOR = {name: READ for name in APP if name not in {"claim", "beat"}}
STANDING = ("entry", "numbered", "checkpoint")  # whose rows are for ever
OF_TABLES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
OF_COLUMNS = ("SELECT", "INSERT", "UPDATE", "REFERENCES")

HERE = "(SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
NAMES = ("SELECT current_database(), current_schema(), ARRAY(SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1), "
         f"ARRAY(SELECT proname::text FROM pg_proc WHERE pronamespace = {HERE} ORDER BY 1), "
         f"ARRAY(SELECT rolname::text FROM pg_roles)")
OWNED = f"""
SELECT CASE WHEN relkind = 'S' THEN 'sequence' ELSE 'table' END, relname::text, pg_get_userbyid(relowner)::text FROM pg_class
WHERE relnamespace = {HERE} AND relkind <> 'i'
UNION ALL SELECT 'function', proname::text, pg_get_userbyid(proowner)::text FROM pg_proc WHERE pronamespace = {HERE}
UNION ALL SELECT 'schema', nspname::text, pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE oid = {HERE}
UNION ALL SELECT 'database', datname::text, pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()
ORDER BY 1, 2"""
GRANTED = f"SELECT DISTINCT pg_get_userbyid(grantee)::text FROM pg_class, aclexplode(relacl) WHERE relnamespace = {HERE} AND grantee <> 0"
# What each role may in effect, whichever way it came to it: by a grant on a column, through PUBLIC, as member of another role.
RIGHTS = f"""
WITH role (name) AS (SELECT unnest(%(roles)s::text[]))
SELECT r.name, 'table', c.relname::text, p.name FROM role r, pg_class c, unnest(%(tables)s::text[]) p (name)
WHERE c.relnamespace = {HERE} AND c.relkind IN ('r', 'v', 'm', 'p', 'f') AND (has_table_privilege(r.name, c.oid, p.name)
    OR (p.name = ANY (%(columns)s) AND has_any_column_privilege(r.name, c.oid, CASE WHEN p.name = ANY (%(columns)s) THEN p.name ELSE 'SELECT' END)))
UNION ALL SELECT r.name, 'sequence', c.relname::text, p.name FROM role r, pg_class c, unnest('{{USAGE,SELECT,UPDATE}}'::text[]) p (name)
WHERE c.relnamespace = {HERE} AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(r.name, c.oid, p.name) ELSE false END
UNION ALL SELECT r.name, 'function', f.proname::text, 'EXECUTE' FROM role r, pg_proc f
WHERE f.pronamespace = {HERE} AND has_function_privilege(r.name, f.oid, 'EXECUTE')
UNION ALL SELECT r.name, 'schema', current_schema()::text, p.name FROM role r, unnest('{{CREATE,USAGE}}'::text[]) p (name)
WHERE has_schema_privilege(r.name, {HERE}, p.name)
UNION ALL SELECT r.name, 'database', current_database()::text, p.name FROM role r, unnest('{{CREATE,CONNECT,TEMPORARY}}'::text[]) p (name)
WHERE has_database_privilege(r.name, current_database(), p.name)"""
STRANGERS = f"""
SELECT r.rolname::text, c.relname::text, p.name FROM pg_roles r, pg_class c, unnest('{{UPDATE,DELETE,TRUNCATE,TRIGGER}}'::text[]) p (name)
WHERE r.rolcanlogin AND NOT r.rolsuper AND r.rolname <> ALL (%s) AND c.relnamespace = {HERE} AND c.relname = ANY (%s)
AND has_table_privilege(r.oid, c.oid, p.name) ORDER BY 1, 2, 3"""
ATTRIBUTES = ("SELECT rolname::text, rolcanlogin, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls FROM pg_roles "
              "WHERE rolname = ANY (%s)")
DEFAULTS = ("SELECT pg_get_userbyid(a.grantee)::text, a.privilege_type FROM pg_default_acl d, aclexplode(d.defaclacl) a "
            f"WHERE pg_get_userbyid(d.defaclrole) = %s AND d.defaclnamespace = {HERE} AND d.defaclobjtype = 'r'")
TRIGGERS = (f"SELECT t.tgname::text, c.relname::text, pg_get_triggerdef(t.oid), t.tgenabled = 'A', f.prosrc FROM pg_trigger t "
            f"JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc f ON f.oid = t.tgfoid WHERE c.relnamespace = {HERE} AND NOT t.tgisinternal")
TRIGGER = re.compile(r"CREATE TRIGGER (\w+) BEFORE ([A-Z ]+) ON (?:\S+\.)?(\w+) FOR EACH (ROW|STATEMENT) EXECUTE FUNCTION (?:\S+\.)?(\w+)\(\)")
FUNCTION = re.compile(r"CREATE FUNCTION (\w+)\(\) RETURNS trigger LANGUAGE plpgsql AS \$\$(.*?)\$\$", re.DOTALL)


class Roles(NamedTuple):
    """The names of the three."""

    owner: str
    app: str
    auditor: str


class Compared(NamedTuple):
    """The roles of a database, and how it differs from what they are for."""

    prefix: str
    differences: list[Phrase]


def named(prefix: str) -> Roles:
    """
    The roles of an office; several offices on one server have different prefixes.

    Raises:
        InvalidInput: no role can be called so.
    """
    if not prefix or "\0" in prefix or "$" in prefix or prefix.startswith("pg_") or len(prefix.encode()) > LONGEST:
        raise InvalidInput("prefix", prefix, Phrase("1 to {most} letters, without a dollar sign and not beginning with pg_", most=LONGEST))
    return _three(prefix)


def _three(prefix: str) -> Roles:
    return Roles(*(f"{prefix}_{part}" for part in Roles._fields))


def script(address: str, prefix: str = PREFIX) -> list[str]:
    """The statements that give a database its roles and rights; run twice they change nothing."""
    roles = named(prefix)
    with _connected(address, read_only=True) as link:
        return _statements(link, roles)


def apply(address: str, prefix: str = PREFIX) -> list[str]:
    """
    Give a database its roles and rights, in one transaction; the statements that were run, none where nothing differs.

    Raises:
        StoreError: who connects may not.
    """
    roles = named(prefix)
    with _connected(address) as link, link.transaction():
        statements = [] if compare(link) == Compared(prefix, []) else _statements(link, roles)
        for statement in statements:
            link.execute(statement.encode())
        return statements


def differences(address: str) -> Compared | None:
    """How a database differs from what its roles are for; None where it has no roles."""
    with _connected(address, read_only=True) as link:
        return compare(link)


@contextmanager
def _connected(address: str, *, read_only: bool = False) -> Iterator[psycopg.Connection[Any]]:
    """A connection to an office's database that has this program's schema."""
    with closing(connect(address, read_only=read_only)) as link:
        try:
            examine(over(link), shown(address))
            yield link
        except psycopg.Error as error:
            raise problem(shown(address), error) from error


def compare(link: psycopg.Connection[Any]) -> Compared | None:
    """The same over a connection that stands; anybody may ask."""
    database, place, _tables, _functions, names = _one(link, NAMES)
    owned = link.execute(OWNED).fetchall()
    involved = {owner for _, _, owner in owned} | {name for (name,) in link.execute(GRANTED)}
    prefixes = sorted(name.removesuffix("_owner") for name in names if name.endswith("_owner"))
    prefix = next((one for one in prefixes if involved.intersection(_three(one)) and set(_three(one)) <= set(names)), None)
    if prefix is None:
        return None
    roles = _three(prefix)
    found = [Phrase("the {kind} {name} belongs to {owner}, not to {role}", kind=kind, name=name, owner=owner, role=roles.owner)
             for kind, name, owner in owned if owner != roles.owner]
    found += _attributes(link, roles)
    found += _rights(link, roles, database, place)
    found += _defaults(link, roles)
    found += _strangers(link, roles)
    found += _triggers(link)
    return Compared(prefix, found)


def _statements(link: psycopg.Connection[Any], roles: Roles) -> list[str]:
    database, place, tables, functions, _ = _one(link, NAMES)
    owner, app, auditor = map(_quoted, roles)
    schema_, whole, both = _quoted(place), _quoted(database), f"{app}, {auditor}"
    made = [f"DO $roles$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $roles$" for role in (owner, app, auditor)]
    made += [f"ALTER ROLE {owner} NOLOGIN", f"ALTER DATABASE {whole} OWNER TO {owner}", f"ALTER SCHEMA {schema_} OWNER TO {owner}"]
    made += [f"ALTER TABLE {schema_}.{_quoted(table)} OWNER TO {owner}" for table in tables]
    made += [f"ALTER FUNCTION {schema_}.{_quoted(function)}() OWNER TO {owner}" for function in functions]
    made += [f"REVOKE ALL ON DATABASE {whole} FROM PUBLIC, {both}", f"GRANT CONNECT ON DATABASE {whole} TO {both}",
             f"REVOKE ALL ON SCHEMA {schema_} FROM PUBLIC, {both}", f"GRANT USAGE ON SCHEMA {schema_} TO {both}"]
    made += [f"REVOKE ALL ON ALL {kind} IN SCHEMA {schema_} FROM PUBLIC, {both}" for kind in ("TABLES", "SEQUENCES", "FUNCTIONS")]
    for role, rights in ((app, APP), (auditor, AUDITOR)):
        for privileges in dict.fromkeys(rights.values()):
            held = [f"{schema_}.{_quoted(table)}" for table in tables if rights.get(table) == privileges]
            made += [f"GRANT {', '.join(privileges)} ON {', '.join(held)} TO {role}"] if held else []
    later = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner}"
    made += [f"{later} IN SCHEMA {schema_} REVOKE ALL ON TABLES FROM PUBLIC, {both}"]
    made += [f"{later} IN SCHEMA {schema_} GRANT {', '.join(privileges)} ON TABLES TO {role}" for role, privileges in ((app, GROWS), (auditor, READ))]
    made += [f"{later} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"]
    made += [f"ALTER TABLE {schema_}.{_quoted(table)} ENABLE ALWAYS TRIGGER {_quoted(name)}"
             for name, _, table, _, _ in TRIGGER.findall(schema()) if table in tables]
    return made


def _attributes(link: psycopg.Connection[Any], roles: Roles) -> Iterable[Phrase]:
    for role, logs_in, mighty in link.execute(ATTRIBUTES, (list(roles),)):
        if role == roles.owner and logs_in:
            yield Phrase("{role} can log in, and could switch the triggers off", role=role)
        if mighty:
            yield Phrase("{role} may do more on the server than a role of an office needs", role=role)
    for role in roles[1:]:
        if _one(link, "SELECT pg_has_role(%s, %s, 'MEMBER')", role, roles.owner)[0]:
            yield Phrase("{role} is a member of {owner}", role=role, owner=roles.owner)


def _rights(link: psycopg.Connection[Any], roles: Roles, database: str, place: str) -> Iterable[Phrase]:
    """What the app, the auditor and everybody may that they should not, and should that they may not."""
    asked = {"roles": [*roles[1:], PUBLIC], "tables": list(OF_TABLES), "columns": list(OF_COLUMNS)}
    held: set[Right] = {(row[0], row[1], row[2], row[3]) for row in link.execute(RIGHTS, asked)}
    tables = _one(link, NAMES)[2]
    due: set[Right] = {(role, "table", table, privilege) for role, rights in ((roles.app, APP), (roles.auditor, AUDITOR))
                       for table in tables for privilege in rights.get(table, ())}
    due |= {(role, kind, name, privilege) for role in roles[1:] for kind, name, privilege in
            (("schema", place, "USAGE"), ("database", database, "CONNECT"))}
    for role, kind, name, privilege in sorted(held - due):
        whose = "PUBLIC" if role == PUBLIC else role
        yield Phrase("{role} holds {privilege} for {kind} {name}, and should not", role=whose, privilege=privilege, kind=kind, name=name)
    for role, kind, name, privilege in sorted(due - held):
        yield Phrase("{role} lacks {privilege} for {kind} {name}", role=role, privilege=privilege, kind=kind, name=name)


def _defaults(link: psycopg.Connection[Any], roles: Roles) -> Iterable[Phrase]:
    held = {(role, privilege) for role, privilege in link.execute(DEFAULTS, (roles.owner,)) if role != roles.owner}
    if held != {(roles.app, privilege) for privilege in GROWS} | {(roles.auditor, privilege) for privilege in READ}:
        yield Phrase("tables that {owner} makes later do not get the rights that they should have", owner=roles.owner)


def _strangers(link: psycopg.Connection[Any], roles: Roles) -> Iterable[Phrase]:
    for role, table, privilege in link.execute(STRANGERS, (list(roles), list(STANDING))):
        yield Phrase("{role} holds {privilege} for {kind} {name}, and should not", role=role, privilege=privilege, kind="table", name=table)


def _triggers(link: psycopg.Connection[Any]) -> Iterable[Phrase]:
    """Those that guard what stands: each is there, always fires, and does what it was made to do; there is no other."""
    text = schema()
    bodies = {name: body.split() for name, body in FUNCTION.findall(text)}
    found = {row[0]: row for row in link.execute(TRIGGERS)}
    for name, *parts in TRIGGER.findall(text):
        row = found.get(name)
        if row is None or not row[3]:
            yield Phrase("the trigger {name} is missing, or can be got past", name=name)
            continue
        told = TRIGGER.match(row[2])
        if told is None or _normal(told.groups()[1:]) != _normal(parts) or row[4].split() != bodies[parts[-1]]:
            yield Phrase("the trigger {name} is not the one that guards the journal", name=name)
    for name in sorted(found.keys() - {name for name, *_ in TRIGGER.findall(text)}):
        yield Phrase("the trigger {name} is none of mufakat", name=name)


def _normal(parts: Iterable[str]) -> tuple[Any, ...]:
    events, *rest = parts
    return (set(events.split(" OR ")), *rest)


def _one(link: psycopg.Connection[Any], sql: str, *values: str) -> Any:
    return link.execute(sql, values).fetchone()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
