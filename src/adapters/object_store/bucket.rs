//! A bucket of the settings for object_store.

use ::object_store::aws::AmazonS3Builder;

use super::HttpConnector;
use crate::base::Result;
use crate::dataset::Client;

/// What builds object_store's client for a bucket: `s3://BUCKET/`, or a named connection to one
/// (`lake:`). Endpoint, region, path style and keys are those that a [dataset](Client::dataset) of
/// that place has: the connection's, the AWS variables', the profile's, or none. A key below the
/// bucket means nothing: a store is for all of it. Requests go by the connection's way.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use outbound::adapters::object_store::bucket;
///
/// let client = outbound::Client::load()?;
/// let lake = bucket(&client, "lake:").await?.build()?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// It is no bucket of S3, or there is no such connection; a file of AWS or the connection's secret
/// cannot be read.
///
/// # Limits
/// The keys are those of now: a store that outlives temporary ones has to be made anew.
pub async fn bucket(client: &Client, place: &str) -> Result<AmazonS3Builder> {
    let dataset = client.dataset(place)?;
    let builder = dataset.bucket_builder().await?;
    let connector = HttpConnector::new(client);
    let connector = match dataset.connector().connection() {
        Some(connection) => connector.for_connection(&connection.name)?,
        None => connector,
    };
    Ok(builder.with_http_connector(connector))
}
