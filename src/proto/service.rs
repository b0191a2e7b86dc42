//! Which service answered: APIs that refuse whoever does not ask as their clients do, and show by
//! that very refusal that the way to them stands.

use http::{HeaderMap, StatusCode};
use serde_json::Value;
use url::Url;

use crate::base::text;

/// What answered, as its answer shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Service {
    /// Whose API it is.
    pub product: Product,
    /// Its version, where it tells.
    pub version: Option<String>,
    /// Its own word for what is wrong: `MissingAuthenticationToken`, `security_exception`.
    pub code: Option<String>,
    /// What became of the request.
    pub reception: Reception,
    /// Whether the field that the product's official clients demand is missing.
    pub lacks_mark: bool,
}

/// Whose API it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Product {
    /// EC2, STS, SQS and their like.
    Aws,
    /// S3, or a server that speaks as it does.
    S3,
    /// Elasticsearch.
    Elasticsearch,
    /// OpenSearch.
    OpenSearch,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reception {
    /// It was answered, or refused for a reason of its own.
    Judged,
    /// It is refused because nobody signed it.
    Unsigned,
    /// It is refused although it was signed, or showed other credentials.
    Denied,
    /// It is refused because it names no action of the API.
    NoAction,
    /// It is sent on to the pages that people read about the API.
    FrontPage,
    /// It is refused because nobody logged in.
    Login,
}

impl Product {
    /// Its name among keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::S3 => "s3",
            Self::Elasticsearch => "elasticsearch",
            Self::OpenSearch => "opensearch",
        }
    }

    /// How it is called in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "the AWS API",
            Self::S3 => "S3 (or a server like it)",
            Self::Elasticsearch => "Elasticsearch",
            Self::OpenSearch => "OpenSearch",
        }
    }
}

impl Reception {
    /// Its name among keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Judged => "judged",
            Self::Unsigned => "unsigned",
            Self::Denied => "denied",
            Self::NoAction => "no-action",
            Self::FrontPage => "front-page",
            Self::Login => "login",
        }
    }
}

impl Service {
    fn new(product: Product, reception: Reception) -> Self {
        Self {
            product,
            version: None,
            code: None,
            reception,
            lacks_mark: false,
        }
    }

    /// What is said of it, in a few words.
    pub fn told(&self) -> String {
        let code = match &self.code {
            Some(code) => format!(" ({code})"),
            None => String::new(),
        };
        let does = match self.reception {
            Reception::Judged => format!("answers{code}"),
            Reception::Unsigned => format!("answers, unsigned requests are refused{code}"),
            Reception::Denied => format!("answers, and refuses these credentials{code}"),
            Reception::NoAction => {
                format!("answers, a request without an action is refused{code}")
            }
            Reception::FrontPage => "answers, and sends people on to its pages".to_owned(),
            Reception::Login => format!("answers, and wants a login{code}"),
        };
        let version = match &self.version {
            Some(version) => format!(" {version}"),
            None => String::new(),
        };
        format!("{}{version} {does}", self.product.name())
    }

    /// Whether it refused the request for not being one of its clients'.
    pub fn wants_client(&self) -> bool {
        use Reception::{FrontPage, NoAction, Unsigned};
        matches!(self.reception, Unsigned | NoAction | FrontPage)
    }

    /// Whether the way stands and only a client of the API would get more: what was asked for, and
    /// what `answered` behind redirects, is the API itself, at its root.
    pub fn is_reached(&self, asked: &Url, answered: &Url) -> bool {
        self.wants_client() && asked.path() == "/" && answered.path() == "/"
    }

    /// The same service, whose answer is to a request that showed credentials: it does not refuse
    /// for want of them.
    pub fn to_credentials(mut self) -> Self {
        if self.reception == Reception::Unsigned {
            self.reception = Reception::Denied;
        }
        self
    }

