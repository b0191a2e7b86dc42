//! Lists the instances of an EC2 region: signed requests (AWS Signature Version 4) over outbound's
//! stack, by the route that the settings and the environment give.
//!
//! `cargo run` takes the credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
//! AWS_SESSION_TOKEN, the region from AWS_REGION, and another endpoint, if any, from
//! AWS_ENDPOINT_URL_EC2 or the argument, which may be a connection of the settings (`ec2:`).
//! `run.sh` runs it against moto behind Squid.

mod answer;

use std::env;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::Method;
use http::header::CONTENT_TYPE;
use outbound::http::{Client as Http, Request};
use tokio::io::AsyncReadExt as _;

type Error = Box<dyn std::error::Error>;

/// The version of EC2's API.
const VERSION: &str = "2016-11-15";

/// A page of a thousand instances has some 4 MiB.
const LONGEST: u64 = 64 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        if let Some(hint) = outbound::Error::find(&*error).and_then(outbound::Error::hint) {
            eprintln!("hint: {hint}");
        }
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Error> {
    let region = env::var("AWS_REGION").or_else(|_| env::var("AWS_DEFAULT_REGION"));
    let region = region.map_err(|_| "set AWS_REGION")?;
    let endpoint = env::args()
        .nth(1)
        .or_else(|| env::var("AWS_ENDPOINT_URL_EC2").ok())
        .unwrap_or_else(|| format!("https://ec2.{region}.amazonaws.com/"));
    let signer = Signer {
        credentials: credentials()?,
        region,
    };
    // The connection that the endpoint belongs to: its proxy, its trust.
    let place = outbound::Client::load()?.dataset(&endpoint)?;
    let http = Http::new(place.connector().clone());
    println!("{}", place.connector().route(place.target())?);

    let mut token: Option<String> = None;
    loop {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", "DescribeInstances");
        form.append_pair("Version", VERSION);
        if let Some(token) = &token {
            form.append_pair("NextToken", token);
        }
        let request = signer.sign(place.url().clone(), form.finish())?;
        let response = http.send(request).await?;
        let status = response.status;
        let mut text = String::new();
        response
            .body
            .take(LONGEST)
            .read_to_string(&mut text)
            .await?;
        let page = answer::instances(status, &text)?;
        for instance in page.instances {
            println!("{instance}");
        }
        token = page.next;
        if token.is_none() {
            return Ok(());
        }
    }
}

fn credentials() -> Result<Credentials, Error> {
    let wanted = |name: &str| env::var(name).map_err(|_| format!("set {name}"));
    Ok(Credentials::from_keys(
        wanted("AWS_ACCESS_KEY_ID")?,
        wanted("AWS_SECRET_ACCESS_KEY")?,
        env::var("AWS_SESSION_TOKEN").ok(),
    ))
}

/// Who asks, and where.
struct Signer {
    credentials: Credentials,
    region: String,
}

impl Signer {
    /// A POST of the form, signed.
    fn sign(&self, url: url::Url, form: String) -> Result<Request, Error> {
        const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("ec2")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let headers = [(CONTENT_TYPE.as_str(), FORM)];
        let body = SignableBody::Bytes(form.as_bytes());
        let signable = SignableRequest::new("POST", url.as_str(), headers.into_iter(), body)?;
        let (instructions, _) = sign(signable, &params)?.into_parts();
        let mut signed = http::Request::post(url.as_str())
            .header(CONTENT_TYPE, FORM)
            .body(())?;
        instructions.apply_to_request_http1x(&mut signed);
        let mut request = Request::new(Method::POST, url).with_body(form);
        request.headers = signed.into_parts().0.headers;
        Ok(request)
    }
}
