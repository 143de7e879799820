"""What people write into a conversation, as safe HTML: paragraphs, emphasis, lists, quotes, code and links, nothing else.

No images (they would tell another server who reads), no headings, no raw HTML. Not here: which text a reader may see.
"""

import re

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(
    ["image", "heading", "lheading", "html_block", "html_inline", "reference"]
)
_TAGS = {"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"}
# Most messages are plain; they need no parser.
# No blank of it spans lines: thousands of empty ones would each be looked at from every one before them.
_MARKED = re.compile(r"[*_`\[\]<>\\&~]|^ {4}|^\t|^[^\S\n]*(?:(?:[-+]|\d+[.)])\s|---|===)", re.MULTILINE)
_PARAGRAPHS = re.compile(r"\n\s*\n")


def rich_text(text: str) -> SafeString:
    r"""Return the text as HTML that can do nothing but be read.

    >>> rich_text("It is **down**.")
    '<p>It is <strong>down</strong>.</p>\n'
    """
    if not _MARKED.search(text):
        return plain_text(text)
    cleaned = nh3.clean(
        _markdown.render(text),
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return SafeString(cleaned)


def plain_text(text: str) -> SafeString:
    """Return the text letter by letter, in paragraphs: what another program wrote means its stars and dashes as they stand.

    >>> plain_text("It is **down**.")
    '<p>It is **down**.</p>'
    """
    parts = (escape(p.strip()).replace("\n", "<br>\n") for p in _PARAGRAPHS.split(text))
    return SafeString("".join(f"<p>{p}</p>" for p in parts if p))
