//! Answers as services give them, each with where it is written down.

use super::*;
use http::header::{HeaderName, HeaderValue};

fn answer(status: u16, fields: &str, body: &str) -> Option<Service> {
    let mut headers = HeaderMap::new();
    for field in fields.lines() {
        let (name, value) = field.split_once(": ").unwrap();
        headers.append(
            HeaderName::from_bytes(name.to_lowercase().as_bytes()).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    recognise(StatusCode::from_u16(status).unwrap(), &headers, body)
}

/// Where it is written down, status, fields, body, and what is told.
const ANSWERS: &[(&str, u16, &str, &str, &str)] = &[
    (
        "Amazon EC2 API Reference, Error codes: the form of its errors, AuthFailure",
        401,
        "Server: AmazonEC2",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>AuthFailure\
         </Code><Message>AWS was not able to validate the provided access credentials</Message>\
         </Error></Errors><RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>",
        "the AWS API answers, unsigned requests are refused (AuthFailure)",
    ),
    (
        "mod_aws of ProFTPD, error.c: an answer of EC2 to an unsigned request",
        400,
        "x-amzn-RequestId: 7a62c49f-347e-4fc4-9331-6e8eEXAMPLE",
        "<Response><Errors><Error><Code>MissingParameter</Code><Message>The request must contain \
         the parameter AWSAccessKeyId</Message></Error></Errors><RequestID>1</RequestID></Response>",
        "the AWS API answers, unsigned requests are refused (MissingParameter)",
    ),
    (
        "the same, MissingAction",
        400,
        "",
        "<Response><Errors><Error><Code>MissingAction</Code><Message>The action is missing\
         </Message></Error></Errors><RequestID>1</RequestID></Response>",
        "the AWS API answers, a request without an action is refused (MissingAction)",
    ),
    (
        "IAM API Reference, Common errors; Making query requests: the form",
        403,
        "x-amzn-RequestId: 1",
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender\
         </Type><Code>MissingAuthenticationToken</Code><Message>Request is missing Authentication \
         Token</Message></Error><RequestId>1</RequestId></ErrorResponse>",
        "the AWS API answers, unsigned requests are refused (MissingAuthenticationToken)",
    ),
    (
        "Smithy, AWS JSON 1.1 protocol: error names in the field, with a URI behind",
        403,
        "x-amzn-RequestId: 1\n\
         x-amzn-ErrorType: MissingAuthenticationTokenException:http://internal.example/",
        "{\"message\":\"Missing Authentication Token\"}",
        "the AWS API answers, unsigned requests are refused (MissingAuthenticationTokenException)",
    ),
    (
        "the same: names in __type",
        400,
        "x-amzn-RequestId: 1",
        "{\"__type\":\"com.amazon.coral.service#UnrecognizedClientException\",\"message\":\"The \
         security token included in the request is invalid.\"}",
        "the AWS API answers, unsigned requests are refused (UnrecognizedClientException)",
    ),
    (
        "API Gateway, Troubleshooting HTTP 403 errors: without the field",
        403,
        "x-amzn-RequestId: 1\nx-amz-apigw-id: x",
        "{\"message\":\"Missing Authentication Token\"}",
        "the AWS API answers, unsigned requests are refused (MissingAuthenticationToken)",
    ),
    (
        "Amazon OpenSearch Service, Troubleshooting: the access policy and nobody's name",
        403,
        "x-amzn-RequestId: 1",
        "{\"Message\":\"User: anonymous is not authorized to perform: es:ESHttpGet\"}",
        "the AWS API answers, unsigned requests are refused",
    ),
    (
        "a request of its own: nothing about signatures",
        400,
        "x-amzn-RequestId: 1",
        "<Response><Errors><Error><Code>InvalidInstanceID.Malformed</Code><Message>x</Message>\
         </Error></Errors><RequestID>1</RequestID></Response>",
        "the AWS API answers (InvalidInstanceID.Malformed)",
    ),
    (
        "endpoints send browsers to the product's pages",
        302,
        "x-amzn-RequestId: 1\nLocation: https://aws.amazon.com/ec2",
        "",
        "the AWS API answers, and sends people on to its pages",
    ),
    (
        "other redirects lead to no pages, and an unchanged file is none",
        304,
        "x-amz-request-id: 1",
        "",
        "S3 (or a server like it) answers",
    ),
    (
        "Amazon S3 User Guide, Making requests: another region, without Location",
        301,
        "x-amz-request-id: 1\nx-amz-bucket-region: eu-west-1",
        "<Error><Code>PermanentRedirect</Code><Endpoint>b.s3.eu-west-1.amazonaws.com</Endpoint>\
         <RequestId>1</RequestId></Error>",
        "S3 (or a server like it) answers (PermanentRedirect)",
    ),
    (
        "an overload says nothing of signatures",
        503,
        "x-amzn-RequestId: 1",
        "<Response><Errors><Error><Code>AccessDenied</Code></Error></Errors></Response>",
        "the AWS API answers",
    ),
    (
        "Amazon S3 API Reference, Error responses",
        403,
        "x-amz-request-id: 4442587FB7D0A2F9\nx-amz-id-2: abc",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>\
         Access Denied</Message><RequestId>4442587FB7D0A2F9</RequestId></Error>",
        "S3 (or a server like it) answers, unsigned requests are refused (AccessDenied)",
    ),
    (
        "the same, without fields: a gateway took them out",
        404,
        "",
        "<Error><Code>NoSuchKey</Code><Message>x</Message><RequestId>1</RequestId></Error>",
        "S3 (or a server like it) answers (NoSuchKey)",
    ),
    (
        "Elasticsearch Guide, Root API; 7.14 release notes: the field",
        200,
        "X-elastic-product: Elasticsearch\nContent-Type: application/json",
        "{\"name\":\"n\",\"cluster_name\":\"c\",\"version\":{\"number\":\"8.15.0\",\"build_flavor\
         \":\"default\"},\"tagline\":\"You Know, for Search\"}",
        "Elasticsearch 8.15.0 answers",
    ),
    (
        "before 7.14 without the field",
        200,
        "",
        "{\"version\":{\"number\":\"6.8.23\"},\"tagline\":\"You Know, for Search\"}",
        "Elasticsearch 6.8.23 answers",
    ),
    (
        "elastic/elasticsearch 21399 and its like: no login",
        401,
        "WWW-Authenticate: Basic realm=\"security\", charset=\"UTF-8\"\nWWW-Authenticate: ApiKey",
        "{\"error\":{\"root_cause\":[],\"type\":\"security_exception\",\"reason\":\"missing \
         authentication credentials for REST request [/]\"},\"status\":401}",
        "Elasticsearch answers, and wants a login (security_exception)",
    ),
    (
        "a wrong index, known by the field alone",
        404,
        "X-elastic-product: Elasticsearch",
        "{\"error\":{\"type\":\"index_not_found_exception\"},\"status\":404}",
        "Elasticsearch answers (index_not_found_exception)",
    ),
    (
        "OpenSearch documentation, Verify the install: the JSON of /",
        200,
        "",
        "{\"version\":{\"distribution\":\"opensearch\",\"number\":\"2.11.0\"},\"tagline\":\"The \
         OpenSearch Project: https://opensearch.org/\"}",
        "OpenSearch 2.11.0 answers",
    ),
    (
        "security plugin of OpenSearch, HTTPBasicAuthenticator.java",
        401,
        "WWW-Authenticate: Basic realm=\"OpenSearch Security\"",
        "Unauthorized",
        "OpenSearch answers, and wants a login",
    ),
];

#[test]
fn services_are_known_by_their_answers() {
    for (source, status, fields, body, expected) in ANSWERS {
        let service = answer(*status, fields, body).unwrap_or_else(|| panic!("{source}"));
        assert_eq!(service.told(), *expected, "{source}");
    }
}

#[test]
fn others_are_not_taken_for_them() {
    for (status, fields, body) in [
        (403, "Server: squid", "<html><title>ERROR</title></html>"),
        (
            401,
            "WWW-Authenticate: Basic realm=\"security\"",
            "Unauthorized",
        ),
        (
            401,
            "WWW-Authenticate: Basic realm=\"site\"",
            "{\"error\":\"no\"}",
        ),
        (403, "", "{\"message\":\"Missing Authentication Token\"}"),
        (403, "", "<Error><Code>AccessDenied</Code></Error>"),
        (
            400,
            "",
            "<html><Code>AuthFailure</Code><RequestID>1</RequestID></html>",
        ),
        (200, "", "{\"tagline\":\"You Know\"}"),
        (200, "X-elastic-product: Other", "{}"),
        (403, "", ""),
        (403, "", "<?xml"),
    ] {
        assert_eq!(answer(status, fields, body), None, "{fields} {body}");
    }
}

#[test]
fn what_is_no_name_is_not_shown() {
    for code in ["a b", "\u{1b}[31m", "", &"x".repeat(65), "Ünsigned"] {
        let body = format!("<Error><Code>{code}</Code></Error>");
        let service = answer(403, "x-amz-request-id: 1", &body).unwrap();
        assert_eq!(service.code, None, "{code}");
    }
}

#[test]
fn only_the_api_itself_is_reached_by_a_refusal() {
    let refused = answer(
        403,
        "x-amz-request-id: 1",
        "<Error><Code>AccessDenied</Code></Error>",
    )
    .unwrap();
    let url = |text| Url::parse(text).unwrap();
    let root = url("https://s3.eu-west-1.amazonaws.com/");
    let listing = url("https://s3.eu-west-1.amazonaws.com/?list-type=2");
    let file = url("https://bucket.s3.eu-west-1.amazonaws.com/air.csv");
    assert!(refused.is_reached(&root, &root) && refused.is_reached(&listing, &listing));
    assert!(!refused.is_reached(&file, &file));
    // A file that is elsewhere by now, and a root that leads to one.
    assert!(!refused.is_reached(&file, &root) && !refused.is_reached(&root, &file));
    let denied = refused.to_credentials();
    assert!(!denied.is_reached(&root, &root), "the key is what is wrong");
    let told = "S3 (or a server like it) answers, and refuses these credentials (AccessDenied)";
    assert_eq!(denied.told(), told);
    let login = answer(
        401,
        "WWW-Authenticate: Basic realm=\"OpenSearch Security\"",
        "Unauthorized",
    );
    let login = login.unwrap().to_credentials();
    assert_eq!(login.reception, Reception::Login);
    assert!(!login.is_reached(&root, &root), "a login can be given");
}

#[test]
fn signatures_stand_in_urls_too() {
    for (query, expected) in [
        (
            "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=abc",
            true,
        ),
        ("?AWSAccessKeyId=AKIDEXAMPLE&Signature=abc&Expires=1", true),
        ("?signature=no", false),
        ("", false),
    ] {
        let url = Url::parse(&format!("https://b.s3.amazonaws.com/key{query}")).unwrap();
        assert_eq!(is_signed(&url), expected, "{query}");
    }
}

#[test]
fn pages_about_an_api_are_no_part_of_it() {
    let none = HeaderMap::new();
    let leads = |from: &str, to: &str| {
        leads_to_front_page(&none, &Url::parse(from).unwrap(), &Url::parse(to).unwrap())
    };
    let ec2 = "https://ec2.us-east-1.amazonaws.com/";
    assert!(leads(ec2, "https://aws.amazon.com/ec2"));
    assert!(leads(
        "https://ec2.eu-west-1.api.aws/",
        "https://aws.amazon.com/ec2"
    ));
    assert!(!leads(ec2, "https://ec2.us-east-1.amazonaws.com/x"));
    assert!(!leads("https://data.test/", "https://aws.amazon.com/data"));
    assert!(!leads(
        "https://b.s3.amazonaws.com/x",
        "https://aws.amazon.com/data"
    ));
}

#[test]
fn a_search_server_without_its_mark_is_doubted() {
    let of = |version: &str, fields: &str| {
        let body = format!(
            "{{\"version\":{{\"number\":\"{version}\"}},\"tagline\":\"You Know, for Search\"}}"
        );
        answer(200, fields, &body).unwrap().doubt().is_some()
    };
    assert!(of("7.14.0", "") && of("8.15.0", "") && of("9.0.1-SNAPSHOT", ""));
    assert!(!of("7.13.4", "") && !of("6.8", "") && !of("next", ""));
    assert!(!of("8.15.0", "X-elastic-product: Elasticsearch"));
}
