"""What things are called under the law of a country."""

from __future__ import annotations

from patrolgeo.words.messages import load_words


def words_of_country(language: str, country: str | None) -> dict[str, str] | None:
    """Return the messages that a country words in its own way; None where it words none.

    In Great Britain a checkpoint is a road check (Police and Criminal Evidence Act 1984, section 4).

    Examples
    --------
    >>> from patrolgeo.pages.country import words_of_country
    >>> words_of_country("en", "GB")["short_checkpoint"], words_of_country("en", "US")
    ('road check', None)
    """
    if country != "GB":
        return None
    renamed = {
        key: text.replace("checkpoint", "road check").replace("Checkpoint", "Road check")
        for key, text in load_words(language).items()
    }
    return {key: text for key, text in renamed.items() if text != load_words(language)[key]}
