"""Renew the table of docs/when-a-step-fails.md: every reason by which a row is set aside or changed.

python .ci/failures.py
"""

from pathlib import Path

from patrolgeo.words.messages import load_words

PAGE = Path(__file__).parents[1] / "docs" / "when-a-step-fails.md"
MARK = "<!-- rows -->"
CODE = "finding_"


def page(text: str) -> str:
    """Return the page with the table as the words are now."""
    english, chinese = load_words("en"), load_words("zh")
    rows = [
        f"| `{code}` | {english[CODE + code]} | {english.get(f'repair_{code}', '')} | {chinese[CODE + code]} |"
        for code in sorted(key.removeprefix(CODE) for key in english if key.startswith(CODE))
    ]
    head = ["| code | what was found | how to mend it | 中文 |", "| --- | --- | --- | --- |"]
    return "\n".join([text.split(MARK, maxsplit=1)[0] + MARK, *head, *rows]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
