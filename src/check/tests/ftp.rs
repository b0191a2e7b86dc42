//! By FTP.

use super::peer::Do::{self, Drip, Hear, Repeat, Say, Stay, Talk};
use super::{end_within_their_limits, proxy, server};

const URL: &str = "ftp://127.0.0.1:{port}/x";

/// Commands sent together are given up after a sixth, and sent one by one on another connection.
const TWICE: f64 = 20.0 + 20.0 / 6.0;

/// A dialogue up to this command, and then `more`.
fn up_to(verb: &'static str, more: &[Do]) -> Vec<Do> {
    [&[Talk(verb)], more].concat()
}

#[tokio::test(start_paused = true)]
async fn a_server_before_the_data_channel() {
    end_within_their_limits(vec![
        server(
            "silent after accept",
            URL,
            vec![Stay],
            "timeouts.reply",
            20.0,
        ),
        server(
            "a greeting that drips",
            URL,
            vec![Say("220 "), Drip("a")],
            "timeouts.reply",
            20.0,
        ),
        server(
            "a greeting of lines without end",
            URL,
            vec![Say("220-a\r\n"), Repeat(" more\r\n")],
            "timeouts.reply",
            20.0,
        ),
        server(
            "120 without end",
            URL,
            vec![Repeat("120 soon\r\n")],
            "timeouts.reply",
            20.0,
        ),
        server(
            "silent after USER",
            URL,
            up_to("USER", &[Stay]),
            "timeouts.reply",
            TWICE,
        ),
        server(
            "a reply that drips",
            URL,
            up_to("PASS", &[Say("230 "), Drip("a")]),
            "timeouts.reply",
            TWICE,
        ),
        server(
            "a reply of lines without end",
            URL,
            up_to("PASS", &[Say("230-a\r\n"), Repeat("230-b\r\n")]),
            "timeouts.reply",
            TWICE,
        ),
        server(
            "1xx for a reply without end",
            URL,
            up_to("TYPE", &[Repeat("150 soon\r\n")]),
            "timeouts.reply",
            TWICE,
        ),
        server(
            "silent after EPSV",
            URL,
            up_to("EPSV", &[Stay]),
            "timeouts.reply",
            TWICE,
        ),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_server_of_which_the_data_channel_is_silent() {
    const OPEN: &str = "HTTP/1.1 200 OK\r\n\r\n";
    let data = vec![Stay];
    let tunnel = |script: Vec<Do>| [vec![Hear, Say(OPEN)], script].concat();
    end_within_their_limits(vec![
        proxy(
            "no word, and no data",
            "ftp://h.test/x",
            vec![tunnel(up_to("RETR", &[Stay])), tunnel(data.clone())],
            "timeouts.reply",
            TWICE,
        ),
        proxy(
            "150, and no data",
            "ftp://h.test/x",
            vec![
                tunnel(up_to("RETR", &[Say("150 soon\r\n"), Stay])),
                tunnel(data.clone()),
            ],
            "timeouts.idle",
            30.0,
        ),
        proxy(
            "150 without end",
            "ftp://h.test/x",
            vec![
                tunnel(up_to("RETR", &[Repeat("150 soon\r\n")])),
                tunnel(data),
            ],
            "timeouts.idle",
            30.0,
        ),
        // The tunnel to the port is tried once for EPSV, and once for PASV, and a second is left to the
        // server to say why.
        proxy(
            "no tunnel to the data port",
            "ftp://h.test/x",
            vec![tunnel(up_to("RETR", &[Stay])), vec![Hear, Stay]],
            "timeouts.connect",
            21.0,
        ),
    ])
    .await;
}
