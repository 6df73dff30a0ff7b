"""Search in Chinese, which writes no spaces between words: every two characters are a term.

A query of two characters or more finds each page that has these characters side by side, whatever
a dictionary would take for words; Lucene's analyzer for Chinese does the same. The index and the
browser split alike, so that no segmenter is needed in either. Words in Latin letters are stemmed as
in English.
"""

import re
from itertools import pairwise

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

HAN = "\u3400-\u9fff"
_RUNS = re.compile(rf"[{HAN}]+|[^\W{HAN}]+")


class ChineseSearch(SearchEnglish):
    """What Sphinx asks of a language of its search; the name stays, for it is the stemmer's."""

    lang = "zh"
    # `var`, because the browser may have read Sphinx's own splitter before.
    js_splitter_code = rf"""
var splitQuery = (query) =>
  (query.match(/[{HAN}]+|(?:(?![{HAN}])[\p{{Letter}}\p{{Number}}_])+/gu) ?? []).flatMap((run) =>
    /[{HAN}]{{2}}/u.test(run)
      ? [...run.slice(1)].map((character, before) => run[before] + character)
      : [run],
  );
"""

    def split(self, input: str) -> list[str]:  # noqa: A002 - Sphinx calls it so.
        """Give the terms of a text: its words in Latin letters, its characters and their pairs.

        >>> ChineseSearch({}).split("LSTM 的门")
        ['LSTM', '的', '门', '的门']
        """
        terms: list[str] = []
        for run in _RUNS.findall(input):
            if re.match(f"[{HAN}]", run):
                terms += [*run, *map("".join, pairwise(run))]
            else:
                terms.append(run)
        return terms


def setup(app: Sphinx) -> dict[str, bool]:
    """Register this module as a Sphinx extension."""
    app.add_search_language(ChineseSearch)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