    /// What to do where the request was refused for want of a signature or a login.
    pub fn hint(&self) -> Option<&'static str> {
        match (self.product, self.reception) {
            (Product::S3, _) if self.code.as_deref() == Some("PermanentRedirect") => Some(
                "the bucket is in another region than this host: `outbound check s3://BUCKET/` \
                 says in which",
            ),
            (_, Reception::Denied) => Some(
                "the way stands: the signature has expired or is for something else, or its key \
                 may not do this",
            ),
            (Product::S3, Reception::Unsigned) => Some(
                "the way stands: S3 gives this to signed requests alone, or there is nothing for \
                 anybody; check the name, and who may read it",
            ),
            (_, Reception::Unsigned) => Some(
                "the way stands: the AWS API takes signed requests alone, which its own clients \
                 make (outbound exec gives them this way)",
            ),
            (_, Reception::Login) => Some(
                "the way stands: set username and password of the server's connection (or --user \
                 with --password-file); an API key goes by --header 'Authorization: ApiKey …'",
            ),
            _ => None,
        }
    }

    /// What may go wrong with it although it answers.
    pub fn doubt(&self) -> Option<&'static str> {
        self.lacks_mark.then_some(
            "the answer has no X-Elastic-Product field: official clients from 7.14 on refuse such \
             a server; a proxy or gateway may take the field out",
        )
    }
}

/// Recognises a service by its answer: status, fields, and the start of the body.
pub fn recognise(status: StatusCode, headers: &HeaderMap, body: &str) -> Option<Service> {
    search(status, headers, body).or_else(|| aws(status, headers, body))
}

/// Whether a redirect leads away from an API to the pages about it: they are no part of it, and a
/// proxy that lets clients of the API through need not know them.
pub fn leads_to_front_page(headers: &HeaderMap, from: &Url, to: &Url) -> bool {
    let is_api = aws_mark(headers).is_some() || from.host_str().is_some_and(is_aws_host);
    is_api && from.path() == "/" && is_front_page(to)
}

fn is_front_page(url: &Url) -> bool {
    let hosts = ["aws.amazon.com", "www.amazonaws.cn"];
    url.host_str().is_some_and(|host| hosts.contains(&host))
}

/// Whether a signature stands in the URL (AWS Signature Version 4, and 2): it was made for one
/// request, by somebody who may do it.
pub fn is_signed(url: &Url) -> bool {
    let signatures = ["X-Amz-Signature", "Signature"];
    url.query_pairs()
        .any(|(name, _)| signatures.contains(&&*name))
}

/// The domains of AWS's endpoints, those of dual stack and of China among them.
fn is_aws_host(host: &str) -> bool {
    let ends = [".amazonaws.com", ".api.aws", ".amazonaws.com.cn"];
    ends.iter().any(|end| host.ends_with(end))
}

/// Elasticsearch and OpenSearch: a field, the JSON at `/`, or the realm of the login.
fn search(status: StatusCode, headers: &HeaderMap, body: &str) -> Option<Service> {
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    let marked = field(headers, "x-elastic-product") == Some("Elasticsearch");
    let tagline = json["tagline"].as_str().unwrap_or_default();
    let distribution = json["version"]["distribution"].as_str();
    let realm = |name: &str| {
        let wanted = format!("realm=\"{name}\"");
        let mut offered = headers.get_all("www-authenticate").iter();
        offered.any(|field| field.to_str().is_ok_and(|field| field.contains(&wanted)))
    };
    let code = word(json["error"]["type"].as_str());
    let is_security = code.as_deref() == Some("security_exception");
    let wants_login = status == StatusCode::UNAUTHORIZED;
    let product = if distribution == Some("opensearch")
        || tagline.starts_with("The OpenSearch Project")
        || (wants_login && realm("OpenSearch Security"))
    {
        Product::OpenSearch
    } else if marked
        || tagline == "You Know, for Search"
        || (wants_login && is_security && realm("security"))
    {
        Product::Elasticsearch
    } else {
        return None;
    };
    let reception = match wants_login {
        true => Reception::Login,
        false => Reception::Judged,
    };
    let version = word(json["version"]["number"].as_str());
    let is_elastic = product == Product::Elasticsearch;
    Some(Service {
        lacks_mark: is_elastic && !marked && version.as_deref().is_some_and(has_mark),
        version,
        code,
        ..Service::new(product, reception)
    })
}

/// Whether an Elasticsearch of that version sends its mark: from 7.14 on.
fn has_mark(version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|number| number.parse().ok());
    let (major, minor): (u32, u32) = (
        numbers.next().unwrap_or_default(),
        numbers.next().unwrap_or_default(),
    );
    (major, minor) >= (7, 14)
}

