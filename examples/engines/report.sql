-- Joins CSV on the ftp server with Parquet in the bucket.
CREATE EXTERNAL TABLE readings STORED AS CSV
LOCATION '@CSV@/readings/' OPTIONS ('format.has_header' 'true');

-- With the columns' types: Ballista 55 stumbles over what DataFusion makes of `region` without them.
CREATE EXTERNAL TABLE stations (station VARCHAR, height_m BIGINT, region VARCHAR)
STORED AS PARQUET PARTITIONED BY (region) LOCATION 's3://lake/stations/';

SELECT region, count(*) AS readings, sum(pm10) AS total, max(pm10) AS most
FROM readings JOIN stations ON readings.station = stations.station
WHERE height_m >= 200
GROUP BY region ORDER BY region
