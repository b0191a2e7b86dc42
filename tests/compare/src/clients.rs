//! The programs and libraries that are asked for a URL through a proxy.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use object_store::{ClientOptions, ObjectStoreExt, RetryConfig};

pub const HOST: &str = "data.example";
const URL: &str = "https://data.example/air.csv";
pub const USER: &str = "svc-data";
pub const PASSWORD: &str = "hunter2-very-secret";
/// The limit for a proxy that is silent.
const LIMIT: Duration = Duration::from_secs(2);

/// What one client made of a proxy.
pub struct Told {
    /// What it printed, or what its error says with all its causes.
    pub text: String,
    /// Its exit status; a library has none.
    pub exit: Option<i32>,
}

/// A client: its name, and what it does with a proxy at this URL (with credentials in it).
pub type Client = (&'static str, fn(&str, &Path) -> Told);

pub const CLIENTS: &[Client] = &[
    ("outbound", outbound),
    ("curl", curl),
    ("reqwest", reqwest),
    ("ureq", ureq),
    ("object_store", object_store),
];

fn program(command: &mut Command) -> Told {
    let output = command.output().expect("the program runs");
    Told {
        text: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        exit: output.status.code(),
    }
}

fn failed(error: &dyn Error) -> Told {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!("\n  cause: {cause}"));
        next = cause.source();
    }
    Told { text, exit: None }
}

fn with_credentials(proxy: &str) -> String {
    proxy.replacen("http://", &format!("http://{USER}:{PASSWORD}@"), 1)
}

fn outbound(proxy: &str, folder: &Path) -> Told {
    let settings = folder.join("outbound.toml");
    let secret = folder.join("secret");
    std::fs::write(&secret, PASSWORD).expect("a file");
    let text = format!(
        "[proxy]\nurl = \"{proxy}\"\nusername = \"{USER}\"\npassword = {{ file = \"secret\" }}\n\
         [timeouts]\nconnect = \"2s\"\n[retry]\nattempts = 2\npause = \"100ms\"\n"
    );
    std::fs::write(&settings, text).expect("a file");
    let path = std::env::var_os("OUTBOUND").expect("OUTBOUND is the program's path");
    let mut command = Command::new(path);
    command.arg("--config").arg(&settings).args(["fetch", URL]);
    program(command.current_dir(folder))
}

fn curl(proxy: &str, _: &Path) -> Told {
    let mut command = Command::new("curl");
    command.args(["-q", "-sS", "--fail", "--retry", "1", "--retry-delay", "1"]);
    command.args(["--max-time", "2", "--proxy", &with_credentials(proxy), URL]);
    program(&mut command)
}

fn reqwest(proxy: &str, _: &Path) -> Told {
    let got = runtime().block_on(async {
        let proxy = reqwest::Proxy::all(proxy)?.basic_auth(USER, PASSWORD);
        let client = reqwest::Client::builder().proxy(proxy).timeout(LIMIT);
        client.build()?.get(URL).send().await?.error_for_status()
    });
    failed(&got.expect_err("a faulty proxy"))
}

fn ureq(proxy: &str, _: &Path) -> Told {
    let proxy = ureq::Proxy::new(&with_credentials(proxy)).expect("a proxy");
    let config = ureq::Agent::config_builder().proxy(Some(proxy));
    let agent = config.timeout_global(Some(LIMIT)).build().new_agent();
    failed(&agent.get(URL).call().expect_err("a faulty proxy"))
}

fn object_store(proxy: &str, _: &Path) -> Told {
    let options = ClientOptions::new()
        .with_proxy_url(with_credentials(proxy))
        .with_timeout(LIMIT);
    let retry = RetryConfig {
        max_retries: 1,
        ..RetryConfig::default()
    };
    let store = object_store::http::HttpBuilder::new()
        .with_url(format!("https://{HOST}/"))
        .with_client_options(options)
        .with_retry(retry)
        .build()
        .expect("a store");
    let got = runtime().block_on(store.get(&"air.csv".into()));
    failed(&got.expect_err("a faulty proxy"))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}
