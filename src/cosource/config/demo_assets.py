"""The demo's inventory: what its client runs, and what of it hangs on what."""

import tomllib
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any
from uuid import UUID

from cosource.config.demo_world import HARBOUR, World

# Of twenty wristband printers in the emergency room one still prints.
_PRINTERS = 20


def assets_play(world: World, at: datetime) -> int:
    """Enter the inventory as the client's own people would; return how many. The caller holds the transaction."""
    from cosource.assets.services.assets import asset_add
    from cosource.assets.services.relations import asset_relate

    actor = world.actor("ruth", at)
    ids: dict[str, UUID] = {}
    listed = [*_listed(), *_printers()]
    for given in listed:
        values = {
            name: value
            for name, value in given.items()
            if name not in {"site", "service", "support", "related"}
        }
        if "support" in given:
            values["support_until"] = (at + timedelta(days=given["support"])).date()
        made = asset_add(
            **values,
            site_id=world.sites[HARBOUR, given["site"]],
            service_id=world.services[HARBOUR, given["service"]],
            actor=actor,
            at=at,
        )
        ids[made.name] = made.id
    for given in listed:
        for kind, other in given.get("related", ()):
            asset_relate(asset_id=ids[given["name"]], kind=kind, other_id=ids[other], actor=actor, at=at)
    return len(ids)


def _listed() -> list[dict[str, Any]]:
    text = files("cosource.config").joinpath("demo_assets.toml").read_text("utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["assets"]
    return found


def _printers() -> list[dict[str, Any]]:
    return [
        {
            "name": f"WB-ER-{number:02}",
            "kind": "hardware",
            "model": "Wristband printer",
            "serial": f"WB-{4400 + number}",
            "site": "Northgate Hospital",
            "place": f"Emergency, bay {(number + 1) // 2}",
            "service": "Printing",
            "criticality": "high",
            "data_class": "personal",
            "health": "working" if number == _PRINTERS else "failed",
            "related": [["runs_on", "PRN-SRV-02"]],
        }
        for number in range(1, _PRINTERS + 1)
    ]
