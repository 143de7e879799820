"""NetBox's own export as rows of one table: devices, virtual machines and clusters, with racks as places and roles in words.

Read are both forms in which NetBox gives its records away: `dumpdata` (a list of objects with model, pk and fields) and answers
of its API (objects with nested names). The whole file is held at once; its size is bounded. Not here: what the words mean.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cosource.bridges.reading.source import LIMITS, ByteSource, Limits
from cosource.bridges.rules.events import SourceRow
from cosource.bridges.rules.problems import Problem, UnreadableSource, shown

HEADINGS = (
    "key",
    "name",
    "what",
    "role",
    "type",
    "serial",
    "asset_tag",
    "site",
    "place",
    "status",
    "runs_on",
)
_WHAT = {
    "dcim.device": "device",
    "virtualization.virtualmachine": "virtual machine",
    "virtualization.cluster": "cluster",
}
_KEY = {"device": "device", "virtual machine": "vm", "cluster": "cluster"}


def netbox_rows(path: Path, limits: Limits = LIMITS) -> Iterator[SourceRow | Problem]:
    """Yield one row for each device, virtual machine and cluster, numbered by its place among all records of the file.

    Raises: UnreadableSource when it is no JSON of NetBox.
    """
    records = _records(path, limits)
    is_dump = all("model" in r and "fields" in r for r in records)
    book = (
        {
            (str(r["model"]), r.get("pk")): r["fields"]
            for r in records
            if isinstance(r["fields"], dict) and isinstance(r.get("pk"), int | str)
        }
        if is_dump
        else {}
    )
    for number, record in enumerate(records, start=1):
        try:
            values = _of_dump(record, book) if is_dump else _of_api(record)
        except (KeyError, TypeError, ValueError) as error:
            # What is neither number, text nor object where NetBox has one.
            yield Problem(path.name, number, None, "bad-record", {"reason": shown(str(error))})
            continue
        if values is not None:
            yield SourceRow(number, {name: str(values.get(name) or "").strip() for name in HEADINGS})


def _records(path: Path, limits: Limits) -> list[dict[str, Any]]:
    with ByteSource(path, limits) as source:
        text = source.read(limits.text_part_bytes + 1) or b""
        while len(text) <= limits.text_part_bytes and (more := source.read(1024 * 1024)):
            text += more
        if source.break_problem is not None:
            raise UnreadableSource(source.break_problem)
    if len(text) > limits.text_part_bytes:
        raise UnreadableSource(Problem(path.name, None, None, "too-big", {"limit": limits.text_part_bytes}))
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_netbox(path, str(error)) from None
    if isinstance(found, dict):
        found = found.get("results")
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise _no_netbox(path, "it is no list of records")
    return found


def _no_netbox(path: Path, reason: str) -> UnreadableSource:
    return UnreadableSource(Problem(path.name, None, None, "bad-json", {"reason": reason.rstrip(".")}))


def _of_dump(
    record: Mapping[str, Any], book: Mapping[tuple[str, Any], Mapping[str, Any]]
) -> dict[str, Any] | None:
    what = _WHAT.get(str(record["model"]))
    fields = record["fields"]
    if what is None or not isinstance(fields, dict):
        return None

    def named(model: str, key: str, name: str = "name") -> str:
        return str(book.get((model, fields.get(key)), {}).get(name) or "")

    role = named("dcim.devicerole", "role") or named("dcim.devicerole", "device_role")
    maker_of = book.get(("dcim.devicetype", fields.get("device_type")), {})
    maker = book.get(("dcim.manufacturer", maker_of.get("manufacturer")), {}).get("name", "")
    model = " ".join(filter(None, (maker, str(maker_of.get("model") or ""))))
    return _row(
        what,
        record["pk"],
        fields,
        role=role,
        model=model,
        site=named("dcim.site", "site"),
        place=_place(named("dcim.location", "location"), named("dcim.rack", "rack"), fields.get("position")),
        status=fields.get("status"),
        cluster=fields.get("cluster"),
        device=fields.get("device"),
    )


def _of_api(record: Mapping[str, Any]) -> dict[str, Any] | None:
    if not isinstance(record.get("id"), int):
        return None

    def named(key: str, name: str = "name") -> str:
        found = record.get(key)
        return str(found.get(name) or "") if isinstance(found, dict) else ""

    def key_of(key: str) -> Any:
        found = record.get(key)
        return found.get("id") if isinstance(found, dict) else None

    what = "device" if "device_type" in record else "virtual machine" if "vcpus" in record else "cluster"
    kind = record.get("device_type")
    maker = kind.get("manufacturer") if isinstance(kind, dict) else None
    maker_name = str(maker.get("name") or "") if isinstance(maker, dict) else ""
    return _row(
        what,
        record["id"],
        record,
        role=named("role") or named("device_role"),
        model=" ".join(filter(None, (maker_name, named("device_type", "model")))),
        site=named("site"),
        place=_place(named("location"), named("rack"), record.get("position")),
        status=named("status", "value"),
        cluster=key_of("cluster"),
        device=key_of("device"),
    )


def _row(what: str, pk: Any, fields: Mapping[str, Any], **said: Any) -> dict[str, Any]:
    # What has no name of its own, such as a patch panel, is called by its role and number.
    name = fields.get("name") or f"{said['role'] or what.capitalize()} {pk}"
    runs_on = (
        f"device:{said['device']}"
        if said["device"]
        else f"cluster:{said['cluster']}"
        if said["cluster"]
        else ""
    )
    return {
        "key": f"{_KEY[what]}:{pk}",
        "name": name,
        "what": what,
        # A role says what a device is for; of what has none, what it is.
        "role": said["role"] if what == "device" else what,
        "type": said["model"],
        "serial": fields.get("serial"),
        "asset_tag": fields.get("asset_tag"),
        "site": said["site"],
        "place": said["place"],
        "status": said["status"],
        "runs_on": runs_on,
    }


def _place(location: str, rack: str, position: Any) -> str:
    unit = f"U{float(position):g}" if position not in (None, "") else ""
    return ", ".join(filter(None, (location, rack, unit)))
