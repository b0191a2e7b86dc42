//! Which store answers for which URL: all of them by outbound's policy.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreRegistry;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use outbound::Client;
use outbound::adapters::object_store::{FolderStore, HttpConnector};
use url::{Position, Url};

use crate::bridge::Bridge;

/// The stores of one process, made when a URL first asks for them, and then kept: with them their
/// connections and logins.
///
/// With a list of stores that are known beforehand `SessionContext::register_object_store` does the
/// same. A registry also serves the processes of a cluster, which learn of a URL from a plan only.
pub struct Stores {
    client: Client,
    made: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores").finish_non_exhaustive()
    }
}

impl Stores {
    /// Stores by the settings that outbound finds (OUTBOUND_CONFIG, OUTBOUND_PROXY, …). No I/O but
    /// reading these.
    ///
    /// # Errors
    /// The settings are wrong.
    pub fn load() -> outbound::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            client: Client::load()?,
            made: Mutex::default(),
        }))
    }

    /// An engine's environment that has no store but these.
    ///
    /// # Errors
    /// DataFusion cannot build it.
    pub fn runtime(self: &Arc<Self>, scratch: Option<&str>) -> Result<Arc<RuntimeEnv>> {
        let mut builder = RuntimeEnvBuilder::new().with_object_store_registry(self.clone());
        if let Some(folder) = scratch {
            builder = builder.with_temp_file_path(folder);
        }
        builder.build_arc()
    }

    fn make(&self, url: &Url) -> std::result::Result<Arc<dyn ObjectStore>, crate::Error> {
        match url.scheme() {
            // Keys, region and endpoint are where every client of AWS looks for them: AWS_ACCESS_KEY_ID,
            // AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL.
            "s3" => Ok(Bridge::over(
                AmazonS3Builder::from_env()
                    .with_bucket_name(url.host_str().unwrap_or_default())
                    .with_http_connector(HttpConnector::new(&self.client))
                    .build()?,
            )),
            // The server's root: an engine's paths are those of the URL.
            _ => Ok(Bridge::over(FolderStore::new(
                &self.client,
                &url[..Position::BeforePath],
            )?)),
        }
    }
}

impl ObjectStoreRegistry for Stores {
    fn register_store(
        &self,
        url: &Url,
        store: Arc<dyn ObjectStore>,
    ) -> Option<Arc<dyn ObjectStore>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.insert(key(url), store)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = made.get(&key(url)) {
            return Ok(store.clone());
        }
        let store = self.make(url).map_err(DataFusionError::External)?;
        made.insert(key(url), store.clone());
        Ok(store)
    }
}

/// Scheme, host and port. A password in a URL does not tell stores apart: logins stand in the settings.
fn key(url: &Url) -> String {
    format!(
        "{}://{}",
        url.scheme(),
        &url[Position::BeforeHost..Position::AfterPort]
    )
}
