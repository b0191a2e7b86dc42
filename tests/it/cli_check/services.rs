//! APIs that refuse a request and are reached by it, and those that want a login.

use serde_json::Value;

use crate::kit::Program;
use crate::support::peers::{squid, squid_with_password};
use crate::support::scripted::{Scripted, Step};

/// A server that answers every request so.
fn server(status: &str, fields: &str, body: &str) -> Scripted {
    let answer = format!(
        "HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    Scripted::each(vec![Step::head(), Step::write(answer), Step::Close])
}

/// Both ways through Squid, and one by a Squid that wants a password.
fn ways() -> Vec<String> {
    let (open, closed) = (squid().url(), squid_with_password().url());
    let user = crate::support::peers::squid::USER;
    let password = crate::support::peers::squid::PASSWORD;
    vec![
        format!("[proxy]\nurl = \"{open}\"\n"),
        format!("[proxy]\nurl = \"{open}\"\ntunnel = \"always\"\n"),
        format!("[proxy]\nurl = \"{closed}\"\nusername = {user:?}\npassword = {password:?}\n"),
    ]
}

/// What check tells, as text and as JSON, each way the same.
fn told(code: i32, server: &Scripted, path: &str, flags: &[&str]) -> (String, Value) {
    let url = format!("http://origin.test:{}{path}", server.port());
    let mut last = None;
    for settings in ways() {
        let program = Program::with_settings(&settings);
        let run = |json: &[&str]| {
            let words = [&["check"], json, flags, &[url.as_str()]].concat();
            program.run(&words).expect(code)
        };
        let told = run(&["--json"]).json();
        if let Some((_, before)) = &last {
            let (before, service): (&Value, &Value) = (before, &told["service"]);
            assert_eq!(before["service"], *service, "{settings}");
        }
        last = Some((run(&[]).out, told));
    }
    last.unwrap()
}

const EC2: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>\
    MissingParameter</Code><Message>The request must contain the parameter AWSAccessKeyId</Message>\
    </Error></Errors><RequestID>1</RequestID></Response>";

#[test]
fn an_unsigned_request_reaches_the_aws_api() {
    let ec2 = server("400 Bad Request", "x-amzn-RequestId: 1\r\n", EC2);
    let (text, json) = told(0, &ec2, "/", &[]);
    let end =
        "ok: reached: the AWS API answers, unsigned requests are refused (MissingParameter), ";
    assert!(text.lines().last().unwrap().starts_with(end), "{text}");
    assert!(text.contains("  ok     request GET /"), "{text}");
    assert!(text.contains("400 Bad Request"), "{text}");
    assert_eq!(
        (&json["ok"], &json["failure"]),
        (&true.into(), &Value::Null)
    );
    let service = &json["service"];
    assert_eq!(
        service.to_string(),
        "{\"product\":\"aws\",\"version\":null,\"code\":\"MissingParameter\",\
         \"reception\":\"unsigned\"}"
    );
    let (text, json) = told(0, &ec2, "/?Action=DescribeRegions&Version=2016-11-15", &[]);
    assert!(text.contains(end) && json["ok"] == true, "{text}");
    // The body alone tells too.
    let bare = server("400 Bad Request", "", EC2);
    let (text, _) = told(0, &bare, "/", &[]);
    assert!(text.contains(end), "{text}");
}

#[test]
fn pages_about_the_api_need_not_be_reached() {
    let fields = "x-amzn-RequestId: 1\r\nLocation: https://aws.amazon.com/ec2\r\n";
    let (text, json) = told(0, &server("302 Found", fields, ""), "/", &[]);
    assert!(
        text.contains("ok: reached: the AWS API answers, and sends people on to its pages, "),
        "{text}"
    );
    assert_eq!(json["service"]["reception"], "front-page");
    // A file that has moved is another thing.
    let ran = Program::with_settings(&ways()[0]).run(&[
        "check".to_owned(),
        format!(
            "http://origin.test:{}/file",
            server("302 Found", fields, "").port()
        ),
    ]);
    assert_ne!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn a_file_that_is_not_given_stays_a_failure() {
    let denied = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message>\
                  <RequestId>1</RequestId></Error>";
    let s3 = server("403 Forbidden", "x-amz-request-id: 1\r\n", denied);
    let (text, json) = told(9, &s3, "/bucket/air.csv", &[]);
    let service = "  service  S3 (or a server like it) answers, unsigned requests are refused \
                   (AccessDenied)";
    assert!(text.contains(service), "{text}");
    assert!(
        text.contains("  hint     the way stands: S3 gives this to signed"),
        "{text}"
    );
    assert!(!text.contains("or the proxy"), "{text}");
    assert_eq!(json["service"]["product"], "s3");
    assert_eq!(json["failure"]["kind"], "target-refused");
    assert_eq!(json["failure"]["side"], "target");
    let (text, json) = told(0, &s3, "/", &[]);
    assert!(text.contains("ok: reached: S3 "), "{text}");
    assert_eq!(json["ok"], true);
}

/// A refusal at a root is no success where something else was asked for, or credentials were shown.
#[test]
fn what_is_refused_to_somebody_is_not_reached() {
    let denied = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message>\
                  <RequestId>1</RequestId></Error>";
    let s3 = server("403 Forbidden", "x-amz-request-id: 1\r\n", denied);
    let refuses = "  service  S3 (or a server like it) answers, and refuses these credentials \
                   (AccessDenied)";
    let key = [
        "--header",
        "Authorization: AWS4-HMAC-SHA256 Credential=AKID/x",
    ];
    let signed = "/?X-Amz-Credential=AKID&X-Amz-Expires=60&X-Amz-Signature=abc";
    for (path, flags) in [(signed, &[][..]), ("/", &key[..])] {
        let (text, json) = told(9, &s3, path, flags);
        assert!(text.contains(refuses), "{text}");
        assert!(
            text.contains("  hint     the way stands: the signature has expired"),
            "{text}"
        );
        assert_eq!(json["service"]["reception"], "denied");
    }
    let to = format!("Location: http://origin.test:{}/\r\n", s3.port());
    let (text, json) = told(9, &server("302 Found", &to, ""), "/air.csv", &[]);
    assert!(
        text.contains("  service  S3 (or a server like it) answers, unsigned"),
        "{text}"
    );
    assert_eq!(json["ok"], false, "a file was asked for");
}

#[test]
fn a_redirect_without_a_place_says_what_the_server_said() {
    let moved = "<Error><Code>PermanentRedirect</Code><Endpoint>b.s3.eu-west-1.amazonaws.com\
                 </Endpoint><RequestId>1</RequestId></Error>";
    let fields = "x-amz-request-id: 1\r\nx-amz-bucket-region: eu-west-1\r\n";
    let (text, json) = told(9, &server("301 Moved Permanently", fields, moved), "/", &[]);
    assert!(text.contains("answers (PermanentRedirect)"), "{text}");
    assert!(
        text.contains("  hint     the bucket is in another region than this host"),
        "{text}"
    );
    assert_eq!(json["failure"]["kind"], "target-refused");
    let (text, _) = told(9, &server("302 Found", "", "moved"), "/x", &[]);
    assert!(
        text.contains("302 Found") && !text.contains("  service"),
        "{text}"
    );
    assert!(
        text.contains("  hint     it is a redirect that does not say where to"),
        "{text}"
    );
}

#[test]
fn a_search_server_tells_its_version_or_wants_a_login() {
    let root = "{\"version\":{\"number\":\"8.15.0\"},\"tagline\":\"You Know, for Search\"}";
    let json = "Content-Type: application/json\r\n";
    let mark = "X-elastic-product: Elasticsearch\r\n";
    let whole = server("200 OK", &format!("{json}{mark}"), root);
    let (text, told_json) = told(0, &whole, "/", &[]);
    assert!(
        text.contains("  service  Elasticsearch 8.15.0 answers\n"),
        "{text}"
    );
    assert!(text.contains("ok: every stage was passed"), "{text}");
    assert!(!text.contains("doubt"), "{text}");
    assert_eq!(told_json["service"]["version"], "8.15.0");
    let (text, told_json) = told(0, &server("200 OK", json, root), "/", &[]);
    assert!(
        text.contains("  doubt    the answer has no X-Elastic-Product field"),
        "{text}"
    );
    assert!(told_json["doubt"].is_string());

    let body = "{\"error\":{\"type\":\"security_exception\",\"reason\":\"missing authentication \
                credentials for REST request [/]\"},\"status\":401}";
    let fields = format!(
        "{json}{mark}WWW-Authenticate: Basic realm=\"security\", charset=\"UTF-8\"\r\n\
         WWW-Authenticate: ApiKey\r\n"
    );
    let secured = server("401 Unauthorized", &fields, body);
    let (text, told_json) = told(10, &secured, "/", &[]);
    assert!(
        text.contains("  service  Elasticsearch answers, and wants a login (security_exception)"),
        "{text}"
    );
    assert!(
        text.contains("  hint     the way stands: set username and password of the server's"),
        "{text}"
    );
    assert_eq!(told_json["service"]["reception"], "login");
    assert_eq!(told_json["failure"]["kind"], "target-auth");
    // Who shows a key, or a name, is told that it is wrong.
    let key = ["--header", "Authorization: ApiKey d3Jvbmc="];
    let (text, _) = told(10, &secured, "/", &key);
    assert!(
        text.contains("the password for the server is wrong"),
        "{text}"
    );
    assert!(!text.contains("d3Jvbmc"), "{text}");
}

#[test]
fn the_word_of_the_proxy_is_no_service() {
    // Squid answers in its own words for a name that it cannot resolve.
    let program = Program::with_settings(&ways()[0]);
    let ran = program.run(&["check", "--json", "http://absent.test/"]);
    let told = ran.json();
    assert_eq!(
        (&told["service"], &told["ok"]),
        (&Value::Null, &false.into())
    );
}
