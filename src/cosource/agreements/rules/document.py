"""Reading typed values out of nodes, collecting every fault instead of stopping at the first.

A reader that refused something returns an empty value of the right type, and the caller goes on; `stop_if_refused` raises once
all faults are known. Not here: which keys there are.
"""

import re
from collections.abc import Iterable

from cosource.agreements.rules.problems import BadAgreement, Problem, gettext_noop, not_among, shortened
from cosource.agreements.rules.yaml_nodes import Node

_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


class Document:
    """The faults found so far, and the readers that add to them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    @property
    def count(self) -> int:
        """Give the number of faults found so far."""
        return len(self.problems)

    def refuse(self, line: int, path: str, pattern: str, **values: str | int) -> None:
        """Note a fault."""
        self.problems.append(Problem(line, path, pattern, tuple(values.items())))

    def stop_if_refused(self) -> None:
        """Raise BadAgreement if anything was refused."""
        if self.problems:
            raise BadAgreement(self.problems)

    def mapping(self, node: Node, path: str, allowed: Iterable[str] | None) -> dict[str, Node]:
        """Read keys with values; with `allowed`, refuse other keys."""
        if not isinstance(node.value, dict):
            self.refuse(node.line, path, gettext_noop("expected keys with values"))
            return {}
        if allowed is not None:
            known = tuple(allowed)
            self.problems += [
                not_among(value.line, f"{path}.{shortened(key)}" if path else shortened(key), key, known)
                for key, value in node.value.items()
                if key not in known
            ]
        return node.value

    def section(self, top: dict[str, Node], key: str, owner: Node, limit: int) -> dict[str, Node]:
        """Read a mapping of at least one and at most `limit` named things."""
        if key not in top:
            self.refuse(owner.line, key, gettext_noop("is missing"))
            return {}
        return self._bounded(key, top[key].line, limit, self.mapping(top[key], key, None))

    def items(self, top: dict[str, Node], key: str, owner: Node, limit: int) -> list[Node]:
        """Read a list of at least one and at most `limit` things."""
        if key not in top:
            self.refuse(owner.line, key, gettext_noop("is missing"))
            return []
        node = top[key]
        if not isinstance(node.value, list):
            self.refuse(node.line, key, gettext_noop("expected a list"))
            return []
        return self._bounded(key, node.line, limit, node.value)

    def _bounded[T: (dict[str, Node], list[Node])](self, path: str, line: int, limit: int, found: T) -> T:
        if len(found) > limit:
            self.refuse(
                line,
                path,
                gettext_noop("%(count)s are given, at most %(limit)s are allowed"),
                count=len(found),
                limit=limit,
            )
        elif not found and not any(problem.path == path for problem in self.problems):
            self.refuse(line, path, gettext_noop("needs at least one"))
        return found

    def text(self, given: dict[str, Node], key: str, owner: Node, *, limit: int = 200, path: str = "") -> str:
        """Read a text that must be there, of 1 to `limit` characters on one line."""
        where = f"{path}.{key}" if path else key
        if key not in given:
            self.refuse(owner.line, where, gettext_noop("is missing"))
            return ""
        return self._line(given[key], where, limit)

    def optional_text(self, given: dict[str, Node], key: str, *, limit: int, path: str) -> str | None:
        """Read a text that may be left out."""
        return self._line(given[key], f"{path}.{key}", limit) if key in given else None

    def _line(self, node: Node, where: str, limit: int) -> str:
        if not isinstance(node.value, str):
            self.refuse(node.line, where, gettext_noop("expected a text"))
            return ""
        value = " ".join(node.value.split())
        if not value:
            self.refuse(node.line, where, gettext_noop("is empty"))
        elif len(value) > limit:
            self.refuse(
                node.line,
                where,
                gettext_noop("has %(count)s characters, at most %(limit)s are allowed"),
                count=len(value),
                limit=limit,
            )
        return value

    def choice(
        self, given: dict[str, Node], key: str, owner: Node, allowed: Iterable[str], *, path: str
    ) -> str:
        """Read one of the allowed words."""
        before = self.count
        value = self.text(given, key, owner, path=path)
        known = tuple(allowed)
        if self.count == before and value not in known:
            self.problems.append(not_among(given[key].line, f"{path}.{key}", value, known))
        return value

    def number(
        self,
        given: dict[str, Node],
        key: str,
        lowest: int,
        highest: int,
        *,
        default: int | None = None,
        path: str = "",
        owner: Node | None = None,
    ) -> int:
        """Read a whole number in the range; `default` where it may be left out, else its absence is a fault of `owner`."""
        where = f"{path}.{key}" if path else key
        if key not in given:
            if default is None:
                self.refuse(owner.line if owner else 1, where, gettext_noop("is missing"))
            return default or 0
        return self.whole_number(given[key], where, lowest, highest)

    def whole_number(self, node: Node, where: str, lowest: int, highest: int) -> int:
        """Read a whole number in the range."""
        written = node.value if isinstance(node.value, str) else ""
        value = int(written) if _WHOLE.fullmatch(written) else -1
        if lowest <= value <= highest:
            return value
        self.refuse(
            node.line,
            where,
            gettext_noop("“%(value)s” is not a whole number from %(lowest)s to %(highest)s"),
            value=shortened(written),
            lowest=lowest,
            highest=highest,
        )
        return 0
