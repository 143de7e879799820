"""What an article says, as safe HTML: headings, lists, tables, quotes, code and links, nothing else.

No images (they would tell another server who reads) and no raw HTML. Not here: which text a reader may see.
"""

import nh3
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

_markdown = (
    MarkdownIt("commonmark", {"html": False, "breaks": True})
    .enable("table")
    .disable(["image", "html_block", "html_inline"])
)
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_TAGS = {"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul", *_HEADINGS}
_TABLE = {"table", "thead", "tbody", "tr", "th", "td"}


def article_html(text: str) -> SafeString:
    r"""Return the text as HTML that can do nothing but be read. The page's own heading is above those of the text.

    >>> article_html("# First\n\nSwitch it **off**.")
    '<h2>First</h2>\n<p>Switch it <strong>off</strong>.</p>\n'
    """
    tokens = _markdown.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = _HEADINGS[min(int(token.tag[1]), len(_HEADINGS)) - 1]
    cleaned = nh3.clean(
        _markdown.renderer.render(tokens, _markdown.options, {}),
        tags=_TAGS | _TABLE,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return SafeString(cleaned)
