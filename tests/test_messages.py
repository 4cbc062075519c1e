"""The catalogue of messages: its form, that tests bring about each entry, the page made from it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from winfra import messages
from winfra.messages import Message, __main__ as page

TESTS = Path(__file__).parent
ROOT = TESTS.parent
POWERSHELL = ROOT / "winfra" / "powershell"
STOP = re.compile(r"Stop-Script\s+'?(\w+)'?(?:\s+@\{([^}]*)\})?")
ENTRIES = sorted(messages.catalogue().values(), key=lambda entry: entry.key)


def fields(template: str) -> set[str]:
    """The names of the values that a text takes."""
    return {field for _, field, _, _ in Formatter().parse(template) if field is not None}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_an_entry_is_two_plain_sentences(entry: Message) -> None:
    """The thing and the next step stand on one line, without the dots that are put behind each."""
    assert re.fullmatch(r"[a-z][a-z0-9_]+", entry.key)
    for text in entry.problem, entry.remedy:
        assert text == text.strip()
        assert "\n" not in text
        assert not text.endswith((".", "!", ":", ";", ","))
        assert all(name.isidentifier() for name in fields(text))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_an_entry_takes_its_values(entry: Message) -> None:
    """Each value stands where its name stood; no brace is left over."""
    names = fields(entry.problem) | fields(entry.remedy)

    shown = entry.text(**{name: f"value-of-{name}" for name in names})

    assert all(f"value-of-{name}" in shown for name in names)
    assert not re.search(r"\{\w*\}", shown)


def test_no_entry_shows_a_password() -> None:
    """A message has no place for a secret."""
    named = {name for entry in ENTRIES for name in fields(entry.problem) | fields(entry.remedy)}

    assert not {name for name in named if re.search("(?i)password|secret|token", name)}


def stops() -> Iterator[tuple[str, str, set[str]]]:
    """Script, key, names of the values: everywhere that a script ends with an entry."""
    for script in sorted(POWERSHELL.glob("*.ps1")):
        for key, values in STOP.findall(script.read_text()):
            if not key[0].isupper():
                yield script.name, key, set(re.findall(r"(?:^|;)\s*(\w+)\s*=", values))


@pytest.mark.parametrize(("script", "key", "given"), [*stops()])
def test_a_script_ends_with_an_entry_and_its_values(script: str, key: str, given: set[str]) -> None:
    """What a script names exists, and has all the values that the text takes."""
    entry = messages.catalogue().get(key)

    assert entry is not None, f"{script} names {key}"
    assert fields(entry.problem) | fields(entry.remedy) == given


def test_each_entry_is_brought_about_by_a_test() -> None:
    """A sentence that no test has seen may be one that nobody ever sees, or a wrong one."""
    topics = {topic.__name__.rpartition(".")[2]: page.entries(topic) for topic in page.topics()}
    named: set[str] = set()
    for file in TESTS.rglob("test_*.py"):
        if file != Path(__file__):
            named |= keys_named(ast.parse(file.read_text()), topics)

    missing = sorted(set(messages.catalogue()) - named)

    assert not missing, f"no test names {', '.join(missing)}"


def keys_named(tree: ast.Module, topics: dict[str, dict[str, Message]]) -> set[str]:
    """The entries that a module names: as a constant of its topic, or by their key."""
    modules, constants = imported(tree, topics)
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in modules:
                entry = modules[name].get(attribute)
                found |= {entry.key} if entry else set()
            case ast.Name(id=name) if name in constants:
                found.add(constants[name].key)
            case ast.Constant(value=str(text)) if text in messages.CATALOGUE:
                found.add(text)
    return found


def imported(
    tree: ast.Module, topics: dict[str, dict[str, Message]]
) -> tuple[dict[str, dict[str, Message]], dict[str, Message]]:
    """The topics and the entries that a module imports, by the names it gives them."""
    modules: dict[str, dict[str, Message]] = {}
    constants: dict[str, Message] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        package, _, topic = node.module.rpartition(".")
        for alias in node.names:
            name = alias.asname or alias.name
            if node.module == "winfra.messages" and alias.name in topics:
                modules[name] = topics[alias.name]
            elif package == "winfra.messages" and alias.name in topics.get(topic, {}):
                constants[name] = topics[topic][alias.name]
    return modules, constants


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from winfra.messages import session as m\nm.DEADLINE", {"deadline"}),
        ("from winfra.messages.site import NO_FILE as gone\nprint(gone)", {"site_no_file"}),
        ("from winfra.messages.site import NO_FILE", set()),
        ("'script_failed'", {"script_failed"}),
        ("'the script_failed'", set()),
    ],
)
def test_an_import_alone_names_no_entry(text: str, expected: set[str]) -> None:
    """What counts is the use: of the constant under any name, or of the key."""
    topics = {topic.__name__.rpartition(".")[2]: page.entries(topic) for topic in page.topics()}

    assert keys_named(ast.parse(text), topics) == expected


def test_the_troubleshooting_page_is_made_from_the_catalogue() -> None:
    """`python -m winfra.messages > docs/troubleshooting.md` brings it up to date."""
    assert (ROOT / "docs" / "troubleshooting.md").read_text() == page.page()


def test_the_page_holds_each_entry() -> None:
    """Text in code stays as it is, other text keeps its backslashes and underscores."""
    text = page.page()

    assert text.count("```text\n") == len(ENTRIES)
    assert "```text\n{endpoint} does not answer: {reason}\n```" in text
    assert r"(HOST\\user, user@domain)" in text
    assert '@{MaxEnvelopeSizekb="500"}' in text
