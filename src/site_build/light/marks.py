"""Leave out the marks that nobody sees: a phone lays out each, and they are half of a long page.

Pygments marks every name and every bracket, docutils every word of a literal, and autodoc every
part of a type.
"""

import re
from collections import defaultdict

_COLOUR = re.compile(
    r'html\[data-theme="(?P<theme>\w+)"\] \.highlight(?: \.(?P<mark>\w+))? '
    r"\{ (?:background: \S+ )?(?P<colour>color: \S+) \}"
)
_CODE = re.compile(r'<div class="highlight"><pre>.*?</pre>', re.DOTALL)
_MARK = re.compile(r'<span class="(\w+)">([^<]*)</span>')
# It keeps a line from being broken within a word; nowhere in these would one be.
_WORD = re.compile(r'<span class="pre">([(\[]*[\w.,=*]+[)\],]*)</span>', re.ASCII)


def unseen(css: str) -> set[str]:
    """Return the marks that look in every theme as if they were not there.

    Args:
        css: The style that Sphinx writes for Pygments.

    Raises:
        ValueError: The style names no colour for unmarked code.

    >>> unseen('''
    ... html[data-theme="dark"] .highlight { background: #000; color: #FFF }
    ... html[data-theme="dark"] .highlight .n { color: #FFF } /* Name */
    ... html[data-theme="dark"] .highlight .k { color: #00F } /* Keyword */
    ... ''')
    {'n'}
    """
    colours: dict[str | None, dict[str, str]] = defaultdict(dict)
    for rule in _COLOUR.finditer(css):
        colours[rule["mark"]][rule["theme"]] = rule["colour"]
    if None not in colours:
        raise ValueError(f"The style of code names no colour for unmarked code: see {__name__}.")
    plain = colours.pop(None)
    return {mark for mark, colour in colours.items() if mark and colour == plain}


def without(marks: set[str], page: str) -> str:
    """Return *page* without these marks in its code, and without those that no style is for.

    >>> code = '<pre><span class="n">x</span> <span class="o">=</span></pre>'
    >>> without({"n"}, f'<div class="highlight">{code}</div>')
    '<div class="highlight"><pre>x <span class="o">=</span></pre></div>'
    >>> without(set(), '<span class="pre">units</span> <span class="pre">go-backwards</span>')
    'units <span class="pre">go-backwards</span>'
    """

    def bare(mark: re.Match[str]) -> str:
        return mark[2] if mark[1] in marks else mark[0]

    page = _CODE.sub(lambda code: _MARK.sub(bare, code[0]), page)
    return _WORD.sub(r"\1", page).replace("</em><em>", "")
