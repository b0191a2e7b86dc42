//! What a refusal of S3 means, and what to do.

use std::time::{Duration, SystemTime};

use super::{Place, Signer};
use crate::base::{Error, Kind, text};

/// What the XML of a refusal says ("Error responses", Amazon S3 API Reference).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Refusal {
    code: String,
    message: String,
    region: Option<String>,
    server_time: Option<String>,
}

impl Refusal {
    fn read(xml: &str) -> Option<Self> {
        let of = |tag: &str| {
            let (_, rest) = xml.split_once(&format!("<{tag}>"))?;
            let (value, _) = rest.split_once('<')?;
            Some(
                value
                    .trim()
                    .replace("&quot;", "\"")
                    .replace("&apos;", "'")
                    .replace("&amp;", "&"),
            )
        };
        Some(Self {
            code: of("Code")?,
            message: of("Message").unwrap_or_default(),
            region: of("Region").filter(|region| !region.is_empty()),
            server_time: of("ServerTime"),
        })
    }
}

/// The refusal as S3 means it: by its code where it has one, else by its status.
pub(super) fn explain(
    error: Error,
    place: &Place,
    signer: &Signer,
    region: Option<&str>,
    date: Option<SystemTime>,
) -> Error {
    let Some(answer) = error.answer().cloned() else {
        return error;
    };
    if matches!(
        error.kind(),
        Kind::ProxyAuth | Kind::ProxyRefused | Kind::ProxyUnavailable
    ) {
        return error;
    }
    let refusal = Refusal::read(&answer.body).unwrap_or_default();
    let elsewhere = region.map(str::to_owned).or_else(|| refusal.region.clone());
    let elsewhere = elsewhere.filter(|region| *region != place.region);
    let (kind, hint) = judge(answer.code, &refusal, place, signer, elsewhere, date);
    let error = match refusal.code.is_empty() {
        true => error,
        false => {
            let message = match refusal.message.is_empty() {
                true => String::new(),
                false => format!(": {}", text::clip(&refusal.message)),
            };
            error.and_also(format!(" ({}{message})", text::clip(&refusal.code)))
        }
    };
    let error = match kind {
        Some(kind) => error.with_kind(kind),
        None => error,
    };
    match hint {
        Some(hint) => error.with_better_hint(hint),
        None => error,
    }
}

/// The kind, where the status alone would give another, and what to do.
fn judge(
    status: u16,
    refusal: &Refusal,
    place: &Place,
    signer: &Signer,
    elsewhere: Option<String>,
    date: Option<SystemTime>,
) -> (Option<Kind>, Option<String>) {
    let origin = &signer.origin;
    if let Some(region) = elsewhere {
        let hint = format!(
            "the bucket is in another region: set region = \"{}\" in the connection, or AWS_REGION",
            text::clip(&region)
        );
        return (Some(Kind::TargetRefused), Some(hint));
    }
    let auth = |hint: String| (Some(Kind::TargetAuth), Some(hint));
    match (refusal.code.as_str(), status) {
        ("InvalidAccessKeyId" | "NotSignedUp", _) => auth(format!(
            "S3 knows no such access key id: check the key from {origin}"
        )),
        ("SignatureDoesNotMatch", _) => auth(format!(
            "check the secret access key that belongs to the id from {origin}, and that no proxy \
             changes requests"
        )),
        ("ExpiredToken" | "InvalidToken" | "TokenRefreshRequired", _) => auth(format!(
            "the temporary credentials from {origin} are over: get new ones"
        )),
        ("RequestTimeTooSkewed" | "RequestExpired", _) => {
            let off = skew(refusal, date).unwrap_or_default();
            auth(format!("the clock of this machine is {off}wrong for S3: set it by NTP"))
        }
        ("PermanentRedirect" | "TemporaryRedirect", _) | ("", 301 | 307) => (
            Some(Kind::TargetRefused),
            Some(
                "the bucket is elsewhere: set `region` or `endpoint` of the connection".to_owned(),
            ),
        ),
        ("NoSuchBucket", _) => (
            Some(Kind::TargetRefused),
            Some(format!(
                "check the name of the bucket `{}`, and the endpoint {}",
                text::clip(&place.bucket),
                text::clip(place.endpoint.as_str())
            )),
        ),
        ("SlowDown" | "RequestTimeout" | "InternalError" | "ServiceUnavailable", _) => {
            (Some(Kind::TargetUnavailable), None)
        }
        (_, 404) => (
            Some(Kind::TargetRefused),
            Some("check the key: small and capital letters differ; `outbound list` shows what is there".to_owned()),
        ),
        (_, 401 | 403) if signer.key.is_none() => auth(format!(
            "the request was not signed ({origin}), and the bucket is not public: set `username` to \
             the access key id and `password` to the secret access key in a connection, or `profile`; \
             or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )),
        (_, 401 | 403) => auth(format!(
            "the key from {origin} may not do that, or there is no such object and it may not list: \
             ask the bucket's owner for s3:GetObject and s3:ListBucket (s3:PutObject to store)"
        )),
        _ => (None, None),
    }
}

/// How far this machine's clock is off, in words with a blank behind.
fn skew(refusal: &Refusal, date: Option<SystemTime>) -> Option<String> {
    let there = refusal.server_time.as_deref();
    let there = there.and_then(|time| time.parse::<crate::proto::ftp::listing::Stamp>().ok());
    let there = there.map(|stamp| stamp.time).or(date)?;
    let now = SystemTime::now();
    let (off, way) = match now.duration_since(there) {
        Ok(ahead) => (ahead, "ahead"),
        Err(behind) => (behind.duration(), "behind"),
    };
    (off >= Duration::from_secs(60)).then(|| format!("{} minutes {way}, ", off.as_secs() / 60))
}
