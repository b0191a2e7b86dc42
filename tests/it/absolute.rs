//! Requests in absolute form: whose word an answer is, and what is told when it is none.

use outbound::dataset::Client;

use crate::faults::answer;
use crate::kit::policy;
use crate::support::scripted::Scripted;
use crate::support::sockets::free_port;

/// Requests that go the same way for different reasons share a client, not the reason.
#[tokio::test]
async fn each_request_tells_its_own_reason() {
    let server = Scripted::each(answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    let toml = "[proxy]\nurl = \"http://192.0.2.1:3128\"\nbypass = [\"127.0.0.1\", \"localhost\"]\n\
                [retry]\nattempts = 1\n";
    let client = Client::new(policy(toml));
    let closed = free_port();
    for (host, rule) in [
        ("127.0.0.1", "bypass rule `127.0.0.1`"),
        ("localhost", "bypass rule `localhost`"),
    ] {
        let url = format!("http://{host}:{}/x", server.port());
        let stat = client.dataset(&url).unwrap().stat().await.unwrap();
        assert_eq!(stat.route.reason.to_string(), rule);
        let error = client.open(&format!("http://{host}:{closed}/x")).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains(rule), "{error}");
    }
}
