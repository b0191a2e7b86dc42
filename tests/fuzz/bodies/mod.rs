//! What must hold for any input, one file for each kind: run by the fuzz targets, and by the
//! ordinary tests over the corpus in fixtures/fuzz.
// Each target uses one.
#![allow(dead_code)]

pub mod bypass;
pub mod connect;
pub mod ftp_passive;
pub mod ftp_replies;
pub mod ftp_session;
pub mod index_page;
pub mod listing;
pub mod proxy_url;
pub mod service;
pub mod settings;
pub mod stream;

/// One kind of input.
pub struct Kind {
    /// The name of the target, and of its folder in fixtures/fuzz.
    pub name: &'static str,
    /// Panics when something does not hold.
    pub check: fn(&[u8]),
    /// Words that its inputs are made of.
    pub words: &'static [&'static str],
}

/// Every kind.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "bypass",
        check: bypass::check,
        words: bypass::WORDS,
    },
    Kind {
        name: "connect",
        check: connect::check,
        words: connect::WORDS,
    },
    Kind {
        name: "ftp_passive",
        check: ftp_passive::check,
        words: ftp_passive::WORDS,
    },
    Kind {
        name: "ftp_replies",
        check: ftp_replies::check,
        words: ftp_replies::WORDS,
    },
    Kind {
        name: "ftp_session",
        check: ftp_session::check,
        words: ftp_session::WORDS,
    },
    Kind {
        name: "index_page",
        check: index_page::check,
        words: index_page::WORDS,
    },
    Kind {
        name: "listing",
        check: listing::check,
        words: listing::WORDS,
    },
    Kind {
        name: "proxy_url",
        check: proxy_url::check,
        words: proxy_url::WORDS,
    },
    Kind {
        name: "service",
        check: service::check,
        words: service::WORDS,
    },
    Kind {
        name: "settings",
        check: settings::check,
        words: settings::WORDS,
    },
    Kind {
        name: "stream",
        check: stream::check,
        words: stream::WORDS,
    },
];

/// What is shown to people is one line of bounded length without control characters.
pub fn assert_showable(shown: &str, most: usize) {
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
    assert!(shown.chars().count() <= most, "{shown}");
}

/// The pieces in which an input may come: bytes one by one, and two halves cut at some places.
pub fn splits(bytes: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    // Every place of a short input; about 32 of a long one.
    let step = bytes.len() / 32 + 1;
    let halves = (0..=bytes.len()).step_by(step).map(|at| {
        let (first, second) = bytes.split_at(at);
        vec![first, second]
    });
    halves.chain([bytes.chunks(1).collect()])
}
