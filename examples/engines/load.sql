-- Brings a table from CSV into the bucket, as Parquet: a file for each region.
CREATE EXTERNAL TABLE listed STORED AS CSV
LOCATION '@CSV@/stations.csv' OPTIONS ('format.has_header' 'true');

COPY listed TO 's3://lake/stations/' STORED AS PARQUET PARTITIONED BY (region)
