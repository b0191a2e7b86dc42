//! NOOP behind RETR, with the real servers: some answer it while the data moves, others behind it.

use outbound::Settings;
use outbound::dataset::{Client, FetchOptions, RateLimit};

use crate::kit::{sha256, shared};
use crate::support::peers;
use crate::support::peers::ftp_servers::{FtpServer, Product};

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_used_during_a_transfer_and_for_the_next_one() {
    for product in Product::ALL {
        let server = FtpServer::start(product, &shared().root);
        let mut connection = server.connection();
        if connection.is_empty() {
            connection = format!("[connections.x]\nurl = \"{}\"\n", server.url("/"));
        }
        let settings = format!(
            "[proxy]\nurl = \"{}\"\n{connection}ftp_keepalive = \"20ms\"\n",
            peers::squid().url()
        );
        let client = Client::new(Settings::from_toml(&settings).unwrap());
        // More than fits on the way, and not at once.
        let limit = RateLimit::new("64M".parse().unwrap());
        let folder = tempfile::tempdir().unwrap();
        for name in ["big.bin", "small.bin"] {
            let dataset = client.dataset(&server.url(&format!("/{name}"))).unwrap();
            let dataset = dataset.with_rate_limit(limit.clone());
            let to = folder.path().join(name);
            let fetched = dataset.fetch(&to, &FetchOptions::default()).await;
            fetched.unwrap_or_else(|error| panic!("{product:?}: {error:?}"));
        }
        let came = sha256(&std::fs::read(folder.path().join("big.bin")).unwrap());
        assert_eq!(came, shared().big, "{product:?}");
        let came = std::fs::read(folder.path().join("small.bin")).unwrap();
        assert!(came == shared().small, "{product:?}");
        let log = server.process().log();
        if product == Product::Vsftpd {
            assert!(log.contains("\"NOOP"), "{log}");
            assert_eq!(log.matches("OK LOGIN").count(), 1, "{log}");
        }
    }
}