/// AWS: the field with the number of the request, or one of the forms of its errors.
fn aws(status: StatusCode, headers: &HeaderMap, body: &str) -> Option<Service> {
    let code = code(headers, body);
    let product = aws_mark(headers).or_else(|| aws_body(body))?;
    let location = field(headers, "location").and_then(|to| Url::parse(to).ok());
    if status.is_redirection() && location.is_some_and(|to| is_front_page(&to)) {
        return Some(Service::new(product, Reception::FrontPage));
    }
    if !status.is_client_error() && !status.is_redirection() {
        return Some(Service::new(product, Reception::Judged));
    }
    let reception = match code
        .as_deref()
        .map(|code| code.trim_end_matches("Exception"))
    {
        _ if status.is_redirection() => Reception::Judged,
        _ if body.contains("User: anonymous is not authorized") => Reception::Unsigned,
        Some("MissingParameter") if body.contains("AWSAccessKeyId") => Reception::Unsigned,
        Some(code) if UNSIGNED.contains(&code) => Reception::Unsigned,
        Some(code) if NO_ACTION.contains(&code) => Reception::NoAction,
        _ => Reception::Judged,
    };
    Some(Service {
        code,
        ..Service::new(product, reception)
    })
}

/// What services say to a request without a signature: the common errors of AWS's APIs, EC2's
/// `AuthFailure`, S3's `AccessDenied`. JSON services add `Exception`.
const UNSIGNED: [&str; 7] = [
    "AccessDenied",
    "AuthFailure",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "MissingSecurityHeader",
    "UnrecognizedClient",
];

/// What services of the Query protocol say to a bare `GET /`.
const NO_ACTION: [&str; 5] = [
    "InvalidAction",
    "MissingAction",
    "MissingParameter",
    "NoSuchVersion",
    "UnknownOperation",
];

fn aws_mark(headers: &HeaderMap) -> Option<Product> {
    if headers.contains_key("x-amz-request-id") || headers.contains_key("x-amz-id-2") {
        return Some(Product::S3);
    }
    let marks = ["x-amzn-requestid", "x-amzn-errortype"];
    let is_marked = marks.iter().any(|mark| headers.contains_key(*mark));
    is_marked.then_some(Product::Aws)
}

/// EC2 answers in `<Response><Errors>`, the other Query services in `<ErrorResponse>`, S3 in a bare
/// `<Error>`; each names the request.
fn aws_body(body: &str) -> Option<Product> {
    let root = body.trim_start_matches('\u{feff}').trim_start();
    let root = match root.strip_prefix("<?xml") {
        Some(declared) => declared.split_once("?>")?.1.trim_start(),
        None => root,
    };
    let has_code = root.contains("<Code>");
    if !has_code || !(root.contains("<RequestID>") || root.contains("<RequestId>")) {
        return None;
    }
    match root {
        _ if root.starts_with("<Response>") && root.contains("<Errors>") => Some(Product::Aws),
        _ if root.starts_with("<ErrorResponse") => Some(Product::Aws),
        _ if root.starts_with("<Error>") => Some(Product::S3),
        _ => None,
    }
}

/// The error's name: in a field, in XML, or in JSON.
fn code(headers: &HeaderMap, body: &str) -> Option<String> {
    if let Some(field) = field(headers, "x-amzn-errortype") {
        return word(field.split(':').next());
    }
    if let Some((_, behind)) = body.split_once("<Code>") {
        return word(behind.split_once("</Code>").map(|(code, _)| code));
    }
    let json: Value = serde_json::from_str(body).ok()?;
    match json["__type"].as_str().or(json["code"].as_str()) {
        Some(name) => word(name.rsplit('#').next()),
        None => {
            let message = json["message"].as_str()?;
            let is_missing = message == "Missing Authentication Token";
            is_missing.then(|| "MissingAuthenticationToken".to_owned())
        }
    }
}

fn field<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// A name or a version as services have them; anything else is none, and is not shown.
fn word(text: Option<&str>) -> Option<String> {
    const LONGEST: usize = 64;
    let text = text?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    let fits = !text.is_empty() && text.len() <= LONGEST && text.chars().all(is_plain);
    fits.then(|| text::clip(text))
}

#[cfg(test)]
mod tests;
