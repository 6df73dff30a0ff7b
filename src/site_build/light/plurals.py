"""Let no page make code of text: Sphinx's script does so with each language's rule for plurals."""

import re
from pathlib import Path

_MADE_ON_THE_PAGE = re.compile(
    r"new Function\(\s*\"n\",\s*`return \(\$\{catalog\.plural_expr\}\)`,\s*\)"
)
_RULE = re.compile(r'"plural_expr": "([^"]*)"')


def as_code(site: Path) -> None:
    """Write the rule of the site's language as a function, where Sphinx wrote it as a text.

    Args:
        site: The folder of one site in one language.

    Raises:
        ValueError: Sphinx's script is another, and may make code of text in another way.
    """
    script, catalogue = site / "_static" / "doctools.js", site / "_static" / "translations.js"
    text, found = _MADE_ON_THE_PAGE.subn("catalog.plural_expr", script.read_text(encoding="utf-8"))
    if found != 1:
        raise ValueError(f"{script} no longer makes a function of `plural_expr`: see {__name__}.")
    script.write_text(text, encoding="utf-8")
    if catalogue.exists():
        text = _RULE.sub(r'"plural_expr": (n) => \1', catalogue.read_text(encoding="utf-8"))
        catalogue.write_text(text, encoding="utf-8")
