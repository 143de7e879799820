"""A process of its own that reads columns from the embedded database: `python -m cosource.metrics.services.columns FILE`.

The driver that reads columns brings a second copy of the embedded database's library. Two copies in one process do not see each
other's locks and would spoil what the other one holds, so this one is alone: it loads neither Django nor anything that would open
the file as well. A statement comes in as a line of JSON, and goes out as an Arrow stream; the end of the input ends it.
"""

import json
import sys
from pathlib import Path
from urllib.parse import quote


def main(path: Path) -> None:
    """Answer statements until the input ends."""
    import adbc_driver_sqlite.dbapi  # noqa: PLC0415 - only the process itself needs it
    import pyarrow as pa  # noqa: PLC0415 - as above

    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    with adbc_driver_sqlite.dbapi.connect(address, autocommit=True) as connection:
        for line in sys.stdin:
            with connection.cursor() as cursor:
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": "65536"})
                cursor.execute(json.loads(line))
                rows = cursor.fetch_record_batch()
                with pa.ipc.new_stream(sys.stdout.buffer, rows.schema) as out:
                    for batch in rows:
                        out.write_batch(batch)
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
