//! s3s-fs, a folder as S3: it checks signatures.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::task::AbortHandle;

use super::super::runtime;

/// A running server.
pub struct S3s {
    root: tempfile::TempDir,
    address: SocketAddr,
    task: AbortHandle,
}

impl S3s {
    /// Starts one that knows one key, with empty buckets of these names.
    pub fn start(key: &str, secret: &str, buckets: &[&str]) -> Self {
        Self::with(Some(SimpleAuth::from_single(key, secret)), buckets)
    }

    /// Starts one whose buckets are everybody's: it takes no signature.
    pub fn public(buckets: &[&str]) -> Self {
        Self::with(None, buckets)
    }

    fn with(auth: Option<SimpleAuth>, buckets: &[&str]) -> Self {
        let root = tempfile::tempdir().expect("a folder");
        for bucket in buckets {
            std::fs::create_dir(root.path().join(bucket)).expect("a bucket");
        }
        let files = s3s_fs::FileSystem::new(root.path()).expect("a folder as S3");
        let mut builder = S3ServiceBuilder::new(files);
        if let Some(auth) = auth {
            builder.set_auth(auth);
        }
        let service = builder.build();
        let (listener, address) = runtime::listen();
        let task = runtime::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                runtime::spawn(async move {
                    let connection = http1::Builder::new();
                    // A client may leave when it likes.
                    let _ = connection
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self {
            root,
            address,
            task: task.abort_handle(),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`: the endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The file that an object is.
    pub fn file(&self, bucket: &str, key: &str) -> PathBuf {
        Path::new(self.root.path()).join(bucket).join(key)
    }
}

impl Drop for S3s {
    fn drop(&mut self) {
        self.task.abort();
    }
}
