//! The demo notices what is not as it should be.

use std::sync::Arc;

use super::judge::{Act, Asked, Judge};
use super::network::Network;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::transcript::Transcript;

/// Fetches a file from inside; everything that is expected can be spoilt.
fn fetch(network: &Network) -> Act<'_> {
    Act {
        about: "",
        settings: &network.settings,
        words: vec![
            "fetch".into(),
            "--force".into(),
            "--output-dir".into(),
            network.data.clone().into(),
            "warehouse:air.csv".into(),
        ],
        exit: Exit::Success,
        asked: Asked::Nobody,
        says: &["39853 bytes"],
        files: &[("air.csv", "air.csv")],
    }
}

type Spoil = fn(&mut Act<'_>);

#[tokio::test]
async fn what_differs_is_said() {
    let network = Network::start().await.unwrap();
    let cases: [(Spoil, Option<&str>); 8] = [
        (|_| {}, None),
        (
            |act| act.exit = Exit::Proxy,
            Some("fetch: exit 0, expected was 6"),
        ),
        (
            |act| act.asked = Asked::Proxy,
            Some("fetch: the proxy was not asked"),
        ),
        (
            |act| act.asked = Asked::Strict,
            Some("fetch: the strict proxy was not asked"),
        ),
        (
            |act| act.says = &["39854 bytes"],
            Some("fetch: the output lacks `39854 bytes`"),
        ),
        (
            |act| act.files = &[("air.csv", "air.csv.gz")],
            Some("air.csv has the SHA-256 6fc119d3"),
        ),
        (
            |act| act.files = &[("none", "air.csv")],
            Some("none cannot be read"),
        ),
        (
            |act| act.words[4] = "open-data:air.csv".into(),
            Some("fetch: the proxy was asked"),
        ),
    ];
    for (spoil, difference) in cases {
        let transcript = Arc::new(Transcript::new(false));
        let mut output = Output::into_transcript(Arc::clone(&transcript));
        output.quiet = true;
        let mut judge = Judge::new(&network, &output);
        let mut act = fetch(&network);
        spoil(&mut act);
        judge.perform(act).await;
        let exit = judge.finish();
        let said = transcript.since(0);
        match difference {
            None => assert_eq!((exit, said.as_str()), (Exit::Success, "")),
            Some(words) => {
                assert_eq!(exit, Exit::Other, "{words}");
                assert!(
                    said.starts_with("demo: 1 of 5 checks NOT as expected\n"),
                    "{said}"
                );
                assert!(said.contains(words), "{words}\nin\n{said}");
            }
        }
    }
}

#[tokio::test]
async fn a_password_that_is_shown_is_a_difference() {
    let network = Network::start().await.unwrap();
    let transcript = Arc::new(Transcript::new(false));
    let mut output = Output::into_transcript(Arc::clone(&transcript));
    output.quiet = true;
    let judge = Judge::new(&network, &output);
    judge.tell(crate::lab::whole::PROXY_PASSWORD);
    assert_eq!(judge.finish(), Exit::Other);
    assert!(transcript.since(0).contains("a password was shown"));
}
