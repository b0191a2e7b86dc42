//! A bucket that is asked.

use std::fmt;
use std::time::SystemTime;

use ::object_store::aws::{AmazonS3, AmazonS3Builder};
use ::object_store::path::Path;
use ::object_store::{
    BackoffConfig, GetOptions, GetRange, MultipartUpload, ObjectStore as _, ObjectStoreExt as _,
    PutPayload, RetryConfig,
};

use super::asking::{Asking, Coming, Rest};
use super::wire::Wire;
use super::{Place, Signer};
use crate::base::{Error, Kind, Result, Stage, Steps, text};
use crate::http;
use crate::settings::Retry;

/// A key of a bucket.
pub(crate) struct Store {
    inner: AmazonS3,
    writer: AmazonS3,
    path: Path,
    place: Place,
    wire: Wire,
    /// How often a part is tried.
    attempts: u32,
}

/// What is known of an object.
pub(crate) struct About {
    pub length: u64,
    pub modified: SystemTime,
    /// The strong entity tag, with its quotes.
    pub tag: Option<String>,
}

/// What lies below a prefix.
pub(crate) struct Below {
    /// The names of further prefixes, without the slash.
    pub folders: Vec<String>,
    /// The names of objects.
    pub objects: Vec<(String, About)>,
}

impl Store {
    /// The place, as `signer` asks for it by `http`. No I/O.
    ///
    /// # Errors
    /// The key is one that cannot be asked for.
    pub(crate) fn new(
        http: http::Client,
        place: Place,
        signer: Signer,
        retry: &Retry,
    ) -> Result<Self> {
        let path = Path::parse(&place.key).map_err(|cause| {
            Error::new(
                Kind::Unsupported,
                Stage::Request,
                "the key cannot be asked for",
            )
            .and_also(format!(": {}", text::clip(&cause.to_string())))
            .with_hint("parts of a key that are empty, `.` or `..` are not supported")
        })?;
        let wire = Wire::new(http, &place, &signer);
        // Reading is tried again by the dataset, who tells of it. Of an upload a part is.
        let once = RetryConfig {
            max_retries: 0,
            ..RetryConfig::default()
        };
        let again = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: retry.pause,
                max_backoff: retry.pause_max,
                base: 2.0,
            },
            max_retries: retry.attempts.saturating_sub(1) as usize,
            ..RetryConfig::default()
        };
        Ok(Self {
            inner: client(&place, &signer, &wire, once)?,
            writer: client(&place, &signer, &wire, again)?,
            path,
            place,
            wire,
            attempts: retry.attempts,
        })
    }

    /// The stages that the last request passed.
    pub(crate) fn steps(&self) -> Steps {
        self.wire.steps()
    }

    /// What S3 tells of the object.
    ///
    /// # Errors
    /// Every stage up to `request`.
    pub(crate) async fn about(&self) -> Result<About> {
        let error = match self.inner.head(&self.path).await {
            Ok(meta) => return Ok(about(&meta)),
            Err(error) => self.told(error, "head"),
        };
        if error.answer().is_none() {
            return Err(error);
        }
        // HEAD has no body that would say why.
        let options = GetOptions::new().with_range(Some(GetRange::Bounded(0..1)));
        match self.inner.get_opts(&self.path, options).await {
            Ok(_) => Err(error),
            Err(better) => Err(self.told(better, "get")),
        }
    }

    /// What S3 tells of the object, if there is one.
    ///
    /// # Errors
    /// As [`about`](Self::about).
    pub(crate) async fn about_any(&self) -> Result<Option<About>> {
        match self.inner.head(&self.path).await {
            Ok(meta) => Ok(Some(about(&meta))),
            Err(error) => match self.told(error, "head") {
                missing if missing.answer().is_some_and(|a| a.code == 404) => Ok(None),
                _ => self.about().await.map(Some),
            },
        }
    }

    /// The object from its start; of a long one so many ranges come at a time.
    ///
    /// # Errors
    /// Every stage up to `request`.
    pub(crate) async fn get(&self, at_once: usize) -> Result<Coming> {
        self.asking().get(at_once).await
    }

    /// The object from `offset` on, if it has that tag still.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) async fn get_from(&self, offset: u64, tag: &str, at_once: usize) -> Result<Rest> {
        self.asking().get_from(offset, tag, at_once).await
    }

    fn asking(&self) -> Asking {
        Asking {
            inner: self.inner.clone(),
            path: self.path.clone(),
            wire: self.wire.clone(),
            doing: self.doing("get"),
        }
    }

    /// What lies below the key, as below a folder.
    ///
    /// # Errors
    /// Every stage up to `request`; nothing lies there.
    pub(crate) async fn below(&self) -> Result<Below> {
        let prefix = (!self.place.key.is_empty()).then_some(&self.path);
        let listed = self.inner.list_with_delimiter(prefix).await;
        let listed = listed.map_err(|error| self.told(error, "list"))?;
        if listed.common_prefixes.is_empty() && listed.objects.is_empty() && prefix.is_some() {
            let what = "nothing lies below that key";
            return Err(Error::new(Kind::TargetRefused, Stage::Request, what)
                .with_hint("S3 has no empty folders: check the spelling; a single object is shown by `outbound stat`")
                .while_doing(self.doing("list"))
                .after(self.steps()));
        }
        let name = |path: &Path| path.filename().unwrap_or_default().to_owned();
        Ok(Below {
            folders: listed.common_prefixes.iter().map(name).collect(),
            // What is called as the folder itself only marks it.
            objects: listed
                .objects
                .iter()
                .filter(|meta| Some(&meta.location) != prefix)
                .map(|meta| (name(&meta.location), about(meta)))
                .collect(),
        })
    }

    /// Stores an object in one request.
    ///
    /// # Errors
    /// Every stage up to `request`.
    pub(crate) async fn put(&self, payload: PutPayload) -> Result<()> {
        let put = self.inner.put(&self.path, payload).await;
        put.map(drop).map_err(|error| self.told(error, "put"))
    }

    /// Begins to store an object in parts.
    ///
    /// # Errors
    /// Every stage up to `request`.
    pub(crate) async fn put_in_parts(&self) -> Result<Box<dyn MultipartUpload>> {
        let begun = self.writer.put_multipart(&self.path).await;
        begun.map_err(|error| self.told(error, "put"))
    }

    /// The error as people are told it.
    pub(crate) fn told(&self, error: ::object_store::Error, verb: &str) -> Error {
        self.wire.told(error).while_doing(self.doing(verb))
    }

    /// The error of a part of an object, which was tried as often as the settings allow.
    pub(crate) fn told_of_part(&self, error: ::object_store::Error) -> Error {
        let error = self.told(error, "put");
        match error.is_transient() {
            true => error.permanent().with_attempts(self.attempts),
            false => error,
        }
    }

    fn doing(&self, verb: &str) -> String {
        let url = format!("s3://{}/{}", self.place.bucket, self.place.key);
        let at = self.place.endpoint.as_str().trim_end_matches('/');
        format!("{verb} {} at {at}", text::clip(&url))
    }
}

