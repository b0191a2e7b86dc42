//! Elasticsearch through Squid: by the example, and by the official client under `outbound exec`. The
//! server is a small one of these tests: no real one is to be had as a package.

use std::path::Path;

use super::{example, proxy, python};
use crate::kit::{self, Program};
use crate::support::elastic::{Elastic, Fault, PASSWORD, USER, VERSION};

/// The connection to it, by a name that Squid alone knows.
fn connection(scheme: &str, server: &Elastic, ca: Option<&Path>) -> String {
    let ca = ca.map_or_else(String::new, |ca| format!("ca_file = {ca:?}\n"));
    format!(
        "[connections.elastic]\nurl = \"{scheme}://origin.test:{}/\"\nusername = {USER:?}\n\
         password = {PASSWORD:?}\n{ca}",
        server.port()
    )
}

/// With the features of the tests: nothing is built twice.
const EXAMPLE: [&str; 3] = ["--all-features", "--example", "elasticsearch"];

#[test]
fn the_example_writes_in_bulk_and_reads_by_pages() {
    let (certificate, ca) = kit::certificate();
    for (scheme, password) in [
        ("http", false),
        ("http", true),
        ("https", false),
        ("https", true),
    ] {
        let (squid, toml) = proxy(password);
        let (server, ca) = match scheme {
            "https" => (Elastic::secure(&certificate), Some(ca.as_path())),
            _ => (Elastic::start(), None),
        };
        let program = Program::with_settings(&format!("{toml}{}", connection(scheme, &server, ca)));
        let words = [&EXAMPLE[..], &["--", "elastic", "readings"]].concat();
        let ran = example(&program, &words, |_| {}).expect(0);
        let expected = format!(
            "Elasticsearch {VERSION}\n2500 documents written\n2500 documents read in 3 pages\n"
        );
        assert_eq!(ran.out, expected);
        assert_eq!(server.count("readings"), 2500);
        assert_eq!(
            server.points_in_time(),
            0,
            "it is closed behind the last page"
        );
        let asked = [
            "GET / 200",
            "POST /_bulk 200",
            "POST /_bulk 200",
            "POST /_bulk 200",
            "POST /readings/_pit 200",
            "POST /_search 200",
            "POST /_search 200",
            "POST /_search 200",
            "POST /_search 200",
            "DELETE /_pit 200",
        ];
        assert_eq!(server.log(), asked);
        let line = match scheme {
            "https" => format!("CONNECT origin.test:{} 200", server.port()),
            _ => format!("POST http://origin.test:{}/_search 200", server.port()),
        };
        let log = squid.process().log_with(&line);
        let user = log.lines().find(|l| l.contains(&line)).unwrap();
        assert_eq!(user.ends_with(" svc-data"), password, "{log}");
    }
}

#[test]
fn the_example_tells_what_the_server_refuses() {
    let (_squid, toml) = proxy(false);
    let server = Elastic::start();
    let wrong = connection("http", &server, None).replace(PASSWORD, "wrong");
    let program = Program::with_settings(&format!("{toml}{wrong}"));
    let words = [&EXAMPLE[..], &["--", "elastic", "readings"]].concat();
    let ran = example(&program, &words, |_| {}).expect(1);
    let ran = ran.says("Elasticsearch answered 401 Unauthorized: \"security_exception\"");
    assert!(!ran.err.contains("wrong"), "{}", ran.err);
    let ran = program.run(&["check", "elastic:"]).expect(10);
    assert!(
        ran.out.contains("the password for the server is wrong"),
        "{}",
        ran.out
    );
    let good = connection("http", &server, None);
    let program = Program::with_settings(&format!("{toml}{good}"));
    let ran = program.run(&["check", "elastic:"]).expect(0);
    let told = format!("  service  Elasticsearch {VERSION} answers\n");
    assert!(ran.out.contains(&told), "{}", ran.out);
}

/// Reading fails on the second page, and the point in time is closed all the same.
#[test]
fn the_example_closes_the_point_in_time_when_reading_fails() {
    let (_squid, toml) = proxy(false);
    for (fault, told) in [
        (
            Fault::Refused,
            "503 Service Unavailable: \"search_phase_execution_exception\"",
        ),
        (Fault::Partial, "1 of 1 shards did not answer in time"),
    ] {
        let server = Elastic::start();
        server.disturb(1, fault);
        let connection = connection("http", &server, None);
        let program = Program::with_settings(&format!("{toml}{connection}"));
        let words = [&EXAMPLE[..], &["--", "elastic", "readings"]].concat();
        let ran = example(&program, &words, |_| {}).expect(1).says(told);
        assert!(!ran.out.contains("documents read"), "{}", ran.out);
        assert_eq!(server.points_in_time(), 0, "{fault:?}: {:?}", server.log());
    }
}

/// The official client, with the class of node that reads the environment.
const OFFICIAL: &str = "import sys
from elasticsearch import Elasticsearch, helpers
url, user, password = sys.argv[1:]
client = Elasticsearch(url, basic_auth=(user, password), node_class='requests', max_retries=0)
print(client.info()['version']['number'])
rows = ({'_index': 'cities', '_id': str(n), '_source': {'n': n}} for n in range(1234))
print(helpers.bulk(client, rows, chunk_size=500))
try:
    client.open_point_in_time(index='absent', keep_alive='1m')
except Exception as error:
    print(type(error).__name__, error.meta.status)
pit = client.open_point_in_time(index='cities', keep_alive='1m')['id']
found, after = [], None
while True:
    page = client.search(size=500, pit={'id': pit, 'keep_alive': '1m'}, sort=['_shard_doc'],
        search_after=after, track_total_hits=False)
    pit, hits = page['pit_id'], page['hits']['hits']
    if not hits:
        break
    found += [hit['_source']['n'] for hit in hits]
    after = hits[-1]['sort']
print(len(found), sorted(found) == list(range(1234)))
print(client.close_point_in_time(id=pit)['succeeded'])";

#[test]
fn the_official_client_takes_the_server_and_the_way() {
    for password in [false, true] {
        let (squid, toml) = proxy(password);
        let server = Elastic::start();
        let program = Program::with_settings(&toml);
        let url = format!("http://origin.test:{}", server.port());
        let ran = python(&program, password, OFFICIAL, &[&url, USER, PASSWORD]).expect(0);
        assert_eq!(
            ran.out,
            format!("{VERSION}\n(1234, [])\nNotFoundError 404\n1234 True\nTrue\n"),
            "{}",
            ran.err
        );
        assert_eq!(server.count("cities"), 1234);
        let line = format!("{url}/_search 200");
        let log = squid.process().log_with(&line);
        let line = log.lines().find(|l| l.contains(&line)).unwrap();
        assert_eq!(line.ends_with(" svc-data"), password, "{log}");
    }
}
