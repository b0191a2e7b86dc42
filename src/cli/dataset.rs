//! The dataset that an argument names.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::args::{Common, FtpArg, Login, TlsArg};
use super::output::Output;
use super::place::Place;
use crate::base::{
    Credentials, Error, ExplicitTls, FtpMode, Kind, Origin, Result, Scheme, SecretRef,
    SecretSource, Stage, Target, text,
};
use crate::dataset::{Client, Dataset};

/// The dataset that an argument names, with the credentials and fields of the command line. The
/// place gets to know its URL.
pub fn dataset(
    client: &Client,
    common: &Common,
    login: &Login,
    fields: &[String],
    place: &mut Place<'_>,
    output: &Output,
) -> Result<Dataset> {
    warn_of_password(place, output);
    let mut dataset = client.dataset_of(place.typed, common.connection.as_deref())?;
    place.url = Some(dataset.url().clone());
    if let Some(username) = &login.user {
        check_user(username)?;
        let flag = |name: &str| Origin::Flag(name.to_owned());
        let password = match (&login.password_file, &login.password_env) {
            (Some(file), _) => Some(SecretRef {
                source: SecretSource::File(file.clone()),
                origin: flag("--password-file"),
            }),
            (None, Some(variable)) => Some(SecretRef {
                source: SecretSource::Env(variable.clone()),
                origin: flag("--password-env"),
            }),
            (None, None) => None,
        };
        dataset = dataset.with_credentials(Credentials {
            username: username.clone(),
            origin: flag("--user"),
            password,
        });
    }
    if let Some(tls) = explicit_tls(&login.tls, dataset.target())? {
        dataset = dataset.with_tls(tls);
    }
    if let Some(mode) = ftp_mode(&login.ftp, dataset.target())? {
        dataset = dataset.with_ftp_mode(mode);
    }
    // An argument that contradicts another one is said before anything starts.
    dataset
        .asks_proxy_for_ftp()
        .or_else(|error| match error.kind() {
            Kind::Usage => Err(error),
            _ => Ok(false),
        })?;
    if !fields.is_empty() {
        dataset = dataset.with_headers(headers(fields)?);
    }
    Ok(dataset)
}

/// With the number of tries that `--retry` asks for.
pub fn with_tries(dataset: Dataset, attempts: Option<u32>) -> Dataset {
    let Some(attempts) = attempts else {
        return dataset;
    };
    let mut retry = dataset.retry().clone();
    retry.attempts = attempts;
    dataset.with_retry(retry)
}

/// What `--tls` says about a target. It is for `ftp://` alone: whoever writes it for another scheme
/// means something that they would not get.
pub fn explicit_tls(arg: &TlsArg, target: &Target) -> Result<Option<ExplicitTls>> {
    let Some(tls) = arg.tls else {
        return Ok(None);
    };
    let hint = match target.scheme() {
        Scheme::Ftp => return Ok(Some(tls.into())),
        Scheme::Ftps => {
            "ftps:// is TLS from the first byte, mostly at port 990: leave --tls out, or write \
             ftp:// for AUTH TLS, mostly at port 21"
        }
        _ => "leave it out",
    };
    let what = format!("--tls is for ftp://, not for {}://", target.scheme());
    Err(Error::new(Kind::Usage, Stage::Settings, what).with_hint(hint))
}

/// What `--ftp` says about a target; for plain `ftp://` alone, as `--tls` is.
pub fn ftp_mode(arg: &FtpArg, target: &Target) -> Result<Option<FtpMode>> {
    match (arg.ftp, target.scheme()) {
        (None, _) => Ok(None),
        (Some(ftp), Scheme::Ftp | Scheme::Ftps) => Ok(Some(ftp.into())),
        (Some(_), scheme) => {
            let what = format!("--ftp is for ftp://, not for {scheme}://");
            Err(Error::new(Kind::Usage, Stage::Settings, what).with_hint("leave it out"))
        }
    }
}

/// Says that a password in the arguments is no secret.
pub fn warn_of_password(place: &Place<'_>, output: &Output) {
    let url = url::Url::parse(place.typed);
    if place.is_argument
        && url.is_ok_and(|url| url.password().is_some_and(|password| !password.is_empty()))
    {
        output.warn(&format!(
            "{}: a password in the arguments can be seen by other users; keep it elsewhere: \
             a connection's password, --password-file or --password-env",
            place.shown
        ));
    }
}

/// `--user NAME:PASSWORD` is other programs' way. The name is not shown: a password may stand in
/// it.
fn check_user(username: &str) -> Result<()> {
    if !username.contains(':') {
        return Ok(());
    }
    let what = "--user wants a name alone, and a colon cannot be part of it (RFC 7617)";
    Err(Error::new(Kind::Usage, Stage::Settings, what)
        .with_hint("the password goes by --password-file FILE or --password-env VARIABLE"))
}

/// What the program asks for by itself: the whole file, or the rest of it, as it is.
const OURS: [&str; 3] = ["accept-encoding", "if-range", "range"];

const FORM: &str = "write `Name: value`";

fn headers(written: &[String]) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in written {
        // The value may be a token: an error shows the name alone.
        let name = line.split(':').next().unwrap_or_default();
        let bad = |what: &str| {
            let what = format!("the header `{}` {what}", text::clip(name));
            Error::new(Kind::Usage, Stage::Settings, what)
        };
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| bad("has no colon").with_hint(FORM))?;
        let name: HeaderName = name
            .trim()
            .parse()
            .map_err(|_| bad("has a name that cannot be sent").with_hint(FORM))?;
        let value = HeaderValue::from_str(value.trim());
        let value = value.map_err(|_| bad("has a value that cannot be sent"))?;
        if OURS.contains(&name.as_str()) {
            let what = "is set by the program itself: the whole file is always asked for, as it is";
            return Err(bad(what));
        }
        headers.append(name, value);
    }
    Ok(headers)
}
