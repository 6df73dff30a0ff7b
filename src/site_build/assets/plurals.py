"""The plural rule of a language as code, because the policy blocks compiling it from text."""

import re
from pathlib import Path

_COMPILED = re.compile(r"new Function\(\s*\"n\",\s*`return \(\$\{catalog\.plural_expr\}\)`,\s*\)")
_RULE = re.compile(r'"plural_expr": "([^"]*)"')


def inline_plural_rule(site: Path) -> None:
    """Write the plural rule of the language of *site*, a folder, as a function, not a text.

    Raises:
        ValueError: If Sphinx's script has changed, and may compile text in another way.
    """
    script, translations = site / "_static" / "doctools.js", site / "_static" / "translations.js"
    text, found = _COMPILED.subn("catalog.plural_expr", script.read_text(encoding="utf-8"))
    if found != 1:
        raise ValueError(f"{script} no longer makes a function of `plural_expr`: see {__name__}.")
    script.write_text(text, encoding="utf-8")
    if translations.exists():
        text = _RULE.sub(r'"plural_expr": (n) => \1', translations.read_text(encoding="utf-8"))
        translations.write_text(text, encoding="utf-8")
