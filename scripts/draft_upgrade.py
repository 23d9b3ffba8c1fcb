#!/usr/bin/env python3
"""Drafts the step from one version's install script to the next: scripts/draft_upgrade.py OLD.sql NEW.sql > sql/router--A--B.sql

Statements of the new script that the old one lacks, in the new one's order; functions that changed are replaced. What
it can't decide (a table or view that changed, what is gone) it prints as a comment that begins with TODO. The client
test of updates compares the result with a fresh installation.
"""
import re
import sys

TOKEN = re.compile(
    r"--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\bBEGIN ATOMIC\b.*?\bEND\s*;|;|[^-/$'\";B]+|.",
    re.S,
)


def statements(text):
    """Each statement as written, without the comments before it."""
    current = []
    for token in TOKEN.finditer(text):
        part = token.group(0)
        if part.startswith("--") or part.startswith("/*"):
            if "".join(current).strip():
                current.append(part)
            continue
        current.append(part)
        if part == ";" or (part.startswith("BEGIN ATOMIC") and part.endswith(";")):
            statement = "".join(current).strip()
            if statement != ";":
                yield statement
            current = []


def key(statement):
    """The same for statements that differ in comments and white space only."""
    bare = re.sub(r"--[^\n]*|/\*.*?\*/", " ", statement, flags=re.S)
    return re.sub(r"\s+", " ", bare).strip()


def subject(statement):
    """What a statement makes: kind and name; functions with the types of their arguments."""
    bare = key(statement)
    found = re.match(r"CREATE (?:OR REPLACE )?(?:UNIQUE )?(\w+)\s+(?:IF NOT EXISTS )?(\"?[\w.\"]+)", bare, re.I)
    if not found:
        return None
    kind, name = found.group(1).upper(), found.group(2).replace('"', "").lower()
    if kind == "FUNCTION":
        arguments = re.sub(r"\bDEFAULT\b[^,)]*", "", bare[found.end() : bare.upper().find("RETURNS")])
        return kind, name, re.sub(r'[\s"]+', " ", arguments).strip().lower()
    if kind == "TRIGGER":
        return kind, name, re.search(r"\bON\s+(\S+)", bare, re.I).group(1).lower()
    return kind, name, ""


def main():
    old_text, new_text = (open(path).read() for path in sys.argv[1:3])
    old = {key(s): s for s in statements(old_text)}
    made = {subject(s): s for s in old.values() if subject(s)}
    remade = set()
    levels = []
    for statement in statements(new_text):
        what = subject(statement)
        remade.add(what)
        # Who may do what is no one's data: made anew, with what takes rights from functions that are new.
        bare = key(statement)
        if bare.startswith("INSERT INTO router.access_levels") or (bare.startswith("DO ") and "REVOKE ALL ON FUNCTION" in bare):
            levels.append(statement)
            continue
        if key(statement) in old:
            continue
        if what in made:
            kind, name, _ = what
            if kind == "FUNCTION":
                print(re.sub(r"^CREATE\s+FUNCTION", "CREATE OR REPLACE FUNCTION", statement, flags=re.I) + "\n")
            elif kind == "VIEW":
                print(re.sub(r"^CREATE\s+VIEW", "CREATE OR REPLACE VIEW", statement, flags=re.I) + "\n")
            elif kind in ("TRIGGER", "INDEX"):
                on = f" ON {what[2]}" if kind == "TRIGGER" else ""
                print(f"DROP {kind} {name}{on};\n{statement}\n")
            else:
                print(f"-- TODO: {kind} {name} changed\n-- was:\n" + re.sub(r"^", "--   ", made[what], flags=re.M))
                print("-- is:\n" + re.sub(r"^", "--   ", statement, flags=re.M) + "\n")
        else:
            print(statement + "\n")
    print("DELETE FROM router.access_levels;\n\n" + "\n\n".join(levels) + "\n")
    for what in made:
        if what not in remade:
            print(f"-- TODO: {' '.join(what)} is gone")


main()
