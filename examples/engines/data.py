"""Makes the tables of the example, and what the queries must give: `data.py FOLDER`.

The numbers come from a seeded generator and describe no real place. The folder gets `stations.csv` and
`readings/DAY.csv`; standard output gets the rows of report.sql, one a line.
"""

import csv
import pathlib
import random
import sys

REGIONS = ["east", "north", "south", "west"]
STATIONS, DAYS, READINGS = 60, 8, 25_000

folder = pathlib.Path(sys.argv[1])
(folder / "readings").mkdir()
chance = random.Random(5)


def write(path, header, rows):
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


stations = [
    (f"ST{number:03}", chance.randrange(0, 2500), chance.choice(REGIONS))
    for number in range(STATIONS)
]
write(folder / "stations.csv", ["station", "height_m", "region"], stations)

where = {station: (height, region) for station, height, region in stations}
found = {}
for day in range(1, DAYS + 1):
    rows = [
        (f"ST{chance.randrange(STATIONS):03}", second, chance.randrange(0, 900))
        for second in range(READINGS)
    ]
    write(folder / "readings" / f"2024-05-{day:02}.csv", ["station", "second", "pm10"], rows)
    for station, _, pm10 in rows:
        height, region = where[station]
        if height >= 200:
            count, total, most = found.get(region, (0, 0, 0))
            found[region] = (count + 1, total + pm10, max(most, pm10))

for region, numbers in sorted(found.items()):
    print(region, *numbers)