fn client(place: &Place, signer: &Signer, wire: &Wire, retry: RetryConfig) -> Result<AmazonS3> {
    let builder = builder(place, signer)
        .with_retry(retry)
        .with_http_connector(wire.clone());
    builder.build().map_err(|cause| {
        Error::new(Kind::Usage, Stage::Request, "the bucket cannot be asked").with_source(cause)
    })
}

/// What makes object_store's client for the place, as `signer` asks for it.
pub(crate) fn builder(place: &Place, signer: &Signer) -> AmazonS3Builder {
    let builder = AmazonS3Builder::new()
        .with_bucket_name(&place.bucket)
        .with_region(&place.region)
        .with_endpoint(place.endpoint.as_str().trim_end_matches('/'))
        .with_virtual_hosted_style_request(!place.path_style)
        .with_allow_http(true);
    let Some(key) = &signer.key else {
        return builder.with_skip_signature(true);
    };
    let builder = builder
        .with_access_key_id(&key.id)
        .with_secret_access_key(key.secret.expose());
    match &key.token {
        Some(token) => builder.with_token(token.expose()),
        None => builder,
    }
}

pub(super) fn about(meta: &::object_store::ObjectMeta) -> About {
    About {
        length: meta.size,
        modified: meta.last_modified.into(),
        tag: meta.e_tag.clone().filter(|tag| tag.starts_with('"')),
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
