"""What the cells of a page handed over with ``glue``, for use outside of its prose."""

import json
from ast import literal_eval
from pathlib import Path

from sphinx.application import Sphinx


def glued_texts(app: Sphinx, docname: str) -> dict[str, str]:
    """Return the texts that page *docname* glued, by name."""
    # MyST-NB writes them beside the page's executed notebook.
    file = Path(app.outdir).parent / "jupyter_execute" / f"{docname}.glue.json"
    if not file.exists():
        return {}
    glued = json.loads(file.read_text(encoding="utf-8"))
    texts = {name: output["data"].get("text/plain", "") for name, output in glued.items()}
    return {name: literal_eval(text) for name, text in texts.items() if text.startswith(("'", '"'))}
