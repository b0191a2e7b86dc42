//! object_store: its clients (S3, GCS, Azure, HTTP) over this crate's stack.
//!
//! ```no_run
//! # fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use object_store::aws::AmazonS3Builder;
//! use outbound::adapters::object_store::HttpConnector;
//!
//! let client = outbound::Client::load()?;
//! let store = AmazonS3Builder::from_env()
//!     .with_bucket_name("open-data")
//!     .with_http_connector(HttpConnector::new(&client))
//!     .build()?;
//! # Ok(())
//! # }
//! ```

mod bucket;
mod folder;
mod service;

pub use bucket::bucket;
pub use folder::FolderStore;
pub use service::HttpConnector;
