"""A forecast for examples/planned_battery.toml: the load of the next 48 hours, each fourth one a peak of 65 kW."""

import json
from datetime import UTC, datetime, timedelta

BASE_KW, PEAK_KW = 38, 65

now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
hours = [now + timedelta(hours=ahead) for ahead in range(49)]
print(json.dumps([{"time": at.isoformat(), "value": PEAK_KW if at.hour % 4 == 1 else BASE_KW} for at in hours]))
